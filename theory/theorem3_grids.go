package theory

import (
	"math"
	"slices"
)

// Theorem3DimensionGrid returns the error over the dimension: exact laws, bounds
// and the trivial rule (claims T3.2, T3.6, T3.7).
func Theorem3DimensionGrid() Grid {
	g := Grid{Title: "Theorem 3: error over the dimension"}
	for _, c := range []Theorem3{{0, 0.5, 4, 20, 20}, {0, 0.1, 4, 5, 45}, {0, 0.01, 4, 5, 495}, {0, 0.1, 10, 5, 45}, {0, 0.1, 2, 5, 45}} {
		for _, d := range []int{1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1000} {
			m := c
			m.D = d
			expected, bayes, supervised := m.ExpectedError(), m.BayesError(), m.SupervisedError()
			g.Add(Row{{"p_pos", m.PPos}, {"beta", m.Beta}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)}, {"d", float64(d)}, {"midpoint", m.ErrorAtMidpoint().Value()},
				{"expected", expected.Value()}, {"log10_expected", expected.Log10()}, {"bayes", bayes.Value()}, {"log10_bayes", bayes.Log10()}, {"supervised", supervised.Value()}, {"log10_supervised", supervised.Log10()},
				{"printed_limit", m.PrintedErrorBound(0).Value()}, {"printed_0.1", m.PrintedErrorBound(0.1).Value()}, {"printed_0.3", m.PrintedErrorBound(0.3).Value()},
				{"chernoff_0.1", m.ChernoffErrorBound(0.1).Value()}, {"worst_0.1", m.WorstError(0.1).Value()},
				{"trivial", m.TrivialError()}, {"printed_0.1_useless", Flag(m.PrintedErrorBound(0.1).Value() >= m.TrivialError())}})
		}
	}
	return g
}

// Theorem3DeltaGrid returns the statement over δ, in both branches and at the
// branch point: probability and error bound, printed, sharper and exact (claims
// T3.1, T3.3).
func Theorem3DeltaGrid() Grid {
	g := Grid{Title: "Theorem 3: the statement over δ"}
	for _, m := range []Theorem3{{100, 0.1, 4, 5, 200}, {200, 0.05, 5, 10, 1000}, {20, 0.1, 4, 2, 100}, {50, 0.2, 7, 4, 10}, {1000, 0.1, 2, 5, 45}} {
		deltas := []float64{0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7}
		if at := m.BranchDelta(); at > 0 && !slices.Contains(deltas, at) {
			deltas = append(deltas, at)
		}
		for _, delta := range deltas {
			if m.ValidateDelta(delta) != nil {
				continue
			}
			bound := m.PrintedErrorBound(delta)
			fail, event := m.BoundFailure(bound), m.EventFailure(delta)
			vacuous := m.useless(bound, m.PrintedFailure(delta)) != "" // whether claimed or not: β = 2 is in the grid for the bound
			g.Add(Row{{"d", float64(m.D)}, {"p_pos", m.PPos}, {"beta", m.Beta}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)}, {"delta", delta}, {"branch", float64(m.Branch(delta))},
				{"event", m.EventProbability(delta).Value()}, {"event_failure", event.Value()}, {"log10_event_failure", event.Log10()},
				{"printed_success", 1 - m.PrintedFailure(delta).Value()}, {"chernoff_success", 1 - m.ChernoffFailure(delta).Value()},
				{"printed_bound", bound.Value()}, {"chernoff_bound", m.ChernoffErrorBound(delta).Value()}, {"worst_error", m.WorstError(delta).Value()},
				{"bound_failure", fail.Value()}, {"log10_bound_failure", fail.Log10()}, {"vacuous", Flag(vacuous)}})
		}
	}
	return g
}

// Theorem3SplitGrid returns failures and errors over the division of a fixed number
// of labeled points (claims T3.4, T3.5).
func Theorem3SplitGrid() Grid {
	g := Grid{Title: "Theorem 3: success over the split N₊ : N₋ of 100 labelled points, p₊ = 0.1, β = 4, δ = 0.3"}
	const delta = 0.3
	for _, d := range []int{10, 100} {
		m := Theorem3{D: d, PPos: 0.1, Beta: 4}
		for _, k := range []int{1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99} {
			m.NPos, m.NNeg = k, 100-k
			event, expected := m.EventFailure(delta), m.ExpectedError()
			g.Add(Row{{"d", float64(d)}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)},
				{"event_failure", event.Value()}, {"log10_event_failure", event.Log10()}, {"printed_success", 1 - m.PrintedFailure(delta).Value()},
				{"expected_error", expected.Value()}, {"log10_expected_error", expected.Log10()},
				{"supervised_error", m.SupervisedError().Value()}, {"supervised_error_known_prior", m.SupervisedErrorKnownPrior().Value()},
				{"bound_failure", m.BoundFailure(m.PrintedErrorBound(delta)).Value()}, {"random_counts_failure", m.randomCountsFailure(100, delta).Value()}})
		}
	}
	return g
}

// randomCountsFailure returns the probability of leaving the event if the class
// counts of n labeled points are drawn too, NPos ~ Bin(n, p₊). A training set
// without one of the classes, of probability p₊ⁿ + p₋ⁿ, has no threshold and counts
// as a failure; the theorem ignores that case. The receiver's own NPos and NNeg are
// not used.
func (m Theorem3) randomCountsFailure(n int, delta float64) LogProb {
	total := LogAddExp(LogBinomialPMF(0, n, m.PPos), LogBinomialPMF(n, n, m.PPos))
	for k := 1; k < n; k++ {
		m.NPos, m.NNeg = k, n-k
		total = LogAddExp(total, LogBinomialPMF(k, n, m.PPos)+float64(m.EventFailure(delta)))
	}
	return LogProb(math.Min(0, total))
}

// Theorem3UsefulGrid returns the least dimension at which an error, or a bound on
// it, is below that of the trivial rule.
func Theorem3UsefulGrid() Grid {
	g := Grid{Title: "Theorem 3: least d at which the error, or its bound, is below that of the trivial rule"}
	for _, beta := range []float64{2, 4, 10, 100} {
		for _, p := range []float64{0.5, 0.1, 0.01} {
			m := Theorem3{PPos: p, Beta: beta}
			r := m.rates()
			g.Add(Row{{"beta", beta}, {"p_pos", p}, {"exact_at_midpoint", m.midpointUsefulFrom()},
				{"printed_limit", m.PrintedUsefulFrom(0)}, {"printed_0.1", m.PrintedUsefulFrom(0.1)}, {"chernoff_limit", m.usefulFrom(r.MissPos, r.MissNeg)}})
		}
	}
	return g
}

// midpointUsefulFrom returns the least D, whatever the receiver's, at which the
// error at the population midpoint is below that of the trivial rule. It is missing
// if there is none up to 100,000, where counting is still quick.
func (m Theorem3) midpointUsefulFrom() float64 {
	const last = 100_000
	for m.D = 1; m.D <= last; m.D++ {
		if m.ErrorAtMidpoint() < LogProb(ln(m.TrivialError())) {
			return float64(m.D)
		}
	}
	return missing
}

// Theorem3RateGrid compares decay rates per dimension (claim T3.2).
func Theorem3RateGrid() Grid {
	g := Grid{Title: "Theorem 3: decay of the error per dimension, −ln(error)/d for d → ∞"}
	for _, beta := range []float64{1.5, 2, 3, 4, 6, 10, 100} {
		r := Theorem3{Beta: beta}.rates()
		g.Add(Row{{"beta", beta}, {"miss_pos", r.MissPos}, {"printed_miss_pos", r.PrintedMissPos}, {"miss_neg", r.MissNeg}, {"printed_miss_neg", r.PrintedMissNeg}, {"bayes", r.Bayes}})
	}
	return g
}
