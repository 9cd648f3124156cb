package theory

import (
	"fmt"
	"math"
)

// ThresholdLabeler gives pseudo-label +1 to x > Threshold, as a real base
// classifier does, on data with a share Prior of positives. It is not the labeler
// of Theorem 1, because its groups are truncated mixtures.
type ThresholdLabeler struct {
	Mu1, Mu2, Sigma float64
	Prior           float64
	Threshold       float64
}

// recalls returns the shares of positives above and of negatives below the
// threshold.
func (l ThresholdLabeler) recalls() (pos, neg float64) {
	return NormalCDF((l.Mu1 - l.Threshold) / l.Sigma), NormalCDF((l.Threshold - l.Mu2) / l.Sigma)
}

// Precisions returns p, q and the share labeled positive; see the function.
func (l ThresholdLabeler) Precisions() (p, q, called float64) {
	pos, neg := l.recalls()
	return Precisions(pos, neg, l.Prior)
}

// Next returns the mean of θ̂ in the limit of many points: half the sum of the
// means above and below the threshold. It is the next threshold of self-training.
func (l ThresholdLabeler) Next() float64 {
	return 0.5 * (l.tailMean(1) + l.tailMean(-1))
}

// tailMean returns E[X | X > t] for side 1 and E[X | X ≤ t] for side −1. It is safe
// if a class has almost no mass on that side.
func (l ThresholdLabeler) tailMean(side float64) float64 {
	z1 := side * (l.Threshold - l.Mu1) / l.Sigma
	z2 := side * (l.Threshold - l.Mu2) / l.Sigma
	w1 := ln(l.Prior) + LogNormalCDF(-z1)
	w2 := math.Log1p(-l.Prior) + LogNormalCDF(-z2)
	total := LogAddExp(w1, w2)
	mean := 0.0
	if !math.IsInf(w1, -1) {
		mean += float64(math.Exp(w1-total) * (l.Mu1 + float64(side*l.Sigma*normalHazard(z1))))
	}
	if !math.IsInf(w2, -1) {
		mean += float64(math.Exp(w2-total) * (l.Mu2 + float64(side*l.Sigma*normalHazard(z2))))
	}
	return mean
}

// normalHazard returns φ(z)/(1 − Φ(z)).
func normalHazard(z float64) float64 { return math.Sqrt(2/math.Pi) / erfcx(z/math.Sqrt2) }

// fixedPoint repeats Next until the threshold is constant, and returns the
// threshold and the number of steps. ok is false if 100,000 steps were not enough.
func (l ThresholdLabeler) fixedPoint() (threshold float64, steps int, ok bool) {
	for steps = 0; steps < 100_000; steps++ {
		next := l.Next()
		if math.Abs(next-l.Threshold) < 1e-13*l.Sigma {
			return next, steps, true
		}
		l.Threshold = next
	}
	return l.Threshold, steps, false
}

// theoremCenter returns M + ΔD/2 with this labeler's own precisions: where Theorem
// 1 would put θ̂ if it applied.
func (l ThresholdLabeler) theoremCenter() float64 {
	p, q, _ := l.Precisions()
	return Theorem1{Mu1: l.Mu1, Mu2: l.Mu2, Sigma: l.Sigma, P: p, Q: q}.Mean()
}

// unit is Theorem 1's classes at D = 2σ, used for self-training.
var unit = Theorem1{Mu1: 1, Mu2: -1, Sigma: 1}

// base returns the Gaussian plug-in rule fitted on very many labeled points of m's
// classes with a share trainPrior of positives. It labels data with a share prior
// of positives. Its threshold is (σ²/D)·ln((1−π)/π) relative to the classes'
// midpoint, so that a large midpoint costs no digits.
func (m Theorem1) base(trainPrior, prior float64) ThresholdLabeler {
	d := m.Separation()
	return ThresholdLabeler{
		Mu1: d / 2, Mu2: -d / 2, Sigma: m.Sigma, Prior: prior,
		Threshold: m.Sigma * m.Sigma / d * (math.Log1p(-trainPrior) - math.Log(trainPrior)),
	}
}

// BaseLabels describes a base rule as a labeler. It is fitted on very many points
// with a share trainPrior of positives.
type BaseLabels struct {
	RecallPos, RecallNeg float64
	P, Q, Called         float64 // see Precisions
}

// BaseLabels returns how the base rule labels data with a share prior of positives
// (claim T1.3). Only the classes of m are used. The precisions keep their digits if
// a label is rare. If almost nothing has it they do not exist, which is an error.
func (m Theorem1) BaseLabels(trainPrior, prior float64) (BaseLabels, error) {
	if !(trainPrior > 0 && trainPrior < 1) {
		return BaseLabels{}, fmt.Errorf("train-prior = %g: must lie strictly between 0 and 1", trainPrior)
	}
	if err := validProbability("prior", prior); err != nil {
		return BaseLabels{}, err
	}
	l := m.base(trainPrior, prior)
	pos, neg := l.recalls()
	missPos, missNeg := NormalCDF((l.Threshold-l.Mu1)/l.Sigma), NormalCDF((l.Mu2-l.Threshold)/l.Sigma)
	p, q, called := precisions(float64(prior*pos), float64((1-prior)*missNeg), float64((1-prior)*neg), float64(prior*missPos))
	for _, label := range []struct {
		share      float64
		name, term string
	}{{called, "positive", "p"}, {float64((1-prior)*neg) + float64(prior*missPos), "negative", "q"}} {
		if label.share < 1e-300 {
			return BaseLabels{}, fmt.Errorf("train-prior = %g, prior = %g: the base rule calls next to nothing %s, so %s does not exist", trainPrior, prior, label.name, label.term)
		}
	}
	return BaseLabels{pos, neg, p, q, called}, nil
}

// SelfTraining is a base rule and its self-training in the limit of very many
// unlabeled points (claim T1.12).
type SelfTraining struct {
	// Values of the base rule, after one step and at the fixed point, which is NaN if
	// Steps did not reach it. Errors are on balanced data.
	Threshold, Error [3]float64
	Steps            int
}

// SelfTraining starts from the base rule of [Theorem1.BaseLabels]. The labels are
// those of its threshold, not Theorem 1's: see ThresholdLabeler.
func (m Theorem1) SelfTraining(trainPrior, prior float64) SelfTraining {
	l := m.base(trainPrior, prior)
	fixed, steps, ok := l.fixedPoint()
	if !ok {
		fixed = missing
	}
	s := SelfTraining{Steps: steps}
	for i, offset := range [...]float64{l.Threshold, l.Next(), fixed} {
		s.Threshold[i], s.Error[i] = m.Midpoint()+offset, m.RuleError(offset)
	}
	return s
}
