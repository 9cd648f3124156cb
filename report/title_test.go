package report

import (
	"testing"

	"longtail/results"
	"longtail/stats"
)

// The title counts claims, or the comparisons that decide them: S1 has two baselines.
func TestTitle(t *testing.T) {
	seen := func(id, against string) Row {
		r := Row{ID: id, Against: against, Grade: results.GradeSimilar}
		r.verdict.Word = stats.Seen
		return r
	}
	open := Row{ID: "S4", Grade: results.GradeStandIn}
	for _, c := range []struct {
		n       census
		primary []Row
		want    string
	}{
		{census{}, nil, "Nothing has been run yet: 9 primary claims (10 comparisons), with the published numbers"},
		{census{run: 1, measured: map[results.Grade]int{results.GradeStandIn: 1}}, []Row{open}, "None of the 9 primary claims (10 comparisons) is settled: so far only stand-in data were used"},
		{census{run: 2, measured: map[results.Grade]int{results.GradeSimilar: 1}}, []Row{open}, "None of the 9 primary claims (10 comparisons) is settled yet"},
		{census{run: 2}, []Row{seen("S1", "plain"), seen("S1", "plain"), open}, "1 of the 10 comparisons that decide the primary claims is settled on the paper's data"},
		{census{run: 2}, []Row{seen("S1", "plain"), seen("S1", "equal-step"), seen("S1", "plain"), open}, "2 of the 10 comparisons that decide the primary claims are settled on the paper's data"},
	} {
		if got := titleOf(c.n, c.primary); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
