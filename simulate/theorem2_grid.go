package simulate

import (
	"context"
	"fmt"

	"longtail/theory"
)

// theorem2Columns are those of the simulated grid; words are coded as in
// theorem1Columns. "printed" and "sharp" are floors claimed for u > 0.
var theorem2Columns = []string{
	"p_pos", "beta", "u", "exact", "printed", "sharp", "u_star", "min_b_nonnegative", "any_b", "trivial",
	"trials", "estimate", "lower", "upper", "law", "verdict",
}

// Theorem2Settings is the check of Theorem 2 over its parameters: both signs
// of b, balanced to extreme priors, β at and below the printed range too.
// trials is the number for every row.
func Theorem2Settings(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	g := theory.Grid{Title: "Theorem 2: law, simulation and bounds over the model's parameters", Columns: theorem2Columns}
	priors, betas := []float64{0.5, 0.3, 0.1, 0.01}, []float64{2, 4, 10, 1e4}
	offsets := []float64{-10, -3, -1, 0, 0.25, 0.8, 1.5, 3, 10}
	for _, p := range priors {
		for _, beta := range betas {
			for _, u := range offsets {
				m := theory.Theorem2{PPos: p, Beta: beta}
				r, err := Theorem2(ctx, m, u, Config{Trials: trials, Seed: seed, Settings: len(priors) * len(betas) * len(offsets)})
				if err != nil {
					return g, fmt.Errorf("%+v, u = %g: %w", m, u, err)
				}
				if r.Interrupted {
					return g, context.Cause(ctx)
				}
				g.Add(p, beta, u, r.ExactValue, m.PrintedLowerBound(), m.SharpLowerBound(), m.UStar(), m.MinNonNegative(), m.InfAny(), m.TrivialError(),
					float64(r.Trials), r.Estimate, r.CI[0], r.CI[1], r.Law.code(), r.Verdict.code())
			}
		}
	}
	return g, nil
}
