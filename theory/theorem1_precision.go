package theory

import (
	"cmp"
	"fmt"
	"math"
)

// Precisions turns what one usually knows about a labeler into what Theorem 1
// is about. recallPos is the share of true positives that it calls positive,
// recallNeg the share of true negatives that it calls negative, prior the
// share of positives in the unlabeled data. p and q are its precisions on
// either pseudo-label, NaN where nothing gets that label, and called is the share
// of the data that it calls positive, E n₊/n.
func Precisions(recallPos, recallNeg, prior float64) (p, q, called float64) {
	return precisions(float64(prior*recallPos), float64((1-prior)*(1-recallNeg)), float64((1-prior)*recallNeg), float64(prior*(1-recallPos)))
}

// precisions is Precisions of the shares of the data with either label, true or false.
func precisions(truePos, falsePos, trueNeg, falseNeg float64) (p, q, called float64) {
	called = truePos + falsePos
	return truePos / called, trueNeg / (trueNeg + falseNeg), called
}

// ValidateRates reports recalls and a prior with which Precisions gives none.
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
