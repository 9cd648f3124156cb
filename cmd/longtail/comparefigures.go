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
		for _, pair := range own.Pairs(methods[0], m) {
			drawn[i].Pairs = append(drawn[i].Pairs, figures.ClassErrors{Labeled: pair[0].Result.Labeled(), Before: c.Of.PerClass(pair[0]), After: c.Of.PerClass(pair[1])})
		}
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
