package report

import (
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
	"longtail/results/resultstest"
	"longtail/stats"
)

// The title counts claims, or the comparisons that decide them: S1 has two baselines.
func TestTitle(t *testing.T) {
	seen := func(id, against string) Row {
		r := Row{Verdict: Verdict{Claim: paper.Claim{ID: id}, Against: against, Grade: results.GradeSimilar}}
		r.Outcome.Word = stats.Seen
		return r
	}
	early := func(id string) Row {
		r := seen(id, "")
		r.Provisional = true
		return r
	}
	partly := func(id, against string, run, over, cells int) Row {
		r := seen(id, against)
		r.Outcome.Run, r.Outcome.Over, r.Outcome.Cells = run, over, cells
		return r
	}
	varied := func(r Row) Row {
		r.Variant = "variant epochs=9"
		return r
	}
	open := Row{Verdict: Verdict{Claim: paper.Claim{ID: "S4"}, Grade: results.GradeStandIn}}
	for _, c := range []struct {
		n       census
		primary []Row
		want    string
	}{
		{census{}, nil, "Nothing has been run yet: 9 primary claims (10 comparisons), with the published numbers"},
		{census{run: 1, measured: map[results.Grade]int{results.GradeStandIn: 1}}, []Row{open}, "None of the 9 primary claims (10 comparisons) is settled: so far only stand-in data were used"},
		{census{run: 2, measured: map[results.Grade]int{results.GradeSimilar: 1}}, []Row{open}, "None of the 9 primary claims (10 comparisons) is settled yet"},
		{census{run: 2}, []Row{seen("S1", "plain"), seen("S1", "plain"), open}, "1 of the 10 comparisons that decide the primary claims has a verdict on the paper's data (S1 plain seen)"},
		{census{run: 2}, []Row{early("S1"), early("S1"), open}, "1 of the 10 comparisons that decide the primary claims has a verdict on the paper's data (S1 seen), provisionally"},
		{census{run: 2}, []Row{varied(seen("S1", "plain")), seen("S4", "")}, "2 of the 10 comparisons that decide the primary claims have a verdict on the paper's data (S1 plain seen, variant epochs=9; S4 seen)"},
		{census{run: 2}, []Row{varied(partly("S1", "plain", 5, 5, 48))}, "1 of the 10 comparisons that decide the primary claims has a verdict on the paper's data (S1 plain seen, variant epochs=9, on 5 of 48 cells)"},
		{census{run: 2}, []Row{early("P1"), seen("P1", "")}, "1 of the 10 comparisons that decide the primary claims has a verdict on the paper's data (P1 seen), provisionally"}, // a weaker row's is final
		{census{run: 2}, []Row{early("P1"), seen("S1", "plain"), open}, "2 of the 10 comparisons that decide the primary claims have a verdict on the paper's data (P1 seen; S1 plain seen), 1 of them provisionally"},
		{census{run: 2}, []Row{seen("S1", "plain"), seen("S1", "equal-step"), seen("S1", "plain"), open}, "2 of the 10 comparisons that decide the primary claims have a verdict on the paper's data (S1 plain seen; S1 equal-step seen)"},
		{census{run: 2}, []Row{partly("P1", "", 24, 24, 24)}, "1 of the 10 comparisons that decide the primary claims has a verdict on the paper's data (P1 seen)"},
		{census{run: 2}, []Row{partly("P1", "", 3, 2, 24), partly("P1", "", 5, 5, 24)}, "1 of the 10 comparisons that decide the primary claims has a verdict on the paper's data (P1 seen, on 2 of 24 cells)"},
		{census{run: 2}, []Row{partly("S1", "plain", 5, 5, 48), seen("F7", ""), partly("P1", "", 2, 2, 24)}, "3 of the 10 comparisons that decide the primary claims have a verdict on the paper's data (S1 plain seen, on 5 of 48 cells; F7 seen; P1 seen, on 2 of 24 cells)"},
	} {
		if got := titleOf(c.n, c.primary); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The lead says how many replicates there are.
func TestReplicatesOfTheLead(t *testing.T) {
	const P, S, T = results.GradePaper, results.GradeSimilar, results.GradeStandIn
	for _, c := range []struct {
		replicates map[results.Grade][]int
		want       string
	}{
		{nil, "; 0 are not run."},
		{map[results.Grade][]int{P: {1, 1}, T: {1}}, "; 0 are not run. Replicates a cell: 1 at P, 1 at T; one allows no verdict beyond “not settled”."},
		{map[results.Grade][]int{P: {3, 3}}, ". Replicates a cell: 3 at P."},
		{map[results.Grade][]int{P: {1, 2, 2, 1}}, ". Replicates a cell: 1 to 2 at P; one allows no verdict beyond “not settled”."},
		{map[results.Grade][]int{P: {2, 2}, T: {5, 3}}, ". Replicates a cell: 2 at P, 3 to 5 at T."},
		{map[results.Grade][]int{P: {2, 1, 1}, S: {1, 1}, T: {5, 3, 1}}, ". Replicates a cell: 1 to 2 at P, 1 at S, 1 to 5 at T; one allows no verdict beyond “not settled”."},
	} {
		if got := (census{replicates: c.replicates}).sentence(); !strings.HasSuffix(got, c.want) {
			t.Errorf("%v: %q, want %q", c.replicates, got, c.want)
		}
	}
	// CE at ρ = 100 stands in Tables 1a and 2 and is one number.
	once, cells := takeCensus(madeUp(P, 1)), map[paper.Key]bool{}
	for _, c := range madeUp(P, 1).Plan.Cells {
		cells[c.Key] = true
	}
	if once.measured[P] != len(resultstest.Block1)-1 || once.cells != len(cells)-1 || len(once.replicates[P]) != len(resultstest.Block1)-1 {
		t.Errorf("%+v of %d cells, %d of them run", once, len(cells), len(resultstest.Block1))
	}
	in := madeUp(T, 2)
	for _, c := range in.Plan.Cells {
		if c.Replicate == 1 && c.RhoU != 0 {
			delete(in.Results, c.Task)
		}
	}
	if got := takeCensus(in).sentence(); !strings.HasSuffix(got, ". Replicates a cell: 1 to 2 at T; one allows no verdict beyond “not settled”.") {
		t.Error(got)
	}
}
