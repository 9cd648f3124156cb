package simulate

import (
	"context"

	"longtail/theory"
)

// theorem3Case is one row of a grid.
type theorem3Case struct {
	m     theory.Theorem3
	delta float64
}

// Theorem3Dimensions returns the figure's grid: the error of Theorem 3's rule
// against the dimension, as law, simulation, bounds, Bayes rule and trivial rule.
// trials is the number per row.
func Theorem3Dimensions(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	var cases []theorem3Case
	for _, d := range []int{1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000} {
		cases = append(cases, theorem3Case{theory.Theorem3{D: d, PPos: 0.1, Beta: 4, NPos: 2, NNeg: 18}, 0.15})
	}
	return theorem3Grid(ctx, "Theorem 3: p₊ = 0.1, β = 4, N₊ = 2, N₋ = 18, δ = 0.15", cases, trials, seed)
}

// Theorem3Settings returns the check of Theorem 3 over its parameters: balanced and
// heavily imbalanced classes and training sets, d from 1 to 1000, both branches and
// the branch point, β on both sides of 3.
func Theorem3Settings(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	var cases []theorem3Case
	for _, d := range []int{1, 10, 100, 1000} {
		for _, c := range []struct {
			p, beta float64
			np, nn  int
		}{{0.5, 4, 20, 20}, {0.1, 4, 5, 200}, {0.01, 10, 1, 500}, {0.1, 2, 50, 5}} {
			m := theory.Theorem3{D: d, PPos: c.p, Beta: c.beta, NPos: c.np, NNeg: c.nn}
			deltas := []float64{0.6 * m.MaxDelta()}
			if at := m.BranchDelta(); at > 0 {
				deltas = []float64{at / 2, at, (at + m.MaxDelta()) / 2}
			}
			for _, delta := range deltas {
				cases = append(cases, theorem3Case{m, delta})
			}
		}
	}
	return theorem3Grid(ctx, "Theorem 3: law, simulation and bounds over the model's parameters", cases, trials, seed)
}

// theorem3Grid returns the grid of the cases. "lower" and "upper" bound the
// estimate at 95 %. "bound_failure" and "event_failure" are exact;
// "bound_failure_seen" is the simulated frequency of the former.
func theorem3Grid(ctx context.Context, title string, cases []theorem3Case, trials int64, seed uint64) (theory.Grid, error) {
	g := theory.Grid{Title: title}
	for _, c := range cases {
		m, delta := c.m, c.delta
		r, err := Theorem3(ctx, m, delta, Config{Trials: trials, Seed: seed, Settings: len(cases)})
		if err == nil && r.Interrupted {
			err = ctx.Err()
		}
		if err != nil {
			return g, err
		}
		exact, bayes, supervised, known, bound := m.ExpectedError(), m.BayesError(), m.SupervisedError(), m.SupervisedErrorKnownPrior(), m.PrintedErrorBound(delta)
		g.Add(theory.Row{
			{"d", float64(m.D)}, {"p_pos", m.PPos}, {"beta", m.Beta}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)}, {"delta", delta}, {"branch", float64(m.Branch(delta))},
			{"exact", exact.Value()}, {"log10_exact", exact.Log10()}, {"midpoint", m.ErrorAtMidpoint().Value()}, {"bayes", bayes.Value()}, {"log10_bayes", bayes.Log10()},
			{"supervised", supervised.Value()}, {"log10_supervised", supervised.Log10()}, {"supervised_known_prior", known.Value()}, {"log10_supervised_known_prior", known.Log10()}, {"trivial", m.TrivialError()},
			{"printed_bound", bound.Value()}, {"chernoff_bound", m.ChernoffErrorBound(delta).Value()}, {"worst_error", m.WorstError(delta).Value()},
			{"printed_success", 1 - m.PrintedFailure(delta).Value()}, {"chernoff_success", 1 - m.ChernoffFailure(delta).Value()}, {"event", m.EventProbability(delta).Value()}, {"event_failure", m.EventFailure(delta).Value()},
			{"bound_failure", m.BoundFailure(bound).Value()}, {"printed_vacuous", theory.Flag(r.PrintedVacuous)},
			{"trials", float64(r.Trials)}, {"estimate", r.Estimate}, {"lower", r.CI[0]}, {"upper", r.CI[1]}, {"smooth_mean", r.SmoothMean}, {"bound_failure_seen", r.BoundFailure},
			{"importance", theory.Flag(r.Estimator == "importance")}, {"law", r.Law.code()}, {"verdict", r.verdictCode()},
		})
	}
	return g, nil
}
