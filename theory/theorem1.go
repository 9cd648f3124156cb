package theory

import (
	"cmp"
	"fmt"
	"math"
)

// Theorem1 is the pseudo-label model of the paper's section 2.1. X given the class
// is N(Mu1, Sigma²) for +1 and N(Mu2, Sigma²) for −1. NPos points have pseudo-label
// +1, and each is truly positive with probability P; NNeg have −1, and each is
// truly negative with probability Q. All are independent. The estimator θ̂ is half
// the sum of the two groups' means. P and Q are precisions of the labeler, not its
// recalls (see Precisions).
type Theorem1 struct {
	Mu1, Mu2, Sigma float64
	P, Q            float64
	NPos, NNeg      int
}

// Up to these limits the exact law keeps its accuracy and no square overflows.
const (
	MaxPoints = 1_000_000_000 // of a group, also in Theorem 3
	maxScale  = 1e120         // of σ; the least is 1/maxScale
	maxDelta1 = 1e30          // of δ/σ
)

// Validate returns an error for the first parameter outside the model.
func (m Theorem1) Validate() error {
	switch {
	case !finite(m.Mu1), !finite(m.Mu2):
		return fmt.Errorf("mu1 = %g, mu2 = %g: both class means must be finite", m.Mu1, m.Mu2)
	case !(m.Mu1 > m.Mu2):
		return fmt.Errorf("mu1 = %g, mu2 = %g: the model needs mu1 > mu2; exchange the classes", m.Mu1, m.Mu2)
	case !finite(m.Mu1 - m.Mu2):
		return fmt.Errorf("mu1 = %g, mu2 = %g: the distance of the means overflows", m.Mu1, m.Mu2)
	case !(m.Sigma > 0) || !finite(m.Sigma):
		return fmt.Errorf("sigma = %g: must be positive and finite", m.Sigma)
	case m.Sigma > maxScale || m.Sigma < 1/maxScale:
		return fmt.Errorf("sigma = %g: %g to %g can be computed; divide means, sigma and delta by the same number", m.Sigma, 1/maxScale, maxScale)
	case m.NPos < 1 || m.NPos > MaxPoints:
		return fmt.Errorf("n-pos = %d: a group holds 1 to %d points", m.NPos, MaxPoints)
	case m.NNeg < 1 || m.NNeg > MaxPoints:
		return fmt.Errorf("n-neg = %d: a group holds 1 to %d points", m.NNeg, MaxPoints)
	}
	if r := (m.Mu1 - m.Mu2) / m.Sigma; !(r > 1e-9 && r < 1e9) {
		return fmt.Errorf("mu1 = %g, mu2 = %g, sigma = %g: the means lie %g standard deviations apart; 1e-9 to 1e9 can be computed", m.Mu1, m.Mu2, m.Sigma, r)
	}
	return cmp.Or(validProbability("p", m.P), validProbability("q", m.Q))
}

// ValidateDelta returns an error for a tolerance that is not positive and finite,
// or so large that even logarithms of the probabilities overflow.
func (m Theorem1) ValidateDelta(delta float64) error {
	if !(delta > 0) || !finite(delta) {
		return fmt.Errorf("delta = %g: must be positive and finite", delta)
	}
	if delta/m.Sigma > maxDelta1 {
		return fmt.Errorf("delta = %g, sigma = %g: a tolerance of up to %g standard deviations can be computed", delta, m.Sigma, maxDelta1)
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Separation returns D = μ₁ − μ₂.
func (m Theorem1) Separation() float64 { return m.Mu1 - m.Mu2 }

// Midpoint returns M = (μ₁+μ₂)/2, the threshold of the Bayes rule at equal priors.
func (m Theorem1) Midpoint() float64 { return m.Mu2 + float64(0.5*(m.Mu1-m.Mu2)) }

// Gap returns Δ = p − q.
func (m Theorem1) Gap() float64 { return m.P - m.Q }

// Bias returns the distance ΔD/2 of the estimator's mean from the midpoint. It does
// not depend on the number of points.
func (m Theorem1) Bias() float64 { return float64(0.5 * m.Gap() * m.Separation()) }

// Mean returns E θ̂ = M + ΔD/2, the center of the theorem's statement.
func (m Theorem1) Mean() float64 { return m.Midpoint() + m.Bias() }

// Variance returns Var θ̂, the sum of VarianceTerms.
func (m Theorem1) Variance() float64 {
	t := m.VarianceTerms()
	return t[0] + t[1] + t[2]
}

// VarianceTerms returns the parts of Var θ̂ due to the normal noise, the labels of
// the +1 group and the labels of the −1 group.
func (m Theorem1) VarianceTerms() [3]float64 {
	d2 := m.Separation() * m.Separation() / 4
	s := m.noiseSD()
	return [3]float64{s * s, d2 * m.P * (1 - m.P) / float64(m.NPos), d2 * m.Q * (1 - m.Q) / float64(m.NNeg)}
}

// noiseSD returns the standard deviation (σ/2)·√(1/n₊ + 1/n₋) of θ̂'s normal part.
func (m Theorem1) noiseSD() float64 {
	return 0.5 * m.Sigma * math.Sqrt(1/float64(m.NPos)+1/float64(m.NNeg))
}

// deviation returns the exact law of (θ̂ − E θ̂)/σ.
func (m Theorem1) deviation() gaussLattice {
	d := m.Separation() / m.Sigma / 2
	g := gaussLattice{sd: m.noiseSD() / m.Sigma}
	for _, l := range [...]lattice{
		{m.NPos, m.P, d / float64(m.NPos)},
		{m.NNeg, m.Q, -d / float64(m.NNeg)},
	} {
		if l.p > 0 && l.p < 1 {
			g.parts = append(g.parts, l)
		}
	}
	return g
}

// FailureProbability returns P(|θ̂ − M − ΔD/2| > δ), the event whose probability
// Theorem 1 bounds. It is exact to a relative 1e-9, also in far tails. Below
// 10^−4e7 only the logarithm's leading digits are right.
func (m Theorem1) FailureProbability(delta float64) LogProb {
	g, x := m.deviation(), delta/m.Sigma
	return LogProb(math.Min(0, LogAddExp(g.logUpper(x), g.negated().logUpper(x))))
}

// MissTargetProbability returns P(|θ̂ − M| > δ): the estimator misses the desired
// threshold, the true midpoint, by more than δ.
func (m Theorem1) MissTargetProbability(delta float64) LogProb {
	g := m.deviation()
	return LogProb(math.Min(0, LogAddExp(g.logUpper((delta-m.Bias())/m.Sigma), g.negated().logUpper((delta+m.Bias())/m.Sigma))))
}

// RuleError returns the error on balanced data of the rule sign(x − M − offset).
// The offset is relative to M, so that a large |M| costs no digits.
func (m Theorem1) RuleError(offset float64) float64 {
	half := m.Separation() / 2
	return 0.5 * (NormalCDF((offset-half)/m.Sigma) + NormalCDF((-half-offset)/m.Sigma))
}

// ExpectedRuleError returns the expected error on balanced data of the learned rule
// sign(x − θ̂). A fresh positive is misclassified if θ̂ minus its noise exceeds μ₁,
// and that difference has θ̂'s own law with more normal noise.
func (m Theorem1) ExpectedRuleError() LogProb {
	g, half := m.deviation(), m.Separation()/m.Sigma/2
	g.sd = math.Hypot(g.sd, 1)
	pos := g.logUpper(half - float64(half*m.Gap()))           // θ̂ + noise > μ₁
	neg := g.negated().logUpper(half + float64(half*m.Gap())) // θ̂ + noise < μ₂
	return LogProb(LogAddExp(pos, neg) - math.Ln2)
}

// BayesError returns the error Φ(−D/2σ) of the best rule at equal priors.
func (m Theorem1) BayesError() float64 { return NormalCDF(-m.Separation() / (2 * m.Sigma)) }
