package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"longtail/figures"
	"longtail/own"
	"longtail/results"
	"longtail/stats"
)

// comparisonFigures returns the figures of a comparison.
func comparisonFigures(c own.Comparison, methods []own.Method) []*figures.Figure {
	drawn := make([]figures.Own, len(methods))
	for i, m := range methods {
		first := m.Runs[0]
		run := &results.Result{Curve: first.Curve, BestEpoch: first.Result.BestEpoch,
			Settings: results.Settings{Schedule: strings.TrimPrefix(first.Settings.Schedule, own.ScheduleStep)}}
		if n := len(run.Curve); n > 0 && run.Curve[n-1].TestErrorPct != nil { // Result.ErrorPct may be on the images of --data
			run.LastErrorPct = *run.Curve[n-1].TestErrorPct
		}
		if best := first.Result.BestErrorPct; best != nil {
			run.BestErrorPct = *best
		}
		drawn[i] = figures.Own{Name: shortName(methods, i), Run: run, Seed: first.Settings.Seed}
		g := c.Methods[i].Gain
		if g == nil || g.Points == nil {
			continue
		}
		drawn[i].Gain = stats.Effect{Mean: *g.Points, N: g.Pairs, Low: math.NaN(), High: math.NaN()}
		if g.Low != nil {
			drawn[i].Gain.Low, drawn[i].Gain.High = *g.Low, *g.High
		}
		drawn[i].Sizes, drawn[i].Before, drawn[i].After = classesOfPairs(own.Pairs(methods[0], m), c.Of)
	}
	return figures.Owns(drawn, c.Of.What)
}

// writeFigures writes figures to a folder, as PNG and SVG.
func writeFigures(dir string, all []*figures.Figure) error {
	type file struct {
		path string
		draw func() ([]byte, error)
	}
	var files []file
	for _, f := range all {
		at := filepath.Join(dir, f.Name)
		files = append(files, file{at + ".png", f.PNG}, file{at + ".svg", f.SVG})
	}
	for _, f := range files {
		if err := checkOverwrite("--figures", f.path, drawing, isDrawing); err != nil {
			return err
		}
	}
	for _, f := range files {
		b, err := f.draw()
		if err == nil {
			err = writeDrawing(f.path, b)
		}
		if err != nil {
			return fmt.Errorf("--figures: %w", err)
		}
	}
	return nil
}

// shortName returns the name of a method's folder. If the method was given as a
// pattern, or another's folder has the same name, it returns the argument.
func shortName(methods []own.Method, i int) string {
	short := filepath.Base(methods[i].Name)
	for j, m := range methods {
		if j != i && filepath.Base(m.Name) == short || strings.ContainsAny(methods[i].Name, "*?[") {
			return methods[i].Name
		}
	}
	return short
}

// classesOfPairs returns, for each class, its labeled images and its error in the first
// and in the second run of a pair, as means over the pairs. Classes without either are
// left out.
func classesOfPairs(all [][2]own.Run, by own.Measure) (sizes, before, after []float64) {
	for class, n := range all[0][0].Result.Labeled() {
		var a, b float64
		there := n > 0
		for _, pair := range all {
			x, y := by.PerClass(pair[0])[class], by.PerClass(pair[1])[class]
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
