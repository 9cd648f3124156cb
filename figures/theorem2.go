package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/results"
)

// Theorem2 returns the figure of the error of raw linear rules against their offset u,
// with one panel per prior p₊. It draws the columns "p_pos", "u", "exact", "estimate" with
// "lower" and "upper", "printed" and "sharp" (floors, where they are claimed), and
// "trivial" (the better constant rule's error). For a nil grid the figure is empty and
// shows its command, run.
func Theorem2(g *results.Grid, run string) *Figure {
	f := &Figure{
		Name:  "theorem2",
		Title: "Theorem 2: error of raw linear classifiers",
		Caption: "Exact error of the rule sign(⟨θ, x⟩ + b) against u = b/(‖θ‖σ₁), simulated error with its Clopper–Pearson interval, the published floor of 1/4, the sharper floor p₋/2, " +
			"and the rule that always names the majority. Shaded: b < 0, which the statement leaves out “for convenience”. With p₊ < 1/4 the error falls below 1/4 there.",
		Section: "theory", Height: 92 * vg.Millimeter,
	}
	if g == nil {
		p := newPanel("", "u", "probability of error")
		frame(p, -10, 10, 0, 1)
		return f.notComputed(p, 2, run)
	}
	priors := slices.Compact(g.Column("p_pos"))
	x0, x1 := minMax(g.Column("u"))
	_, y1 := minMax(slices.Concat(g.Column("exact"), g.Column("upper"), []float64{0}))
	y1 = math.Min(1, math.Ceil(10*y1)/10)
	shared := ""
	if betas := slices.Compact(g.Column("beta")); len(betas) == 1 {
		shared = ", β = " + number(betas[0])
	}
	f.Alt = fmt.Sprintf("Error against u from %s to %s in a panel for each prior.", number(x0), number(x1))
	const room = 0.4 // for a marker at each end
	left := band{x0 - room, 0, shade}
	for i, prior := range priors {
		x, y := "", ""
		if i+2 >= len(priors) {
			x = "u = b/(‖θ‖σ₁)"
		}
		if i%2 == 0 {
			y = "probability of error"
			f.Panels = append(f.Panels, make([]*plot.Plot, 2))
		}
		p := newPanel(fmt.Sprintf("p₊ = %s%s", number(prior), shared), x, y)
		p.Add(left)
		f.Alt += offsets(p, g, prior)
		frame(p, x0-room, x1+room, 0, y1)
		f.Panels[i/2][i%2] = p
	}
	for i, c := range offsetLines() {
		f.legend = append(f.legend, entry{drawable(c.name), sample{line: c.pen}})
		if i == 0 {
			f.legend = append(f.legend, entry{"simulated, with interval", sample{simulatedLine, simulatedMark}})
		}
	}
	f.legend = append(f.legend, entry{"b < 0, left out", left})
	if held, of := g.IntervalsHolding(); of > 0 {
		f.Alt += fmt.Sprintf(" The simulated 95 %% interval holds the exact value at %d of %d.", held, of)
	}
	return f
}

// offsetLine is how Theorem 2's figure draws a column of its grid.
type offsetLine struct {
	column, name string
	pen          draw.LineStyle
	from0        bool // claimed for u > 0, where it does not depend on u
}

// offsetLines returns the columns in the order of the legend; the last is drawn first.
func offsetLines() []offsetLine {
	return []offsetLine{
		{"exact", "exact error", line(0), false},
		{"printed", "published floor, 1/4", printLine, true},
		{"sharp", "sharper floor, p₋/2", line(3), true},
		{"trivial", "always the majority, p₊", line(2), false},
	}
}

// offsets draws the rows of one prior and describes them in words.
func offsets(p *plot.Plot, g *results.Grid, prior float64) (alt string) {
	priors, u := g.Column("p_pos"), g.Column("u")
	of := func(name string) (xys plotter.XYs) {
		for j, v := range g.Column(name) {
			if priors[j] == prior && !math.IsNaN(v) {
				xys = append(xys, plotter.XY{X: u[j], Y: v})
			}
		}
		return xys
	}
	for _, s := range slices.Backward(offsetLines()) {
		xys := of(s.column)
		if len(xys) == 0 {
			continue
		}
		if s.from0 {
			xys = append(plotter.XYs{{X: 0, Y: xys[0].Y}}, xys...)
		}
		p.Add(&plotter.Line{XYs: xys, LineStyle: s.pen})
	}
	bars, low, high := intervals{style: simulatedLine}, g.Column("lower"), g.Column("upper")
	for j := range u {
		if priors[j] == prior {
			bars.x, bars.low, bars.high = append(bars.x, u[j]), append(bars.low, low[j]), append(bars.high, high[j])
		}
	}
	p.Add(bars, marks{of("estimate"), simulatedMark})
	exact := of("exact")
	least := slices.MinFunc(exact, func(a, b plotter.XY) int { return cmp.Compare(a.Y, b.Y) })
	alt = fmt.Sprintf(" At p₊ = %s the exact error is least, %.3g, at u = %s", number(prior), least.Y, number(least.X))
	if k := slices.IndexFunc(exact, func(v plotter.XY) bool { return v.Y >= 0.25 }); k > 0 {
		alt += fmt.Sprintf(" and below 1/4 up to u = %s", number(exact[k-1].X))
	}
	return alt + "."
}
