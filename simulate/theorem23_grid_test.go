package simulate

import (
	"context"
	"slices"
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
