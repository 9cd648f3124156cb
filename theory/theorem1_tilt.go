package theory

import "math"

// Tilted1 is Theorem 1's model under exponential tilting towards one of the
// two failure events, for importance sampling: precisions P and Q in place of
// p and q and normal noise of mean NoiseMean. A deviation x = θ̂ − E θ̂ then
// has likelihood ratio exp(LogMGF − Rate·x).
type Tilted1 struct {
	P, Q      float64
	NoiseMean float64
	Rate      float64
	LogMGF    float64
}

// Tilted is the tilting whose typical points lie just beyond θ̂ − E θ̂ = δ for
// side 1 and −δ for side −1.
func (m Theorem1) Tilted(delta, side float64) Tilted1 {
	g := m.deviation()
	for i := range g.parts {
		g.parts[i].step *= side
	}
	c := g.saddle(delta / m.Sigma)
	k, _, _ := g.cgf(c)
	d := side * m.Separation() / m.Sigma / 2
	shifted := func(p, step float64) float64 {
		if p == 0 || p == 1 {
			return p
		}
		_, shift, _ := tilt(p, step*c)
		return min(1, max(0, p+shift))
	}
	return Tilted1{
		P: shifted(m.P, d/float64(m.NPos)), Q: shifted(m.Q, -d/float64(m.NNeg)),
		NoiseMean: side * c * g.sd * g.sd * m.Sigma, Rate: side * c / m.Sigma, LogMGF: k,
	}
}

// fourthMoment is E(θ̂ − E θ̂)⁴: three times the squared variance and the fourth
// cumulants of the labels.
func (m Theorem1) fourthMoment() float64 {
	fourth := func(p float64, n int) float64 {
		w, step := p*(1-p), m.Separation()/2/float64(n)
		return step * step * step * step * float64(n) * w * (1 - float64(6*w))
	}
	v := m.Variance()
	return float64(3*v*v) + fourth(m.P, m.NPos) + fourth(m.Q, m.NNeg)
}

// MeanSquareLimits are how far below and above the variance of θ̂ the mean of
// n squared deviations θ̂ − E θ̂ may lie: further with probability at most
// alpha/2 on either side, for every n. Below it is E exp(−sX) ≤ 1 − s EX +
// s²EX²/2 for X ≥ 0. Above it is the same series of exp(sX), with the higher
// moments of a sub-Gaussian variable of proxy v, EXᵏ ≤ 2·k!·(2v)ᵏ, minimised
// over s. A t interval will not do: where labels are hardly ever wrong but the
// variance is theirs, most samples hold none of it.
func (m Theorem1) MeanSquareLimits(n, alpha float64) (below, above float64) {
	unit := m.Sigma * m.Sigma
	m.Mu1, m.Mu2, m.Sigma = m.Separation()/m.Sigma, 0, 1 // so that no fourth power overflows
	v, mean, square := 2*m.ProxyVariance(), m.Variance(), m.fourthMoment()
	l := math.Log(2/alpha) / n
	limit := func(s float64) float64 {
		return (l+math.Log1p(float64(s*mean/v)+float64(s*s*square/v/v/2)+2*s*s*s/(1-s)))/s*v - mean
	}
	s := math.Exp(goldenMinimum(math.Log(1e-9), math.Log(0.999), func(x float64) float64 { return limit(math.Exp(x)) }))
	return math.Sqrt(2*square*l) * unit, limit(s) * unit
}

// ProxyVariance is a v with ln E exp(t(θ̂ − E θ̂)) ≤ v·t²/2 for all t: the mean
// of R replicates of θ̂ lies further than x from E θ̂ with probability at most
// 2·exp(−R·x²/2v). It is the variance in the KearnsSaul bound.
func (m Theorem1) ProxyVariance() float64 {
	d2, s := m.Separation()*m.Separation()/4, m.noiseSD()
	return float64(s*s) + float64(d2*labelProxy(m.P)/float64(m.NPos)) + float64(d2*labelProxy(m.Q)/float64(m.NNeg))
}
