package simulate

import (
	"context"
	"math"

	"longtail/theory"
)

// theorem2Case is one row of a grid.
type theorem2Case struct {
	m     theory.Theorem2
	u     float64
	drawn bool // whether the row is simulated
}

// Theorem2Offsets returns the figure's grid: the error of raw linear rules against
// their offset u of both signs, as law, simulation and floors. trials is the number
// per simulated row.
func Theorem2Offsets(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	const last, step = 12, 0.25
	drawn := map[float64]bool{-12: true, -9: true, -6: true, -4: true, -2.5: true, -1: true, 0: true, 0.5: true, 1: true, 2: true, 4: true, 6: true, 9: true, 12: true}
	var cases []theorem2Case
	for _, p := range []float64{0.5, 0.3, 0.1, 0.01} {
		for i := range int(2*last/step) + 1 {
			u := float64(float64(i)*step) - last
			cases = append(cases, theorem2Case{theory.Theorem2{PPos: p, Beta: 10}, u, drawn[u]})
		}
	}
	return theorem2Grid(ctx, "Theorem 2: error of a raw linear rule against its offset u = b/(‖θ‖σ₁), β = 10", cases, trials, seed)
}

// Theorem2Settings returns the check of Theorem 2 over its parameters: both signs
// of b, balanced to extreme priors, β inside and below the printed range. trials is
// the number per row.
func Theorem2Settings(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	var cases []theorem2Case
	for _, p := range []float64{0.5, 0.3, 0.1, 0.01} {
		for _, beta := range []float64{2, 4, 10, 1e4} {
			for _, u := range []float64{-10, -3, -1, 0, 0.25, 0.8, 1.5, 3, 10} {
				cases = append(cases, theorem2Case{theory.Theorem2{PPos: p, Beta: beta}, u, true})
			}
		}
	}
	return theorem2Grid(ctx, "Theorem 2: law, simulation and floors over the model's parameters", cases, trials, seed)
}

// theorem2Grid returns the grid of the cases. Floors are in "printed", where that
// is claimed, and in "sharp", for u > 0. "above_quarter" is 1 if the error is at
// least the printed 1/4. Rows that are not simulated lack the columns from "trials"
// on.
func theorem2Grid(ctx context.Context, title string, cases []theorem2Case, trials int64, seed uint64) (theory.Grid, error) {
	g := theory.Grid{Title: title}
	settings := 0
	for _, c := range cases {
		if c.drawn {
			settings++
		}
	}
	none := math.NaN()
	for _, c := range cases {
		m, u := c.m, c.u
		printed, sharp := none, none
		if m.Covered(u) {
			printed = m.PrintedLowerBound()
		}
		if u > 0 {
			sharp = m.SharpLowerBound()
		}
		n, law, verdict := none, none, none
		r := Result{Estimate: none, CI: [2]float64{none, none}}
		if c.drawn {
			var err error
			r, err = Theorem2(ctx, m, u, Config{Trials: trials, Seed: seed, Settings: settings})
			if err == nil && r.Interrupted {
				err = ctx.Err()
			}
			if err != nil {
				return g, err
			}
			n, law, verdict = float64(r.Trials), r.Law.code(), r.verdictCode()
		}
		g.Add(theory.Row{
			{"p_pos", m.PPos}, {"beta", m.Beta}, {"u", u}, {"exact", m.Error(u)}, {"printed", printed}, {"sharp", sharp}, {"above_quarter", theory.Flag(m.PrintedHolds(u))},
			{"u_star", m.UStar()}, {"min_b_nonnegative", m.MinNonNegative()}, {"any_b", m.InfAny()}, {"trivial", m.TrivialError()},
			{"trials", n}, {"estimate", r.Estimate}, {"lower", r.CI[0]}, {"upper", r.CI[1]}, {"law", law}, {"verdict", verdict},
		})
	}
	return g, nil
}
