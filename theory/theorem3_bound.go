package theory

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// Branch is which of the two printed error bounds applies at a δ.
type Branch int

// The branches of Theorem 3 and the point at which they meet.
const (
	SmallDelta  Branch = iota + 1 // δ < (β−3)/(β+1): p₊ exp(−dτ/16) + …
	BranchPoint                   // δ = (β−3)/(β+1), where both agree
	LargeDelta                    // δ > (β−3)/(β+1): p₊ exp(−dτ²/32) + …
)

func (b Branch) String() string {
	switch b {
	case SmallDelta:
		return "small delta"
	case BranchPoint:
		return "branch point"
	case LargeDelta:
		return "large delta"
	}
	return fmt.Sprintf("Branch(%d)", int(b))
}

// BranchDelta returns (β−3)/(β+1), where the printed bound changes its form. For β
// ≤ 3 it is not positive, and the large-δ form covers the whole range.
func (m Theorem3) BranchDelta() float64 { return (m.Beta - 3) / (m.Beta + 1) }

// Branch returns the form of the printed bound that applies at delta.
func (m Theorem3) Branch(delta float64) Branch {
	switch at := m.BranchDelta(); {
	case delta == at:
		return BranchPoint
	case delta < at:
		return SmallDelta
	}
	return LargeDelta
}

// tau returns β − 1 − (1 + β)δ.
func (m Theorem3) tau(delta float64) float64 { return m.Beta - 1 - float64((1+m.Beta)*delta) }

// PrintedErrorBound returns the printed bound on the error. With τ = β − 1 − (1+β)δ
// it is p₊ exp(−dτ²/32) + p₋ exp(−dτ²/(32β²)) for δ ≥ (β−3)/(β+1). Below, the first
// term is p₊ exp(−dτ/16). delta = 0 gives its limit.
func (m Theorem3) PrintedErrorBound(delta float64) LogProb {
	pos, neg := m.printedExponents(float64(m.D), delta)
	return m.mix(-pos, -neg)
}

// printedExponents returns the exponents of the two parts of the printed error
// bound at delta in d dimensions.
func (m Theorem3) printedExponents(d, delta float64) (pos, neg float64) {
	tau := m.tau(delta)
	pos = d * tau / 16
	if m.Branch(delta) == LargeDelta {
		pos = d * tau * tau / 32
	}
	return pos, d * tau * tau / (32 * m.Beta * m.Beta)
}

// PrintedFailure returns one minus the printed lower bound on the probability that
// the error bound holds, 2exp(−N₋dδ²/8) + 2exp(−N₊dδ²/8). It may exceed one.
func (m Theorem3) PrintedFailure(delta float64) LogProb {
	rate := float64(m.D) * delta * delta / 8
	return LogProb(math.Ln2 + LogAddExp(-rate*float64(m.NPos), -rate*float64(m.NNeg)))
}

// PrintedVacuous returns why the printed statement is of no use at delta, or "" if
// it is. It may not be claimed for these parameters, its probability may not be
// positive, or its error bound not below the trivial rule's error.
func (m Theorem3) PrintedVacuous(delta float64) string {
	return m.Vacuous(m.PrintedErrorBound(delta), m.PrintedFailure(delta))
}

// Vacuous is PrintedVacuous for a statement with another error bound or another
// bound on the probability of failure.
func (m Theorem3) Vacuous(bound, failure LogProb) string {
	return cmp.Or(strings.Join(m.Warnings(), "; "), m.useless(bound, failure))
}

// useless returns why such a statement is of no use even if it is claimed.
func (m Theorem3) useless(bound, failure LogProb) string {
	if p := 1 - failure.Value(); p <= 0 {
		return fmt.Sprintf("the published probability, %.4g, is not positive", p)
	}
	if e, trivial := bound.Value(), m.TrivialError(); e >= trivial {
		return fmt.Sprintf("the published error bound, %.4g, is not below the trivial rule's error %.4g", e, trivial)
	}
	return ""
}

// ConcentrationFailure returns the exact P(|χ²_m/m − 1| > delta), for m > 0 degrees
// of freedom and delta ≥ 0.
func ConcentrationFailure(m, delta float64) LogProb {
	_, above := logGammaTails(m/2, 1+delta, delta)
	if delta >= 1 {
		return LogProb(above)
	}
	below, _ := logGammaTails(m/2, 1-delta, -delta)
	return LogProb(math.Min(0, LogAddExp(above, below)))
}

// logConcentrationChernoff returns the log of the Chernoff bound on
// ConcentrationFailure, exp(−(m/2)(δ − ln(1+δ))) + exp(−(m/2)(−δ − ln(1−δ))).
func logConcentrationChernoff(m, delta float64) float64 {
	above := -m / 2 * logExcess(delta)
	if delta >= 1 {
		return above
	}
	return LogAddExp(above, -m/2*logExcess(-delta))
}

// EventFailure returns the exact probability of leaving the event |A/d − 1| ≤ δ,
// |C/d − 1| ≤ δ, on which the printed bound is based.
func (m Theorem3) EventFailure(delta float64) LogProb {
	d := float64(m.D)
	pos := float64(ConcentrationFailure(d*float64(m.NPos), delta))
	neg := float64(ConcentrationFailure(d*float64(m.NNeg), delta))
	// 1 − (1 − f₊)(1 − f₋) = f₊ + (1 − f₊) f₋.
	return LogProb(math.Min(0, LogAddExp(pos, log1mExp(pos)+neg)))
}

// EventProbability returns the exact probability of that event.
func (m Theorem3) EventProbability(delta float64) LogProb {
	return LogProb(logConcentrationSuccess(m.D, m.NPos, delta) + logConcentrationSuccess(m.D, m.NNeg, delta))
}

// logConcentrationSuccess returns ln P(|χ²_m/m − 1| ≤ δ) at m = d·n. For small m δ²
// it is the difference of two close numbers; there an integral of the density keeps
// it exact.
func logConcentrationSuccess(d, n int, delta float64) float64 {
	m := float64(d) * float64(n)
	if fail := float64(ConcentrationFailure(m, delta)); fail < -0.01 {
		return log1mExp(fail)
	}
	// ∫ over λ = 1 + μ, |μ| < δ, of the density of Gamma(a, a), by Gauss–Legendre on
	// an interval that contains under 1 % of it: the density is almost flat, and δ <
	// 1.
	a := m / 2
	sum := 0.0
	for i, x := range gauss5Nodes {
		mu := float64(delta * x)
		sum += float64(gauss5Weights[i] * math.Exp(float64(-a*logExcess(mu))-math.Log1p(mu)))
	}
	return math.Log(delta*sum) + float64(0.5*math.Log(a/(2*math.Pi))) - stirlingCorrection(a)
}

// Gauss–Legendre with five points on (−1, 1): Abramowitz and Stegun 25.4.30.
var (
	gauss5Nodes   = [5]float64{-0.9061798459386640, -0.5384693101056831, 0, 0.5384693101056831, 0.9061798459386640}
	gauss5Weights = [5]float64{0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665, 0.2369268850561891}
)

// ChernoffFailure is PrintedFailure with the exact rates of the chi-square tails
// instead of mδ²/8. It is at most PrintedFailure everywhere in the statement's
// range.
func (m Theorem3) ChernoffFailure(delta float64) LogProb {
	d := float64(m.D)
	return LogProb(LogAddExp(
		logConcentrationChernoff(d*float64(m.NPos), delta),
		logConcentrationChernoff(d*float64(m.NNeg), delta)))
}

// ChernoffErrorBound returns the error bound on the same event with the exact
// rates. With t = τ/2 and t′ = τ/(2β) it is p₊ exp(−(d/2)(t − ln(1+t))) + p₋
// exp(−(d/2)(−t′ − ln(1−t′))). It is at most the printed bound everywhere in the
// statement's range.
func (m Theorem3) ChernoffErrorBound(delta float64) LogProb {
	d, tau := float64(m.D), m.tau(delta)
	return m.mix(-d/2*logExcess(tau/2), -d/2*logExcess(-tau/(2*m.Beta)))
}

// WorstError returns the largest err(B) on the event, the sharpest bound that the
// event allows. err falls and then rises in B, so the largest value is at an end of
// B/d ∈ ½(1+β)(1±δ).
func (m Theorem3) WorstError(delta float64) LogProb {
	worst := math.Inf(-1)
	for _, f := range [2]float64{-delta, delta} {
		excess := (m.Beta - 1 + float64((1+m.Beta)*f)) / 2
		worst = math.Max(worst, float64(m.errorAtRatio(1+excess, excess)))
	}
	return LogProb(worst)
}

// EventFailureReaches returns the δ at which the probability of leaving the event
// falls to level, for 0 < level < 1. It is NaN if the statement's range has none.
func (m Theorem3) EventFailureReaches(level float64) float64 {
	return m.failureReaches(m.EventFailure, level)
}

// PrintedFailureReaches is EventFailureReaches for the printed bound on that
// probability.
func (m Theorem3) PrintedFailureReaches(level float64) float64 {
	return m.failureReaches(m.PrintedFailure, level)
}

func (m Theorem3) failureReaches(failure func(delta float64) LogProb, level float64) float64 {
	delta := crossing(0, m.MaxDelta(), func(delta float64) bool { return float64(failure(delta)) <= ln(level) })
	if m.ValidateDelta(delta) != nil {
		return missing
	}
	return delta
}

// rates are decay rates of errors per dimension: error ≈ exp(−d·rate).
type rates struct {
	MissPos, MissNeg               float64 // of the two parts at the population midpoint, exact
	PrintedMissPos, PrintedMissNeg float64 // the same in the printed bound as δ → 0
	Bayes                          float64 // of the Bayes error: the classes' Chernoff information
}

// rates returns the limits of −ln(error)/d for D → ∞. Only Beta matters.
func (m Theorem3) rates() rates {
	tau := m.Beta - 1
	r := rates{
		MissPos: logExcess(tau/2) / 2,
		MissNeg: logExcess(-tau/(2*m.Beta)) / 2,
		Bayes:   logExcess(float64(m.Beta/(m.Beta-1)*math.Log(m.Beta))-1) / 2,
	}
	r.PrintedMissPos, r.PrintedMissNeg = m.printedExponents(1, 0)
	return r
}

// slower returns the rate of an error whose parts have these rates. That is the
// smaller one if both classes exist, and with one class that of its part.
func (m Theorem3) slower(pos, neg float64) float64 {
	switch m.PPos {
	case 0:
		return neg
	case 1:
		return pos
	}
	return math.Min(pos, neg)
}

// PrintedUsefulFrom returns the least D, whatever the receiver's, at which the
// printed error bound at delta is below the error of the trivial rule; NaN if there
// is none.
func (m Theorem3) PrintedUsefulFrom(delta float64) float64 {
	return m.usefulFrom(m.printedExponents(1, delta))
}

// usefulFrom is PrintedUsefulFrom for a bound whose parts have these rates.
func (m Theorem3) usefulFrom(pos, neg float64) float64 {
	trivial := ln(m.TrivialError())
	if !(pos > 0 && neg > 0) || math.IsInf(trivial, -1) {
		return missing
	}
	below := func(d float64) bool { return float64(m.mix(-d*pos, -d*neg)) < trivial }
	return math.Ceil(crossing(0, beyond(1, below), below))
}

// PrintedExponent returns the limit of −ln(PrintedErrorBound)/D for D → ∞.
func (m Theorem3) PrintedExponent(delta float64) float64 {
	return m.slower(m.printedExponents(1, delta))
}

// ExpectedExponent returns the limit of −ln(ExpectedError)/D for D → ∞ with fixed
// class sizes. By Cramér's theorem it is the smaller of the two margins' rates,
// −min K(s)/D. The cumulant function K is D times that of one dimension.
func (m Theorem3) ExpectedExponent() float64 {
	m.D = 1
	missPos, missNeg := m.margins()
	return m.slower(missPos.rate(), missNeg.rate())
}

// BayesExponent returns the limit of −ln(BayesError)/D for D → ∞, the Chernoff
// information of one coordinate, without the cancellation of rates near β = 1. It
// is +Inf if there is only one class.
func (m Theorem3) BayesExponent() float64 {
	if m.PPos == 0 || m.PPos == 1 {
		return math.Inf(1)
	}
	x := m.Beta - 1
	return logExcess(math.Log1p(x)-logExcess(x)/x) / 2
}
