package theory

import (
	"cmp"
	"fmt"
	"math"
)

// Precisions converts a labeler's recalls, which are usually known, to the
// precisions of Theorem 1. recallPos is the share of true positives labeled
// positive, recallNeg the share of true negatives labeled negative, prior the share
// of positives in the unlabeled data. p and q are the precisions of the positive
// and the negative pseudo-label, NaN if nothing gets that label. called is the
// share of the data labeled positive, E n₊/n.
func Precisions(recallPos, recallNeg, prior float64) (p, q, called float64) {
	return precisions(float64(prior*recallPos), float64((1-prior)*(1-recallNeg)), float64((1-prior)*recallNeg), float64(prior*(1-recallPos)))
}

// precisions is Precisions for the shares of the data with each label, true or
// false.
func precisions(truePos, falsePos, trueNeg, falseNeg float64) (p, q, called float64) {
	called = truePos + falsePos
	return truePos / called, trueNeg / (trueNeg + falseNeg), called
}

// ValidateRates returns an error for recalls and a prior without precisions.
func ValidateRates(recallPos, recallNeg, prior float64) error {
	if err := cmp.Or(validProbability("recall-pos", recallPos), validProbability("recall-neg", recallNeg), validProbability("prior", prior)); err != nil {
		return err
	}
	none := ""
	switch p, q, _ := Precisions(recallPos, recallNeg, prior); {
	case math.IsNaN(p):
		none = "positive, so p"
	case math.IsNaN(q):
		none = "negative, so q"
	default:
		return nil
	}
	return fmt.Errorf("recall-pos = %g, recall-neg = %g, prior = %g: nothing is called %s does not exist", recallPos, recallNeg, prior, none)
}
