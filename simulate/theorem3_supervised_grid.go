package simulate

import (
	"context"

	"longtail/theory"
)

// quadraticSets returns the number of training sets of quadratic in a grid or a
// finding with so many trials per row. Trials of quadratic are the expensive ones.
func quadraticSets(trials int64) int64 { return min(100, max(4, trials/2000)) }

// Theorem3Supervised compares the theorem's rule with standard training (claim
// T3.7): the supervised rule on ‖x‖², exactly, and quadratic logistic regression on
// raw x, simulated with quadraticSets training sets per row. "estimate", "lower"
// and "upper" are the quadratic rule's. "excess" is relative to the supervised rule
// on ‖x‖². Both are at 95 %.
func Theorem3Supervised(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	g := theory.Grid{Title: "Theorem 3: standard training with the same labels, β = 4; simulated is penalised quadratic logistic regression on raw x"}
	for _, m := range []theory.Theorem3{
		{D: 2, PPos: 0.5, Beta: 4, NPos: 25, NNeg: 25},
		{D: 2, PPos: 0.5, Beta: 4, NPos: 100, NNeg: 100},
		{D: 5, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 5, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 10, PPos: 0.5, Beta: 4, NPos: 25, NNeg: 25},
		{D: 10, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 10, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 30, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 30, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 100, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 100, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
	} {
		r, err := quadratic(ctx, m, Config{Trials: quadraticSets(trials), Seed: seed})
		if err != nil {
			return g, err
		}
		expected, supervised := m.ExpectedError(), m.SupervisedError()
		g.Add(theory.Row{
			{"d", float64(m.D)}, {"p_pos", m.PPos}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)}, {"weights", float64(r.Weights)}, {"trivial", m.TrivialError()}, {"bayes", m.BayesError().Value()},
			{"exact", expected.Value()}, {"log10_exact", expected.Log10()}, {"supervised", supervised.Value()}, {"log10_supervised", supervised.Log10()},
			{"training_sets", float64(r.Sets)}, {"penalty", r.Ridge}, {"estimate", r.Error}, {"lower", r.CI[0]}, {"upper", r.CI[1]},
			{"excess", r.Excess}, {"excess_lower", r.ExcessCI[0]}, {"excess_upper", r.ExcessCI[1]},
		})
	}
	return g, nil
}
