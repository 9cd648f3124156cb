package figures

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/results"
)

// Axes says which columns of a grid Curves draws and how.
type Axes struct {
	X          string // column of the abscissa
	XLabel     string // "" is X
	Y          []string
	YLabel     string
	LogX, LogY bool
}

// Curves draws columns of a grid against another. A nil grid, or one without
// any of the columns, gives a figure that says "not run" and how it is run.
func Curves(g *results.Grid, name, title string, axes Axes, run string) *Figure {
	f := &Figure{Name: name, Title: title, Caption: "Columns of the stored grid.", Width: narrow, Height: 3.4 * vg.Inch}
	if axes.XLabel == "" {
		axes.XLabel = axes.X
	}
	p := newPanel("", axes.XLabel, axes.YLabel)
	f.Panels = [][]*plot.Plot{{p}}
	x := column(g, axes.X)
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	from, to := x0, x1
	for i, name := range axes.Y {
		var xys plotter.XYs
		for j, y := range column(g, name) {
			if j >= len(x) || math.IsNaN(x[j]) || math.IsNaN(y) || math.IsInf(y, 0) || (axes.LogX && x[j] <= 0) || (axes.LogY && y <= 0) {
				continue
			}
			at := plotter.XY{X: x[j], Y: y}
			if axes.LogX {
				at.X = math.Log10(at.X)
			}
			if axes.LogY {
				at.Y = math.Log10(at.Y)
			}
			xys = append(xys, at)
			x0, x1, y0, y1 = min(x0, at.X), max(x1, at.X), min(y0, at.Y), max(y1, at.Y)
			from, to = min(from, x[j]), max(to, x[j])
		}
		if len(xys) == 0 {
			continue
		}
		sortByX(xys)
		pen, dot := line(i), marker(i)
		p.Add(&plotter.Line{XYs: xys, LineStyle: pen}, &plotter.Scatter{XYs: xys, GlyphStyle: dot})
		f.legend = append(f.legend, entry{name, sample{line: &pen, marker: &dot}})
		first, last := xys[0].Y, xys[len(xys)-1].Y
		if axes.LogY {
			first, last = math.Pow(10, first), math.Pow(10, last)
		}
		f.Alt += fmt.Sprintf(" %s from %.3g to %.3g;", name, first, last)
	}
	if len(f.legend) == 0 {
		n := note{heading: "not run", body: "to run it:", command: run}
		if run == "" {
			n.body = "needs a grid that this version does not compute yet"
		}
		frame(p, 0, 1, 0, 1)
		p.X.Tick.Marker, p.Y.Tick.Marker = at(), at()
		p.Add(n)
		f.Caption = "No grid is stored."
		f.Height = 2.4 * vg.Inch
		f.Alt = title + ": empty axes, not run."
		return f
	}
	if g.Title != "" {
		p.Title.Text = drawable(g.Title)
	}
	f.Alt = fmt.Sprintf("%s. Against %s from %.3g to %.3g:%s", title, axes.XLabel, from, to, f.Alt)
	if axes.LogY {
		y0, y1 = math.Floor(y0), math.Ceil(y1)
	} else {
		pad := 0.05 * math.Max(y1-y0, 1e-9)
		y0, y1 = y0-pad, y1+pad
	}
	frame(p, x0, x1, y0, y1)
	if axes.LogX {
		logAxis(&p.X)
	}
	if axes.LogY {
		logAxis(&p.Y)
	}
	return f
}
