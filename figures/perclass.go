package figures

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/paper"
	"longtail/results"
)

// comparisonsPerPage is how many comparisons one figure of classes holds.
const comparisonsPerPage = 6

const leadingOnly = "Of each method the largest ρ that was run, and ρ_U = ρ where it was."

// PerClass draws the error of every class against its number of labelled
// training images, without and with each method that was run beside its base, at the largest ρ.
// There is at least one figure.
func PerClass(plan results.Plan, res map[string]*results.Result) []*Figure {
	m := index(plan, res)
	without, with := marker(0), marker(1)
	without.Radius, with.Radius = vg.Points(2.4), vg.Points(1.8)
	without.Shape = ring{open: true}
	with.Color = ink // orange is lost inside a ring where there is no colour
	fig := func(i int) *Figure {
		return &Figure{
			Name:    page("per-class", i),
			Section: "classes",
			Title:   "Error of each class against its size",
			Caption: "Test error of each class at the last epoch, mean over the replicates, against the number of labelled training images of the class. A line joins the two marks of a class. " + leadingOnly,
			legend:  []entry{{"without", sample{marker: &without}}, {"with the method named above", sample{marker: &with}}},
		}
	}
	var panels []*plot.Plot
	var shown []comparison
	var alt []string
	for _, c := range m.leading() {
		size, a, b, count, scale := classErrors(m, c.base, c.with)
		if count == 0 {
			continue
		}
		p := newPanel(cellName(c.with)+scale, "labelled images of the class", "error, %")
		pen := dropLine
		pen.Dashes = nil
		var before, after plotter.XYs
		better := 0
		for k := range size {
			size[k] = math.Log10(size[k])
			p.Add(&plotter.Line{XYs: plotter.XYs{{X: size[k], Y: a[k]}, {X: size[k], Y: b[k]}}, LineStyle: pen})
			before = append(before, plotter.XY{X: size[k], Y: a[k]})
			after = append(after, plotter.XY{X: size[k], Y: b[k]})
			if b[k] < a[k] {
				better++
			}
		}
		p.Add(marks{before, fitting(without, len(size))}, marks{after, fitting(with, len(size))})
		x0, x1 := size[0], size[0]
		for _, s := range size {
			x0, x1 = math.Min(x0, s), math.Max(x1, s)
		}
		frame(p, x0-0.1, x1+0.1, -3, 103)
		p.Y.Tick.Marker = at(0, 20, 40, 60, 80, 100)
		logAxis(&p.X)
		panels, shown = append(panels, p), append(shown, c)
		alt = append(alt, fmt.Sprintf("%s: lower error than %s in %d of %d classes (%d replicates)", cellName(c.with)+scale, c.base.Method, better, len(size), count))
	}
	if len(panels) == 0 {
		f := fig(0)
		p := newPanel("", "labelled images of the class", "error, %")
		frame(p, 0, 3, 0, 100)
		logAxis(&p.X)
		p.Add(note{heading: "not run", body: "no pair of cells has finished; the whole plan is run by", command: plan.Command})
		f.Panels, f.Height, f.legend = [][]*plot.Plot{{p}}, 50*vg.Millimeter, nil
		f.Alt = "Empty axes of error against class size: no pair of cells has finished."
		return []*Figure{f}
	}
	var out []*Figure
	for first := 0; first < len(panels); first += comparisonsPerPage {
		end := min(first+comparisonsPerPage, len(panels))
		f := fig(len(out))
		f.Panels = inPairs(panels[first:end])
		f.Height = vg.Length(len(f.Panels))*40*vg.Millimeter + 5*vg.Millimeter
		for _, c := range shown[first:end] {
			f.shows(m, c.base, c.with)
		}
		f.Alt = "Error of each class. " + strings.Join(alt[first:end], "; ") + "."
		out = append(out, f)
	}
	return out
}

// fitting makes a marker smaller where there are many.
func fitting(s draw.GlyphStyle, n int) draw.GlyphStyle {
	if n > 20 {
		s.Radius /= 2
	}
	return s
}

// classErrors averages the classes' errors over the replicates that have both
// cells; classes without labelled or test images are left out.
func classErrors(m measured, without, with paper.Key) (size, a, b []float64, replicates int, scale string) {
	var sums [][3]float64
	m.paired(without, with, func(_ int, ra, rb *results.Result) {
		if len(ra.PerClassErrorPct) != len(rb.PerClassErrorPct) || len(ra.LabelledCounts) != len(ra.PerClassErrorPct) {
			return
		}
		if sums == nil {
			sums = make([][3]float64, len(ra.PerClassErrorPct))
		}
		replicates++
		scale = scaleNote(rb)
		for c := range sums {
			ea, eb := ra.PerClassErrorPct[c], rb.PerClassErrorPct[c]
			if ea == nil || eb == nil {
				sums[c][0] = math.NaN()
				continue
			}
			sums[c][0] += float64(ra.LabelledCounts[c])
			sums[c][1] += *ea
			sums[c][2] += *eb
		}
	})
	n := float64(replicates)
	for _, s := range sums {
		if s[0] > 0 {
			size, a, b = append(size, s[0]/n), append(a, s[1]/n), append(b, s[2]/n)
		}
	}
	if len(size) == 0 {
		replicates = 0
	}
	return size, a, b, replicates, scale
}
