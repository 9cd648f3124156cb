package figures

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"longtail/results"
)

// column is how a theorem's figure draws a column of its grid.
type column struct {
	column, name string
	style        int
	marked       bool // with a marker at each value
}

// overLog draws columns of g over x on logarithmic axes, with the simulated values and
// their intervals, and describes them in f.Alt. bottom and top are decimal logarithms;
// pad is the room at each end of the x axis, in decades.
func (f *Figure) overLog(p *plot.Plot, g *results.Grid, x string, columns []column, bottom, top, pad float64) {
	p.Title.Text = drawable(g.Title)
	at := g.Column(x)
	for _, s := range columns {
		xys := points(at, g.Column(s.column))
		if len(xys) == 0 {
			continue
		}
		pen, dot := line(s.style), marker(s.style)
		shown, cut := cutBelow(xys, bottom)
		p.Add(&plotter.Line{XYs: shown, LineStyle: pen})
		e := sample{line: pen}
		if s.marked {
			within := shown
			if cut {
				within = shown[:len(shown)-1] // the last point is on the edge
			}
			p.Add(marks{within, dot})
			e.marker = dot
		}
		f.legend = append(f.legend, entry{drawable(s.name), e})
		first, last := xys[0], xys[len(xys)-1]
		f.Alt += fmt.Sprintf(" %s %.2g at %s = %.0f and %.2g at %s = %.0f;", s.name, math.Pow(10, first.Y), x, math.Pow(10, first.X), math.Pow(10, last.Y), x, math.Pow(10, last.X))
	}
	bars := intervals{x: logs(at), low: logs(g.Column("lower")), high: logs(g.Column("upper")), style: simulatedLine}
	p.Add(bars, marks{points(at, g.Column("estimate")), simulatedMark})
	f.legend = append(f.legend, entry{"simulated, with interval", sample{bars.style, simulatedMark}})
	first, last := minMax(at)
	frame(p, math.Log10(first)-pad, math.Log10(last)+pad, bottom, top)
	logAxis(&p.X)
	logAxis(&p.Y)
	if held, of := g.IntervalsHolding(); of > 0 {
		f.Alt += fmt.Sprintf(" the simulated 95 %% interval holds the exact value at %d of %d.", held, of)
	}
}

// notComputed returns f with p's empty axes and theorem n's command, run.
func (f *Figure) notComputed(p *plot.Plot, n int, run string) *Figure {
	return f.empty(p, "to run it:", run, fmt.Sprintf("Empty axes: the grid of Theorem %d has not been computed.", n))
}

// minMax returns the least and the largest value that is not NaN; NaN if there is none.
func minMax(x []float64) (lo, hi float64) {
	there := slices.DeleteFunc(slices.Clone(x), math.IsNaN)
	if len(there) == 0 {
		return math.NaN(), math.NaN()
	}
	return slices.Min(there), slices.Max(there)
}

// decades returns the exponents of the powers of ten that enclose the positive values of
// some columns.
func decades(g *results.Grid, columns ...string) (bottom, top float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, name := range columns {
		for _, v := range g.Column(name) {
			if v > 0 {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	return math.Floor(math.Log10(lo)), math.Ceil(math.Log10(hi))
}

// cutBelow returns a curve up to where it first falls below bottom; cut: it does.
func cutBelow(xys plotter.XYs, bottom float64) (shown plotter.XYs, cut bool) {
	for i, v := range xys {
		if v.Y >= bottom {
			shown = append(shown, v)
			continue
		}
		if i > 0 {
			a := xys[i-1]
			share := (a.Y - bottom) / (a.Y - v.Y)
			shown = append(shown, plotter.XY{X: a.X + share*(v.X-a.X), Y: bottom})
		}
		return shown, true
	}
	return shown, false
}

// points returns the decimal logarithms of x and y, without pairs that have none.
func points(x, y []float64) plotter.XYs {
	var xys plotter.XYs
	for i := range y {
		if y[i] > 0 {
			xys = append(xys, plotter.XY{X: math.Log10(x[i]), Y: math.Log10(y[i])})
		}
	}
	return xys
}

// logs returns decimal logarithms; that of 0 is −∞.
func logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log10(v)
	}
	return out
}
