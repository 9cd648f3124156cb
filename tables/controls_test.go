package tables

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/paper"
	"longtail/results"
)

// Two pools are two experiments: a shipped run at twice the epochs says nothing of the
// user's own on another pool.
func TestTwiceTheEpochsOfAnotherPool(t *testing.T) {
	for pool, want := range map[string]bool{"held-out": true, "another": false} {
		f := newFixture()
		for r := range 2 {
			f.run(du("CE + D_U@5x", 100, 100), results.GradeStandIn, r, 25, 24).Settings.Pool = "held-out"
			f.run(paper.Control(paper.CIFAR10, 100, 100, "CE + D_U@5x"+paper.TwiceTheEpochs),
				results.GradeStandIn, r, 24-.1*float64(r), 23).Settings.Pool = pool
		}
		if m := Controls(f.plan, f.res).Markdown(); strings.Contains(m, "Twice the epochs gain +1.05") != want {
			t.Errorf("pool %s:\n%s", pool, m)
		}
	}
}

// Where the base is a control itself, without imbalance, the others are held against it
// all the same, and it stands first.
func TestGainsWithoutImbalance(t *testing.T) {
	f := newFixture()
	equal, ce := control("CE, equal steps", 1), control("CE", 1)
	for r := range 2 {
		f.run(equal, results.GradeStandIn, r, 9, 8)
		f.run(ce, results.GradeStandIn, r, 12, 11)
	}
	m := Controls(f.plan, f.res).Markdown()
	first, second := strings.Index(m, "| CE  "), strings.Index(m, "| CE, equal steps ")
	if first < 0 || second < first || !strings.Contains(strings.SplitN(m[max(second, 0):], "\n", 2)[0], "+3.00") {
		t.Errorf("rows at %d and %d:\n%s", first, second, m)
	}
}

// A probe is held against CE though its schedule is its own, and SSP on a
// step-imbalanced set against the same rule there.
func TestGainsOfProbeAndStep(t *testing.T) {
	var plan results.Plan
	res := map[string]*results.Result{}
	for _, c := range []struct {
		method, schedule, imbalance string
		error                       float64
	}{
		{"CE", "linear", "", 30}, {"SSP, linear probe", "cosine-plain", "", 47},
		{"CE, step", "linear", "step", 35}, {"CE + SSP, step", "linear", "step", 32},
	} {
		k := control(c.method, 100)
		if c.method == "CE" {
			k = ssp("CE", 100)
		}
		plan.Cells = append(plan.Cells, results.Cell{Key: k, Task: c.method, Grade: results.GradeStandIn, Data: "Fashion-MNIST-LT"})
		res[c.method] = &results.Result{Task: c.method, Grade: results.GradeStandIn, LastErrorPct: c.error,
			Settings: results.Settings{Schedule: c.schedule, Imbalance: c.imbalance, Frozen: c.schedule == "cosine-plain"}}
	}
	got := map[string]string{}
	for _, b := range Controls(plan, res).Blocks {
		for _, row := range b.Rows {
			got[row[0]] = row[6]
		}
	}
	for method, want := range map[string]string{"CE": dash, "SSP, linear probe": "−17.00 (1)", "CE, step": dash, "CE + SSP, step": "+3.00 (1)"} {
		if !strings.HasPrefix(got[method], want) {
			t.Errorf("%s: gain %q, want %q", method, got[method], want)
		}
	}
}

// Rows stand as in print, whatever order a plan runs them in.
func TestControlsAreInOrder(t *testing.T) {
	f := newFixture()
	relevance := func(percent float64) paper.Key {
		return paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(percent))
	}
	for _, k := range []paper.Key{
		control("CE-DRW + warm start", 100), ssp("CE-DRW + SSP", 100), ssp("CE-DRW", 100),
		du("CE + D_U@5x", 100, 100), du("CE + D_U@5x", 100, 1), control("CE, equal steps", 100), du("CE", 100, 0),
		control("CE, equal steps", 10), control("CE, equal steps", 1), control("CE, equal steps", 50),
		relevance(60), relevance(0), relevance(100), du("CE + D_U@5x", 50, 50),
	} {
		f.run(k, gradeT, 0, 30, 29)
	}
	var got []string
	for _, b := range Controls(f.plan, f.res).Blocks {
		got = append(got, b.Title)
		for _, row := range b.Rows {
			got = append(got, row[0])
		}
	}
	want := []string{
		"CIFAR-10-LT, ρ = 100", "CE", "CE + D_U@5x, ρ_U = 1", "CE + D_U@5x, ρ_U = 100", "CE, equal steps", "CE-DRW", "CE-DRW + SSP", "CE-DRW + warm start",
		"CIFAR-10-LT, ρ = 50", "CE + D_U@5x, ρ_U = 50", "CE + D_U@5x, relevance 0 %, ρ_U = 50", "CE + D_U@5x, relevance 60 %, ρ_U = 50", "CE + D_U@5x, relevance 100 %, ρ_U = 50", "CE, equal steps",
		"CIFAR-10-LT, ρ = 10", "CE, equal steps", "CIFAR-10-LT, ρ = 1", "CE, equal steps",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
