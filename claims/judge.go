package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// This file evaluates an estimand by its rule on a body of results, and on the
// printed numbers.

// judge reads the estimand's numbers from one body. It returns the estimand's rule
// on them, as a function of the level.
func (e *estimand) judge(r *runs) func(alpha float64) stats.Decision {
	switch {
	case e.curve != nil:
		return e.curve.judge(r, e.measure)
	case e.rule == paper.RuleTrend:
		var lines []stats.Line
		for _, l := range e.lines {
			lines = append(lines, e.line(r, l))
		}
		classes := classGains(r, e.classes)
		return func(alpha float64) stats.Decision {
			v := stats.Trend(lines, alpha)
			switch v.Word {
			case stats.Seen, stats.SeenOnAverage, stats.TooSmall: // even with a slope of 0, all classes may lose
				if v.Contrary = classesLose(classes, alpha); v.Contrary != nil {
					v.Word = stats.ReversedInPlaces
				}
			}
			return v
		}
	}
	var cells, over []stats.Cell
	var gains [][]float64
	run := 0
	for _, c := range e.cells {
		x := cellOf(r, c.name, c.block, c.value, e.measure)
		if cells, gains = append(cells, x), append(gains, x.Gains); x.Gains != nil {
			run++
		}
	}
	if e.overRun { // a cell with one replicate counts as not run if another has two
		for i, counted := range stats.Counted(gains) {
			if counted || len(cells[i].Failed) > 0 {
				over = append(over, cells[i])
			}
		}
		if len(over) > 0 {
			cells = over
		}
	}
	rule := stats.All
	if e.noWorse {
		rule = stats.NoWorse
	}
	return func(alpha float64) stats.Decision {
		v := rule(cells, alpha)
		v.Run, v.Cells = run, len(e.cells) // all, also if the claim is about those run
		return v
	}
}

func cellOf(r *runs, name, block string, q Quantity, m measure) stats.Cell {
	values, failed, ran := r.series(q, m)
	if !ran {
		values = nil
	}
	return stats.Cell{Name: name, Block: block, Gains: values, Failed: failed}
}

// judge judges by the crossing if all levels were run at least twice. Otherwise it
// judges by the levels helps and idle, if the claim has these. It also prefers
// these two while they have more replicates than all levels in common. Further
// levels with fewer replicates thus cannot weaken the verdict.
func (c *curve) judge(r *runs, m measure) func(alpha float64) stats.Decision {
	x := stats.Curve{Name: c.name, Rising: c.rising, Print: c.print}
	cells := make([]stats.Cell, len(c.points))
	for i, p := range c.points {
		cells[i] = cellOf(r, fmt.Sprintf("%s at %g%s", c.name, p.x, c.unit), c.name, p.value, m)
		x.X, x.Gains = append(x.X, p.x), append(x.Gains, cells[i].Gains)
		for _, f := range cells[i].Failed {
			if !slices.Contains(x.Failed, f) {
				x.Failed = append(x.Failed, f)
			}
		}
	}
	return func(alpha float64) stats.Decision {
		v := stats.Cross(x, alpha)
		if c.helps == c.idle {
			return v
		}
		two := stats.Bracket(cells[c.helps], cells[c.idle], alpha)
		if v.Pooled.N >= max(2, min(two.Each[0].N, two.Each[1].N)) {
			return v
		}
		two.Run, two.Cells = v.Run, v.Cells
		for i, cell := range cells { // failures at the other levels count, too
			for _, f := range cell.Failed {
				if i != c.helps && i != c.idle {
					two.Failed = append(two.Failed, fmt.Sprintf("%s, replicate %d", cell.Name, f))
				}
			}
		}
		if len(two.Failed) > 0 || two.Word == stats.NotRun && v.Run > 0 {
			two.Word = stats.NotSettled
		}
		return two
	}
}

// judgeSize replaces the word of a SIZE claim. At grades P and R it compares the
// printed number with the prediction interval for one further run. Other grades get
// no verdict.
func (v *Verdict) judgeSize() {
	if v.Grade != results.GradePaper && v.Grade != results.GradeReported {
		v.Word = "no verdict at this grade"
		v.WordNote += "; sizes are judged at grades P and R only"
		return
	}
	var each, fewer []string
	open := false // more replicates could decide
	for _, c := range v.e.cells {
		values, _, ran := v.runs.series(c.value, v.e.measure)
		x, ok := inPrint(c.value, v.e.measure)
		if !ran || !ok {
			continue
		}
		mean, half := stats.Prediction(values, alpha)
		switch {
		case v.runs.bestOfFewerEpochs(c.value):
			fewer = append(fewer, c.name)
		case math.IsNaN(half):
			runs := plural.Of(len(slices.DeleteFunc(values, math.IsNaN)), "run")
			each = append(each, fmt.Sprintf("%s: published %s, measured %s: no interval from %s", c.name, signed(x), signed(mean), runs))
			open = true
		default:
			is := "outside"
			switch {
			case half > math.Abs(x)/2:
				is, open = "too wide to tell", true
			case math.Abs(mean-x) <= half:
				is = "inside"
			}
			each = append(each, fmt.Sprintf("%s: published %s, measured %s ± %.2f: %s", c.name, signed(x), signed(mean), half, is))
		}
	}
	if len(each)+len(fewer) == 0 { // no cell has a number, because its runs failed
		return
	}
	if len(fewer) > 0 {
		v.FewerEpochs = len(each) == 0
		each = append(each, strings.Join(fewer, ", ")+": best of fewer epochs than in print, no comparison")
	}
	v.Word, v.SizeDecided = strings.Join(each, "; "), !open
	if v.Grade == results.GradeReported {
		v.Word = "not run by us; as reported: " + v.Word
	}
}

// levels returns the points of a line that its slope uses: those run at least twice
// if there are two, else all that were run. A first replicate of a further level
// thus cannot unsettle a verdict.
func (e *estimand) levels(r *runs, l line) []point {
	var run, twice []point
	for _, p := range l.points {
		values, _, ran := r.series(p.value, e.measure)
		if ran {
			run = append(run, p)
		}
		if len(slices.DeleteFunc(values, math.IsNaN)) >= 2 {
			twice = append(twice, p)
		}
	}
	if len(twice) < 2 {
		return run
	}
	return twice
}

// line returns the slopes of a line over its levels, one per replicate, with the
// number of cells run and the failures.
func (e *estimand) line(r *runs, l line) stats.Line {
	out := stats.Line{Name: l.name, Range: l.span, Cells: max(l.cells, len(l.points))}
	for _, p := range l.points {
		_, failed, ran := r.series(p.value, e.measure)
		switch {
		case l.cells > 0:
			out.Run += e.termsRun(r, p.value)
		case ran:
			out.Run++
		}
		for _, f := range failed {
			if !slices.Contains(out.Failed, f) {
				out.Failed = append(out.Failed, f)
			}
		}
	}
	in := e.levels(r, l)
	q := l.slope(in)
	if q == nil {
		return out
	}
	if out.Over = len(in); l.cells > 0 {
		out.Over = len(q)
	}
	if values, _, ran := r.series(q, e.measure); ran {
		out.Slopes = values
	}
	return out
}

// termsRun counts the terms of a quantity that have a number.
func (e *estimand) termsRun(r *runs, q Quantity) int {
	n := 0
	for _, t := range q {
		if _, _, ran := r.series(Quantity{t}, e.measure); ran {
			n++
		}
	}
	return n
}

// printed returns the estimand on the printed numbers as text, the number n of
// effects it is the mean of, and how many are positive. It uses all cells if r is
// nil, else those behind the measured number in r. text is "" if nothing is
// printed.
func (e *estimand) printed(r *runs) (text string, n, positive int) {
	if e.curve != nil {
		if r != nil || e.curve.unprinted {
			return "", 0, 0
		}
		if e.curve.rising {
			return fmt.Sprintf("gain above 0 from %g%s on", e.curve.print, e.curve.unit), 0, 0
		}
		return fmt.Sprintf("gain above 0 up to %g%s", e.curve.print, e.curve.unit), 0, 0
	}
	sum := 0.0
	for _, q := range e.effects(r) {
		if x, ok := inPrint(q, e.measure); ok {
			sum += x
			n++
			if x > 0 {
				positive++
			}
		}
	}
	if n == 0 {
		return "", 0, 0
	}
	return signed(sum / float64(n)), n, positive
}

// spans reports whether, for every line with a slope, the levels run reach over the
// printed range. Otherwise the change over that range is an extrapolation.
func (e *estimand) spans(r *runs) bool {
	return !slices.ContainsFunc(e.lines, func(l line) bool {
		in := e.levels(r, l)
		if len(in) < 2 { // no slope, or a point that is itself a slope
			return false
		}
		x := func(a, b point) int { return cmp.Compare(a.x, b.x) }
		return slices.MinFunc(in, x).x > slices.MinFunc(l.points, x).x || slices.MaxFunc(in, x).x < slices.MaxFunc(l.points, x).x
	})
}

// cellValues returns the quantities of the estimand's cells.
func (e *estimand) cellValues() []Quantity {
	var all []Quantity
	for _, c := range e.cells {
		all = append(all, c.value)
	}
	return all
}

// effects returns what the estimand's mean is over: its cells and the slopes of its
// lines. If r is not nil, only those behind the measured number in r are returned.
func (e *estimand) effects(r *runs) []Quantity {
	all := e.cellValues()
	for _, l := range e.lines {
		points := l.points
		if r != nil {
			points = e.levels(r, l)
		}
		if q := l.slope(points); q != nil {
			all = append(all, q)
		}
	}
	if r == nil {
		return all
	}
	gains := make([][]float64, len(all))
	for i, q := range all {
		gains[i], _, _ = r.series(q, e.measure)
	}
	counted := stats.Counted(gains)
	var over []Quantity
	for i, q := range all {
		if counted[i] {
			over = append(over, q)
		}
	}
	return over
}

// units returns the unit of the estimand's number.
func (e *estimand) units() string { return cmp.Or(e.unit, e.measure.unit) }

// cellOrLine returns what the estimand's mean is over, "cell" or "line".
func (e *estimand) cellOrLine() string {
	if e.rule == paper.RuleTrend {
		return "line"
	}
	return "cell"
}

// quantities returns what the estimand is made of: the values of its cells, of its
// lines' points and of its curve's points.
func (e *estimand) quantities() []Quantity {
	all := e.cellValues()
	for _, l := range e.lines {
		for _, p := range l.points {
			all = append(all, p.value)
		}
	}
	if e.curve != nil {
		for _, p := range e.curve.points {
			all = append(all, p.value)
		}
	}
	return all
}

// keys returns every cell that the estimand needs.
func (e *estimand) keys() []paper.Key {
	var all []paper.Key
	for _, q := range e.quantities() {
		for _, t := range q {
			all = append(all, t.Keys...)
		}
	}
	return all
}

// keysRun returns, once each, the cells behind a body's estimate. Without an
// estimate it returns all cells of the estimand that have a result.
func (e *estimand) keysRun(r *runs) []paper.Key {
	over := e.effects(r)
	if e.curve != nil || e.rule == paper.RuleSize { // the words name each level or size
		over = e.quantities()
	}
	whole := slices.DeleteFunc(over, func(q Quantity) bool { return !r.complete(q) })
	if len(whole) == 0 {
		whole = e.quantities()
	}
	var keys []paper.Key
	for _, q := range whole {
		for _, t := range r.chosen(q) {
			for _, k := range t.Keys {
				if len(r.results[k]) > 0 && !slices.Contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}
