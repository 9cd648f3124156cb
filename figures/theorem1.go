package figures

import (
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
	if to, ok := vacuous(n, g.Column("printed")); ok {
		b := band{math.Log10(n[0]) - pad, math.Log10(to), shade}
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

// vacuous returns the n up to which the published bound, which falls with n, is at least
// 1, interpolated on logarithmic scales; false: it is in no row.
func vacuous(n, printed []float64) (to float64, ok bool) {
	i := slices.IndexFunc(printed, func(bound float64) bool { return bound < 1 })
	switch i {
	case -1:
		return math.Inf(1), true
	case 0:
		return 0, false
	}
	share := math.Log(printed[i-1]) / (math.Log(printed[i-1]) - math.Log(printed[i]))
	return n[i-1] * math.Pow(n[i]/n[i-1], share), true
}
