package simulate

import (
	"context"
	"math"

	"longtail/theory"
)

// theorem1Case is one row of a grid.
type theorem1Case struct {
	m     theory.Theorem1
	delta float64
}

// Theorem1Amount returns the figure's grid: the failure probability of Theorem 1
// against the size of the groups, n₊ = n₋ = n, as law, simulation and bounds.
// trials is the number per row.
func Theorem1Amount(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	var cases []theorem1Case
	for _, n := range []int{10, 20, 50, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000} {
		cases = append(cases, theorem1Case{theory.Theorem1{Mu1: 1, Mu2: -1, Sigma: 1, P: 0.9, Q: 0.7, NPos: n, NNeg: n}, 0.2})
	}
	return theorem1Grid(ctx, "Theorem 1: p = 0.9, q = 0.7, D = 2σ, δ = 0.2σ, n₊ = n₋ = n", cases, trials, seed)
}

// Theorem1Settings returns the check of Theorem 1 over its parameters: balanced and
// heavily imbalanced groups, p above and below q, small and large D/σ, one point to
// a million.
func Theorem1Settings(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	var cases []theorem1Case
	add := func(d, p, q, delta float64, nPos, nNeg int) {
		cases = append(cases, theorem1Case{theory.Theorem1{Mu1: d / 2, Mu2: -d / 2, Sigma: 1, P: p, Q: q, NPos: nPos, NNeg: nNeg}, delta})
	}
	for _, d := range []float64{0.5, 2, 6, 20} {
		for _, pq := range [][2]float64{{0.9, 0.7}, {0.6, 0.95}, {0.5, 0.5}} {
			for _, n := range [][2]int{{1, 1}, {50, 50}, {990, 10}, {10, 990}, {10_000, 10_000}} {
				// The tolerance is about two standard deviations, rounded to two digits, so
				// that most rows can be counted.
				m := theory.Theorem1{Mu1: d / 2, Mu2: -d / 2, Sigma: 1, P: pq[0], Q: pq[1], NPos: n[0], NNeg: n[1]}
				add(d, pq[0], pq[1], twoDigits(2*math.Sqrt(m.Variance())), n[0], n[1])
			}
		}
	}
	// Rare events, perfect labels, a million points, and where the bound is not
	// vacuous.
	add(2, 0.9, 0.7, 0.2, 500, 500)
	add(2, 0.95, 0.6, 0.3, 900, 100)
	add(2, 0.5, 0.5, 0.1, 2000, 2000)
	add(2, 1, 1, 0.3, 50, 50)
	add(2, 1, 0, 0.3, 50, 50)
	add(2, 0.9, 0.7, 0.004, 1_000_000, 1_000_000)
	add(2, 0.9, 0.7, 0.5, 1_000_000, 100)
	add(2, 0.9, 0.7, 1, 500, 300)
	return theorem1Grid(ctx, "Theorem 1: law, simulation and bounds over the model's parameters", cases, trials, seed)
}

// theorem1Grid returns the grid of the cases. It names n₊ "n", the size of each
// group where they are equal. "lower" and "upper" bound the estimate at 95 %.
func theorem1Grid(ctx context.Context, title string, cases []theorem1Case, trials int64, seed uint64) (theory.Grid, error) {
	g := theory.Grid{Title: title}
	for _, c := range cases {
		r, err := Theorem1(ctx, c.m, c.delta, Config{Trials: trials, Seed: seed, Settings: len(cases)})
		if err == nil && r.Interrupted {
			err = ctx.Err()
		}
		if err != nil {
			return g, err
		}
		exact, printed, sharp := c.m.FailureProbability(c.delta), c.m.PrintedBound(c.delta), c.m.SharpBound(c.delta)
		g.Add(theory.Row{
			{"n", float64(c.m.NPos)}, {"n_neg", float64(c.m.NNeg)}, {"p", c.m.P}, {"q", c.m.Q}, {"D", c.m.Separation()}, {"sigma", c.m.Sigma}, {"delta", c.delta},
			{"exact", exact.Value()}, {"log10_exact", exact.Log10()}, {"miss_target", c.m.MissTargetProbability(c.delta).Value()}, {"mean", c.m.Mean()}, {"variance", c.m.Variance()},
			{"printed", printed.Sum}, {"printed_1", printed.Terms[0]}, {"printed_2", printed.Terms[1]}, {"printed_3", printed.Terms[2]}, {"printed_vacuous", theory.Flag(printed.Vacuous)},
			{"sharp", sharp.SubGaussian.Value()}, {"best_split", sharp.BestSplit.Value()}, {"chernoff", sharp.Chernoff.Value()},
			{"trials", float64(r.Trials)}, {"estimate", r.Estimate}, {"lower", r.CI[0]}, {"upper", r.CI[1]}, {"importance", theory.Flag(r.Estimator == "importance")}, {"law", r.Law.code()}, {"verdict", r.verdictCode()},
		})
	}
	return g, nil
}
