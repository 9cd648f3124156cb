package experiments

import (
	"slices"
	"testing"

	"longtail/paper"
	"longtail/results"
)

// Results that ship with the program are shown beside what the plan runs
// itself, and further replicates of its own cells too.
func TestCommittedResultsAreAlwaysShown(t *testing.T) {
	ce := paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE")
	du := paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE"+paper.WithDU)
	svhnCE := paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE")
	shipped := map[string]*results.Result{}
	ship := func(profile string, replicate int, keys ...any) {
		for _, c := range expand(t, profile, results.Selection{Seeds: replicate + 1}).Cells {
			for _, k := range keys {
				if c.Key == k && c.Replicate == replicate {
					shipped[c.Task] = &results.Result{Task: c.Task, Settings: results.Settings{Replicate: replicate}}
				}
			}
		}
	}
	ship("desktop", 0, ce, du, svhnCE)
	ship("paper", 1, ce)
	ship("quick", 4, ce)
	if len(shipped) != 5 {
		t.Fatalf("%d results", len(shipped))
	}
	plan, err := withResults(expand(t, "quick", results.Selection{Seeds: 1}), shipped)
	if err != nil {
		t.Fatal(err)
	}
	grades := map[results.Grade]int{}
	for _, c := range plan.Cells {
		switch c.Key {
		case ce:
			grades[c.Grade]++
		case svhnCE:
			if c.Task == "" {
				t.Errorf("what was run elsewhere still has a reason why not: %s", c.Reason)
			}
		}
	}
	if i := slices.IndexFunc(plan.Hidden, func(c results.Cell) bool { return c.Key == svhnCE }); i < 0 || plan.Hidden[i].Reason == "" {
		t.Error("the reason why not is lost")
	}
	// At grade S: n_max 700. At P: replicate 1. At T: replicates 0 and 4.
	if grades[results.GradePaper] != 1 || grades[results.GradeSimilar] != 1 || grades[results.GradeStandIn] != 2 {
		t.Errorf("%v", grades)
	}
	if again, err := withResults(plan, shipped); err != nil || len(again.Cells) != len(plan.Cells) {
		t.Errorf("added twice: %d cells, then %d, %v", len(plan.Cells), len(again.Cells), err)
	}
}

// Every result that ships is a number of a plan, or what one starts from: a changed
// setting would leave it behind, unseen.
func TestEveryShippedResultIsPlanned(t *testing.T) {
	shipped, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	replicates := 1
	for _, r := range shipped {
		replicates = max(replicates, r.Settings.Replicate+1)
	}
	planned := map[string]bool{}
	for _, profile := range ProfileNames() {
		for _, task := range expand(t, profile, results.Selection{Seeds: replicates}).Tasks {
			planned[task.Name] = true
		}
	}
	for name, r := range shipped {
		if !planned[name] {
			t.Errorf("%.12s, %s: no profile plans it", name, Describe(r.Settings))
		}
	}
	if len(shipped) < 60 {
		t.Errorf("%d results ship", len(shipped))
	}
}

// --skip-shipped leaves out what ships, unless something that does not ship starts
// from it.
func TestSkipShipped(t *testing.T) {
	all := expand(t, "quick", results.Selection{Seeds: 1, Only: []string{"block1"}})
	rest := expand(t, "quick", results.Selection{Seeds: 1, Only: []string{"block1"}, SkipShipped: true})
	if len(all.Tasks) == 0 || len(rest.Tasks) != 0 {
		t.Errorf("block 1 in one replicate, all of which ships: %d tasks and %d without what ships", len(all.Tasks), len(rest.Tasks))
	}
	if _, err := Expand(profiles[0], results.Selection{Seeds: 1, Only: []string{"blok1"}, SkipShipped: true}); err == nil {
		t.Error("a misspelt name is no error where everything ships")
	}
	for _, c := range rest.Cells {
		if c.Block == 1 && c.Task != "" && c.Reason != "left out by --skip-shipped" {
			t.Errorf("%s: %q", c.Key, c.Reason)
		}
	}
	if want := "longtail reproduce --profile quick --only block1 --skip-shipped --seeds 1"; rest.Command() != want {
		t.Errorf("%q, want %q", rest.Command(), want)
	}

	quick, err := ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlanner(quick, results.Selection{Seeds: 1})
	cells, err := p.cells()
	if err != nil {
		t.Fatal(err)
	}
	shipped := map[string]*results.Result{}
	for _, c := range cells {
		if c.Key == paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE") {
			shipped[c.Task] = &results.Result{}
		}
	}
	keep := p.chosen(cells, []string{"table1:CE:rho=100", "table1:CE + D_U@5x:rho=100:rho_u=100"}, shipped)
	for task := range shipped {
		if !keep[task] {
			t.Errorf("CE ships, but D_U's pseudo-labels need its checkpoint: %d tasks are kept", len(keep))
		}
	}
	if keep = p.chosen(cells, []string{"table1:CE:rho=100"}, shipped); len(keep) != 0 {
		t.Errorf("CE alone ships, and %d tasks are kept", len(keep))
	}
}
