package theory

import (
	"fmt"
	"math"
)

// Theorem3 is the model of the paper's Theorem 3: the data of [Theorem2] in D
// dimensions, and a label-free step that leaves the scalar Z = k₁‖X‖² + k₂. The
// rule is sign(−Z + b), where b is the midpoint of the class means of Z over NPos
// labeled positives and NNeg labeled negatives.
//
// With A ~ χ²_{D·NPos}/NPos and C ~ χ²_{D·NNeg}/NNeg, the rule predicts + where
// ‖x‖²/σ₁² < B = ½(A + βC): k₁, k₂ and σ₁ cancel. Every threshold below is in these
// units.
type Theorem3 struct {
	D    int     // number of coordinates, ≥ 1
	PPos float64 // probability of the positive class, which has the smaller variance
	Beta float64 // variance of the negative class divided by that of the positive, > 1
	NPos int     // labeled positives, ≥ 1
	NNeg int     // labeled negatives, ≥ 1
}

// Largest sizes for which the stated accuracies hold.
const (
	maxDimension = 100_000_000
	maxBeta      = 1e12
)

// Validate returns an error for a parameter without meaning in the model, with the
// valid range.
func (m Theorem3) Validate() error {
	switch {
	case m.D < 1 || m.D > maxDimension:
		return fmt.Errorf("d = %d: the dimension lies between 1 and %d", m.D, maxDimension)
	case !(m.Beta > 1):
		return fmt.Errorf("beta = %v: the rule takes small ‖x‖ for positive, so beta must exceed 1", m.Beta)
	case m.Beta > maxBeta:
		return fmt.Errorf("beta = %v: up to %g can be computed", m.Beta, maxBeta)
	case m.NPos < 1 || m.NPos > MaxPoints:
		return fmt.Errorf("n-pos = %d: the threshold needs a mean of each class; give 1 to %d", m.NPos, MaxPoints)
	case m.NNeg < 1 || m.NNeg > MaxPoints:
		return fmt.Errorf("n-neg = %d: the threshold needs a mean of each class; give 1 to %d", m.NNeg, MaxPoints)
	}
	return validProbability("p-pos", m.PPos)
}

// ValidateDelta returns an error unless delta lies in the statement's range (0,
// (β−1)/(β+1)).
func (m Theorem3) ValidateDelta(delta float64) error {
	if !(delta > 0 && delta < m.MaxDelta()) {
		return fmt.Errorf("delta = %v: at beta = %v the statement asks for 0 < delta < (beta-1)/(beta+1) = %.6g", delta, m.Beta, m.MaxDelta())
	}
	return nil
}

// Warnings returns the conditions of the printed statement that the parameters
// violate. The exact laws hold nevertheless.
func (m Theorem3) Warnings() []string { return modelWarnings(m.PPos, m.Beta) }

// Covered reports whether the printed statement is claimed: with the negative class
// the majority, and β > 3 (without which it also holds).
func (m Theorem3) Covered() bool { return len(m.Warnings()) == 0 }

// MaxDelta returns (β−1)/(β+1), the end of the statement's range of δ.
func (m Theorem3) MaxDelta() float64 { return (m.Beta - 1) / (m.Beta + 1) }

// Error returns err(B) of the rule that predicts + where ‖x‖²/σ₁² < b, for b ≥ 0:
// err(B) = p₊ P(χ²_D > B) + p₋ P(χ²_D ≤ B/β).
func (m Theorem3) Error(b float64) LogProb {
	d := float64(m.D)
	return m.mix(LogChiSquareTail(d, b), LogChiSquareCDF(d, b/m.Beta))
}

// mix returns the log of a rule's error from the logs of its two conditional
// errors.
func (m Theorem3) mix(missPos, missNeg float64) LogProb {
	return LogProb(LogAddExp(ln(m.PPos)+missPos, math.Log1p(-m.PPos)+missNeg))
}

// Midpoint returns the population value of B, D(1 + β)/2.
func (m Theorem3) Midpoint() float64 { return float64(m.D) * (1 + m.Beta) / 2 }

// ErrorAtMidpoint returns err(B) at the population midpoint, without rounding the
// midpoint.
func (m Theorem3) ErrorAtMidpoint() LogProb {
	return m.errorAtRatio((1+m.Beta)/2, (m.Beta-1)/2)
}

// errorAtRatio returns err(B) at B = D·ratio, with excess = ratio − 1.
func (m Theorem3) errorAtRatio(ratio, excess float64) LogProb {
	a := float64(m.D) / 2
	_, missPos := logGammaTails(a, ratio, excess)
	missNeg, _ := logGammaTails(a, ratio/m.Beta, (ratio-m.Beta)/m.Beta)
	return m.mix(missPos, missNeg)
}

// TrivialError returns the error of the better constant rule, min(p₊, p₋).
func (m Theorem3) TrivialError() float64 { return math.Min(m.PPos, 1-m.PPos) }

// bayesThreshold returns r* = (2β/(β−1))·((D/2) ln β + ln(p₊/p₋)). The Bayes rule
// predicts + where ‖x‖²/σ₁² < r*. It is 0 if the bracket is not positive (the rule
// is "always −") and +Inf at p₊ = 1.
func (m Theorem3) bayesThreshold() float64 {
	bracket := float64(float64(m.D)/2*math.Log(m.Beta)) + ln(m.PPos) - math.Log1p(-m.PPos)
	return math.Max(0, 2*m.Beta/(m.Beta-1)*bracket)
}

// BayesError returns the least error of any rule on X.
func (m Theorem3) BayesError() LogProb { return m.Error(m.bayesThreshold()) }

// ExpectedError returns E err(B), the expectation over training sets of NPos and
// NNeg labeled points, to a relative 1e-11 at any size. Both of its parts, P(χ²_D >
// B) and P(χ²_D ≤ B/β), are probabilities that a combination of three independent
// chi-squares is positive. A rule that knows all labels and puts its threshold at
// the midpoint of the class means of ‖X‖² is the same rule, so this is its error
// too (claim T3.7).
func (m Theorem3) ExpectedError() LogProb {
	missPos, missNeg := m.margins()
	return m.mix(missPos.logPositive(), missNeg.logPositive())
}

// margins returns the combinations that are positive on an error: χ²_D − B for a
// fresh positive and B − βχ²_D for a fresh negative.
func (m Theorem3) margins() (missPos, missNeg gammaSum) {
	d, np, nn := float64(m.D), float64(m.NPos), float64(m.NNeg)
	mean := d * (1 - m.Beta) / 2
	missPos = gammaSum{mean: mean, terms: []gammaTerm{
		{1, d / 2}, {-0.5 / np, d * np / 2}, {-0.5 * m.Beta / nn, d * nn / 2}}}
	missNeg = gammaSum{mean: mean, terms: []gammaTerm{
		{-m.Beta, d / 2}, {0.5 / np, d * np / 2}, {0.5 * m.Beta / nn, d * nn / 2}}}
	return missPos, missNeg
}

// ThresholdAbove returns P(B > b) over training sets, for b > 0.
func (m Theorem3) ThresholdAbove(b float64) LogProb { return LogProb(m.excessOver(b).logPositive()) }

// ThresholdBelow returns P(B < b) over training sets, for b > 0.
func (m Theorem3) ThresholdBelow(b float64) LogProb {
	return LogProb(m.excessOver(b).negated().logPositive())
}

// excessOver returns B − b.
func (m Theorem3) excessOver(b float64) gammaSum {
	d, np, nn := float64(m.D), float64(m.NPos), float64(m.NNeg)
	return gammaSum{shift: -b, mean: m.Midpoint() - b, terms: []gammaTerm{
		{0.5 / np, d * np / 2}, {0.5 * m.Beta / nn, d * nn / 2}}}
}

// successInterval returns the thresholds lo and hi between which err(B) ≤ eps. err
// falls from p₊ at B = 0 to the Bayes error at r* and then rises to p₋ at infinity.
// ok is false if eps is below the Bayes error.
func (m Theorem3) successInterval(eps LogProb) (lo, hi float64, ok bool) {
	r := m.bayesThreshold()
	if !(eps >= m.Error(r)) {
		return 0, 0, false
	}
	lo, hi = 0, math.Inf(1)
	within := func(b float64) bool { return m.Error(b) <= eps }
	above := func(b float64) bool { return !within(b) }
	if eps.Value() < m.PPos {
		if math.IsInf(r, 1) { // p₊ = 1: the error only falls
			r = beyond(float64(m.D), within)
		}
		lo = crossing(0, r, within)
	}
	if eps.Value() < 1-m.PPos {
		hi = crossing(r, beyond(math.Max(2*r, float64(m.D)), above), above)
	}
	return lo, hi, true
}

// BoundFailure returns P(err(B) > eps) over training sets: how often the learned
// rule exceeds an error bound eps, however that bound was found.
func (m Theorem3) BoundFailure(eps LogProb) LogProb {
	lo, hi, ok := m.successInterval(eps)
	if !ok {
		return 0
	}
	fail := math.Inf(-1)
	if lo > 0 {
		fail = float64(m.ThresholdBelow(lo))
	}
	if !math.IsInf(hi, 1) {
		fail = LogAddExp(fail, float64(m.ThresholdAbove(hi)))
	}
	return LogProb(math.Min(0, fail))
}

// ErrorReaches returns the error that the learned rule exceeds with probability
// level, for 0 < level < 1: the least eps with BoundFailure(eps) ≤ level.
func (m Theorem3) ErrorReaches(level float64) LogProb {
	within := func(eps float64) bool { return float64(m.BoundFailure(LogProb(eps))) <= ln(level) }
	hi := math.Log(math.Max(m.PPos, 1-m.PPos)) // no error is larger
	lo := hi - 1
	for within(lo) {
		lo, hi = lo-float64(2*(hi-lo)), lo
	}
	for hi-lo > 1e-12*math.Max(1, -lo) {
		if mid := (lo + hi) / 2; within(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return LogProb(hi)
}

// MaskedPrediction returns the best prediction in a label-free task whose optimum is
// monotone in ‖X‖² (claim T3.8): predict xᵢ² from the other D − 1 coordinates, of
// which there must be one. At r = ‖x₋ᵢ‖²/σ₁² it is, in units of σ₁²,
//
//	E[xᵢ² | x₋ᵢ] = β + (1 − β)·P(+ | x₋ᵢ),
//	logit P(+ | x₋ᵢ) = ln(p₊/p₋) + ((D−1)/2) ln β − (r/2)(1 − 1/β).
//
// It rises with r from its value at 0 to β, strictly for 0 < p₊ < 1.
func (m Theorem3) MaskedPrediction() func(r float64) float64 {
	rate := (1 - 1/m.Beta) / 2
	base := ln(m.PPos) - math.Log1p(-m.PPos) + float64(float64(m.D-1)/2*math.Log(m.Beta))
	return func(r float64) float64 {
		odds := math.Exp(base - float64(r*rate))
		neg := 1 / (1 + odds)
		return 1 + float64((m.Beta-1)*neg)
	}
}
