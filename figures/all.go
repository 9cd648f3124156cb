package figures

import "longtail/results"

// All draws every figure of a plan, in the order of the report. The
// figure of a theorem is that of the first cell whose source is "Theorem 1" and
// so on.
func All(plan results.Plan, res map[string]*results.Result) []*Figure {
	all := []*Figure{GainForest(plan, res)}
	for i, draw := range []func(*results.Grid, string) *Figure{Theorem1, Theorem2, Theorem3} {
		grid, run := TheoryGrid(plan, res, i+1)
		all = append(all, draw(grid, run))
	}
	all = append(all, Figure1(plan), Figure2(plan), Figure3(plan), Figure4(plan), PerClass(plan, res))
	return append(all, LearningCurves(plan, res)...)
}

// TheoryGrid returns the grid of a theorem's figure, that of its first cell in
// the plan: nil if it was not computed, with the command that computes it,
// which is empty if this version has none.
func TheoryGrid(plan results.Plan, res map[string]*results.Result, theorem int) (grid *results.Grid, run string) {
	source := "Theorem " + number(float64(theorem))
	for _, c := range plan.Cells {
		if c.Source != source || c.Task == "" {
			continue
		}
		if r := res[c.Task]; r != nil {
			grid = r.Grid
		}
		return grid, c.Command
	}
	return nil, ""
}
