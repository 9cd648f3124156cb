package figures

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/results"
)

// Theorem2 draws the error of raw linear rules against their offset u, a panel
// for each prior p₊, from the columns "p_pos", "u", "exact", "estimate" with
// "lower" and "upper", "printed" and "sharp" (floors, where they are claimed),
// and "trivial" (the better constant rule's error). A column that the grid
// lacks is not drawn. A nil grid gives a figure that says "not run" and how it
// is run.
func Theorem2(g *results.Grid, run string) *Figure {
	f := &Figure{
		Name:  "theorem2",
		Title: "Theorem 2: error of raw linear classifiers",
		Caption: "Exact error of the rule sign(⟨θ, x⟩ + b) against u = b/(‖θ‖σ₁), simulated error with its Clopper–Pearson interval, the floor of 1/4 in print, the sharper floor p₋/2, " +
			"and the rule that always names the majority. Shaded: b < 0, which the statement leaves out “for convenience”. With p₊ < 1/4 the error falls below 1/4 there.",
		Section: "theory", Height: 92 * vg.Millimeter,
	}
	priors := distinct(g.Column("p_pos"))
	if len(priors) == 0 {
		p := newPanel("", "u", "probability of error")
		frame(p, -10, 10, 0, 1)
		p.Add(note{heading: "not run", body: "to run it:", command: run})
		f.Panels, f.Height = [][]*plot.Plot{{p}}, 56*vg.Millimeter
		f.Alt = "Empty axes: the grid of Theorem 2 has not been computed."
		return f
	}
	if len(priors) < 3 {
		f.Height = 56 * vg.Millimeter
	}
	prior, u := g.Column("p_pos"), g.Column("u")
	x0, x1 := math.Inf(1), math.Inf(-1)
	for _, v := range u {
		x0, x1 = min(x0, v), max(x1, v)
	}
	y1 := 0.0
	for _, name := range []string{"exact", "upper"} {
		for _, v := range g.Column(name) {
			if !math.IsNaN(v) {
				y1 = max(y1, v)
			}
		}
	}
	y1 = math.Min(1, math.Ceil(10*y1)/10)
	const room = 0.4 // for a marker at either end
	x0, x1 = x0-room, x1+room

	left := band{x0, 0, shade}
	exactPen, trivialPen, sharpPen := line(0), line(2), line(3)
	printPen, simulated := printLine, simulatedMark
	bars := simulatedLine
	shared := ""
	if betas := distinct(g.Column("beta")); len(betas) == 1 {
		shared = ", β = " + number(betas[0])
	}
	var alt strings.Builder
	for i, at := range priors {
		title := fmt.Sprintf("p₊ = %s%s", number(at), shared)
		xLabel, yLabel := "", ""
		if i+2 >= len(priors) {
			xLabel = "u = b/(‖θ‖σ₁)"
		}
		if i%2 == 0 {
			yLabel = "probability of error"
		}
		p := newPanel(title, xLabel, yLabel)
		p.Add(left)
		// points of a column in this panel
		of := func(name string) (xys plotter.XYs) {
			for j, v := range g.Column(name) {
				if prior[j] == at && !math.IsNaN(v) && !math.IsNaN(u[j]) {
					xys = append(xys, plotter.XY{X: u[j], Y: v})
				}
			}
			sortByX(xys)
			return xys
		}
		for _, s := range []struct {
			column string
			pen    draw.LineStyle
			from0  bool // claimed for u > 0, where it does not depend on u
		}{{"trivial", trivialPen, false}, {"sharp", sharpPen, true}, {"printed", printPen, true}, {"exact", exactPen, false}} {
			xys := of(s.column)
			if len(xys) == 0 {
				continue
			}
			if s.from0 {
				xys = append(plotter.XYs{{X: 0, Y: xys[0].Y}}, xys...)
			}
			p.Add(&plotter.Line{XYs: xys, LineStyle: s.pen})
		}
		if est := of("estimate"); len(est) > 0 {
			b := intervals{style: bars}
			for j, x := range of("lower") {
				b.x, b.low, b.high = append(b.x, x.X), append(b.low, x.Y), append(b.high, of("upper")[j].Y)
			}
			p.Add(b, marks{est, simulated})
		}
		frame(p, x0, x1, 0, y1)
		if i%2 == 0 {
			f.Panels = append(f.Panels, make([]*plot.Plot, min(2, len(priors))))
		}
		f.Panels[i/2][i%2] = p

		exact := of("exact")
		least := exact[0]
		for _, v := range exact {
			if v.Y < least.Y {
				least = v
			}
		}
		fmt.Fprintf(&alt, " At p₊ = %s the exact error is least, %.3g, at u = %s", number(at), least.Y, number(least.X))
		if k := belowQuarter(exact); k > 0 {
			fmt.Fprintf(&alt, " and below 1/4 up to u = %s", number(exact[k-1].X))
		}
		alt.WriteString(".")
	}
	for _, e := range []struct {
		column, name string
		thumb        plot.Thumbnailer
	}{
		{"exact", "exact error", sample{line: &exactPen}},
		{"estimate", "simulated, with interval", sample{line: &bars, marker: &simulated}},
		{"printed", "floor in print, 1/4", sample{line: &printPen}},
		{"sharp", "sharper floor, p₋/2", sample{line: &sharpPen}},
		{"trivial", "always the majority, p₊", sample{line: &trivialPen}},
		{"u", "b < 0, left out", left},
	} {
		if len(g.Column(e.column)) > 0 {
			f.legend = append(f.legend, entry{drawable(e.name), e.thumb})
		}
	}
	f.Alt = fmt.Sprintf("Error against u from %s to %s in a panel for each prior.%s", number(x0+room), number(x1-room), alt.String())
	if held, of := g.IntervalsHolding(); of > 0 {
		f.Alt += fmt.Sprintf(" The simulated 95 %% interval holds the exact value at %d of %d.", held, of)
	}
	return f
}

// belowQuarter is how many of the first points lie below 1/4.
func belowQuarter(xys plotter.XYs) int {
	for i, v := range xys {
		if v.Y >= 0.25 {
			return i
		}
	}
	return len(xys)
}

// distinct values in their order, without those that do not exist.
func distinct(x []float64) (out []float64) {
	seen := map[float64]bool{}
	for _, v := range x {
		if !math.IsNaN(v) && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
