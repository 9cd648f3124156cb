package claims

import (
	"math"
	"slices"

	"longtail/paper"
	"longtail/results"
)

// This file says what a verdict still needs: the quantities that its rule reads, and
// which of them were run.

// Needs returns quantities of which any one, run twice, lets the claim's rule give a
// word.
func (v Verdict) Needs() []Quantity {
	if v.e == nil {
		return nil
	}
	return v.e.needs()
}

// Ready reports whether a quantity that the rule needs is complete in some replicate.
// Then only replicates are missing.
func (v Verdict) Ready() bool {
	return v.runs != nil && slices.ContainsFunc(v.Needs(), v.runs.complete)
}

// Quantities returns all that the claim is about: the values of its cells, of the
// points of its lines and of its curve.
func (v Verdict) Quantities() []Quantity {
	if v.e == nil {
		return nil
	}
	return v.e.quantities()
}

// Unused returns the quantities that lack one of so many replicates while the word
// does not rest on all cells. A claim about the cells run, whichever these are, has
// none.
func (v Verdict) Unused(replicates int) []Quantity {
	if v.runs == nil || v.Outcome.Over >= v.Outcome.Cells || v.e.overRun {
		return nil
	}
	return slices.DeleteFunc(v.e.quantities(), func(q Quantity) bool { return v.runs.completeReplicates(q) >= replicates })
}

// CellCount returns as how many of the claim's cells one of its quantities counts.
func (v Verdict) CellCount(q Quantity) int {
	if v.e != nil && len(v.e.lines) > 0 && v.e.lines[0].cells > 0 {
		return len(q)
	}
	return 1
}

// Results returns the results of a cell in the body of evidence, by replicate.
func (v Verdict) Results(k paper.Key) map[int]*results.Result {
	if v.runs == nil {
		return nil
	}
	return v.runs.results[k]
}

// needs returns quantities of which any one, run twice, lets the estimand's rule
// give a word.
func (e *estimand) needs() []Quantity {
	all := e.cellValues()
	for _, l := range e.lines {
		if len(l.points) == 1 {
			all = append(all, l.points[0].value)
			continue
		}
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range l.points {
			low, high = min(low, p.x), max(high, p.x)
		}
		for i, p := range l.points { // two levels of a line, at least half its range apart
			for _, q := range l.points[i+1:] {
				if math.Abs(p.x-q.x) >= (high-low)/2 {
					all = append(all, slices.Concat(p.value, q.value))
				}
			}
		}
	}
	if c := e.curve; c != nil {
		var whole Quantity
		for _, p := range c.points {
			whole = append(whole, p.value...)
		}
		if c.helps != c.idle {
			all = append(all, slices.Concat(c.points[c.helps].value, c.points[c.idle].value))
		}
		all = append(all, whole)
	}
	return all
}

// complete reports whether all cells of a quantity were run in some replicate.
func (r *runs) complete(q Quantity) bool { return r.completeReplicates(q) > 0 }

// completeReplicates counts the replicates in which all cells of a quantity were
// run.
func (r *runs) completeReplicates(q Quantity) (n int) {
	q = r.chosen(q)
	for rep := range r.replicates {
		if !slices.ContainsFunc(q, func(t Term) bool { return !r.has(t, rep) }) {
			n++
		}
	}
	return n
}

// has reports whether a term was run in a replicate.
func (r *runs) has(t Term, replicate int) bool {
	return !slices.ContainsFunc(t.Keys, func(k paper.Key) bool { return r.results[k][replicate] == nil })
}
