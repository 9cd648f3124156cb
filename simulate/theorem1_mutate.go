package simulate

import (
	"math"

	"longtail/theory"
)

// mutate applies the configured mutation to the run.
func (r *theorem1Run) mutate() {
	m := r.model
	switch r.c.Mutation {
	case "no-nine":
		// Replacing the terms 2·exp(−e/9) by 2·exp(−e) is the same as tripling δ.
		r.bound = m.PrintedBound(3 * r.delta)
	case "centre-m":
		r.center = 0
		if m.P == m.Q {
			r.unchanged = "p = q, so the center is M"
		}
	case "pooled-mean":
		n := float64(m.NPos) + float64(m.NNeg)
		r.weights = [2]float64{float64(m.NPos) / n, float64(m.NNeg) / n}
		if m.NPos == m.NNeg {
			r.unchanged = "n₊ = n₋, so both means are the same"
		}
	case "threshold-labels":
		l := labelerFor(m)
		p, q, _ := l.Precisions()
		if math.IsNaN(p - q) {
			r.unchanged = "no threshold gives both labels"
			return
		}
		r.labeler = &l
		r.drawn.P, r.drawn.Q = p, q
	case "swap-pq":
		r.drawn.P, r.drawn.Q = m.Q, m.P
		if m.P == m.Q {
			r.unchanged = "p = q"
		}
	}
}

// labelerFor returns a threshold rule with precisions p and q, so that the
// truncation of the groups is the only error. If no threshold has them, it returns
// the rule at the midpoint on the data that come nearest.
func labelerFor(m theory.Theorem1) theory.ThresholdLabeler {
	logit := func(p float64) float64 {
		p = math.Min(1-1e-9, math.Max(1e-9, p))
		return math.Log(p) - math.Log1p(-p)
	}
	l := theory.ThresholdLabeler{Mu1: m.Mu1, Mu2: m.Mu2, Sigma: m.Sigma, Prior: 0.5, Threshold: m.Midpoint()}
	// With recalls a and c, logit p + logit q = logit a + logit c, which grows with
	// the distance of the threshold from the midpoint. logit p − logit q then gives
	// the prior.
	want := logit(m.P) + logit(m.Q)
	sum := func(d float64) float64 {
		a, c := m.Midpoint()-m.Mu2-d, m.Midpoint()-m.Mu2+d
		lg := func(z float64) float64 { return theory.LogNormalCDF(z/m.Sigma) - theory.LogNormalCDF(-z/m.Sigma) }
		return lg(a) + lg(c)
	}
	if want > sum(0) {
		lo, hi := 0.0, m.Sigma
		for sum(hi) < want && hi < 40*(m.Sigma+m.Separation()) {
			hi *= 2
		}
		for range 60 {
			mid := (lo + hi) / 2
			if sum(mid) < want {
				lo = mid
			} else {
				hi = mid
			}
		}
		if m.P < m.Q {
			lo = -lo
		}
		l.Threshold += lo
	}
	// logit p = logit π + ln a − ln(1−c).
	a, c := (m.Mu1-l.Threshold)/m.Sigma, (l.Threshold-m.Mu2)/m.Sigma
	ratioPos := theory.LogNormalCDF(a) - theory.LogNormalCDF(-c)
	ratioNeg := theory.LogNormalCDF(c) - theory.LogNormalCDF(-a)
	prior := (logit(m.P) - ratioPos - logit(m.Q) + ratioNeg) / 2
	l.Prior = 1 / (1 + math.Exp(-prior))
	return l
}
