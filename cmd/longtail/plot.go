package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longtail/figures"
	"longtail/simulate"
)

// drawPlot draws the main quantities of several records against a parameter,
// with logarithmic axes where the values span decades.
func drawPlot(path string, records []record, parameter string) error {
	at := slices.IndexFunc(records[0], func(f field) bool { return f.name == parameter })
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
			if strings.HasPrefix(f.name, "printed") && !r.claimed() {
				c.Y[j] = math.NaN()
			}
			if ci, ok := r.interval(); ok && f.name == "estimate" {
				c.Low, c.High = append(c.Low, ci[0]), append(c.High, ci[1])
			}
		}
		series = append(series, c)
	}
	// A curve with negative values does not keep the others off the logarithmic
	// axis that they need; of one that underflows only the zeros are left out.
	var positive []figures.Series
	var values [][]float64
	for _, c := range series {
		if somePositive(c.Y) || c.Low != nil {
			positive, values = append(positive, c), append(values, c.Y)
		}
	}
	logY := decades(values)
	if logY {
		for _, c := range series {
			if !slices.ContainsFunc(positive, func(p figures.Series) bool { return p.Name == c.Name }) {
				fmt.Fprintf(os.Stderr, "plot: %s is left out: it is negative somewhere or nowhere positive, and the axis is logarithmic\n", c.Name)
			} else if c.Low == nil && !allPositive(c.Y) {
				fmt.Fprintf(os.Stderr, "plot: of %s the points are left out that are 0 or do not exist: the axis is logarithmic\n", c.Name)
			}
		}
		series = positive
	}
	for i := range series {
		series[i].Name = strings.NewReplacer(".", " ", "_", " ").Replace(series[i].Name)
	}
	// What stays the same is in the title.
	var fixed []string
	for i, f := range records[0] {
		varies := slices.ContainsFunc(records, func(r record) bool { return text(r[i].value, -1) != text(f.value, -1) })
		if name, ok := strings.CutPrefix(f.name, "parameters."); ok && i != at && !varies {
			fixed = append(fixed, symbol(name)+" = "+strings.Replace(text(f.value, 4), "-", "−", 1))
		}
	}
	title := fmt.Sprintf("Theorem %v: %s", records[0][0].value, strings.Join(fixed, ", "))
	figure := figures.Lines("plot", title, symbol(strings.TrimPrefix(parameter, "parameters.")), series, allPositive(xs) && decades([][]float64{xs}), logY)
	draw := figure.SVG
	if strings.EqualFold(filepath.Ext(path), ".png") {
		draw = figure.PNG
	}
	b, err := draw()
	if err != nil {
		return err
	}
	return writeDrawing(path, b)
}

// claimed is false where the printed statement leaves the parameters out.
func (r record) claimed() bool {
	return !slices.ContainsFunc(r, func(f field) bool {
		return f.name == "printed.covers" && f.value == false || f.name == "verdict" && f.value == string(simulate.NotClaimed)
	})
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

// symbol is how the paper writes a parameter.
func symbol(parameter string) string {
	switch parameter {
	case "mu1":
		return "μ₁"
	case "mu2":
		return "μ₂"
	case "n_pos":
		return "n₊"
	case "n_neg":
		return "n₋"
	case "p_pos":
		return "p₊"
	case "sigma":
		return "σ"
	case "beta":
		return "β"
	case "delta":
		return "δ"
	case "prior":
		return "π"
	}
	return strings.ReplaceAll(parameter, "_", " ")
}

func allPositive(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return !(v > 0) })
}

// somePositive says that no value is negative and some are positive.
func somePositive(x []float64) bool {
	return slices.ContainsFunc(x, func(v float64) bool { return v > 0 }) && !slices.ContainsFunc(x, func(v float64) bool { return v < 0 })
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
