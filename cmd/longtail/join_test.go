package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"longtail/claims"
	"longtail/figures"
	"longtail/internal/neighbors"
	"longtail/paper"
	"longtail/results"
	"longtail/tables"
)

// Claims whose cells do not all have a number where every planned cell has one,
// and why.
var unjoined = map[string]string{
	"P9": "declared (estimand.never): Tiny-ImageNet-LT is not among this version's data",
}

// Cells go by strings, some of which experiments, report, figures and tables still
// spell on their own: where every cell of the paper's profile has a result, also those
// that cannot be run, nothing that they ask for is missing.
func TestEveryCellAskedForIsPlanned(t *testing.T) {
	_, plan := expanded(t, "paper", results.Selection{Seeds: 1})
	settings := map[string]results.Settings{}
	for _, task := range plan.Tasks {
		settings[task.Name] = task.Settings
	}
	run := map[string]results.Cell{} // one that can be run, by data set
	for _, c := range plan.Cells {
		if c.Task != "" {
			run[c.Dataset] = c
		}
	}
	known, res := map[paper.Key]bool{}, map[string]*results.Result{}
	for i := range plan.Cells {
		c := &plan.Cells[i]
		known[c.Key] = true
		if strings.HasPrefix(c.Source, "Theorem") {
			continue
		}
		if c.Task == "" {
			like := run[c.Dataset]
			c.Task, c.Grade, c.Data = c.Key.String(), results.GradePaper, like.Data
			settings[c.Task] = settings[like.Task]
		}
		res[c.Task] = fullResult(c, settings[c.Task])
	}
	for _, n := range paper.Numbers() {
		known[n.Key] = true
	}

	cells, judged := regexp.MustCompile(`^(\d+) of (\d+) cells run`), 0
	for _, r := range claims.Judge(claims.Evidence{Plan: plan, Results: res}) {
		m := cells.FindStringSubmatch(r.WordNote)
		if m == nil {
			continue
		}
		judged++
		if _, exempt := unjoined[r.ID]; (m[1] == m[2]) == exempt {
			t.Errorf("%s %s: %s, declared: %q", r.ID, r.Against, r.WordNote, unjoined[r.ID])
		}
	}
	if judged < 40 {
		t.Errorf("only %d rows of claims have cells", judged)
	}

	levels := regexp.MustCompile(`(\d+) of (\d+) levels`)
	for _, f := range []*figures.Figure{figures.Figure1(plan, res), figures.Figure2(plan, res), figures.Figure3(plan, res), figures.Figure4(plan, res)} {
		sweeps := levels.FindAllStringSubmatch(f.Caption, -1)
		for _, m := range sweeps {
			if m[1] != m[2] {
				t.Errorf("%s: %s", f.Name, m[0])
			}
		}
		for _, reference := range []string{"measured, supervised CE:", "measured, CE for equal steps:"} {
			if strings.Count(f.Alt, reference) != len(sweeps) {
				t.Errorf("%s: %d sweeps, %q in %s", f.Name, len(sweeps), reference, f.Alt)
			}
		}
		if strings.Contains(f.Alt, "not run") || len(f.Keys) == 0 {
			t.Errorf("%s: %s", f.Name, f.Alt)
		}
	}

	ask := func(who string, k paper.Key) {
		if k != (paper.Key{}) && !known[k] {
			t.Errorf("%s asks for %s, which is neither planned nor in print", who, k)
		}
	}
	for _, n := range paper.Numbers() { // the figures' comparisons
		if base, ok := paper.BaseOf(n.Key); ok {
			ask("BaseOf "+n.Key.String(), base)
		}
	}
	for _, table := range tables.All(plan, res) {
		for _, b := range table.Blocks {
			for _, row := range b.Keys {
				for _, k := range row {
					ask("a table", k)
				}
			}
		}
	}
}

// fullResult holds every number that a claim may be about.
func fullResult(c *results.Cell, s results.Settings) *results.Result {
	half := .5
	r := &results.Result{Task: c.Task, Settings: s, Grade: c.Grade, LastErrorPct: 30, BestErrorPct: 29, LabelBias: &half, AdjustedErrorPct: &half,
		Embedding: &results.Embedding{Labeled: 1, Test: 1, Labels: []byte{0, 1}, XY: []float32{0, 0, 1, 1}}, Classes: make([]string, 10)}
	r.Embedding.Separation.PerClass = make([]neighbors.Class, 10)
	for class := range r.Classes {
		pct := 30 + float64(class)
		r.Classes[class] = fmt.Sprint(class)
		r.PerClassErrorPct = append(r.PerClassErrorPct, &pct)
		r.LabeledCounts = append(r.LabeledCounts, 500-40*class)
		r.Confusion = append(r.Confusion, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	}
	return r
}
