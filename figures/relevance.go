package figures

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// claimed is the color of a range that the paper's text makes a claim about.
var claimed = color.NRGBA{0, 105, 191, 26}

// Figure2 returns the paper's sweep over the share of relevant unlabeled images, and the
// same sweep without imbalance, with which the text compares it (claim R4). The points
// of the published curve could not be read; numbers in the text are drawn.
func Figure2(plan results.Plan, res map[string]*results.Result) *Figure {
	f := &Figure{
		Name:  "figure2",
		Title: "Figure 2: error against the relevance of the unlabeled images",
	}
	about := "CIFAR-10-LT, ρ = 50, relevant part at ρ_U = 50. Published: the error of supervised CE" + citation(imbalanced.ce) + ", of CE + D_U@5x with relevant images only" + citation(allRelevant) + ", " +
		"and the text's claim that at least the shaded share of relevant images is needed for a benefit. The values of the points could not be read, and nothing without imbalance is in the main text. "
	over := sweep{
		title: "ρ = ρ_U = 50", x: "relevant images among the unlabeled, %", levels: paper.Relevances, min: -3, max: 103, without: imbalanced,
		cell: func(pct float64) paper.Key { return relevanceKey("Figure 2", 50, pct) },
	}
	needed, _ := paper.Find(paper.Key{Source: "text", Dataset: paper.CIFAR10, Rho: 50, RhoU: 50, Method: "relevance needed for a benefit"})
	over.claim(f, band{needed.Value, 100, claimed}, fmt.Sprintf("from %s %%", number(needed.Value)))
	all, _ := paper.Find(allRelevant)
	over.printed = &marks{xy(100, all.Value), printMark}
	over.printedName = entry{inPrint + "all relevant: " + all.Printed, sample{marker: printMark}}
	f.addSweep(plan, res, over)
	f.Alt += " Without imbalance:"
	f.addSweep(plan, res, sweep{
		title: "ρ = ρ_U = 1", x: over.x, levels: paper.Relevances, min: -3, max: 103, without: withoutImbalance,
		cell: func(pct float64) paper.Key { return paper.Control(paper.CIFAR10, 1, 1, paper.Relevance(pct)) },
	})
	f.Caption = strings.TrimSuffix(about+f.whereInPrint()+f.Caption, " ")
	return f
}

// Figure3 returns the paper's sweep over ρ_U at 60 % relevance. Its point at 75 is ours,
// to locate a crossing near the claimed 50.
func Figure3(plan results.Plan, res map[string]*results.Result) *Figure {
	f := &Figure{
		Name:  "figure3",
		Title: "Figure 3: error against the imbalance of the relevant unlabeled images",
	}
	about := "CIFAR-10-LT, ρ = 50, 60 % relevant images. Published: the error of supervised CE" + citation(imbalanced.ce) + " and the text's claim that unlabeled data help only in the shaded range of ρ_U. " +
		"The values of the points could not be read. "
	over := sweep{
		title: "ρ = 50, 60 % relevant", x: "imbalance ratio ρ_U of the relevant images", levels: paper.RelevantRhoUs, min: -2, max: 103, without: imbalanced,
		cell: func(rhoU float64) paper.Key { return relevanceKey("Figure 3", rhoU, 60) },
	}
	largest, _ := paper.Find(paper.Key{Source: "text", Dataset: paper.CIFAR10, Rho: 50, Method: "largest rhoU still helpful"})
	over.claim(f, band{1, largest.Value, claimed}, fmt.Sprintf("up to ρ_U = %s", number(largest.Value)))
	f.addSweep(plan, res, over)
	f.Caption = strings.TrimSuffix(about+f.whereInPrint()+f.Caption, " ")
	return f
}

// whereInPrint returns a sentence on which panels show published errors, if any does.
// Errors on other data or of another size are no yardstick.
func (f *Figure) whereInPrint() string {
	if !slices.ContainsFunc(f.legend, func(e entry) bool { return strings.HasPrefix(e.name, inPrint) }) {
		return "The published errors are given for reference and not drawn: nothing here is of the paper's data and schedule (grade P). "
	}
	return "Published errors are drawn only beside runs of the paper's data and schedule (grade P) and where nothing was measured. "
}

// inPrint begins the legend's name of a published error.
const inPrint = "published, "

// allRelevant is the published cell at the end of Figure 2's axis.
var allRelevant = ce50(50, "CE"+paper.WithDU)

// citation returns a cell's published error and its source in brackets.
func citation(k paper.Key) string {
	n, _ := paper.Find(k)
	return fmt.Sprintf(" (%s %%, %s)", n.Printed, k.Source)
}

// sweep is a curve over levels of D_U, and what it is compared with.
type sweep struct {
	title, x    string
	levels      []float64
	min, max    float64 // of the axis
	cell        func(level float64) paper.Key
	without     references
	claimed     []plot.Plotter // drawn in every panel
	printed     *marks         // published errors besides that without D_U; nil: none
	printedName entry
}

// claim shades a range that the text makes a claim about, and names it in f.
func (s *sweep) claim(f *Figure, b band, where string) {
	s.claimed = append(s.claimed, b)
	f.legend = append(f.legend, entry{"benefit claimed, " + where, b})
	f.Alt = fmt.Sprintf("The text claims a benefit %s.", where)
}

// addSweep draws a sweep in one panel per grade at which it was run, in the order of
// measured.scales. Errors on different data are not points of one curve.
func (f *Figure) addSweep(plan results.Plan, res map[string]*results.Result, s sweep) {
	m := index(plan, res)
	cells := make([]paper.Key, len(s.levels))
	for i, x := range s.levels {
		cells[i] = s.cell(x)
	}
	scales := m.scales(cells)
	if len(scales) == 0 {
		scales = append(m.scales([]paper.Key{s.without.ce, s.without.equalSteps}), runScale{})[:1]
	}
	for _, scale := range scales {
		title := s.title
		var grade results.Grade // the weakest in the panel; "": nothing was measured
		for _, k := range append(slices.Clone(cells), s.without.ce, s.without.equalSteps) {
			for _, r := range m.atScale(k, scale) {
				if g := grade.Weaker(r.Grade); g != grade {
					grade, title = g, s.title+scaleNote(r)
				}
			}
		}
		p := newPanel(title, s.x, "top-1 error, %")
		p.Add(s.claimed...)
		f.sweepPanel(p, plan, m, s, scale, grade, title)
		p.X.Min, p.X.Max = s.min, s.max
		p.X.Tick.Marker = at(s.levels...)
		f.Panels = append(f.Panels, []*plot.Plot{p})
		f.Height += 52 * vg.Millimeter
	}
}

// relevanceKey returns the cell of a sweep at ρ = 50.
func relevanceKey(source string, rhoU, relevance float64) paper.Key {
	return paper.ResNet32(source, paper.CIFAR10, 50, rhoU, paper.Relevance(relevance))
}

// references are the cells without unlabeled data that a sweep is compared with.
type references struct{ ce, equalSteps paper.Key }

var (
	imbalanced       = references{ce50(0, "CE"), paper.Control(paper.CIFAR10, 50, 0, "CE"+paper.EqualSteps)}
	withoutImbalance = references{paper.Control(paper.CIFAR10, 1, 0, "CE"), paper.Control(paper.CIFAR10, 1, 0, "CE"+paper.EqualSteps)}
)

// addToLegend adds an entry to the legend unless it has one of that name.
func (f *Figure) addToLegend(e entry) {
	if !slices.ContainsFunc(f.legend, func(o entry) bool { return o.name == e.name }) {
		f.legend = append(f.legend, e)
	}
}

// sweepPanel draws the published errors, if comparable, and the errors measured at a
// scale: without unlabeled data, without them for equal steps, and with them at each
// level.
func (f *Figure) sweepPanel(p *plot.Plot, plan results.Plan, m measured, s sweep, scale runScale, grade results.Grade, title string) {
	lo, hi := math.Inf(1), math.Inf(-1)
	reach := func(v float64) { lo, hi = math.Min(lo, v-1), math.Max(hi, v+1) }
	comparable := grade == "" || grade == results.GradePaper
	if s.printed != nil && comparable {
		p.Add(*s.printed)
		f.addToLegend(s.printedName)
	}
	if n, ok := paper.Find(s.without.ce); ok && comparable {
		lo, hi = 16, 28 // room for the claims in print
		a := across{at: n.Value, style: printLine}
		p.Add(a)
		f.addToLegend(entry{inPrint + "supervised CE: " + n.Printed, a})
		if text := " Supervised CE has " + n.Printed + " % error in the paper."; !strings.Contains(f.Alt, text) {
			f.Alt += text
		}
	}
	for i, reference := range []struct {
		key  paper.Key
		name string
	}{
		{s.without.ce, "measured, supervised CE"},
		{s.without.equalSteps, "measured, CE for equal steps"},
	} {
		if e, ok := meanError(m.atScale(reference.key, scale)); ok {
			f.addKeys(reference.key)
			reach(e.Mean)
			a := across{at: e.Mean, style: line(1 + i)}
			p.Add(a)
			f.addToLegend(entry{reference.name, a})
			f.Alt += fmt.Sprintf(" At %s, %s: %.1f %%.", title, reference.name, e.Mean)
		}
	}
	var xys plotter.XYs
	var n []string
	most := 0 // replicates
	pen := line(0)
	bars := intervals{style: thin(0)}
	for _, x := range s.levels {
		e, ok := meanError(m.atScale(s.cell(x), scale))
		if !ok {
			continue
		}
		most = max(most, e.N)
		f.addKeys(s.cell(x))
		reach(e.Mean)
		xys = append(xys, plotter.XY{X: x, Y: e.Mean})
		if e.HasInterval() {
			bars.x, bars.low, bars.high = append(bars.x, x), append(bars.low, e.Low), append(bars.high, e.High)
			reach(math.Max(e.Low, e.Mean-5))
			reach(math.Min(e.High, e.Mean+5))
		}
		n = append(n, fmt.Sprintf("%.1f %% at %s (n = %d)", e.Mean, number(x), e.N))
	}
	if lo > hi {
		lo, hi = 0, 20
	}
	frame(p, 0, 100, math.Max(0, math.Floor(lo)), math.Ceil(hi))
	if len(xys) == 0 {
		missing := notRun(plan, func(k paper.Key) bool {
			return slices.ContainsFunc(s.levels, func(x float64) bool { return k == s.cell(x) })
		})
		missing.below = true
		p.Add(missing)
		f.Alt += " The sweep is not run."
		return
	}
	dot := measuredMark(0, grade)
	p.Add(&plotter.Line{XYs: xys, LineStyle: pen}, bars, marks{xys, dot})
	name := "measured, with D_U@5x"
	if grade == results.GradeStandIn {
		name += " (stand-in data)"
	}
	f.addToLegend(entry{name, sample{pen, dot}})
	replicates := "1 replicate each"
	if most > 1 {
		replicates = "mean over the replicates with a 95 % interval where there are two or more"
	}
	f.Caption += fmt.Sprintf("Measured, %s (grade %s): %d of %d levels, last epoch, %s", title, grade, len(xys), len(s.levels), replicates)
	if bars.leaves(p) {
		f.Caption += "; an arrow is where an interval goes on"
	}
	f.Caption += ". "
	f.Alt += fmt.Sprintf(" Measured with unlabeled data, %s: %s.", title, strings.Join(n, ", "))
}

// meanError returns the mean last-epoch error over replicates in percent, with its 95 %
// interval; false: no replicate.
func meanError(runs map[int]*results.Result) (stats.Effect, bool) {
	var errors []float64
	for _, r := range slices.Sorted(maps.Keys(runs)) {
		errors = append(errors, runs[r].LastErrorPct)
	}
	if len(errors) == 0 {
		return stats.Effect{}, false
	}
	return stats.MeanEffect(errors, 0.05), true
}

func ce50(rhoU float64, method string) paper.Key {
	return paper.ResNet32("Table 1a", paper.CIFAR10, 50, rhoU, method)
}
