package experiments

import (
	"testing"

	"longtail/paper"
	"longtail/results"
)

// Results that ship with the program are shown beside what the plan runs
// itself, and further replicates of its own cells too.
func TestCommittedResultsAreAlwaysShown(t *testing.T) {
	ce := key("Table 1a", cifar10, 100, 0, "CE")
	du := key("Table 1a", cifar10, 100, 100, "CE"+paper.WithDU)
	svhnCE := key("Table 1b", svhn, 100, 0, "CE")
	shipped := map[string]*results.Result{}
	ship := func(profile string, replicate int, keys ...any) {
		for _, c := range expand(t, profile, Selection{Seeds: replicate + 1}).Cells {
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
	plan, err := withResults(expand(t, "quick", Selection{Seeds: 1}), shipped)
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
	// At grade S: n_max 700. At P: replicate 1. At T: replicates 0 and 4.
	if grades[results.GradePaper] != 1 || grades[results.GradeSimilar] != 1 || grades[results.GradeStandIn] != 2 {
		t.Errorf("%v", grades)
	}
	if again, err := withResults(plan, shipped); err != nil || len(again.Cells) != len(plan.Cells) {
		t.Errorf("added twice: %d cells, then %d, %v", len(plan.Cells), len(again.Cells), err)
	}
}
