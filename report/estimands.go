package report

import (
	"fmt"
	"math"
	"slices"

	"longtail/paper"
	"longtail/results"
	"longtail/score"
	"longtail/stats"
)

// This file, estimands_*.go and premises.go say, as data, which number of which cells
// decides which claim (claims.md; the primary ones are paper.Estimands). Every
// quantity is written so that it is positive where the claim is right.

// measure is what is read off one result, and off print where print has it.
type measure struct {
	unit  string
	of    func(*results.Result) float64 // NaN where the result does not hold it
	print bool                          // the printed errors hold it too
}

var (
	errorLast = measure{"points", func(r *results.Result) float64 { return r.LastErrorPct }, true}
	errorBest = measure{"points", func(r *results.Result) float64 {
		if r.LastAlone {
			return math.NaN()
		}
		return r.BestErrorPct
	}, true}
	// Error with the last phase's log class shares subtracted from the logits.
	errorAdjusted = measure{"points", func(r *results.Result) float64 { return orNaN(r.AdjustedErrorPct) }, false}
	// Total variation between predicted and true class shares, in hundredths.
	labelBias = measure{"points of label bias", func(r *results.Result) float64 { return 100 * orNaN(r.LabelBias) }, false}
	// Slope of the classes' errors in −ln(class size): above 0 where small classes have more.
	classSlope = measure{"points per unit of −ln n_c", func(r *results.Result) float64 {
		var x, y []float64
		for c, e := range r.PerClassErrorPct {
			if e != nil && c < len(r.LabeledCounts) && r.LabeledCounts[c] > 0 {
				x, y = append(x, -math.Log(float64(r.LabeledCounts[c]))), append(y, *e)
			}
		}
		return stats.Slope(x, y)
	}, false}
	// Share of the tail classes' errors that go to a head class, percent.
	tailToHead = measure{"points of share", func(r *results.Result) float64 {
		order := score.BySize(r.LabeledCounts)
		if len(order) != len(r.Confusion) || len(order) == 0 {
			return math.NaN()
		}
		n := score.Ends(len(order))
		errors, head := 0, 0
		for _, c := range order[len(order)-n:] {
			for d, images := range r.Confusion[c] {
				if d != c {
					errors += images
				}
			}
			for _, d := range order[:n] {
				head += r.Confusion[c][d]
			}
		}
		return 100 * float64(head) / float64(errors) // NaN without errors
	}, false}
)

func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// term is a weighted number of one cell: of one of its keys, at the same place as in
// the other terms (see runs.chosen), or, of the best of several, the least of all of
// them, and all must be run. A sum of terms is a quantity.
type term struct {
	weight float64
	keys   []paper.Key
	best   bool
}

type quantity []term

// cell is one comparison of a claim about every cell.
type cell struct {
	name, block string
	value       quantity
}

// line is one series of a claim about a tendency: the slope of the points, or
// one point that is itself a slope.
type line struct {
	name   string
	points []point
	cells  int     // where a slope or a point is between several: each is one that is run or not
	span   float64 // of the abscissa in print
	group  string  // of lines that differ in x alone
	x      float64
}

type point struct {
	x     float64
	value quantity
}

// curve is a gain that a claim says changes its sign along a scale.
type curve struct {
	name   string
	points []point // x ascending
	unit   string  // of x, with its space: " %"
	rising bool    // claimed: the gain is below 0 first
	print  float64 // printed crossing
	// The printed crossing is another curve's, with which this one is compared.
	unprinted bool
	// Before all levels are run: the levels at which help and no help are
	// claimed (indices of points); equal: there is no such judgement.
	helps, idle int
}

// estimand is one quantity that decides a claim.
type estimand struct {
	claim     string
	against   string // as paper.Estimand
	what      string
	rule      string // of paper's Rule constants: ALL, TREND, CROSS or SIZE
	measure   measure
	unit      string // of a trend's slope; "": the measure's
	cells     []cell
	lines     []line
	curve     *curve
	classes   []cell // of a trend over classes that must not hold for some by the loss of others
	noWorse   bool   // ALL: the claim is that no cell loses more than a margin
	overRun   bool   // declared to be about the cells that were run, whichever
	secondary []secondary
	never     string // why no cell of it can be run by this version, if so
}

// secondary is a number that stands beside an estimand without deciding it: a mean
// over cells or, without any, a value of its own.
type secondary struct {
	label     string
	cells     []cell // where they have the names of the estimand's own, of those that its effect is over
	measure   measure
	value     func(r *runs, replicate int) float64 // NaN where it was not run
	unit      string                               // of a value; "": the measure's
	share     bool                                 // a share has no sign
	bounds    bool                                 // it has its interval
	prominent bool                                 // to be seen wherever the effect is
}

// effect is the number over the replicates, and how many cells it is a mean over,
// of how many that the estimand's is: the same cells and replicates as far as they
// were run.
func (b secondary) effect(r *runs, e *estimand) (x stats.Effect, over, of int) {
	if b.value != nil {
		var values []float64
		for rep := range r.replicates {
			values = append(values, b.value(r, rep))
		}
		return stats.MeanEffect(values, alpha), 0, 0
	}
	series := func(cells []cell, m measure) [][]float64 {
		gains := make([][]float64, len(cells))
		for i, c := range cells {
			gains[i], _, _ = r.series(c.value, m)
		}
		return gains
	}
	cells, means := b.cells, []float64(nil)
	named := func(all []cell) func(cell) bool {
		return func(c cell) bool { return slices.ContainsFunc(all, func(o cell) bool { return o.name == c.name }) }
	}
	if own := series(e.cells, e.measure); slices.ContainsFunc(b.cells, named(e.cells)) {
		var counted []cell
		for i, in := range stats.Counted(own) {
			if in {
				counted = append(counted, e.cells[i])
			}
		}
		if of = len(counted); of > 0 {
			cells = slices.DeleteFunc(slices.Clone(b.cells), func(c cell) bool { return !named(counted)(c) })
			means = stats.ReplicateMeans(own)
		}
	}
	gains := series(cells, b.measure)
	for _, g := range gains {
		for rep := range g {
			if rep < len(means) && math.IsNaN(means[rep]) {
				g[rep] = math.NaN()
			}
		}
	}
	for _, in := range stats.Counted(gains) {
		if in {
			over++
		}
	}
	return stats.PooledEffect(gains, alpha), over, of
}

// classGains are the gains of every class of the cells that the slope is over, base
// error minus error with the method, by replicate; a cell's first term is its base and
// its second the method. A block is one class of a block's cells: which class it is tells
// how much a gain scatters, small ones ten times as much as large ones.
func classGains(r *runs, cells []cell) (classes []stats.Cell) {
	var gains [][]float64
	for _, c := range cells {
		var of [][]float64
		var names []string
		for rep := range r.replicates {
			base, with := r.results[c.value[0].keys[0]][rep], r.results[c.value[1].keys[0]][rep]
			if base == nil || with == nil || len(base.PerClassErrorPct) != len(with.PerClassErrorPct) {
				continue
			}
			if of == nil {
				of, names = make([][]float64, len(base.PerClassErrorPct)), base.Classes
			}
			for class, e := range base.PerClassErrorPct {
				if f := with.PerClassErrorPct[class]; e != nil && f != nil && class < len(of) {
					of[class] = append(of[class], *e-*f)
				}
			}
		}
		for i, g := range of {
			name := fmt.Sprint(i)
			if i < len(names) {
				name = names[i]
			}
			if len(g) > 0 {
				gains = append(gains, g)
				classes = append(classes, stats.Cell{Name: fmt.Sprintf("class %s of %s", name, c.name), Block: fmt.Sprintf("%s|%d", c.block, i), Gains: g})
			}
		}
	}
	over := 0
	for i, in := range stats.Counted(gains) {
		if in {
			classes[over] = classes[i]
			over++
		}
	}
	return classes[:over]
}

// classesLose names the classes that get worse by their simultaneous intervals over
// the replicates.
func classesLose(classes []stats.Cell, alpha float64) (names []string) {
	for i, e := range stats.Simultaneous(classes, alpha) {
		if e.High < 0 {
			names = append(names, classes[i].Name)
		}
	}
	return names
}

// classesInWords says how many classes gain and lose; "": no class was run.
func classesInWords(classes []stats.Cell) string {
	if len(classes) == 0 {
		return ""
	}
	lower, gain, lose := 0, 0, 0
	for _, e := range stats.Simultaneous(classes, alpha) {
		if e.Mean > 0 {
			lower++
		}
		if e.Low > 0 {
			gain++
		}
		if e.High < 0 {
			lose++
		}
	}
	return fmt.Sprintf("error lower in %d of %d classes (of every cell), clearly in %d, clearly higher in %d", lower, len(classes), gain, lose)
}

func plus(k ...paper.Key) term  { return term{1, k, false} }
func minus(k ...paper.Key) term { return term{-1, k, false} }

// estimands lists everything that this version can compute, section by section.
func estimands() []estimand {
	var all []estimand
	for _, section := range [][]estimand{unlabeledEstimands(), relevanceEstimands(), pretrainedEstimands(), premiseEstimands()} {
		all = append(all, section...)
	}
	for _, p := range paper.Estimands() {
		for i := range all {
			if e := &all[i]; e.claim == p.Claim && e.against == p.Against {
				e.what = p.Text
			}
		}
	}
	return all
}

// slope is that over these of the line's points; nil: there is none.
func (l line) slope(in []point) quantity {
	switch {
	case len(l.points) == 1:
		return l.points[0].value
	case len(in) < 2:
		return nil
	}
	return slopeOf(in)
}

// slopeOf writes the least-squares slope of points as a quantity.
func slopeOf(points []point) quantity {
	var mean, sxx float64
	for _, p := range points {
		mean += p.x / float64(len(points))
	}
	for _, p := range points {
		sxx += (p.x - mean) * (p.x - mean)
	}
	var q quantity
	for _, p := range points {
		for _, t := range p.value {
			q = append(q, term{(p.x - mean) / sxx * t.weight, t.keys, t.best})
		}
	}
	return q
}

// difference is a minus b.
func difference(a, b quantity) quantity {
	q := slices.Clone(a)
	for _, t := range b {
		q = append(q, term{-t.weight, t.keys, t.best})
	}
	return q
}
