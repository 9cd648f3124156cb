package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// This file says a verdict in words.

// fill sets the texts of a verdict with evidence.
func (v *Verdict) fill() {
	e, o := v.e, v.Outcome
	var notes []string // in reverse order until they are joined
	if on := v.runs.settingsText(v.Cells); on != "" {
		notes = append(notes, on)
	}
	note := func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf(format, args...))
	}
	show, unit := o.Pooled, e.units()
	if e.rule == paper.RuleTrend {
		show = o.Slope
	}
	switch {
	case e.curve != nil && o.Cross.N > 0:
		v.Measured = e.curve.crossing(o.Cross)
	case math.IsNaN(show.Mean):
		v.Measured = "no estimate"
		switch {
		case e.curve != nil && len(o.Failed) > 0:
			note("a run failed")
		case e.curve != nil && o.Run > 0:
			note("the crossing needs every level twice, in the same replicates")
		case len(e.lines) > 0 && len(e.lines[0].points) == 1:
			note("needs all of its cells in the same replicate")
		case len(e.lines) > 0 && e.lines[0].cells > 0:
			note("needs two levels of a line, each with all of its cells, in the same replicate")
		case e.rule == paper.RuleTrend && o.Run > 0:
			note("needs two levels of a line in the same replicate")
		case o.Run > 0:
			note("no replicate has all of its cells")
		}
	default:
		v.Measured = interval(show) + " " + unit
		if e.curve != nil {
			v.Measured = fmt.Sprintf("gain %s at %g%s", v.Measured, e.curve.points[e.curve.helps].x, e.curve.unit)
			if idle := o.Each[1]; idle.N > 0 {
				// o.Each[1] is how far the gain stays below the margin.
				gain := stats.Effect{Mean: stats.Margin - idle.Mean, Low: stats.Margin - idle.High, High: stats.Margin - idle.Low}
				v.Measured += fmt.Sprintf(", %s at %g%s", interval(gain), e.curve.points[e.curve.idle].x, e.curve.unit)
			}
		}
	}
	whole, of, _ := e.printed(nil)
	if here, n, _ := e.printed(v.runs); n > 0 && (n < of || here != whole) {
		v.Printed, v.PrintedAll = here+" "+unit, fmt.Sprintf("%s in all %d", whole, of)
	}
	if e.curve == nil && !math.IsNaN(show.Mean) {
		agree := "positive"
		if e.noWorse {
			agree = "above " + signed(-stats.Margin)
		}
		not := ""
		if n := len(o.Against); o.Agree() > 0 && 0 < n && n <= plural.Few {
			not = fmt.Sprintf(" (not %s)", strings.Join(o.Against, ", "))
		}
		note("mean over %s, %d %s%s", plural.Of(o.Of, e.cellOrLine()), o.Agree(), agree, not)
	}
	if change, per, _ := strings.Cut(unit, " per unit"); per != "" && !math.IsNaN(show.Mean) && e.spans(v.runs) {
		note("%s %s over the published range, to which ±0.5 points refer", interval(o.Pooled), change)
	}
	if text := classesInWords(classGains(v.runs, e.classes)); text != "" {
		note("%s", text)
	}
	for i := range e.secondary {
		b := e.secondary[i]
		if b.prominent {
			v.Beside = b.text(v.runs, e, "") // in the effect's unit
		} else {
			note("%s", b.text(v.runs, e, " "+cmp.Or(b.unit, b.measure.unit)))
		}
	}
	slices.Reverse(notes)
	v.MeasuredNote = strings.Join(notes, "; ")
	v.setWord()
}

// text returns a secondary number of an estimand as text, followed by unit.
func (b secondary) text(r *runs, e *estimand, unit string) string {
	x, over, of := b.effect(r, e)
	switch {
	case x.N == 0 && of > 0: // it may have been run in other cells
		return b.label + ": not run in these cells"
	case x.N == 0:
		return b.label + ": not run"
	}
	number := signed(x.Mean)
	switch {
	case b.share:
		number = fmt.Sprintf("%.0f", x.Mean)
	case b.bounds:
		number = interval(x)
	}
	part := ""
	if over < of {
		part = fmt.Sprintf(", over %d of the %d cells", over, of)
	}
	return fmt.Sprintf("%s: %s%s (n = %d%s)", b.label, number, unit, x.N, part)
}

// interval returns an effect as text, with its interval if it has one.
func interval(e stats.Effect) string {
	s := signed(e.Mean)
	if e.HasInterval() {
		s += fmt.Sprintf(" [%s, %s]", signed(e.Low), signed(e.High))
	}
	return s
}

// crossing returns as text where a curve crosses zero.
func (c *curve) crossing(e stats.Effect) string {
	first, last := c.points[0].x, c.points[len(c.points)-1].x
	limit := func(x float64) string {
		switch {
		case math.IsInf(x, -1):
			return fmt.Sprintf("below %g", first)
		case math.IsInf(x, 1):
			return fmt.Sprintf("above %g", last)
		}
		return fmt.Sprintf("%.0f", x)
	}
	switch {
	case math.IsInf(e.Low, 0) && e.Low == e.High && math.IsInf(e.Low, -1) == c.rising:
		return "helps at every level"
	case math.IsInf(e.Low, 0) && e.Low == e.High:
		return "hurts at every level"
	case math.IsNaN(e.Mean):
		return fmt.Sprintf("no crossing [%s, %s]%s", limit(e.Low), limit(e.High), c.unit)
	}
	return fmt.Sprintf("crosses 0 at %.0f [%s, %s]%s", e.Mean, limit(e.Low), limit(e.High), c.unit)
}

// setWord sets the word and its note from the outcome.
func (v *Verdict) setWord() {
	v.Word = v.Outcome.String()
	switch {
	case v.Outcome.Word == stats.NotRun:
	case v.Grade == results.GradeStandIn:
		keys := v.Cells
		if len(keys) == 0 { // all failed
			keys = v.e.keys()
		}
		v.Word = v.runs.standInPrefix(keys) + ": " + v.Word
	case v.Grade == results.GradeReported:
		v.Word = "not run by us; as reported: " + v.Word
	}
	v.WordNote = v.coverageNote()
}

// coverageNote returns as text how many cells were run, which of them contradict
// the claim and which failed.
func (v Verdict) coverageNote() string {
	o := v.Outcome
	s := fmt.Sprintf("%d of %d cells run", o.Run, o.Cells) + v.PartialNote()
	if v.e.classes != nil && (o.Word == stats.Seen || o.Word == stats.SeenOnAverage) {
		s += "; the slope decides: that every class gains is not shown"
	}
	if o.Word == stats.ReversedInPlaces {
		s += "; clearly the other way: " + plural.Some(o.Contrary, ", ")
	}
	if len(o.Failed) > 0 {
		s += "; failed: " + strings.Join(o.Failed, ", ")
	}
	return s
}

// PartialNote returns as text how many of the cells run the number averages; "" if
// all, or if it is no mean over cells.
func (v Verdict) PartialNote() string {
	o := v.Outcome
	if o.Of == 0 || o.Of >= o.Run || v.Rule == paper.RuleTrend && (v.e == nil || v.e.classes == nil) { // of a trend over classes, a line is a cell
		return ""
	}
	return fmt.Sprintf("; the number is over the %d run twice or more", o.Of)
}

// classesInWords returns as text how many classes gain and lose; "" if no class was
// run.
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

// printedEvidence returns what the printed numbers show about a claim taken
// literally. A count is over the plain baseline, so "equal-step" gets none.
func printedEvidence(c paper.Claim, against string) string {
	if p, ok := computedInPrint()[c.ID]; ok {
		if p.Of > 0 && against == "equal-step" {
			return ""
		}
		return p.Text
	}
	if c.Print == "–" {
		return ""
	}
	return c.Print
}

var computedInPrint = sync.OnceValue(func() map[string]paper.InPrint {
	all := map[string]paper.InPrint{}
	for _, p := range paper.InPrintAll() {
		all[p.Claim] = p
	}
	return all
})

var signed = stats.Signed
