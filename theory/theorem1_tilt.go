package theory

// Tilted1 is Theorem 1's model under exponential tilting toward one of the two
// failure events, for importance sampling. It has precisions P and Q instead of p
// and q, and normal noise of mean NoiseMean. A deviation x = θ̂ − E θ̂ then has
// likelihood ratio exp(LogMGF − Rate·x).
type Tilted1 struct {
	P, Q      float64
	NoiseMean float64
	Rate      float64
	LogMGF    float64
}

// Tilted returns the tilting whose typical points lie just beyond θ̂ − E θ̂ = δ for
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
