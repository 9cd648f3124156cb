package figures

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"longtail/results"
)

// Theorem3 returns the figure of errors against the dimension d on logarithmic axes. It
// draws the columns "d", "exact" (expected over training sets), "estimate" with "lower"
// and "upper", "midpoint", "bayes", "printed_bound", "chernoff_bound" and "trivial". It
// also reads "printed_success", the probability with which the published bound is
// claimed. For a nil grid the figure is empty and shows its command, run.
func Theorem3(g *results.Grid, run string) *Figure {
	f := &Figure{
		Name:  "theorem3",
		Title: "Theorem 3: error after the self-supervised feature",
		Caption: "Error of the rule that puts its threshold at the midpoint of the class means of Z, against the dimension: exactly in expectation over training sets, simulated with its interval, " +
			"and at the population midpoint, with the Bayes error, the published bound, the bound with the exact chi-square rates, and the rule that always names the majority. " +
			"Shaded: where the published statement is vacuous, because its probability is not positive or its bound is not below the error of that rule.",
		Section: "theory", Height: 76 * vg.Millimeter,
	}
	p := newPanel("", "dimension d", "probability of error")
	f.Panels = [][]*plot.Plot{{p}}
	if g == nil {
		frame(p, 0, 3, -6, 0)
		logAxis(&p.X)
		logAxis(&p.Y)
		return f.notComputed(p, 3, run)
	}
	const pad = 0.03 // of a decade
	d := g.Column("d")
	if to, ok := uselessUntil(g, d); ok {
		b := band{math.Log10(d[0]) - pad, math.Log10(to), shade}
		p.Add(b)
		f.legend = append(f.legend, entry{"statement is vacuous", b})
	}
	f.Alt = "Probability of error against the dimension on logarithmic axes:"
	// The Bayes error falls faster than all else and may leave the panel.
	bottom, _ := decades(g, "exact", "estimate", "midpoint", "printed_bound")
	f.overLog(p, g, "d", []column{
		{"trivial", "always the majority, p₊", 2, false},
		{"printed_bound", "published bound", 1, true},
		{"chernoff_bound", "sharper bound", 4, true},
		{"bayes", "Bayes", 5, true},
		{"midpoint", "at the population midpoint", 3, false},
		{"exact", "exact, expected", 0, false},
	}, bottom, 0, pad)
	return f
}

// uselessUntil returns the dimension up to which the published statement is vacuous: its
// bound is at least the trivial rule's error, or its probability is not positive. The
// dimension is interpolated between rows. ok is false if the statement is vacuous in no
// row.
func uselessUntil(g *results.Grid, d []float64) (to float64, ok bool) {
	bound, success, trivial := g.Column("printed_bound"), g.Column("printed_success"), g.Column("trivial")
	// Each is positive where the statement is of no use, and nearly linear in d.
	margins := [2]func(int) float64{
		func(i int) float64 { return math.Log(bound[i]) - math.Log(trivial[i]) },
		func(i int) float64 { return math.Log1p(-success[i]) },
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
