package theory

import (
	"cmp"
	"fmt"
	"slices"
)

// The grids of Theorem 1 that need no simulation. Parameters without a column are
// in the title; σ = 1 if it has no column.

// Theorem1SplitGrid returns the exact failure probability over the division of a
// fixed number of points (claims T1.7, T1.8).
func Theorem1SplitGrid() Grid {
	g := Grid{Title: "Theorem 1: failure probability over the split n₊ : n₋ of 200 points, δ = 0.3"}
	for _, c := range splitCases {
		best := c.bestSplit(0.3, 5)
		for _, m := range c.splits(5) {
			failure, printed := m.FailureProbability(0.3), m.PrintedBound(0.3)
			g.Add(Row{{"p", m.P}, {"q", m.Q}, {"D", m.Separation()}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)},
				{"exact", failure.Value()}, {"log10_exact", failure.Log10()}, {"miss_target", m.MissTargetProbability(0.3).Value()},
				{"printed", printed.Sum}, {"printed_vacuous", Flag(printed.Vacuous)}, {"sharp", m.SharpBound(0.3).SubGaussian.Value()}, {"best", Flag(m == best)}})
		}
	}
	return g
}

var splitCases = []Theorem1{
	{1, -1, 1, 0.95, 0.6, 100, 100},
	{2, -2, 1, 0.99, 0.55, 100, 100},
	{1, -1, 1, 0.8, 0.8, 100, 100},
}

// Theorem1AmountGrid returns the effect of more unlabeled data on the theorem's
// event and on the desired one (claims T1.10, T1.11).
func Theorem1AmountGrid() Grid {
	g := Grid{Title: "Theorem 1: what more unlabeled points do, n₊ = n₋ = n, p = 0.9, q = 0.7, D = 2"}
	add := func(sigma, delta float64, n int) {
		m := Theorem1{1, -1, sigma, 0.9, 0.7, n, n}
		f := m.FailureProbability(delta)
		g.Add(Row{{"sigma", sigma}, {"delta", delta}, {"n", float64(n)}, {"bias", m.Bias()},
			{"exact", f.Value()}, {"log10_exact", f.Log10()}, {"miss_target", m.MissTargetProbability(delta).Value()},
			{"printed", m.PrintedBound(delta).Sum}, {"exact_exponent", m.FailureExponent(delta)}, {"printed_exponent", m.PrintedExponent(delta)}})
	}
	for _, n := range []int{10, 50, 100, 200, 400, 1000, 10_000} {
		add(1, 0.1, n)
	}
	for n := 1; n <= 8; n++ {
		add(0.1, 0.15, n)
	}
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		add(1, 0.3, n)
	}
	return g
}

// Theorem1VacuousGrid returns the range of t = nδ²/σ² in which the printed bound is
// vacuous, for balanced groups.
func Theorem1VacuousGrid() Grid {
	g := Grid{Title: "Theorem 1: where the published bound is vacuous, n₊ = n₋ = n, t = nδ²/σ²"}
	for _, ratio := range []float64{0.5, 1, 2, 3, 4, 6, 10, 20} {
		m := Theorem1{ratio / 2, -ratio / 2, 1, 0.5, 0.5, 1, 1}
		t := func(d float64) float64 { return d * d }
		g.Add(Row{{"D_over_sigma", ratio},
			{"vacuous_below_t", t(m.PrintedBoundReaches(1))}, {"below_0.05_from_t", t(m.PrintedBoundReaches(0.05))},
			{"sharp_vacuous_below_t", t(m.SubGaussianReaches(1))}, {"sharp_below_0.05_from_t", t(m.SubGaussianReaches(0.05))}})
	}
	return g
}

// Theorem1PrecisionGrid maps recalls to the theorem's precisions, over the share of
// positives in the unlabeled data (T1.5, T1.6).
func Theorem1PrecisionGrid() Grid {
	g := Grid{Title: "Theorem 1: precisions p, q of a labeller with fixed recalls, by the share of positives in the unlabeled data"}
	for _, r := range [][2]float64{{0.7, 0.95}, {0.8, 0.8}} {
		for _, prior := range []float64{0.5, 0.3, 0.1, 0.05, 0.01, 0.9} {
			p, q, called := Precisions(r[0], r[1], prior)
			g.Add(Row{{"recall_pos", r[0]}, {"recall_neg", r[1]}, {"prior", prior}, {"p", p}, {"q", q}, {"gap", p - q}, {"called_positive", called}})
		}
	}
	return g
}

// Theorem1BaseGrid returns the precisions of a base rule fitted on imbalanced data,
// on balanced and on equally imbalanced unlabeled data (T1.3).
func Theorem1BaseGrid() Grid {
	g := Grid{Title: "Theorem 1: base rule fitted on a share of positives, D = 2, on balanced and on equally imbalanced unlabeled data"}
	for _, prior := range []float64{0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01} {
		l := unit.base(prior, 0.5)
		a, c := l.recalls()
		p, q, _ := l.Precisions()
		ps, qs, _ := unit.base(prior, prior).Precisions()
		g.Add(Row{{"train_prior", prior}, {"threshold", l.Threshold}, {"balanced_error", unit.RuleError(l.Threshold)}, {"recall_pos", a}, {"recall_neg", c},
			{"p_balanced", p}, {"q_balanced", q}, {"gap_balanced", p - q}, {"p_same", ps}, {"q_same", qs}, {"gap_same", ps - qs}})
	}
	return g
}

// Theorem1SelfTrainingGrid compares a real threshold labeler with the theorem's
// center and with the base rule from which it starts (T1.12).
func Theorem1SelfTrainingGrid() Grid {
	g := Grid{Title: "Theorem 1: self-training from a base rule fitted at π, D = 2, by the share π_U of positives in very many unlabeled points"}
	for _, train := range []float64{0.5, 0.3, 0.1, 0.01} {
		for _, prior := range []float64{0.9, 0.5, 0.3, 0.1, 0.01} {
			s, center := unit.SelfTraining(train, prior), unit.base(train, prior).theoremCenter()
			g.Add(Row{{"train_prior", train}, {"prior_u", prior}, {"base_threshold", s.Threshold[0]}, {"base_error", s.Error[0]},
				{"theorem_centre", center}, {"theorem_error", unit.RuleError(center)}, {"one_step", s.Threshold[1]}, {"one_step_error", s.Error[1]},
				{"fixed_point", s.Threshold[2]}, {"fixed_point_error", s.Error[2]}, {"steps", float64(s.Steps)}})
		}
	}
	return g
}

// setting describes the model in words.
func (m Theorem1) setting(delta float64) string {
	return fmt.Sprintf("n₊ = %d, n₋ = %d, p = %g, q = %g, D = %gσ, δ = %gσ", m.NPos, m.NNeg, m.P, m.Q, m.Separation()/m.Sigma, delta/m.Sigma)
}

// splits returns the model at n₊ = step, 2·step, … with n₊ + n₋ fixed at its own
// total.
func (m Theorem1) splits(step int) (all []Theorem1) {
	n := m.NPos + m.NNeg
	for k := step; k < n; k += step {
		m.NPos, m.NNeg = k, n-k
		all = append(all, m)
	}
	return all
}

// bestSplit returns the split with the smallest exact failure probability. It shows
// whether balanced unlabeled data are best.
func (m Theorem1) bestSplit(delta float64, step int) Theorem1 {
	return slices.MinFunc(m.splits(step), func(a, b Theorem1) int {
		return cmp.Compare(a.FailureProbability(delta), b.FailureProbability(delta))
	})
}
