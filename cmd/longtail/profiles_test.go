package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"longtail/claims"
	"longtail/experiments"
	"longtail/report"
	"longtail/results"
	"longtail/tables"
)

// madeUp gives every planned cell of one of the paper's data sets a result; the
// numbers mean nothing. Alike, all are of one grade and one setting.
func madeUp(plan results.Plan, dataset string, alike bool) claims.Evidence {
	settings := map[string]results.Settings{}
	for _, t := range plan.Tasks {
		settings[t.Name] = t.Settings
	}
	in := claims.Evidence{Plan: plan, Results: map[string]*results.Result{}}
	in.Plan.Cells = nil
	for i, c := range plan.Cells {
		if c.Task == "" || c.Dataset != dataset {
			continue
		}
		s := settings[c.Task]
		if alike {
			c.Grade, s = results.GradePaper, results.Settings{Kind: s.Kind}
		}
		in.Plan.Cells = append(in.Plan.Cells, c)
		x := float64(i%17) / 10
		in.Results[c.Task] = &results.Result{Task: c.Task, Settings: s, Grade: c.Grade, LastErrorPct: 20 + x, BestErrorPct: 19 + x, LabelBias: &x,
			PerClassErrorPct: []*float64{&x, &x}, LabeledCounts: []int{100, 1}, Confusion: [][]int{{9, 1}, {2, 8}}, Embedding: &results.Embedding{}}
	}
	return in
}

// mostRun is, for each estimand, the most of its cells that stand in one body of
// evidence.
func mostRun(in claims.Evidence) map[string]int {
	run := map[string]int{}
	for _, r := range claims.Judge(in) {
		var n, of int
		if _, err := fmt.Sscanf(r.WordNote, "%d of %d cells run", &n, &of); err == nil {
			id := strings.TrimSpace(r.ID + " " + r.Against)
			run[id] = max(run[id], n)
		}
	}
	return run
}

// What a profile can run of an estimand stands in one body of evidence: cells
// that are compared differ neither in grade nor in what else parts bodies. And
// no profile loses an estimand unseen.
func TestProfilesDecideWhatTheyCan(t *testing.T) {
	const large, balanced = "L1, L2", "R4 equal-step, R4 plain" // not to be had; a pool as large as ρ = 1 asks for
	for _, c := range []struct{ profile, pool, never string }{
		{"smoke", "", "F4, " + large + ", P1, P11, P3, P4, P8, R1 equal-step, R1 plain, R2 equal-step, R3 equal-step, R3 plain, " + balanced + ", R5, R6 equal-step, R6 plain, R7, S11, S12, S13, S16, S3, S8, S9"},
		{"quick", "", large + ", " + balanced + ", S3"},
		{"desktop", "", large},
		// Without the pool of CIFAR-10-LT.
		{"paper", "", large + ", R1 equal-step, R1 plain, R2 equal-step, R3 equal-step, R3 plain, " + balanced + ", R5, R6 equal-step, R6 plain, R7, S11, S12, S16, S2, S9"},
		// CIFAR-100 has 32,500 irrelevant images; a relevance of 40 % asks for 41,988.
		{"paper", "authors", large + ", R1 equal-step, R1 plain, R3 equal-step, R3 plain"},
	} {
		p, plan := expanded(t, c.profile, results.Selection{Seeds: 2, Pool: c.pool})
		name, can := strings.TrimSpace(c.profile+" "+c.pool), map[string]bool{}
		for dataset := range p.Sets {
			got := mostRun(madeUp(plan, dataset, false))
			for id, want := range mostRun(madeUp(plan, dataset, true)) {
				can[id] = can[id] || want > 0
				if got[id] != want {
					t.Errorf("%s, %s, %s: %d of %d cells that can be run are in one body of evidence", name, id, dataset, got[id], want)
				}
			}
		}
		var cannot []string
		for id, ok := range can {
			if !ok {
				cannot = append(cannot, id)
			}
		}
		slices.Sort(cannot)
		if got := strings.Join(cannot, ", "); got != c.never {
			t.Errorf("%s cannot run %s, want %s", name, got, c.never)
		}
	}
}

// Whatever is not run says how it is run and what that costs, in another profile if
// the plan's own cannot; but for the claims on sets that nobody can run with this
// program.
func TestEveryClaimSaysHowItIsRun(t *testing.T) {
	cost := regexp.MustCompile(`\([\d.,]+ (s|min|h|training images)\)`)
	for _, name := range []string{"quick", "desktop", "paper"} {
		_, plan := expanded(t, name, results.Selection{})
		in := report.Input{}
		var err error
		if in.Plan, err = experiments.WithCommitted(plan); err != nil {
			t.Fatal(err)
		}
		if err := gather(&in, in.Plan, results.Store(t.TempDir())); err != nil {
			t.Fatal(err)
		}
		if in.Others, err = experiments.Others(name); err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Rows(in) {
			if r.Word != "not run" || slices.Contains([]string{"L1", "L2", "L4", "P9"}, r.ID) {
				continue
			}
			if r.Command == "" || !cost.MatchString(r.Next) {
				t.Errorf("%s: %s %s: %q, %q", name, r.ID, r.Against, r.Next, r.Command)
			}
		}
	}
}

// The recipes of profile quick are trained out, by the results that ship: who changes
// one has to show it again.
func TestQuickIsTrainedOut(t *testing.T) {
	_, plan := expanded(t, "quick", results.Selection{Seeds: 5})
	shipped, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	notes := tables.Controls(plan, shipped).Notes
	for _, method := range []string{"CE", "CE + D_U@5x"} {
		if !slices.ContainsFunc(notes, func(n string) bool {
			return strings.HasPrefix(n, "Trained out? "+method+", CIFAR-10-LT, ρ = 100, grade T:") && strings.Contains(n, "grade T: yes.") && strings.Contains(n, "(mean of 5 replicates)")
		}) {
			t.Errorf("%s is not shown to be trained out:\n%s", method, strings.Join(notes, "\n"))
		}
	}
}
