package report

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"longtail/claims"
	"longtail/paper"
	"longtail/results"
	"longtail/results/resultstest"
	"longtail/stats"
)

// The title counts claims, or the comparisons that decide them: S1 has two baselines.
func TestTitle(t *testing.T) {
	seen := func(id, against string) Row {
		r := Row{Verdict: claims.Verdict{Claim: paper.Claim{ID: id}, Against: against, Grade: results.GradeSimilar}}
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
	open := Row{Verdict: claims.Verdict{Claim: paper.Claim{ID: "S4"}, Grade: results.GradeStandIn}}
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

// The first sentence on what was measured is on the first primary claim, where it was
// measured on the paper's data.
func TestGainOfUnlabeledStandsFirst(t *testing.T) {
	for grade, want := range map[results.Grade]string{results.GradePaper: " at P (n = 3, 2 of 48 cells); there +11.53 points are published", results.GradeSimilar: " at S, with another pool, size, network or schedule (n = 3, ", results.GradeStandIn: ""} {
		primary := primaryOf(Rows(madeUp(grade, 3)))
		got := gainOfUnlabeled(primary)
		if (got == "") != (want == "") || !strings.Contains(got, want) || got != "" && !strings.Contains(got, "**"+rowOf(t, primary, "S1", "plain").Measured+"**") {
			t.Errorf("grade %s: %q", grade, got)
		}
	}
	// What is published is presumably of the best epoch: here a point more.
	in := madeUp(results.GradePaper, 1)
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r != nil && c.RhoU != 0 && c.Replicate == 0 {
			r.BestErrorPct--
		}
	}
	r := rowOf(t, primaryOf(Rows(in)), "S1", "plain")
	want := fmt.Sprintf("; there +11.53 points are published for the same cells, presumably of the best epoch; here, at the best epoch on the test set: %s (n = 1).", stats.Signed(r.Outcome.Pooled.Mean+1))
	if got := gainOfUnlabeled([]Row{r}); !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	html, md := write(t, madeUp(results.GradePaper, 3))
	before := func(page, a, b string) bool {
		return strings.Contains(strings.SplitN(page, b, 2)[0], a) && strings.Contains(page, b)
	}
	if !before(html, "changed the accuracy by <strong>", "Primary claims</h2>") || !before(md, "changed the accuracy by **", "At the paper's own scale") {
		t.Error("it does not stand first")
	}
}

// Runs from other seeds are other runs: the first screen does not average over them.
func TestNumbersAtScaleStandBySeed(t *testing.T) {
	k := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE")}
	in := table(results.GradePaper, 2, k, func(_ paper.Key, rep int) float64 { return 30 + float64(rep) })
	for _, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		r.BestErrorPct = r.LastErrorPct
		if c.Replicate == 1 { // another seed's replicate 0
			r.Settings.Replicate, r.Settings.DataSeed, r.Settings.Seed = 0, 0, 7
		}
	}
	if got := atScale(in); !strings.Contains(got, "ρ = 100: CE **30.00** / 30.00 / 29.64 (1 replicate); CIFAR-10-LT, ρ = 100, seed 7, data seed 0: CE **31.00**") {
		t.Error(got)
	}
	// So do runs by direct convolutions, though of the same replicate, and those with another
	// number of looks, whose best says so; a run that is printed twice is one.
	in = table(results.GradePaper, 2, append(k, paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE")), func(_ paper.Key, rep int) float64 { return 30 + float64(rep) })
	for i, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		r.BestErrorPct, r.Settings.Replicate, r.Settings.DataSeed, in.Plan.Cells[i].Replicate = r.LastErrorPct, 0, 0, 0
		r.Settings.Exact = c.Replicate == 1
		if c.Key != k[0] {
			in.Plan.Cells[i].Task = in.Plan.Cells[i-1].Task
		}
	}
	if got := atScale(in); !strings.HasSuffix(got, "ρ = 100: CE **30.00** / 30.00 / 29.64 (1 replicate), CE **31.00** / 31.00 / 29.64 (1 replicate).") {
		t.Error(got)
	}
	for i, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r.Settings.Exact {
			in.Plan.Cells[i].Marks = []string{results.MarkBestOf + "50 evaluations"}
		}
	}
	if got := atScale(in); !strings.HasSuffix(got, "CE **31.00** / 31.00 (best epoch of 50 evaluations) / 29.64 (1 replicate).") {
		t.Error(got)
	}
	// Methods stand in the order of the tables, ρ from large to small.
	k = []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "CE-DRW"), paper.ResNet32("Table 1a", paper.CIFAR10, 10, 0, "CE"), paper.ResNet32("Table 2", paper.CIFAR10, 50, 0, "CE-DRW + SSP"), paper.ResNet32("Table 2", paper.CIFAR10, 50, 0, "CE-DRW"),
		paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "LDAM-DRW"), k[0]}
	in = table(results.GradePaper, 1, k, func(paper.Key, int) float64 { return 30 })
	if got := atScale(in); !regexp.MustCompile(`ρ = 100: CE .*, LDAM-DRW .*ρ = 50: CE-DRW .*, CE-DRW \+ SSP .*ρ = 10: CE .*, CE-DRW `).MatchString(got) {
		t.Error(got)
	}
	k = k[5:]
	// An error without priors is the mean of those replicates that have one.
	in = table(results.GradePaper, 2, k, func(paper.Key, int) float64 { return 30 })
	adjusted := 20.
	for _, c := range in.Plan.Cells {
		if c.Replicate == 1 {
			in.Results[c.Task].AdjustedErrorPct = &adjusted
		} else {
			in.Results[c.Task].AdjustedErrorPct = nil
		}
	}
	if got := atScale(in); !strings.Contains(got, "(2 replicates; **20.00** with the log class shares") {
		t.Error(got)
	}
}

// The first screen counts the cells behind a number, not those run once.
func TestFirstScreenCountsTheCellsBehindANumber(t *testing.T) {
	var keys []paper.Key
	for _, rho := range paper.Rhos {
		keys = append(keys, paper.ResNet32("Table 1a", paper.CIFAR10, rho, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, rho, 1, "CE + D_U@5x"))
	}
	primary := primaryOf(Rows(table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
		if k.Rho == 50 && rep != 1 {
			return nan
		}
		n, _ := paper.Find(k)
		return n.Value + 0.1*math.Sin(float64(7*rep)+n.Value)
	})))
	if got := gainOfUnlabeled(primary); !strings.Contains(got, "(n = 3, 3 of 48 cells; the number is over the 2 run twice or more); there +7.77 points") {
		t.Error(got)
	}
	if got := titleOf(census{}, primary); !strings.HasSuffix(got, "(S1 plain seen on average, on 2 of 48 cells; S4 seen on average, on 2 of 48 cells)") {
		t.Error(got)
	}
}
