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
		var pairs []ClassErrors
		var drawn []*results.Result
		m.paired(c.base, c.with, func(_ int, a, b *results.Result) {
			if n := len(a.LabeledCounts); n == len(a.PerClassErrorPct) && n == len(b.PerClassErrorPct) {
				pairs = append(pairs, ClassErrors{a.LabeledCounts, a.PerClassErrorPct, b.PerClassErrorPct})
				drawn = append(drawn, b)
			}
		})
		if len(drawn) == 0 {
			continue
		}
		if p, words := classPanel(cellName(c.with)+scaleNote(drawn[0]), c.base.Method, pairs); p != nil {
			all = append(all, drawing{[]paper.Key{c.base, c.with}, []*plot.Plot{p}, words, drawn})
		}
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
// sizes, and its description in words; nil if no class has both.
func classPanel(title, base string, pairs []ClassErrors) (p *plot.Plot, alt string) {
	size, before, after := classMeans(pairs)
	if len(size) == 0 {
		return nil, ""
	}
	p = newPanel(fmt.Sprintf("%s, n = %d", title, len(pairs)), "labeled images of the class", "error, %")
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
	return p, fmt.Sprintf("%s: lower error than %s in %d of %d classes (%s)", title, base, better, len(size), plural.Of(len(pairs), "replicate"))
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

// ClassErrors is a pair of runs without and with a method, by class.
type ClassErrors struct {
	Labeled       []int      // training images
	Before, After []*float64 // errors in percent; nil: no test image
}

// classMeans returns sizes and errors of the classes as means over the pairs. Classes
// without labeled or test images are left out.
func classMeans(pairs []ClassErrors) (size, before, after []float64) {
	if len(pairs) == 0 {
		return nil, nil, nil
	}
	n := float64(len(pairs))
	for class := range pairs[0].Labeled {
		var images, a, b float64
		for _, p := range pairs {
			if p.Before[class] == nil || p.After[class] == nil {
				images = math.NaN()
				break
			}
			images, a, b = images+float64(p.Labeled[class]), a+*p.Before[class], b+*p.After[class]
		}
		if images > 0 {
			size, before, after = append(size, images/n), append(before, a/n), append(after, b/n)
		}
	}
	return size, before, after
}
