package figures

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"longtail/results"
)

// Theorem1 returns the figure of the probability that the estimate is off by more than δ
// against the size n of each pseudo-labeled class. It draws the columns "n", "exact",
// "estimate" with "lower" and "upper" (its interval), "printed" and "sharp" (bounds), and
// "miss_target" (exact probability of missing the true midpoint). For a nil grid the
// figure is empty and shows its command, run.
func Theorem1(g *results.Grid, run string) *Figure {
	f := &Figure{
		Name:  "theorem1",
		Title: "Theorem 1: probability that the threshold estimate fails",
		Caption: "Probability that the threshold estimated from pseudo-labels is further than δ from its center: exact law, simulated frequency (of rare events a weighted mean of tilted draws) with its interval, " +
			"the published bound and the sharper one-term bound; beside them the exact probability of being further than δ from the true midpoint M, which more data do not mend. Shaded: where the published bound is 1 or more and says nothing.",
		Section: "theory", Height: 64 * vg.Millimeter,
	}
	p := newPanel("", "unlabeled points n in each pseudo-labeled class", "probability of failure")
	f.Panels = [][]*plot.Plot{{p}}
	if g == nil {
		frame(p, 1, 4, -6, 1)
		logAxis(&p.X)
		logAxis(&p.Y)
		return f.notComputed(p, 1, run)
	}
	const pad = 0.05 // of a decade
	n := g.Column("n")
	if from, to, ok := vacuous(n, g.Column("printed")); ok {
		b := band{math.Log10(from) - pad, math.Log10(to), shade}
		p.Add(b)
		f.legend = append(f.legend, entry{"published bound says nothing", b})
	}
	p.Add(across{at: 0, style: dropLine})
	f.Alt = "Probability of failure against n on logarithmic axes:"
	bottom, top := decades(g, "printed", "sharp", "miss_target", "exact", "estimate")
	f.overLog(p, g, "n", []column{ // exact comes last, just below the simulation's marks
		{"printed", "published bound", 1, true},
		{"sharp", "sharper bound", 2, true},
		{"miss_target", "misses M itself", 3, false},
		{"exact", "exact", 0, false},
	}, bottom, max(top, 1), pad)
	return f
}

// vacuous returns the range of n in which the published bound is at least 1; false: there
// is none. The bound falls with n; the end is interpolated on logarithmic scales.
func vacuous(n, printed []float64) (from, to float64, ok bool) {
	type point struct{ n, bound float64 }
	var pts []point
	for i := range printed {
		if n[i] > 0 && printed[i] > 0 {
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
