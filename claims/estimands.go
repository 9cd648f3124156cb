package claims

import (
	"fmt"
	"math"
	"slices"

	"longtail/paper"
	"longtail/results"
	"longtail/score"
	"longtail/stats"
)

// This file, estimands_*.go and premises.go define, as data, which numbers of which
// cells decide each claim (claims.md; paper.Estimands for the primary ones). Every
// quantity is positive if the claim is right.

// measure is a number read from one result, and from print if print has it.
type measure struct {
	unit  string
	of    func(*results.Result) float64 // NaN if the result lacks it
	print bool                          // the printed errors are this measure, too
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
	// Slope of the classes' errors in −ln(class size): above 0 if small classes have
	// more.
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

// Term is a weighted number of one cell. Of several Keys any one will do, at the same
// place in all terms (see runs.chosen). With Best set, the number is the smallest of
// all Keys, which must all be run.
type Term struct {
	weight float64
	Keys   []paper.Key
	Best   bool
}

// Quantity is the sum of its terms. It has a number in the replicates in which all of
// them were run.
type Quantity []Term

// cell is one comparison of a claim about every cell.
type cell struct {
	name, block string
	value       Quantity
}

// line is one series of a claim about a trend: points with a slope, or one point
// that is itself a slope.
type line struct {
	name   string
	points []point
	cells  int     // if a point combines several cells, their number, as each is run or not; else 0
	span   float64 // length of the printed range of the abscissa
	group  string  // shared by lines that differ only in x
	x      float64
}

type point struct {
	x     float64
	value Quantity
}

// curve is a gain that changes its sign along a scale, according to a claim.
type curve struct {
	name   string
	points []point // x ascending
	unit   string  // of x, with a leading space: " %"
	rising bool    // claimed: the gain is below 0 before the crossing
	print  float64 // printed crossing
	// unprinted: print is the crossing of another curve, with which this one is compared.
	unprinted bool
	// Levels at which help and no help are claimed (indices of points), to judge by
	// before all levels are run. If they are equal, there is no such judgment.
	helps, idle int
}

// estimand is one quantity that decides a claim.
type estimand struct {
	claim     string
	against   string // as in paper.Estimand
	what      string
	rule      string // paper.RuleAll, RuleTrend, RuleCross or RuleSize
	measure   measure
	unit      string // of a trend's slope; "": the measure's
	cells     []cell
	lines     []line
	curve     *curve
	classes   []cell // of a trend over classes: cells in which no class may clearly lose
	noWorse   bool   // ALL: the claim is that no cell loses more than stats.Margin
	overRun   bool   // the claim is about the cells that were run, whichever these are
	secondary []secondary
	never     string // why this version cannot run what it needs; "": it can
}

// secondary is a number shown with an estimand without deciding it: a mean over
// cells or, without cells, a value of its own.
type secondary struct {
	label     string
	cells     []cell // if named like the estimand's own, only those behind its effect count
	measure   measure
	value     func(r *runs, replicate int) float64 // NaN if it was not run
	unit      string                               // of a value; "": the measure's
	share     bool                                 // written without a sign
	bounds    bool                                 // written with its interval
	prominent bool                                 // shown wherever the effect is
}

// effect returns the mean over replicates, how many cells it is over, and how many
// the estimand's own effect is over. If the cells are the estimand's, it uses the
// cells and replicates of that effect, as far as they were run. Otherwise of is 0.
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

// classGains returns the gain of every class in the cells that the slope is over:
// base error minus error with the method, by replicate. A cell's first term is its
// base, its second the method. A block is one class in the cells of one block,
// because gains of small classes scatter ten times as much as those of large ones.
func classGains(r *runs, cells []cell) (classes []stats.Cell) {
	var gains [][]float64
	for _, c := range cells {
		var of [][]float64
		var names []string
		for rep := range r.replicates {
			base, with := r.results[c.value[0].Keys[0]][rep], r.results[c.value[1].Keys[0]][rep]
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

// classesLose returns the names of the classes whose simultaneous intervals over
// the replicates are below 0.
func classesLose(classes []stats.Cell, alpha float64) (names []string) {
	for i, e := range stats.Simultaneous(classes, alpha) {
		if e.High < 0 {
			names = append(names, classes[i].Name)
		}
	}
	return names
}

func plus(k ...paper.Key) Term  { return Term{1, k, false} }
func minus(k ...paper.Key) Term { return Term{-1, k, false} }

// estimands returns every estimand that this version can compute, section by
// section. Primary ones have the text of paper.Estimands.
func estimands() []estimand {
	var all []estimand
	for _, section := range [][]estimand{unlabeledEstimands(), relevanceEstimands(), pretrainedEstimands(), premiseEstimands()} {
		all = append(all, section...)
	}
	for i := range all {
		c, _ := paper.ClaimByID(all[i].claim)
		all[i].rule = c.Rule
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

// slope returns the slope over these of the line's points; nil if there is none.
func (l line) slope(in []point) Quantity {
	switch {
	case len(l.points) == 1:
		return l.points[0].value
	case len(in) < 2:
		return nil
	}
	return slopeOf(in)
}

// slopeOf returns the least-squares slope of points as a quantity.
func slopeOf(points []point) Quantity {
	var mean, sxx float64
	for _, p := range points {
		mean += p.x / float64(len(points))
	}
	for _, p := range points {
		sxx += (p.x - mean) * (p.x - mean)
	}
	var q Quantity
	for _, p := range points {
		for _, t := range p.value {
			q = append(q, Term{(p.x - mean) / sxx * t.weight, t.Keys, t.Best})
		}
	}
	return q
}

// difference returns a − b.
func difference(a, b Quantity) Quantity {
	q := slices.Clone(a)
	for _, t := range b {
		q = append(q, Term{-t.weight, t.Keys, t.Best})
	}
	return q
}
