package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/results"
)

// Theorem1 draws the probability that the estimate is off by more than δ
// against the size n of each pseudo-labelled class, from the columns "n",
// "exact", "estimate" with "lower" and "upper" (its interval), "printed" and
// "sharp" (bounds), and "miss_target" (exact probability of missing the true
// midpoint). A column that the grid lacks is not drawn.
// A nil grid gives a figure that says "not run" and how it is run.
func Theorem1(g *results.Grid, run string) *Figure {
	f := &Figure{
		Name:  "theorem1",
		Title: "Theorem 1: probability that the threshold estimate fails",
		Caption: "Probability that the threshold estimated from pseudo-labels is further than δ from its centre: exact law, simulated frequency (of rare events a weighted mean of tilted draws) with its interval, " +
			"the bound in print and the sharper one-term bound; beside them the exact probability of being further than δ from the true midpoint M, which more data do not mend. Shaded: where the printed bound is 1 or more and says nothing.",
		Section: "theory", Height: 64 * vg.Millimeter,
	}
	p := newPanel("", "unlabeled points n in each pseudo-labelled class", "probability of failure")
	f.Panels = [][]*plot.Plot{{p}}
	n := g.Column("n")
	if len(n) == 0 {
		frame(p, 1, 4, -6, 1)
		logAxis(&p.X)
		logAxis(&p.Y)
		p.Add(note{heading: "not run", body: "to run it:", command: run})
		f.Alt = "Empty axes: the grid of Theorem 1 has not been computed."
		return f
	}
	if g.Title != "" {
		p.Title.Text = drawable(g.Title)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	x0, x1 := n[0], n[0]
	for _, v := range n {
		x0, x1 = min(x0, v), max(x1, v)
	}
	type series struct {
		column, name string
		style        int
	}
	drawn := []series{{"printed", "bound in print", 1}, {"sharp", "sharper bound", 2}, {"miss_target", "misses M itself", 3}, {"exact", "exact", 0}}
	for _, s := range append(drawn, series{column: "estimate"}) {
		for _, v := range g.Column(s.column) {
			if v > 0 {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	bottom, top := math.Floor(math.Log10(lo)), math.Ceil(math.Log10(math.Max(hi, 1.01)))
	const pad = 0.05 // of a decade

	if from, to, ok := vacuous(n, g.Column("printed")); ok {
		b := band{math.Log10(from) - pad, math.Log10(to), shade}
		p.Add(b)
		f.legend = append(f.legend, entry{"printed bound says nothing", b})
	}
	p.Add(across{at: 0, style: dropLine})
	var alt string
	for _, s := range drawn {
		xys := points(n, g.Column(s.column))
		if len(xys) == 0 {
			continue
		}
		pen, dot := line(s.style), marker(s.style)
		p.Add(&plotter.Line{XYs: xys, LineStyle: pen})
		e := sample{line: &pen}
		if s.column == "printed" || s.column == "sharp" { // the simulation's marks stand on the exact line
			p.Add(marks{xys, dot})
			e.marker = &dot
		}
		f.legend = append(f.legend, entry{s.name, e})
		first, last := xys[0], xys[len(xys)-1]
		alt += fmt.Sprintf(" %s %.2g at n = %.0f and %.2g at n = %.0f;", s.name, math.Pow(10, first.Y), math.Pow(10, first.X), math.Pow(10, last.Y), math.Pow(10, last.X))
	}
	if est := g.Column("estimate"); len(est) > 0 {
		bars := intervals{x: logs(n), low: logs(g.Column("lower")), high: logs(g.Column("upper")), style: simulatedLine}
		dot := simulatedMark
		p.Add(bars, marks{points(n, est), dot})
		f.legend = append(f.legend, entry{"simulated, with interval", sample{line: &bars.style, marker: &dot}})
	}
	frame(p, math.Log10(x0)-pad, math.Log10(x1)+pad, bottom, top)
	logAxis(&p.X)
	logAxis(&p.Y)
	f.Alt = "Probability of failure against n on logarithmic axes:" + alt
	if held, of := g.IntervalsHolding(); of > 0 {
		f.Alt += fmt.Sprintf(" the simulated 95 %% interval holds the exact value at %d of %d.", held, of)
	}
	return f
}

// vacuous is the range of n in which the printed bound is at least 1, its end
// interpolated on logarithmic scales; the bound falls with n.
func vacuous(n, printed []float64) (from, to float64, ok bool) {
	type point struct{ n, bound float64 }
	var pts []point
	for i := range printed {
		if !math.IsNaN(printed[i]) && printed[i] > 0 {
			pts = append(pts, point{n[i], printed[i]})
		}
	}
	slices.SortStableFunc(pts, func(a, b point) int { return cmp.Compare(a.n, b.n) })
	if len(pts) == 0 || pts[0].bound < 1 {
		return 0, 0, false
	}
	from, to = pts[0].n, math.Inf(1)
	for i := 1; i < len(pts); i++ {
		a, b := pts[i-1], pts[i]
		if a.bound >= 1 && b.bound < 1 {
			share := math.Log(a.bound) / (math.Log(a.bound) - math.Log(b.bound))
			return from, a.n * math.Pow(b.n/a.n, share), true
		}
	}
	return from, to, true
}

// points pairs the logarithms of x and y, in order of x, leaving out what does
// not exist or has none.
func points(x, y []float64) plotter.XYs {
	var xys plotter.XYs
	for i := range y {
		if y[i] > 0 && x[i] > 0 && !math.IsInf(y[i], 0) {
			xys = append(xys, plotter.XY{X: math.Log10(x[i]), Y: math.Log10(y[i])})
		}
	}
	sortByX(xys)
	return xys
}

func sortByX(xys plotter.XYs) {
	slices.SortStableFunc(xys, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
}

// logs are decimal logarithms; 0 gives −∞.
func logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log10(v)
	}
	return out
}
