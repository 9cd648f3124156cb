package theory

import (
	"fmt"
	"math"
)

// Theorem2 is the model of the paper's Theorem 2. In d dimensions, X | + ~ N(0, σ₁²
// I) with probability PPos and X | − ~ N(0, βσ₁² I), with a raw linear rule
// sign(⟨θ, x⟩ + b). Since ⟨θ, X⟩ is a centered Gaussian in both classes, the error
// depends on (d, θ, b, σ₁) only through u = b/(‖θ‖σ₁), of any sign.
type Theorem2 struct {
	PPos float64 // probability of the positive class
	Beta float64 // variance of the negative class divided by that of the positive
}

// Validate returns an error for a parameter without meaning in the model: PPos
// outside [0, 1], or Beta not positive and finite. Warnings reports values that are
// only outside the printed statement.
func (m Theorem2) Validate() error {
	if err := validProbability("p-pos", m.PPos); err != nil {
		return err
	}
	if !(m.Beta > 0) || math.IsInf(m.Beta, 1) {
		return fmt.Errorf("beta = %v: a ratio of variances is positive and finite", m.Beta)
	}
	return nil
}

// Warnings returns the conditions of the printed statement that the parameters and
// u violate. The exact laws hold nevertheless.
func (m Theorem2) Warnings(u float64) []string {
	w := modelWarnings(m.PPos, m.Beta)
	if !(u > 0) {
		w = append(w, "u is not positive: outside the theorem, which requires b > 0")
	}
	return w
}

func validProbability(field string, p float64) error {
	if !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s = %v: a probability lies in [0, 1]", field, p)
	}
	return nil
}

// modelWarnings returns the warnings that Theorems 2 and 3 share, as they have the
// same data.
func modelWarnings(pPos, beta float64) (w []string) {
	if beta <= 3 {
		w = append(w, fmt.Sprintf("beta = %v: outside the theorem, which requires beta > 3", beta))
	}
	if pPos > 0.5 {
		w = append(w, fmt.Sprintf("p-pos = %v: outside the published statement, in which the negative class is the majority", pPos))
	}
	return w
}

// Error returns the exact error of a linear rule with u = b/(‖θ‖σ₁), θ ≠ 0:
// p₊Φ(−u) + p₋Φ(u/√β), for either sign of u. At u = ±∞ it is the error of
// the constant rules, p₋ and p₊.
func (m Theorem2) Error(u float64) float64 {
	return float64(m.PPos*NormalCDF(-u)) + float64((1-m.PPos)*NormalCDF(u/math.Sqrt(m.Beta)))
}

// LogError returns the log of Error, also if the error is below the smallest
// float64.
func (m Theorem2) LogError(u float64) LogProb {
	return LogProb(LogAddExp(ln(m.PPos)+LogNormalCDF(-u), math.Log1p(-m.PPos)+LogNormalCDF(u/math.Sqrt(m.Beta))))
}

// PrintedLowerBound returns the constant of the printed statement: error ≥ 1/4 for
// every b > 0.
func (m Theorem2) PrintedLowerBound() float64 { return 0.25 }

// PrintedHolds reports whether the error at u is at least the printed bound. Where
// Covered it always is. For u < 0 and p₊ < 1/4 it fails for large −u.
func (m Theorem2) PrintedHolds(u float64) bool { return m.Error(u) >= m.PrintedLowerBound() }

// Covered reports whether the printed bound is claimed at u: for b > 0, with the
// negative class the majority, and β > 3 (without which it also holds).
func (m Theorem2) Covered(u float64) bool { return len(m.Warnings(u)) == 0 }

// SharpLowerBound returns p₋/2, which the error exceeds for every b > 0 and every
// β, and approaches as β → ∞; the printed 1/4 is its value at p₊ = 1/2.
func (m Theorem2) SharpLowerBound() float64 { return (1 - m.PPos) / 2 }

// stationary returns the u ≥ 0 at which the error's derivative
// φ(u)·(p₋ e^{u²(1−1/β)/2}/√β − p₊) changes sign; ok is false if it does not.
func (m Theorem2) stationary() (u float64, ok bool) {
	ratio := ln(m.PPos) - math.Log1p(-m.PPos) + float64(0.5*math.Log(m.Beta))
	square := 2 * ratio / (1 - 1/m.Beta)
	if m.Beta == 1 || !(square > 0) {
		return 0, false
	}
	return math.Sqrt(square), true
}

// UStar returns the u ≥ 0 of least error: √(2 ln(p₊√β/p₋)/(1 − 1/β)), or 0 if p₊√β
// ≤ p₋ (for β > 1). It is +Inf if the error only falls toward that of the constant
// rule "always +".
func (m Theorem2) UStar() float64 {
	u, ok := m.stationary()
	switch {
	case m.Beta > 1 && ok:
		return u
	case m.Beta <= 1 && m.PPos > 0.5:
		return math.Inf(1) // the error falls, perhaps after a rise, to p₋ < 1/2
	}
	return 0
}

// MinNonNegative returns the least error over b ≥ 0, attained at UStar.
func (m Theorem2) MinNonNegative() float64 { return m.Error(m.UStar()) }

// InfNegative returns the infimum of the error over b < 0. The error at −u is one
// minus that at u. So for β > 1 it is the smaller of p₊ (u → ∞, or the rule "always
// −") and 1/2. For p₊ ≤ 1/2 no θ ≠ 0 attains it.
func (m Theorem2) InfNegative() float64 {
	inf := math.Min(m.PPos, 0.5)
	if u, ok := m.stationary(); ok && m.Beta < 1 {
		inf = math.Min(inf, m.Error(-u))
	}
	return inf
}

// InfAny returns the infimum of the error over all raw linear rules, including
// constant rules.
func (m Theorem2) InfAny() float64 { return math.Min(m.MinNonNegative(), m.InfNegative()) }

// TrivialError returns the error of the better constant rule, min(p₊, p₋).
func (m Theorem2) TrivialError() float64 { return math.Min(m.PPos, 1-m.PPos) }
