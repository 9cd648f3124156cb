package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Series is one quantity against another. Values that are not finite are not drawn.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64 // intervals, drawn with points and no line; nil: none
}

// Lines returns a figure of series over a common abscissa. A logarithmic axis leaves out
// values that are not positive; an interval that ends there extends to the panel's edge.
func Lines(title, xLabel string, series []Series, logX, logY bool) *Figure {
	f := &Figure{Name: "plot", Title: title, Caption: title, Height: 64 * vg.Millimeter}
	p := newPanel(title, xLabel, "")
	f.Panels = [][]*plot.Plot{{p}}
	scale := func(log bool, x []float64) []float64 {
		if log {
			return logs(x)
		}
		return x
	}
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	var simulated []plot.Plotter // on top of the lines
	curves := 0
	for _, s := range series {
		x, y := scale(logX, s.X), scale(logY, s.Y)
		var xys plotter.XYs
		var drawn []int // indices of the points
		for j := range y {
			if finite(x[j]) && finite(y[j]) {
				drawn = append(drawn, j)
				xys = append(xys, plotter.XY{X: x[j], Y: y[j]})
				x0, x1, y0, y1 = min(x0, x[j]), max(x1, x[j]), min(y0, y[j]), max(y1, y[j])
			}
		}
		if s.Low == nil {
			curves++ // a curve that is not drawn keeps its color, which other panels may need
		}
		if len(xys) == 0 {
			continue
		}
		pen, dot := simulatedLine, simulatedMark
		if s.Low != nil {
			bars := intervals{x: x, low: scale(logY, s.Low), high: scale(logY, s.High), style: pen}
			for _, v := range append(append([]float64{}, bars.low...), bars.high...) {
				if finite(v) && !logY {
					y0, y1 = min(y0, v), max(y1, v)
				}
			}
			simulated = append(simulated, bars, marks{xys, dot})
		} else {
			pen, dot = line(curves-1), marker(curves-1)
			slices.SortStableFunc(xys, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
			p.Add(&plotter.Line{XYs: xys, LineStyle: pen})
			if len(xys) <= 30 {
				p.Add(marks{xys, dot})
			}
		}
		f.legend = append(f.legend, entry{drawable(s.Name), sample{pen, dot}})
		f.Alt += fmt.Sprintf(" %s from %.3g to %.3g;", s.Name, s.Y[drawn[0]], s.Y[drawn[len(drawn)-1]])
	}
	p.Add(simulated...)
	if len(f.legend) == 0 {
		x0, x1, y0, y1 = 0, 1, 0, 1
		logX, logY = false, false
	}
	f.Alt = "Curves over " + xLabel + ":" + f.Alt
	padX, padY := 0.02*math.Max(x1-x0, 1e-9), 0.04*math.Max(y1-y0, 1e-9)
	frame(p, x0-padX, x1+padX, y0-padY, y1+padY)
	if logX {
		logAxis(&p.X)
	}
	if logY {
		logAxis(&p.Y)
	}
	return f
}

// Stack returns a figure of plots of the same series, one below the other.
func Stack(parts ...*Figure) *Figure {
	f := &Figure{Name: "plot", Title: parts[0].Title, Caption: parts[0].Caption}
	for _, part := range parts {
		f.Panels = append(f.Panels, part.Panels...)
		f.Height += part.Height
		f.Alt += part.Title + ". " + part.Alt + " "
		for _, e := range part.legend {
			f.addToLegend(e)
		}
	}
	return f
}
