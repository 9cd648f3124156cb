package figures

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/results"
)

// Theorem3 draws errors against the dimension d on logarithmic axes, from the
// columns "d", "exact" (expected over training sets), "estimate" with "lower"
// and "upper", "midpoint", "bayes", "printed_bound", "chernoff_bound",
// "trivial", and "printed_success", the probability with which the printed
// bound is claimed. A column that the grid lacks is not drawn. A nil grid gives
// a figure that says "not run" and how it is run.
func Theorem3(g *results.Grid, run string) *Figure {
	f := &Figure{
		Name:  "theorem3",
		Title: "Theorem 3: error after the self-supervised feature",
		Caption: "Error of the rule that puts its threshold at the midpoint of the class means of Z, against the dimension: exactly in expectation over training sets, simulated with its interval, " +
			"and at the population midpoint, with the Bayes error, the bound in print, the bound with the exact chi-square rates, and the rule that always names the majority. " +
			"Shaded: where the printed statement says nothing, because its probability is not positive or its bound is no better than that rule.",
		Section: "theory", Height: 76 * vg.Millimeter,
	}
	p := newPanel("", "dimension d", "probability of error")
	f.Panels = [][]*plot.Plot{{p}}
	d := g.Column("d")
	if len(d) == 0 {
		frame(p, 0, 3, -6, 0)
		logAxis(&p.X)
		logAxis(&p.Y)
		p.Add(note{heading: "not run", body: "to run it:", command: run})
		f.Height = 56 * vg.Millimeter
		f.Alt = "Empty axes: the grid of Theorem 3 has not been computed."
		return f
	}
	if g.Title != "" {
		p.Title.Text = drawable(g.Title)
	}
	const pad = 0.03 // of a decade
	x0, x1 := d[0], d[0]
	for _, v := range d {
		x0, x1 = min(x0, v), max(x1, v)
	}
	// The Bayes error falls faster than all else and may leave the panel.
	lo := math.Inf(1)
	for _, name := range []string{"exact", "estimate", "midpoint", "printed_bound"} {
		for _, v := range g.Column(name) {
			if v > 0 {
				lo = min(lo, v)
			}
		}
	}
	if math.IsInf(lo, 1) {
		lo = 1e-3
	}
	bottom := math.Floor(math.Log10(lo))

	if to, ok := uselessUntil(g, d); ok {
		b := band{math.Log10(x0) - pad, math.Log10(to), shade}
		p.Add(b)
		f.legend = append(f.legend, entry{"statement says nothing", b})
	}
	alt := ""
	for _, s := range []struct {
		column, name string
		style        int
		marked       bool
	}{
		{"trivial", "always the majority, p₊", 2, false},
		{"printed_bound", "bound in print", 1, true},
		{"chernoff_bound", "sharper bound", 4, true},
		{"bayes", "Bayes", 5, true},
		{"midpoint", "at the population midpoint", 3, false},
		{"exact", "exact, expected", 0, false},
	} {
		xys := points(d, g.Column(s.column))
		if len(xys) == 0 {
			continue
		}
		pen, dot := line(s.style), marker(s.style)
		shown, cut := above(xys, bottom)
		p.Add(&plotter.Line{XYs: shown, LineStyle: pen})
		e := sample{line: &pen}
		if s.marked {
			within := shown
			if cut {
				within = shown[:len(shown)-1] // its end is on the edge
			}
			p.Add(marks{within, dot})
			e.marker = &dot
		}
		f.legend = append(f.legend, entry{drawable(s.name), e})
		first, last := xys[0], xys[len(xys)-1]
		alt += fmt.Sprintf(" %s %.2g at d = %.0f and %.2g at d = %.0f;", s.name, math.Pow(10, first.Y), math.Pow(10, first.X), math.Pow(10, last.Y), math.Pow(10, last.X))
	}
	if est := g.Column("estimate"); len(est) > 0 {
		bars := intervals{x: logs(d), low: logs(g.Column("lower")), high: logs(g.Column("upper")), style: simulatedLine}
		dot := simulatedMark
		p.Add(bars, marks{points(d, est), dot})
		f.legend = append(f.legend, entry{"simulated, with interval", sample{line: &bars.style, marker: &dot}})
	}
	frame(p, math.Log10(x0)-pad, math.Log10(x1)+pad, bottom, 0)
	logAxis(&p.X)
	logAxis(&p.Y)
	f.Alt = "Probability of error against the dimension on logarithmic axes:" + alt
	if held, of := g.IntervalsHolding(); of > 0 {
		f.Alt += fmt.Sprintf(" the simulated 95 %% interval holds the exact value at %d of %d.", held, of)
	}
	return f
}

// above cuts a curve off where it first falls below bottom.
func above(xys plotter.XYs, bottom float64) (shown plotter.XYs, cut bool) {
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

// uselessUntil is the dimension up to which the printed statement says nothing:
// its error bound is at least the trivial rule's error, or the probability with
// which it is claimed is not positive. Between two rows it is interpolated; ok
// is false where it says something from the first dimension on.
func uselessUntil(g *results.Grid, d []float64) (to float64, ok bool) {
	bound, success, trivial := g.Column("printed_bound"), g.Column("printed_success"), g.Column("trivial")
	// Each is positive where the statement is of no use, and nearly linear in d.
	margins := [2]func(int) float64{
		func(i int) float64 {
			if bound == nil || trivial == nil {
				return math.NaN()
			}
			return math.Log(bound[i]) - math.Log(trivial[i])
		},
		func(i int) float64 {
			if success == nil {
				return math.NaN()
			}
			return math.Log1p(-success[i])
		},
	}
	to = math.Inf(-1)
	for _, margin := range margins {
		for i := range d {
			if !(margin(i) >= 0) {
				continue
			}
			end := d[i]
			if i+1 == len(d) {
				end = math.Inf(1)
			} else if a, b := margin(i), margin(i+1); b < 0 {
				end += (d[i+1] - d[i]) * a / (a - b)
			}
			to, ok = math.Max(to, end), true
		}
	}
	return to, ok
}
