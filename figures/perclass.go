package figures

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
)

// comparisonsPerPage is the number of comparisons per figure of classes.
const comparisonsPerPage = 6

const leadingOnly = "Shown: the largest ρ that was run of each method, with ρ_U = ρ if that was run."

// PerClass returns figures of every class's error against its number of labeled training
// images, without and with a method. They show each method that was run together with
// its base, at the largest ρ. There is at least one figure.
func PerClass(plan results.Plan, res map[string]*results.Result) []*Figure {
	m := index(plan, res)
	var all []drawing
	for _, c := range m.leading() {
		size, a, b, drawn := classErrors(m, c.base, c.with)
		if len(drawn) == 0 {
			continue
		}
		p, words := classPanel(cellName(c.with)+scaleNote(drawn[0]), c.base.Method, size, a, b, len(drawn))
		all = append(all, drawing{[]paper.Key{c.base, c.with}, []*plot.Plot{p}, words, drawn})
	}
	if len(all) == 0 {
		f := classFigure(0)
		p := newPanel("", "labeled images of the class", "error, %")
		frame(p, 0, 3, 0, 100)
		logAxis(&p.X)
		return []*Figure{f.empty(p, "no pair of cells has finished; the whole plan is run by", plan.Command(), "Empty axes of error against class size: no pair of cells has finished.")}
	}
	out := classPages(plan, all)
	for _, f := range out {
		f.Caption += " " + leadingOnly
	}
	return out
}

// classMarks returns the markers of a class without and with a method.
func classMarks() (without, with draw.GlyphStyle) {
	without, with = marker(0), marker(1)
	without.Radius, with.Radius = vg.Points(2.4), vg.Points(1.8)
	without.Shape = ring{open: true}
	with.Color = ink // in gray, orange would be lost inside the ring
	return without, with
}

// classFigure returns page i without its panels.
func classFigure(i int) *Figure {
	without, with := classMarks()
	return &Figure{
		Name:    page("per-class", i),
		Title:   "Error of each class against its size",
		Caption: "Test error of each class at the last epoch, mean over n replicates, against the number of labeled training images of the class. A line joins the two marks of a class; no spread is drawn.",
		Alt:     "Error of each class.",
		legend:  []entry{{"without", sample{marker: without}}, {"with the method named above", sample{marker: with}}},
	}
}

// classPanel returns a panel of the classes' errors before and after against their
// sizes, and its description in words.
func classPanel(title, base string, size, before, after []float64, replicates int) (p *plot.Plot, alt string) {
	p = newPanel(fmt.Sprintf("%s, n = %d", title, replicates), "labeled images of the class", "error, %")
	pen := dropLine
	pen.Dashes = nil
	x := logs(size)
	var from, to plotter.XYs
	better := 0
	for k := range x {
		from, to = append(from, plotter.XY{X: x[k], Y: before[k]}), append(to, plotter.XY{X: x[k], Y: after[k]})
		p.Add(&plotter.Line{XYs: plotter.XYs{from[k], to[k]}, LineStyle: pen})
		if after[k] < before[k] {
			better++
		}
	}
	without, with := classMarks()
	p.Add(marks{from, fitting(without, len(x))}, marks{to, fitting(with, len(x))})
	frame(p, slices.Min(x)-0.1, slices.Max(x)+0.1, -3, 103)
	p.Y.Tick.Marker = at(0, 20, 40, 60, 80, 100)
	p.X.Tick.Marker = logTicks{1.7} // with more the labels would touch in a half column
	return p, fmt.Sprintf("%s: lower error than %s in %d of %d classes (%s)", title, base, better, len(size), plural.Of(replicates, "replicate"))
}

// classPages returns figures of comparisons of the plan's cells, or of other runs.
func classPages(plan results.Plan, all []drawing) []*Figure {
	return pages(plan, all, comparisonsPerPage, 40*vg.Millimeter, 5*vg.Millimeter, classFigure)
}

// fitting returns a marker for n points, half as large if there are more than 20.
func fitting(s draw.GlyphStyle, n int) draw.GlyphStyle {
	if n > 20 {
		s.Radius /= 2
	}
	return s
}

// classErrors returns sizes and errors of the classes without (a) and with (b) a method,
// in percent, and the method's results drawn. Both are means over the replicates that
// have both cells. Classes without labeled or test images are left out.
func classErrors(m measured, without, with paper.Key) (size, a, b []float64, drawn []*results.Result) {
	var sums [][3]float64
	m.paired(without, with, func(_ int, ra, rb *results.Result) {
		if len(ra.PerClassErrorPct) != len(rb.PerClassErrorPct) || len(ra.LabeledCounts) != len(ra.PerClassErrorPct) {
			return
		}
		if sums == nil {
			sums = make([][3]float64, len(ra.PerClassErrorPct))
		}
		drawn = append(drawn, rb)
		for c := range sums {
			ea, eb := ra.PerClassErrorPct[c], rb.PerClassErrorPct[c]
			if ea == nil || eb == nil {
				sums[c][0] = math.NaN()
				continue
			}
			sums[c][0] += float64(ra.LabeledCounts[c])
			sums[c][1] += *ea
			sums[c][2] += *eb
		}
	})
	n := float64(len(drawn))
	for _, s := range sums {
		if s[0] > 0 {
			size, a, b = append(size, s[0]/n), append(a, s[1]/n), append(b, s[2]/n)
		}
	}
	if len(size) == 0 {
		drawn = nil
	}
	return size, a, b, drawn
}
