package main

import (
	"math"
	"path/filepath"
	"strings"

	"longtail/figures"
	"longtail/results"
	"longtail/stats"
)

// draw leaves a comparison's figures in a folder.
func (c comparison) draw(methods []method, dir string) error {
	owns := make([]figures.Own, len(methods))
	for i, m := range methods {
		first := m.runs[0]
		run := &results.Result{Curve: first.curve, LastErrorPct: *first.result.ErrorPct, BestEpoch: first.result.BestEpoch,
			Settings: results.Settings{Schedule: strings.TrimPrefix(first.settings.Schedule, "step")}}
		if best := first.result.BestErrorPct; best != nil {
			run.BestErrorPct = *best
		}
		owns[i] = figures.Own{Name: shortName(methods, i), Run: run}
		g := c.Methods[i].Gain
		if g == nil || g.Points == nil {
			continue
		}
		owns[i].Gain = stats.Effect{Mean: *g.Points, N: g.Pairs, Low: math.NaN(), High: math.NaN()}
		if g.Low != nil {
			owns[i].Gain.Low, owns[i].Gain.High = *g.Low, *g.High
		}
		owns[i].Sizes, owns[i].Before, owns[i].After = classesOfPairs(pairs(methods[0], m))
	}
	return figures.WriteAll(dir, figures.Owns(owns, c.of.what))
}

// shortName is the folder's name, or the whole of what was given where that is a
// pattern, or another method's folder is called the same.
func shortName(methods []method, i int) string {
	short := filepath.Base(methods[i].name)
	for j, m := range methods {
		if j != i && filepath.Base(m.name) == short || strings.ContainsAny(methods[i].name, "*?[") {
			return methods[i].name
		}
	}
	return short
}

// classesOfPairs averages the classes' errors over pairs of runs, beside their
// labelled images; classes without either are left out.
func classesOfPairs(all [][2]ownRun) (sizes, before, after []float64) {
	for class, n := range all[0][0].result.labelled() {
		var a, b float64
		there := n > 0
		for _, pair := range all {
			x, y := pair[0].result.PerClassErrorPct[class], pair[1].result.PerClassErrorPct[class]
			if x == nil || y == nil {
				there = false
				break
			}
			a, b = a+*x/float64(len(all)), b+*y/float64(len(all))
		}
		if there {
			sizes, before, after = append(sizes, float64(n)), append(before, a), append(after, b)
		}
	}
	return sizes, before, after
}
