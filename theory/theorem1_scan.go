package theory

import "math"

// theorem1Split is one division of a fixed number of points between the two groups.
type theorem1Split struct {
	NPos, NNeg int
	Failure    LogProb // exact
	Miss       LogProb // exact probability of missing the true midpoint
	Printed    float64 // sum of the printed terms
}

// splits evaluates the model at n₊ = step, 2·step, … with n₊ + n₋ fixed to the
// model's own total. It answers whether balanced unlabeled data are best.
func (m Theorem1) splits(delta float64, step int) []theorem1Split {
	n := m.NPos + m.NNeg
	var all []theorem1Split
	for k := step; k < n; k += step {
		m.NPos, m.NNeg = k, n-k
		all = append(all, theorem1Split{k, n - k, m.FailureProbability(delta), m.MissTargetProbability(delta), m.PrintedBound(delta).Sum})
	}
	return all
}

// bestTheorem1Split is the split with the smallest exact failure probability.
func bestTheorem1Split(splits []theorem1Split) theorem1Split {
	best := theorem1Split{Failure: LogProb(math.Inf(1))}
	for _, s := range splits {
		if s.Failure < best.Failure {
			best = s
		}
	}
	return best
}

// FailureExponent is the limit of −ln P(|θ̂ − E θ̂| > δ)/(n₊+n₋) as the groups
// grow in proportion, by Cramér's theorem: the true exponential rate.
func (m Theorem1) FailureExponent(delta float64) float64 {
	g, x := m.deviation(), delta/m.Sigma
	return math.Max(0, -math.Max(g.logChernoff(x), g.negated().logChernoff(x))) / float64(m.NPos+m.NNeg) // no −0
}

// PrintedExponent is the same rate according to the printed bound: that of
// its slowest term.
func (m Theorem1) PrintedExponent(delta float64) float64 {
	e := m.printedExponents(delta)
	return math.Min(e[0], math.Min(e[1], e[2])) / float64(m.NPos+m.NNeg)
}
