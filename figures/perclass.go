package figures

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/paper"
	"longtail/results"
)

// PerClass draws the error of every class against its number of labelled
// training images, without and with each method that was run beside its base.
func PerClass(plan results.Plan, res map[string]*results.Result) *Figure {
	m := index(plan, res)
	without, with := marker(0), marker(1)
	without.Radius, with.Radius = vg.Points(3), vg.Points(3)
	without.Shape = palette[3].glyph
	f := &Figure{
		Name:    "per-class",
		Title:   "Error of each class against its size",
		Caption: "Test error of each class at the last epoch, mean over the replicates, against the number of labelled training images of the class. A line joins the two marks of a class.",
		Width:   wide,
		legend:  []entry{{"without", sample{marker: &without}}, {"with the method named above", sample{marker: &with}}},
	}
	var panels []*plot.Plot
	top := 20.0 // one scale for all panels
	var alt []string
	for _, n := range paper.Numbers() {
		base, ok := paper.BaseOf(n.Key)
		if !ok || (n.Source == "README" && !strings.Contains(n.Method, "Uniform")) {
			continue
		}
		size, a, b, count := classErrors(m, base, n.Key)
		if count == 0 {
			continue
		}
		p := newPanel(cellName(results.Cell{Key: n.Key}), "labelled images of the class", "error, %")
		pen := dropLine
		pen.Dashes = nil
		var before, after plotter.XYs
		better := 0
		for c := range size {
			size[c] = math.Log10(size[c])
			p.Add(&plotter.Line{XYs: plotter.XYs{{X: size[c], Y: a[c]}, {X: size[c], Y: b[c]}}, LineStyle: pen})
			top = math.Max(top, 20*math.Ceil(math.Max(a[c], b[c])/20))
			before = append(before, plotter.XY{X: size[c], Y: a[c]})
			after = append(after, plotter.XY{X: size[c], Y: b[c]})
			if b[c] < a[c] {
				better++
			}
		}
		p.Add(&plotter.Scatter{XYs: before, GlyphStyle: without}, &plotter.Scatter{XYs: after, GlyphStyle: with})
		x0, x1 := size[0], size[0]
		for _, s := range size {
			x0, x1 = math.Min(x0, s), math.Max(x1, s)
		}
		frame(p, x0-0.1, x1+0.1, 0, 100)
		logAxis(&p.X)
		panels = append(panels, p)
		alt = append(alt, fmt.Sprintf("%s: lower error than %s in %d of %d classes (%d replicates)", p.Title.Text, base.Method, better, len(size), count))
	}
	if len(panels) == 0 {
		p := newPanel("", "labelled images of the class", "error, %")
		frame(p, 0, 3, 0, 100)
		logAxis(&p.X)
		p.Add(note{heading: "not run", body: "no pair of cells has finished; the whole plan is run by", command: plan.Command})
		f.Panels, f.Width, f.Height, f.legend = [][]*plot.Plot{{p}}, narrow, 2.6*vg.Inch, nil
		f.Alt = "Empty axes of error against class size: no pair of cells has finished."
		return f
	}
	for i, p := range panels {
		p.Y.Max = top
		if i%2 == 0 {
			f.Panels = append(f.Panels, make([]*plot.Plot, 2))
		}
		f.Panels[i/2][i%2] = p
	}
	if len(panels) == 1 {
		f.Panels, f.Width = [][]*plot.Plot{{panels[0]}}, narrow
	}
	f.Height = vg.Length(len(f.Panels))*2.3*vg.Inch + 0.3*vg.Inch
	f.Alt = "Error of each class. " + strings.Join(alt, "; ") + "."
	return f
}

// classErrors averages the classes' errors over the replicates that have both
// cells; classes without labelled or test images are left out.
func classErrors(m measured, without, with paper.Key) (size, a, b []float64, replicates int) {
	var sums [][3]float64
	m.paired(without, with, func(_ int, ra, rb *results.Result) {
		if len(ra.PerClassErrorPct) != len(rb.PerClassErrorPct) || len(ra.LabelledCounts) != len(ra.PerClassErrorPct) {
			return
		}
		if sums == nil {
			sums = make([][3]float64, len(ra.PerClassErrorPct))
		}
		replicates++
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
	return size, a, b, replicates
}
