package figures

import (
	"slices"

	"longtail/results"
)

// All draws every figure of a plan, in the order of the report. The
// figure of a theorem is that of the first cell whose source is "Theorem 1" and
// so on.
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
		all = append(all, Curves(grid, name, title, curvesOf(grid, axes), run))
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

// curvesOf picks what a figure of Theorem 2 or 3 shows of its grid: the first
// column as abscissa, and of the others those with the name of a curve.
func curvesOf(g *results.Grid, axes Axes) Axes {
	if g == nil || len(g.Columns) < 2 {
		return axes
	}
	axes.X, axes.XLabel, axes.Y = g.Columns[0], g.Columns[0], nil
	for _, name := range []string{"error", "exact", "printed", "sharp", "bayes", "midpoint", "trivial"} {
		if slices.Contains(g.Columns[1:], name) {
			axes.Y = append(axes.Y, name)
		}
	}
	if axes.Y == nil {
		axes.Y = g.Columns[1:min(len(g.Columns), 1+len(palette))]
	}
	return axes
}
