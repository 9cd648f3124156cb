package figures

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// gain is one row of the forest plot: the error of base minus that of with.
type gain struct {
	name       string
	with, base paper.Key
	core       bool // drawn even if nothing is measured
}

// GainForest draws printed against measured gains: unlabeled data over plain
// training and over training for as many steps, self-supervised pre-training
// over none and over supervised pre-training. Rows that were not run and are
// not among the core at ρ = 100 are left out.
func GainForest(plan results.Plan, res map[string]*results.Result) *Figure {
	m := index(plan, res)
	f := &Figure{
		Name:  "gains",
		Title: "Gains, printed and measured",
		Caption: "Points of error by which a method is better than what it is compared with, last epoch. Diamonds: in print (one run a cell). " +
			"Circles: measured, mean over n replicates with a 95 % interval where n is at least 2; hollow circles come from stand-in data and say nothing about the paper's own.",
		Width: wide,
	}
	p := newPanel("", "gain in error, points (right: the method helps)", "")
	zero := dropLine
	zero.Color, zero.Dashes = muted, nil
	p.Add(across{at: 0, vertical: true, style: zero})

	var names []string
	var printed, real, standIn plotter.XYs
	lo, hi := 0.0, 1.0
	type bar struct{ y, low, high float64 }
	var spans []bar
	var counts []label
	var alt []string
	rows := forestRows(m)
	for i, g := range rows {
		y := float64(len(rows) - 1 - i)
		names = append(names, g.name)
		text := g.name + ":"
		if e, ok := printedGain(g); ok {
			printed = append(printed, plotter.XY{X: e, Y: y})
			lo, hi = math.Min(lo, e), math.Max(hi, e)
			text += fmt.Sprintf(" printed %.2f,", e)
		}
		var gains []float64
		grade := results.GradePaper
		m.paired(g.base, g.with, func(_ int, base, with *results.Result) {
			gains = append(gains, base.LastErrorPct-with.LastErrorPct)
			if with.Grade == results.GradeStandIn || base.Grade == results.GradeStandIn {
				grade = results.GradeStandIn
			}
		})
		n := "not run"
		if len(gains) > 0 {
			e := stats.MeanEffect(gains, 0.05)
			at := plotter.XY{X: e.Mean, Y: y}
			if grade == results.GradeStandIn {
				standIn = append(standIn, at)
			} else {
				real = append(real, at)
			}
			lo, hi = math.Min(lo, e.Mean), math.Max(hi, e.Mean)
			if e.HasInterval() {
				spans = append(spans, bar{y, e.Low, e.High})
				lo, hi = math.Min(lo, math.Max(e.Low, e.Mean-10)), math.Max(hi, math.Min(e.High, e.Mean+10))
			}
			n = fmt.Sprintf("n = %d", e.N)
			text += fmt.Sprintf(" measured %.2f (%s)", e.Mean, n)
		} else {
			text += " not run"
		}
		style := textStyle(tickSize, muted)
		style.YAlign = draw.YCenter
		counts = append(counts, label{y: y, text: n, style: style, dx: vg.Points(6), dy: vg.Points(1.2)})
		alt = append(alt, text)
	}
	pen := line(0)
	for _, s := range spans {
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: s.low, Y: s.y}, {X: s.high, Y: s.y}}, LineStyle: pen})
	}
	filled, hollow, dot := marker(0), marker(0), printMark
	filled.Radius, hollow.Radius = vg.Points(3.4), vg.Points(3.4)
	hollow.Shape = ring{}
	p.Add(&plotter.Scatter{XYs: printed, GlyphStyle: dot}, &plotter.Scatter{XYs: real, GlyphStyle: filled})
	p.Add(&plotter.Scatter{XYs: standIn, GlyphStyle: hollow})
	pad := 0.05 * (hi - lo)
	frame(p, lo-pad, hi+pad, -0.6, float64(len(rows))-0.4)
	for i := range counts {
		counts[i].x = p.X.Max
		p.Add(counts[i])
	}
	ticks := make(plot.ConstantTicks, len(names))
	for i, n := range names {
		ticks[i] = plot.Tick{Value: float64(len(names) - 1 - i), Label: n}
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.Length = 0
	f.Panels = [][]*plot.Plot{{p}}
	f.legend = []entry{
		{"in print", sample{marker: &dot}},
		{"measured on the paper's data", sample{marker: &filled}},
		{"measured on stand-in data", sample{marker: &hollow}},
	}
	f.marginRight = vg.Points(46)
	f.Height = vg.Length(len(rows))*0.27*vg.Inch + 1.0*vg.Inch
	f.Alt = "Gains in points of error. " + strings.Join(alt, "; ") + "."
	return f
}

// printedGain is the gain in print, if both of its numbers are.
func printedGain(g gain) (float64, bool) {
	base, okBase := paper.Find(g.base)
	with, okWith := paper.Find(g.with)
	return base.Value - with.Value, okBase && okWith
}

// forestRows lists the comparisons that were run, and the core ones.
func forestRows(m measured) []gain {
	var unlabeled, pretrained []gain
	for _, n := range paper.Numbers() {
		base, ok := paper.BaseOf(n.Key)
		if !ok || !strings.HasPrefix(n.Unit, "top1_error") || n.Source == "Appendix E.3" {
			continue
		}
		core := n.Dataset == "CIFAR-10-LT" && n.Rho == 100
		where := fmt.Sprintf("ρ = %s", number(n.Rho))
		if n.Dataset != "CIFAR-10-LT" {
			where = n.Dataset + ", " + where
		}
		control := n.Key
		control.Source = paper.SourceControl
		switch {
		case n.RhoU != 0:
			where += fmt.Sprintf(", ρ_U = %s", number(n.RhoU))
			core = core && base.Method == "CE" && (n.RhoU == n.Rho || n.RhoU == 1)
			unlabeled = append(unlabeled, gain{n.Method + " over " + base.Method + "; " + where, n.Key, base, core})
			control.Method = base.Method + ", equal steps"
			if m.at(control) == nil {
				control.RhoU = 0 // one control serves every ρ_U: D_U@5x has the same size
			}
			unlabeled = append(unlabeled, gain{n.Method + " over equal steps; " + where, n.Key, control, core && n.RhoU == n.Rho})
		case n.Source == "README" && !strings.Contains(n.Method, "Uniform"):
			// repeats a row of Table 2
		default:
			core = core && base.Method == "CE"
			pretrained = append(pretrained, gain{base.Method + " + SSP over " + base.Method + "; " + where, n.Key, base, core})
			control.Method = base.Method + " + warm start"
			pretrained = append(pretrained, gain{base.Method + " + SSP over warm start; " + where, n.Key, control, core})
		}
	}
	return slices.DeleteFunc(append(unlabeled, pretrained...), func(g gain) bool {
		run := false
		m.paired(g.base, g.with, func(int, *results.Result, *results.Result) { run = true })
		return !run && !g.core
	})
}
