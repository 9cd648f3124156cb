package simulate

import (
	"context"
	"math"
	"slices"
	"sort"
	"testing"

	"longtail/theory"
)

// No row of the default grids condemns a true statement, and exact values and
// bounds are in order.
func TestTheorem23Grids(t *testing.T) {
	for _, f := range []func(context.Context, int64, uint64) (theory.Grid, error){Theorem2Offsets, Theorem2Settings, Theorem3Dimensions, Theorem3Settings} {
		g, err := f(context.Background(), 20_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		agrees, simulated := 0, 0
		for i, row := range g.Rows {
			if row[slices.Index(g.Columns, "law")] != nil {
				simulated++
			}
			at := func(name string) float64 {
				j := slices.Index(g.Columns, name)
				if j < 0 || row[j] == nil {
					return 0
				}
				return *row[j]
			}
			if at("law") < 0 || at("verdict") < 0 || at("worst_error") > at("chernoff_bound")*(1+1e-9) || at("chernoff_bound") > at("printed_bound")*(1+1e-9) ||
				at("bayes") > at("exact") || at("bound_failure") > at("event_failure")*(1+1e-9) {
				t.Errorf("%s: row %d: law %g, verdict %g", g.Title, i, at("law"), at("verdict"))
			}
			if u := slices.Index(g.Columns, "u"); u >= 0 && at("trials") > 0 && (at("verdict") == notClaimed) != (*row[u] <= 0 || at("beta") <= 3) {
				t.Errorf("%s: row %d: verdict %g at u = %g, β = %g", g.Title, i, at("verdict"), *row[u], at("beta"))
			}
			if g.Columns[0] == "d" && (at("verdict") == notClaimed) != (at("beta") <= 3) {
				t.Errorf("%s: row %d: verdict %g at β = %g", g.Title, i, at("verdict"), at("beta"))
			}
			if at("law") == 1 {
				agrees++
			}
		}
		t.Logf("%s: %d rows, %d simulated, %d agree", g.Title, len(g.Rows), simulated, agrees)
		if simulated == 0 || agrees < simulated/2 {
			t.Errorf("%s: only %d of %d rows resolve", g.Title, agrees, simulated)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Theorem3Dimensions(ctx, 20_000, 1); err == nil {
		t.Error("an interrupted grid is returned as a whole one")
	}
}

// "Disagrees" and "violated" spend 1e-6 over all looks of all rows of a grid. No column
// holds that level; the least number of trials whose interval resolves tells it.
func TestDecisionLevel(t *testing.T) {
	m1 := theory.Theorem1{Mu1: 1, Mu2: -1, Sigma: 1, P: 0.9, Q: 0.7, NPos: 50, NNeg: 50}
	m2, m3 := theory.Theorem2{PPos: 0.3, Beta: 10}, theorem3Settings[0].m
	for i, c := range []struct {
		run  func(c Config) (Result, error)
		grid func(rows int, trials int64) (theory.Grid, error)
	}{
		{func(c Config) (Result, error) { return Theorem1(t.Context(), m1, 0.15, c) }, func(rows int, trials int64) (theory.Grid, error) {
			return theorem1Grid(t.Context(), "", slices.Repeat([]theorem1Case{{m1, 0.15}}, rows), trials, 1)
		}},
		{func(c Config) (Result, error) { return Theorem2(t.Context(), m2, 0.8, c) }, func(rows int, trials int64) (theory.Grid, error) {
			return theorem2Grid(t.Context(), "", append(slices.Repeat([]theorem2Case{{m2, 0.8, true}}, rows), theorem2Case{m2, 0.9, false}), trials, 1)
		}},
		{func(c Config) (Result, error) { return Theorem3(t.Context(), m3, 0.3, c) }, func(rows int, trials int64) (theory.Grid, error) {
			return theorem3Grid(t.Context(), "", slices.Repeat([]theorem3Case{{m3, 0.3}}, rows), trials, 1)
		}},
	} {
		run := func(settings int, trials int64) Result {
			r, err := c.run(Config{Trials: trials, Seed: 1, Settings: settings})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for settings, want := range map[int]float64{0: 5e-7, 1: 5e-7, 10: 5e-8} {
			if got := run(settings, 100).DecisionLevel; math.Abs(got/want-1) > 1e-12 {
				t.Errorf("theorem %d, %d settings: decision level %g at the first look, want %g", i+1, settings, got, want)
			}
		}
		from := 1 + int64(sort.Search(3000, func(n int) bool { return run(10, int64(n+1)).Law == Agrees }))
		for _, g := range []struct {
			rows   int
			trials int64
			law    float64
		}{{10, from, 1}, {10, from - 1, 0}, {1, from - 1, 1}} {
			grid, err := c.grid(g.rows, g.trials)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range grid.Rows[:g.rows] {
				if got := *row[slices.Index(grid.Columns, "law")]; got != g.law {
					t.Errorf("theorem %d, one of %d rows, %d trials: law %g, want %g", i+1, g.rows, g.trials, got, g.law)
				}
			}
		}
	}
}
