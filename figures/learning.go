package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/paper"
	"longtail/results"
)

// curvesPerPage is the number of learning curves per figure.
const curvesPerPage = 8

// LearningCurves returns figures of test and training error against the epoch, for every
// cell of replicate 0 that was run. They hold eight cells each, sorted by grade, then
// panelOrder. There is at least one figure.
func LearningCurves(plan results.Plan, res map[string]*results.Result) []*Figure {
	var curves []curve
	seen := map[string]bool{} // a run may belong to several cells
	for _, c := range plan.Cells {
		r := res[c.Task]
		if c.Replicate != 0 || r == nil || len(r.Curve) == 0 || seen[c.Task] {
			continue
		}
		seen[c.Task] = true
		r = graded(c, r)
		curves = append(curves, curve{[]paper.Key{c.Key}, cellName(c.Key) + scaleNote(r), r})
	}
	slices.SortStableFunc(curves, func(a, b curve) int {
		return cmp.Or(cmp.Compare(a.result.Grade.Rank(), b.result.Grade.Rank()), panelOrder(a.keys[0], b.keys[0]))
	})
	if len(curves) == 0 {
		f := learningFigure(0)
		p := newPanel("", "epoch", "error, %")
		frame(p, 1, 200, 0, 100)
		return []*Figure{f.empty(p, "no cell of replicate 0 has finished; the whole plan is run by", plan.Command(), "Empty axes of error against epoch: no cell has finished.")}
	}
	all := learningPages(plan, curves)
	for _, f := range all {
		f.Caption += " The ring's error is used only for “best − published” and the verdicts on sizes (S2, S3, L2)."
	}
	return all
}

// curve is a run whose errors are drawn against the epoch.
type curve struct {
	keys   []paper.Key // of the plan's cell; nil: another run
	name   string
	result *results.Result
}

// learningFigure returns page i without its panels.
func learningFigure(i int) *Figure {
	return &Figure{
		Name:  page("learning-curves", i),
		Title: "Learning curves of replicate 0",
		Caption: "Error in percent against the epoch: on the test set where it was evaluated, and on the training images as they were seen (augmented; pseudo-labels count as labels). " +
			"Ring: the best evaluation on the test set.",
		Alt:     "Learning curves.",
		Section: "curves",
	}
}

// learningPages returns figures of curves, eight each.
func learningPages(plan results.Plan, curves []curve) []*Figure {
	var all []drawing
	onPage := slices.Collect(slices.Chunk(curves, curvesPerPage))
	for _, shown := range onPage {
		top := 0.0 // one scale for all panels of a page
		for _, c := range shown {
			for _, m := range c.result.Curve {
				top = max(top, m.TrainErrorPct)
				if m.TestErrorPct != nil {
					top = max(top, *m.TestErrorPct)
				}
			}
		}
		top = math.Min(100, 10*math.Ceil(top/10))
		for _, c := range shown {
			words := c.name + ": no test error"
			if c.result.BestEpoch > 0 {
				words = fmt.Sprintf("%s: last epoch %.1f %%, best %.1f %% at epoch %d", c.name, c.result.LastErrorPct, c.result.BestErrorPct, c.result.BestEpoch)
			}
			all = append(all, drawing{c.keys, []*plot.Plot{learningPanel(c.name, c.result, top)}, words, []*results.Result{c.result}})
		}
	}
	return pages(plan, all, curvesPerPage, 36*vg.Millimeter, 8*vg.Millimeter, func(i int) *Figure {
		f := learningFigure(i)
		f.legend = []entry{
			{"test error", sample{line: line(0)}}, {"training error", sample{line: trainLine}}, {"best on test", sample{marker: bestMark}},
		}
		if slices.ContainsFunc(onPage[i], func(c curve) bool { return len(rateDrops(c.result)) > 0 }) {
			f.legend = append(f.legend, entry{"rate drops", sample{line: dropLine}})
			f.Caption += " Gray vertical lines: the learning rate drops."
		}
		return f
	})
}

func learningPanel(title string, r *results.Result, top float64) *plot.Plot {
	p := newPanel(title, "epoch", "error, %")
	last := r.Curve[len(r.Curve)-1].Epoch
	for _, e := range rateDrops(r) {
		p.Add(across{at: float64(e), vertical: true, style: dropLine})
	}
	var train, test plotter.XYs
	for _, m := range r.Curve {
		train = append(train, plotter.XY{X: float64(m.Epoch), Y: m.TrainErrorPct})
		if m.TestErrorPct != nil {
			test = append(test, plotter.XY{X: float64(m.Epoch), Y: *m.TestErrorPct})
		}
	}
	p.Add(&plotter.Line{XYs: train, LineStyle: trainLine}, &plotter.Line{XYs: test, LineStyle: line(0)})
	if len(test) <= 25 {
		dot := marker(0)
		dot.Radius = vg.Points(1.2)
		p.Add(&plotter.Scatter{XYs: test, GlyphStyle: dot})
	}
	for _, xy := range test {
		if int(xy.X) == r.BestEpoch {
			p.Add(&plotter.Scatter{XYs: plotter.XYs{xy}, GlyphStyle: bestMark})
		}
	}
	frame(p, 0, float64(last), 0, top)
	p.X.Tick.Marker = epochSteps(last)
	return p
}

// epochSteps returns ticks at whole epochs, fewer from 1000 on: half a column has room
// for few numbers of four digits.
func epochSteps(last int) steps {
	if last >= 1000 {
		return steps{least: 1, room: 4}
	}
	return steps{least: 1}
}

// rateDrops returns the epochs whose learning rate is less than half of that before; nil
// for schedules without steps.
func rateDrops(r *results.Result) []int {
	if s := r.Settings.Schedule; s != "" && s != "pre2021" {
		return nil
	}
	curve, at := r.Curve, []int(nil)
	for i := 1; i < len(curve); i++ {
		if curve[i].LR > 0 && curve[i].LR < 0.5*curve[i-1].LR {
			at = append(at, curve[i].Epoch)
		}
	}
	return at
}
