package figures

import "longtail/results"

// All draws every figure of a plan, in the order of the report. Grids of
// theory are the results of the cells whose source is "Theorem 1" and so on.
func All(plan results.Plan, res map[string]*results.Result) []*Figure {
	grid, run := TheoryGrid(plan, res, 1)
	all := []*Figure{GainForest(plan, res), Theorem1(grid, run)}
	for i, name := range []string{"theorem2", "theorem3"} {
		title := []string{
			"Theorem 2: error of raw linear classifiers",
			"Theorem 3: error after the self-supervised feature",
		}[i]
		grid, run := TheoryGrid(plan, res, i+2)
		axes := Axes{XLabel: []string{"threshold b", "dimension d"}[i], YLabel: "probability"}
		if grid != nil && len(grid.Columns) > 1 {
			axes.X, axes.XLabel, axes.Y = grid.Columns[0], grid.Columns[0], grid.Columns[1:]
		}
		all = append(all, Curves(grid, name, title, axes, run))
	}
	all = append(all, Figure1(plan), Figure2(plan), Figure3(plan), Figure4(plan), PerClass(plan, res))
	return append(all, LearningCurves(plan, res)...)
}

// TheoryGrid returns the grid of a theorem, nil if it was not computed, and
// the command that computes it, empty if this version has none.
func TheoryGrid(plan results.Plan, res map[string]*results.Result, theorem int) (grid *results.Grid, run string) {
	source := "Theorem " + number(float64(theorem))
	for _, c := range plan.Cells {
		if c.Source != source {
			continue
		}
		if run == "" {
			run = c.Command
		}
		if r := res[c.Task]; c.Task != "" && r != nil && r.Grid != nil {
			return r.Grid, run
		}
	}
	return nil, run
}
