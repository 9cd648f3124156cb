package main

import (
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawPlot draws the main quantities of several records against the one
// parameter that varies, with logarithmic axes where the values span decades.
// Curves differ by dashes as well as by shade, so that grey print keeps them.
func drawPlot(path string, records []record) error {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".png", ".svg", ".pdf":
	default:
		return usageError{fmt.Errorf("plot = %s: the name must end in .png, .svg or .pdf", path)}
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
	p := plot.New()
	p.X.Label.Text = strings.TrimPrefix(records[0][at].name, "parameters.")
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	xs := make([]float64, len(records))
	for i, r := range records {
		xs[i] = number(r[at].value)
	}
	var curves []plotter.XYs
	var names []string
	for i, f := range records[0] {
		if _, ok := f.value.(float64); !ok || !f.main {
			continue
		}
		var c plotter.XYs
		for j, r := range records {
			if y := number(r[i].value); !math.IsNaN(y) && !math.IsInf(y, 0) {
				c = append(c, plotter.XY{X: xs[j], Y: y})
			}
		}
		if len(c) > 0 {
			curves, names = append(curves, c), append(names, f.name)
		}
	}
	logY := decades(curves, func(v plotter.XY) float64 { return v.Y })
	if logY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: 3}
	}
	if decades([]plotter.XYs{points(xs)}, func(v plotter.XY) float64 { return v.X }) {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: 3}
	}
	dashes := [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 3, 2, 3}, {12, 4}, {1, 3}}
	for i, c := range curves {
		line, dots, err := plotter.NewLinePoints(c)
		if err != nil {
			return fmt.Errorf("plot %s: %w", names[i], err)
		}
		shade := color.Gray{Y: uint8(min(150, 35*i))}
		line.Width, line.Dashes, line.Color = vg.Points(1.4), dashes[i%len(dashes)], shade
		dots.Radius, dots.Color, dots.Shape = vg.Points(1.8), shade, draw.CircleGlyph{}
		if names[i] == "estimate" {
			bars, err := intervalBars(records, xs, logY)
			if err != nil {
				return err
			}
			p.Add(dots, bars)
			p.Legend.Add("estimate with interval", dots)
			continue
		}
		p.Add(line, dots)
		p.Legend.Add(names[i], line, dots)
	}
	// Room for the legend above the curves.
	share := (0.5*float64(len(curves)) + 0.4) / 11
	if logY {
		p.Y.Max *= math.Pow(p.Y.Max/p.Y.Min, share/(1-share))
	} else {
		p.Y.Max += (p.Y.Max - p.Y.Min) * share / (1 - share)
	}
	if err := p.Save(18*vg.Centimeter, 12*vg.Centimeter, path); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// intervalBars are the estimates' intervals; on a logarithmic axis a lower
// limit of 0 ends a hundredth below the estimate.
func intervalBars(records []record, xs []float64, logY bool) (*plotter.YErrorBars, error) {
	var b struct {
		plotter.XYs
		plotter.YErrors
	}
	for i, r := range records {
		var y float64
		var ci []float64
		for _, f := range r {
			switch f.name {
			case "estimate":
				y = number(f.value)
			case "ci":
				ci = f.value.([]float64)
			}
		}
		if logY && !(y > 0) {
			continue
		}
		low := ci[0]
		if logY {
			low = math.Max(low, y/100)
		}
		b.XYs = append(b.XYs, plotter.XY{X: xs[i], Y: y})
		b.YErrors = append(b.YErrors, struct{ Low, High float64 }{y - low, ci[1] - y})
	}
	return plotter.NewYErrorBars(b)
}

func points(xs []float64) plotter.XYs {
	out := make(plotter.XYs, len(xs))
	for i, x := range xs {
		out[i] = plotter.XY{X: x, Y: 1}
	}
	return out
}

// decades says that all values are positive and span a factor of 30 or more.
func decades(curves []plotter.XYs, value func(plotter.XY) float64) bool {
	lo, hi := math.Inf(1), 0.0
	for _, c := range curves {
		for _, p := range c {
			v := value(p)
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	return lo > 0 && hi >= 30*lo
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
