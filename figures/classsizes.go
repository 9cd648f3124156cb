package figures

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

// labeledBars is the color of the labeled set's bars.
var labeledBars = color.RGBA{196, 196, 192, 255}

// ClassSizes returns the figure of the number of images of each class, from head to
// tail. Bars are the labeled set, lines D_U at each ρ_U by true class, and short strokes
// D_U by pseudo-label. Each data set, ρ and n_max that was run has a panel.
func ClassSizes(plan results.Plan, res map[string]*results.Result) *Figure {
	f := &Figure{
		Name:  "class-sizes",
		Title: "Images of each class, labeled and unlabeled",
		Caption: "Number of images against the rank of the class, on a logarithmic scale. Bars: the labeled set. Lines: D_U, five times its size, by true class at each ρ_U. " +
			"Strokes, of a form for each ρ_U: the same D_U by the pseudo-labels that are trained on; a class that is named too rarely has its stroke below the line.",
	}
	sets := trainedSets(plan, res)
	if len(sets) == 0 {
		p := newPanel("", "rank of the class, by size", "images")
		frame(p, 0.4, 10.6, 0, 4)
		logAxis(&p.Y)
		return f.empty(p, "no cell has finished; the whole plan is run by", plan.Command(), "Empty axes of images against rank: no cell has finished.")
	}
	f.drawSets(sets)
	return f
}

// ClassSizesOf returns the figure of ClassSizes for one labeled set, given the images of
// each class, and for a D_U at rhoU unless unlabeled is nil.
func ClassSizesOf(title string, labeled, unlabeled []int, rhoU float64) *Figure {
	s := &classSet{title: title, labeled: labeled}
	if unlabeled != nil {
		s.unlabeled = []*results.Result{{UnlabeledCounts: unlabeled, Settings: results.Settings{RhoU: rhoU}}}
	}
	f := &Figure{Name: "class-sizes", Title: title, Caption: title}
	f.drawSets([]*classSet{s})
	return f
}

// drawSets draws one panel per set.
func (f *Figure) drawSets(sets []*classSet) {
	var panels []*plot.Plot
	var alt []string
	var ratios []float64 // the index is that of the color
	var teachers []string
	pseudo := map[float64]bool{} // ratios with pseudo-labels
	for _, s := range sets {
		for _, t := range s.teachers {
			if !slices.Contains(teachers, t) {
				teachers = append(teachers, t)
			}
		}
		f.addKeys(s.keys...)
		slices.SortFunc(s.unlabeled, func(a, b *results.Result) int { return cmp.Compare(a.Settings.RhoU, b.Settings.RhoU) })
		for _, r := range s.unlabeled {
			if !slices.Contains(ratios, r.Settings.RhoU) {
				ratios = append(ratios, r.Settings.RhoU)
			}
			pseudo[r.Settings.RhoU] = pseudo[r.Settings.RhoU] || len(r.PseudoCounts) > 0
		}
		p, words := s.panel(ratios)
		panels, alt = append(panels, p), append(alt, words)
	}
	if len(teachers) > 0 {
		f.Caption += " The pseudo-labels are those of " + strings.Join(teachers, ", ") + "."
	}
	f.Panels = inPairs(panels)
	f.legend = []entry{{"labeled", bars(nil)}}
	for i, u := range ratios {
		f.legend = append(f.legend, entry{"D_U, ρ_U = " + number(u), sample{line(i), marker(i)}})
	}
	for i, u := range ratios {
		if pseudo[u] {
			f.legend = append(f.legend, entry{"pseudo-labels, ρ_U = " + number(u), sample{marker: pseudoStroke(i)}})
		}
	}
	f.Height = vg.Length(len(f.Panels))*44*vg.Millimeter + 12*vg.Millimeter
	if len(panels) == 1 {
		f.Height = 66 * vg.Millimeter
	}
	f.Alt = "Images of each class by rank. " + strings.Join(alt, "; ") + "."
}

// classSet is what one panel shows: a labeled set and D_U.
type classSet struct {
	title     string
	grade     results.Grade
	keys      []paper.Key
	labeled   []int
	unlabeled []*results.Result // one per ρ_U
	teachers  []string          // methods that made their pseudo-labels
}

// panel draws the set and describes it in words. The index of a ρ_U in ratios gives its
// color.
func (s *classSet) panel(ratios []float64) (p *plot.Plot, alt string) {
	by := score.BySize(s.labeled)
	n := len(by)
	p = newPanel(s.title, "rank of the class, by size", "images")
	top := 1.0
	ranked := func(counts []int) plotter.XYs {
		var xys plotter.XYs
		for at, class := range by {
			if counts[class] > 0 {
				xys = append(xys, plotter.XY{X: float64(at + 1), Y: math.Log10(float64(counts[class]))})
				top = math.Max(top, xys[len(xys)-1].Y)
			}
		}
		return xys
	}
	p.Add(bars(ranked(s.labeled)))
	alt = fmt.Sprintf("%s: %d to %d labeled images a class", s.title, s.labeled[by[0]], s.labeled[by[n-1]])
	for _, r := range s.unlabeled {
		i := slices.Index(ratios, r.Settings.RhoU)
		pen := line(i)
		xys := ranked(r.UnlabeledCounts)
		p.Add(&plotter.Line{XYs: xys, LineStyle: pen})
		if n <= 20 {
			p.Add(marks{xys, marker(i)})
		}
		if len(r.PseudoCounts) == n {
			p.Add(marks{ranked(r.PseudoCounts), pseudoStroke(i)})
		}
		alt += fmt.Sprintf(", %d to %d unlabeled at ρ_U = %s", r.UnlabeledCounts[by[0]], r.UnlabeledCounts[by[n-1]], number(r.Settings.RhoU))
	}
	frame(p, 0.4, float64(n)+0.6, 0, top+0.15)
	logAxis(&p.Y)
	if n <= 10 {
		var t plot.ConstantTicks
		for at := range n {
			t = append(t, plot.Tick{Value: float64(at + 1), Label: fmt.Sprint(at + 1)})
		}
		p.X.Tick.Marker = t
	}
	return p, alt
}

// trainedSets returns what was trained on, one set per data set, ρ and n_max: the
// labeled images, and D_U, five times as many, once for each ρ_U. Sets are sorted by
// grade, then panelOrder.
func trainedSets(plan results.Plan, res map[string]*results.Result) []*classSet {
	type group struct {
		dataset string
		rho     float64
		nMax    int
	}
	var out []*classSet
	found := map[group]*classSet{}
	for _, c := range plan.Cells {
		r := res[c.Task]
		if c.Task == "" || r == nil || len(r.LabeledCounts) == 0 || r.Settings.Amount != 0 || r.Settings.Imbalance != "" || r.Settings.Kind != results.KindTrain {
			continue
		}
		r = graded(c, r)
		k := group{c.Dataset, c.Rho, r.Settings.NMax}
		s := found[k]
		if s == nil {
			name := cmp.Or(c.Data, c.Dataset)
			s = &classSet{title: fmt.Sprintf("%s, ρ = %s", name, number(c.Rho)) + scaleNote(r), grade: r.Grade, labeled: r.LabeledCounts}
			s.keys = append(s.keys, c.Key)
			found[k] = s
			out = append(out, s)
		}
		u := r.Settings
		if u.Multiple != paper.UnlabeledMultiple || u.IrrelevantPct != 0 || u.PoolLabels != "" || u.SSL != "" || u.Threshold != 0 || len(r.UnlabeledCounts) != len(s.labeled) ||
			slices.ContainsFunc(s.unlabeled, func(o *results.Result) bool { return o.Settings.RhoU == u.RhoU }) {
			continue
		}
		s.unlabeled, s.keys = append(s.unlabeled, r), append(s.keys, c.Key)
		if len(r.PseudoCounts) > 0 {
			s.teachers = append(s.teachers, strings.TrimSuffix(c.Method, paper.WithDU))
		}
	}
	slices.SortStableFunc(out, func(a, b *classSet) int {
		return cmp.Or(cmp.Compare(a.grade.Rank(), b.grade.Rank()), panelOrder(a.keys[0], b.keys[0]))
	})
	return out
}

// bars rise from the bottom of the panel to each point. They are at least 1 pt high, so
// that a class of one image is visible.
type bars plotter.XYs

func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, v := range b {
		fill(c, labeledBars, box(x(v.X-0.38), c.Min.Y, x(v.X+0.38), max(y(v.Y), c.Min.Y+vg.Points(1))))
	}
}

func (bars) Thumbnail(c *draw.Canvas) { fill(c, labeledBars, c.Rectangle) }

// pseudoStroke returns the stroke for the pseudo-labels of series i. Strokes also differ
// in form, because every second color looks alike in gray.
func pseudoStroke(i int) draw.GlyphStyle {
	forms := []draw.GlyphDrawer{dash{}, hollowDash{}, splitDash{}}
	return draw.GlyphStyle{Color: line(i).Color, Radius: vg.Points(2.6), Shape: forms[i%len(forms)]}
}

// dash is a short thick stroke.
type dash struct{}

func (dash) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.StrokeLine2(draw.LineStyle{Color: s.Color, Width: dashWidth}, at.X-s.Radius, at.Y, at.X+s.Radius, at.Y)
}

const dashWidth = 1.6 // points

// hollowDash is a dash drawn as an outline, a little higher, filled with white.
type hollowDash struct{}

func (hollowDash) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	const half = 0.7 * dashWidth
	stroke := box(at.X-s.Radius, at.Y-half, at.X+s.Radius, at.Y+half)
	fill(c, color.White, stroke)
	edge(c, draw.LineStyle{Color: s.Color, Width: vg.Points(0.6)}, stroke)
}

// splitDash is a dash with a gap in the middle.
type splitDash struct{}

func (splitDash) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	pen := draw.LineStyle{Color: s.Color, Width: dashWidth}
	gap := 0.35 * s.Radius
	c.StrokeLine2(pen, at.X-s.Radius, at.Y, at.X-gap, at.Y)
	c.StrokeLine2(pen, at.X+gap, at.Y, at.X+s.Radius, at.Y)
}
