package theory

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// PrintedBound1 is the right-hand side of Theorem 1 as printed: the failure
// probability is at most the sum of three terms.
type PrintedBound1 struct {
	Terms   [3]float64 // normal noise, labels of the +1 group, labels of the −1 group
	Sum     float64    // not clipped at 1
	Log     LogProb    // of the sum, which may be below the smallest float64
	Vacuous bool       // the sum is 1 or more
}

// PrintedBound evaluates the printed bound at tolerance δ.
func (m Theorem1) PrintedBound(delta float64) PrintedBound1 {
	e := m.printedExponents(delta)
	b := PrintedBound1{Log: LogProb(math.Ln2 + floats.LogSumExp([]float64{-e[0], -e[1], -e[2]}))}
	for i := range e {
		b.Terms[i] = 2 * math.Exp(-e[i])
		b.Sum += b.Terms[i]
	}
	b.Vacuous = b.Sum >= 1
	return b
}

// printedExponents returns the three exponents of the printed terms.
func (m Theorem1) printedExponents(delta float64) [3]float64 {
	a, b := float64(m.NPos), float64(m.NNeg)
	noise := delta / m.Sigma
	labels := delta / m.Separation()
	return [3]float64{
		2.0 / 9 * noise * noise / (1/a + 1/b),
		8.0 / 9 * a * labels * labels,
		8.0 / 9 * b * labels * labels,
	}
}

// minorLeadsFrom returns the D above which the printed term of the smaller group's
// labels exceeds that of the noise, at every δ.
func (m Theorem1) minorLeadsFrom() float64 {
	a, b := float64(m.NPos), float64(m.NNeg)
	return 2 * m.Sigma * math.Sqrt((a+b)/math.Max(a, b))
}

// SharpBounds1 are logarithms of bounds on the same failure probability that can be
// proved from the same assumptions. None is clipped at 1.
type SharpBounds1 struct {
	// SubGaussian is 2·exp(−δ²/2v) with v = (1/n₊+1/n₋)(σ²/4 + D²/16). The whole
	// deviation is sub-Gaussian with that proxy variance (Hoeffding's lemma for each
	// label), so no union bound is needed. Like the printed bound it does not depend
	// on p and q.
	SubGaussian LogProb
	// BestSplit is the printed argument with δ divided among the three parts better
	// than in thirds. The division is optimal wherever the bound is not vacuous.
	BestSplit LogProb
	// Shares are the parts of δ in BestSplit; they add up to 1.
	Shares [3]float64
	// KearnsSaul is SubGaussian with each label's sharp proxy variance
	// (1−2p)/(2·ln((1−p)/p)) in place of ¼ (Kearns and Saul 1998).
	KearnsSaul LogProb
	// Chernoff is the smallest exp(K(t) − tδ) on either side, summed.
	Chernoff LogProb
}

// SharpBound evaluates the bounds at tolerance δ. SubGaussian is the closed form
// that replaces the printed one. It is never larger than BestSplit, which is never
// larger than the printed sum.
func (m Theorem1) SharpBound(delta float64) SharpBounds1 {
	a, b := float64(m.NPos), float64(m.NNeg)
	d2, s2 := m.Separation()*m.Separation(), m.Sigma*m.Sigma
	noise := s2 / 4 * (1/a + 1/b)
	var r SharpBounds1
	r.SubGaussian = LogProb(math.Ln2 - delta*delta/2/m.worstProxy())
	r.KearnsSaul = LogProb(math.Ln2 - delta*delta/2/m.ProxyVariance())
	proxies := [3]float64{noise, d2 / 16 / a, d2 / 16 / b}
	r.Shares = bestShares(proxies, delta)
	var split [3]float64
	for i, v := range proxies {
		w := r.Shares[i] * delta
		split[i] = math.Ln2 - float64(w*w/2/v)
	}
	r.BestSplit = LogProb(floats.LogSumExp(split[:]))
	g, x := m.deviation(), delta/m.Sigma
	r.Chernoff = LogProb(LogAddExp(g.logChernoff(x), g.negated().logChernoff(x)))
	return r
}

// labelProxy returns the smallest v with ln E exp(z(I−p)) ≤ v·z²/2 for all z.
func labelProxy(p float64) float64 {
	switch {
	case p == 0 || p == 1:
		return 0
	case math.Abs(p-0.5) < 1e-4:
		return 0.25 // the curve is flat here: off by less than 4e-9
	}
	return (1 - 2*p) / (2 * (math.Log1p(-p) - ln(p)))
}

// logChernoff returns min over t ≥ 0 of K(t) − tδ.
func (g gaussLattice) logChernoff(delta float64) float64 {
	lo, hi := 0.0, math.Inf(1)
	t := delta / g.variance()
	for range 200 {
		_, k1, k2 := g.cgf(t)
		if k1 < delta {
			lo = t
		} else {
			hi = t
		}
		next := t - (k1-delta)/k2
		switch {
		case next > lo && next < hi:
		case math.IsInf(hi, 1):
			next = 2 * t
		default:
			next = (lo + hi) / 2
		}
		if math.Abs(next-t) <= 1e-9*t {
			break
		}
		t = next
	}
	k, _, _ := g.cgf(t)
	return k - float64(t*delta)
}

// bestShares returns the shares w ≥ 0 with sum 1 that minimize Σ
// 2·exp(−(wᵢδ)²/2vᵢ). It starts from shares proportional to √vᵢ, which make the
// terms equal. Each step improves the division within one pair, until none gains.
func bestShares(v [3]float64, delta float64) [3]float64 {
	total := math.Sqrt(v[0]) + math.Sqrt(v[1]) + math.Sqrt(v[2])
	var w [3]float64
	for i := range w {
		w[i] = math.Sqrt(v[i]) / total
	}
	// Scaled by the largest term, so that tiny bounds are minimized as well.
	term := func(i int, share, ref float64) float64 {
		return math.Exp(ref - share*share*delta*delta/2/v[i])
	}
	exponent := func() float64 {
		e := math.Inf(1)
		for i := range w {
			e = math.Min(e, w[i]*w[i]*delta*delta/2/v[i])
		}
		return e
	}
	for range 60 {
		ref := exponent()
		moved := 0.0
		for i := range w {
			j := (i + 1) % 3
			both := w[i] + w[j]
			x := goldenMinimum(0, both, func(x float64) float64 { return term(i, x, ref) + term(j, both-x, ref) })
			if term(i, x, ref)+term(j, both-x, ref) < term(i, w[i], ref)+term(j, w[j], ref) {
				moved = math.Max(moved, math.Abs(x-w[i]))
				w[i], w[j] = x, both-x
			}
		}
		if moved < 1e-12 {
			break
		}
	}
	return w
}

// PrintedBoundReaches returns the δ at which the printed sum falls to level, for 0
// < level < 6. Below the δ for level 1 the printed bound is vacuous.
func (m Theorem1) PrintedBoundReaches(level float64) float64 {
	// At δ = 1 the exponents are e; all scale with δ². The sum lies between
	// twice the largest term and six times it.
	e := m.printedExponents(1)
	least := math.Min(e[0], math.Min(e[1], e[2]))
	return crossing(0, math.Sqrt((math.Log(6)-ln(level))/least), func(delta float64) bool { return m.PrintedBound(delta).Sum <= level })
}

// SubGaussianReaches returns the δ at which the sub-Gaussian bound falls to level,
// for 0 < level < 2.
func (m Theorem1) SubGaussianReaches(level float64) float64 {
	return math.Sqrt(2 * m.worstProxy() * (math.Ln2 - ln(level)))
}

// PrintedSize returns the least n₊ + n₋, at the receiver's ratio n₊ : n₋, whose
// printed bound at δ is at most level. Each group has at least one point; sizes
// need not be whole. The exact law has no such number, as it is not monotone in n
// (T1.10).
func (m Theorem1) PrintedSize(delta, level float64) float64 {
	return m.size(m.PrintedBoundReaches(level) / delta)
}

// SubGaussianSize is PrintedSize for the sub-Gaussian bound.
func (m Theorem1) SubGaussianSize(delta, level float64) float64 {
	return m.size(m.SubGaussianReaches(level) / delta)
}

// size returns the number of points at which δ has the exponents that δ·ratio has
// at the receiver's number. All exponents are proportional to nδ².
func (m Theorem1) size(ratio float64) float64 {
	n := float64(m.NPos) + float64(m.NNeg)
	return math.Ceil(math.Max(n*ratio*ratio, n/math.Min(float64(m.NPos), float64(m.NNeg))))
}

// FailureReaches returns the δ at which the exact failure probability falls to
// level, for 0 < level < 1.
func (m Theorem1) FailureReaches(level float64) float64 {
	above := func(delta float64) bool { return float64(m.FailureProbability(delta)) > ln(level) }
	hi := m.SubGaussianReaches(level) // a bound, so not above it
	lo := hi / 2
	for lo > 0 && !above(lo) {
		lo, hi = lo/2, lo
	}
	for hi-lo > 1e-11*hi {
		if mid := (lo + hi) / 2; above(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// worstProxy returns the proxy variance of the SubGaussian bound.
func (m Theorem1) worstProxy() float64 {
	d := m.Separation()
	return (1/float64(m.NPos) + 1/float64(m.NNeg)) * (float64(m.Sigma*m.Sigma/4) + float64(d*d/16))
}

// FailureExponent returns the limit of −ln P(|θ̂ − E θ̂| > δ)/(n₊+n₋) as the groups
// grow in proportion. By Cramér's theorem it is the true exponential rate.
func (m Theorem1) FailureExponent(delta float64) float64 {
	g, x := m.deviation(), delta/m.Sigma
	return math.Max(0, -math.Max(g.logChernoff(x), g.negated().logChernoff(x))) / float64(m.NPos+m.NNeg) // no −0
}

// PrintedExponent returns the same rate for the printed bound: that of its slowest
// term.
func (m Theorem1) PrintedExponent(delta float64) float64 {
	e := m.printedExponents(delta)
	return math.Min(e[0], math.Min(e[1], e[2])) / float64(m.NPos+m.NNeg)
}

// fourthMoment returns E(θ̂ − E θ̂)⁴: three times the squared variance and the fourth
// cumulants of the labels.
func (m Theorem1) fourthMoment() float64 {
	fourth := func(p float64, n int) float64 {
		w, step := p*(1-p), m.Separation()/2/float64(n)
		return step * step * step * step * float64(n) * w * (1 - float64(6*w))
	}
	v := m.Variance()
	return float64(3*v*v) + fourth(m.P, m.NPos) + fourth(m.Q, m.NNeg)
}

// MeanSquareLimits returns how far below and above the variance of θ̂ the mean of n
// squared deviations θ̂ − E θ̂ may lie. It lies further with probability at most
// alpha/2 on each side, for every n. The lower limit uses E exp(−sX) ≤ 1 − s EX +
// s²EX²/2 for X ≥ 0. The upper one uses the same series of exp(sX) with the higher
// moments of a sub-Gaussian variable of proxy v, EXᵏ ≤ 2·k!·(2v)ᵏ, minimized over
// s. A t interval fails if labels are rarely wrong but cause the variance, because
// most samples contain none of it.
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

// ProxyVariance returns a v with ln E exp(t(θ̂ − E θ̂)) ≤ v·t²/2 for all t. The
// mean of R replicates of θ̂ then lies further than x from E θ̂ with probability at
// most 2·exp(−R·x²/2v). It is the variance in the KearnsSaul bound.
func (m Theorem1) ProxyVariance() float64 {
	d2, s := m.Separation()*m.Separation()/4, m.noiseSD()
	return float64(s*s) + float64(d2*labelProxy(m.P)/float64(m.NPos)) + float64(d2*labelProxy(m.Q)/float64(m.NNeg))
}
