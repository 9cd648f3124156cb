package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longtail/figures"
)

// drawPlot draws the main quantities of several records against the one
// parameter that varies, with logarithmic axes where the values span decades.
func drawPlot(path string, records []record) error {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".png", ".svg":
	default:
		return usageError{fmt.Errorf("plot = %s: the name must end in .png or .svg", path)}
	}
	at := -1
	for i, f := range records[0] {
		if !strings.HasPrefix(f.name, "parameters.") {
			continue
		}
		for _, r := range records {
			if text(r[i].value, -1) != text(f.value, -1) {
				if at >= 0 && at != i {
					return usageError{fmt.Errorf("plot: %s and %s both vary; give a list or range for one parameter", records[0][at].name, f.name)}
				}
				at = i
			}
		}
	}
	if at < 0 {
		return usageError{fmt.Errorf("plot: no parameter varies; give a list such as --delta 0.1,0.2 or a range such as --delta 0.1:0.5:9")}
	}
	xs := make([]float64, len(records))
	for i, r := range records {
		xs[i] = number(r[at].value)
	}
	var series []figures.Series
	for i, f := range records[0] {
		if _, ok := f.value.(float64); !ok || !f.main {
			continue
		}
		c := figures.Series{Name: f.name, X: xs, Y: make([]float64, len(records))}
		for j, r := range records {
			c.Y[j] = number(r[i].value)
			if ci, ok := r.interval(); ok && f.name == "estimate" {
				c.Low, c.High = append(c.Low, ci[0]), append(c.High, ci[1])
			}
		}
		series = append(series, c)
	}
	// A curve with values that have no logarithm does not keep the others off
	// the logarithmic axis that they need.
	var positive []figures.Series
	var values [][]float64
	for _, c := range series {
		if allPositive(c.Y) || c.Low != nil {
			positive, values = append(positive, c), append(values, c.Y)
		}
	}
	logY := decades(values)
	if logY {
		for _, c := range series {
			if !slices.ContainsFunc(positive, func(p figures.Series) bool { return p.Name == c.Name }) {
				fmt.Fprintf(os.Stderr, "plot: %s is left out: it is not positive everywhere, and the axis is logarithmic\n", c.Name)
			}
		}
		series = positive
	}
	x := strings.TrimPrefix(records[0][at].name, "parameters.")
	title := fmt.Sprintf("Theorem %v", records[0][0].value)
	figure := figures.Lines("plot", title, x, series, allPositive(xs) && decades([][]float64{xs}), logY)
	draw := figure.SVG
	if strings.EqualFold(filepath.Ext(path), ".png") {
		draw = figure.PNG
	}
	b, err := draw()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// interval is the estimate's, if the record has one.
func (r record) interval() ([]float64, bool) {
	for _, f := range r {
		if f.name == "ci" {
			ci, ok := f.value.([]float64)
			return ci, ok
		}
	}
	return nil, false
}

func allPositive(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return !(v > 0) })
}

// decades says that no value is negative and that the positive ones span a
// factor of 30 or more.
func decades(curves [][]float64) bool {
	lo, hi := math.Inf(1), 0.0
	for _, c := range curves {
		for _, v := range c {
			if v < 0 {
				return false
			}
			if v > 0 {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	return hi >= 30*lo
}

// number is a value as a float64, NaN where it is none.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	}
	return math.NaN()
}
