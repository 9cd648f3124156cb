package figures

import (
	"fmt"

	"longtail/paper"
	"longtail/results"
)

// All returns every figure of a plan, in the order of the report. A theorem's figure
// draws the first cell whose source is "Theorem 1" and so on.
func All(plan results.Plan, res map[string]*results.Result) []*Figure {
	all := GainForest(plan, res)
	for i, draw := range []func(*results.Grid, string) *Figure{Theorem1, Theorem2, Theorem3} {
		c, grid := theoryCell(plan, res, i+1)
		f := draw(grid, partCommand(plan, c))
		if grid != nil {
			f.Keys = []paper.Key{c.Key}
		}
		all = append(all, f)
	}
	all = append(all, Figure1(plan, res), Figure2(plan, res), Figure3(plan, res), Figure4(plan, res), ClassSizes(plan, res))
	all = append(all, PerClass(plan, res)...)
	all = append(all, Confusions(plan, res)...)
	return append(all, LearningCurves(plan, res)...)
}

// theoryCell returns the first cell of a theorem in the plan, and the grid to draw. If
// only another profile's trials of that cell were computed, it returns these; the grid
// is nil if none were.
func theoryCell(plan results.Plan, res map[string]*results.Result, theorem int) (results.Cell, *results.Grid) {
	source := fmt.Sprintf("Theorem %d", theorem)
	var first results.Cell
	for _, c := range plan.Cells {
		if c.Source != source || c.Task == "" || first.Task != "" && c.Key != first.Key {
			continue
		}
		if r := res[c.Task]; r != nil {
			return c, r.Grid
		}
		if first.Task == "" {
			first = c
		}
	}
	return first, nil
}
