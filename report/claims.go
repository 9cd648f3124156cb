package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// alpha is the level of every interval. It is also the level of Holm's (1979)
// correction over the primary claims run at one grade.
const alpha = 0.05

// Row is one estimand of a claim with the evidence of one body, or a claim without
// evidence.
type Row struct {
	paper.Claim
	Against string // "plain", "equal-step" or empty
	What    string // the estimand in words
	Primary bool

	Printed     string // the estimand computed from printed numbers, over the cells run if there are any
	PrintedAll  string // the same over all cells, if that differs
	PrintedNote string
	InPrint     string // what the printed numbers show about the claim taken literally

	Measured     string
	MeasuredNote string
	Beside       string // secondary number without which the measured one misleads
	Replicates   int
	Variant      string // variant of a profile that the runs belong to; "": none
	Grade        results.Grade
	Word         string // the verdict; at grade T after "on the stand-in:" or "at grade T:"
	WordNote     string // cells run; failures
	Next         string // the step that would improve the evidence
	Command      string
	Seconds      float64 // duration of Next on this machine; 0: unknown
	Provisional  bool    // the word rests on fewer replicates than were fixed beforehand
	Settles      bool    // Next would give a word if means and spreads stayed as they are

	Span   int         // number of rows of this estimand, one per body; 0: not the first of them
	Cells  []paper.Key // the cells behind the numbers
	Anchor string      // on the page, of the details on how the row is measured

	verdict     stats.Verdict
	level       float64 // level at which the word is read
	sizeSettled bool    // SIZE: no interval is missing or too wide to decide
	fewerEpochs bool    // SIZE: every cell run is the best of fewer epochs than printed, so none can be compared
	e           *estimand
	runs        *runs // nil: no evidence

	elsewhere bool // at grade T, and Command runs another profile than that of the evidence
}

// Settled reports whether the row's word decides about the paper's claim: at grade
// P or S, and more than "not settled". A size has no word.
func (r Row) Settled() bool {
	if r.e != nil && r.e.rule == paper.RuleSize {
		return false
	}
	return (r.Grade == results.GradePaper || r.Grade == results.GradeSimilar) && r.verdict.Word.Settled()
}

// Claims returns the rows of every claim on the available evidence, in the order of
// the paper.
func Claims(in Input) []Row { return newOutlook(in).claims() }

func (o outlook) claims() (rows []Row) {
	bodies := gather(o.in)
	list := estimands()
	for _, c := range paper.Claims() {
		n := len(rows)
		for i := range list {
			if list[i].claim == c.ID {
				rows = append(rows, evaluate(bodies, c, &list[i])...)
			}
		}
		if len(rows) == n {
			rows = append(rows, unmeasured(o.in, bodies, c))
		}
	}
	holm(rows)
	for i := range rows {
		rows[i].next(o)
	}
	return rows
}

// primaryOf returns the rows of the primary claims, in the order of
// paper.Estimands.
func primaryOf(rows []Row) (primary []Row) {
	for _, e := range paper.Estimands() {
		for _, r := range rows {
			if r.ID == e.Claim && r.Against == e.Against {
				primary = append(primary, r)
			}
		}
	}
	return primary
}

// evaluate returns a row for every body that has a number, or a failed run, of the
// estimand. If there is none, it returns one row "not run".
func evaluate(bodies []*runs, c paper.Claim, e *estimand) []Row {
	base := Row{Claim: c, Against: e.against, What: e.what, InPrint: printedEvidence(c, e.against), e: e}
	base.Primary = slices.ContainsFunc(c.Estimands, func(p paper.Estimand) bool { return p.Against == e.against })
	text, n, positive := e.printed(nil)
	if base.Printed = text; n > 0 {
		base.Printed += " " + e.units()
		base.PrintedNote = fmt.Sprintf("mean of %s published, %d positive", plural.Of(n, e.cellOrLine()), positive)
	}
	var rows []Row
	var before []map[any]bool // results and failed tasks behind the rows so far
	for _, b := range bodies {
		v := e.judge(b)(alpha)
		if v.Run == 0 && len(v.Failed) == 0 {
			continue
		}
		// Runs without a pool are in the body of each pool. One row of them is enough.
		from := b.attempts(e.keys())
		if slices.ContainsFunc(before, func(all map[any]bool) bool { return isSubset(from, all) }) {
			continue
		}
		before = append(before, from)
		r := base
		r.runs, r.Grade, r.verdict, r.level = b, b.grade, v, alpha
		r.Replicates = v.Pooled.N
		r.Cells = e.keysRun(b)
		if r.Variant = b.set; r.Variant != "" {
			r.Variant = "variant " + r.Variant
		}
		r.fill()
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		base.Word = string(stats.NotRun)
		base.Measured = string(stats.NotRun)
		base.verdict = e.judge(&runs{})(alpha)
		base.WordNote = e.coverageNote(base.verdict)
		rows = []Row{base}
	}
	rows[0].Span = len(rows)
	return rows
}

// isSubset reports whether all contains every element of part.
func isSubset(part, all map[any]bool) bool {
	for x := range part {
		if !all[x] {
			return false
		}
	}
	return true
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

// fill sets the texts of a row with evidence.
func (r *Row) fill() {
	e, v := r.e, r.verdict
	var notes []string // in reverse order until they are joined
	if on := r.runs.settingsText(r.Cells); on != "" {
		notes = append(notes, on)
	}
	note := func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf(format, args...))
	}
	show, unit := v.Pooled, e.units()
	if e.rule == paper.RuleTrend {
		show = v.Slope
	}
	switch {
	case e.curve != nil && v.Cross.N > 0:
		r.Measured = e.curve.crossing(v.Cross)
	case math.IsNaN(show.Mean):
		r.Measured = "no estimate"
		switch {
		case e.curve != nil && len(v.Failed) > 0:
			note("a run failed")
		case e.curve != nil && v.Run > 0:
			note("the crossing needs every level twice, in the same replicates")
		case len(e.lines) > 0 && len(e.lines[0].points) == 1:
			note("needs all of its cells in the same replicate")
		case len(e.lines) > 0 && e.lines[0].cells > 0:
			note("needs two levels of a line, each with all of its cells, in the same replicate")
		case e.rule == paper.RuleTrend && v.Run > 0:
			note("needs two levels of a line in the same replicate")
		case v.Run > 0:
			note("no replicate has all of its cells")
		}
	default:
		r.Measured = interval(show) + " " + unit
		if e.curve != nil {
			r.Measured = fmt.Sprintf("gain %s at %g%s", r.Measured, e.curve.points[e.curve.helps].x, e.curve.unit)
			if idle := v.Each[1]; idle.N > 0 {
				// v.Each[1] is how far the gain stays below the margin.
				gain := stats.Effect{Mean: stats.Margin - idle.Mean, Low: stats.Margin - idle.High, High: stats.Margin - idle.Low}
				r.Measured += fmt.Sprintf(", %s at %g%s", interval(gain), e.curve.points[e.curve.idle].x, e.curve.unit)
				if idle.N > 1 { // a level with one replicate counts as not run
					r.Replicates = min(r.Replicates, idle.N)
				}
			}
		}
	}
	whole, of, _ := e.printed(nil)
	if here, n, _ := e.printed(r.runs); n > 0 && (n < of || here != whole) {
		r.Printed, r.PrintedAll = here+" "+unit, fmt.Sprintf("%s in all %d", whole, of)
	}
	if e.curve == nil && !math.IsNaN(show.Mean) {
		agree := "positive"
		if e.noWorse {
			agree = "above " + signed(-stats.Margin)
		}
		not := ""
		if n := len(v.Against); v.Agree() > 0 && 0 < n && n <= plural.Few {
			not = fmt.Sprintf(" (not %s)", strings.Join(v.Against, ", "))
		}
		note("mean over %s, %d %s%s", plural.Of(v.Of, e.cellOrLine()), v.Agree(), agree, not)
	}
	if change, per, _ := strings.Cut(unit, " per unit"); per != "" && !math.IsNaN(show.Mean) && e.spans(r.runs) {
		note("%s %s over the published range, to which ±0.5 points refer", interval(v.Pooled), change)
	}
	if text := classesInWords(classGains(r.runs, e.classes)); text != "" {
		note("%s", text)
	}
	for i := range e.secondary {
		b := e.secondary[i]
		if b.prominent {
			r.Beside = b.text(r.runs, e, "") // in the effect's unit
		} else {
			note("%s", b.text(r.runs, e, " "+cmp.Or(b.unit, b.measure.unit)))
		}
	}
	slices.Reverse(notes)
	r.MeasuredNote = strings.Join(notes, "; ")
	r.setWord()
	if e.rule == paper.RuleSize {
		r.judgeSize(r.runs)
	}
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

// setWord sets the row's word and its note from the verdict.
func (r *Row) setWord() {
	r.Word = r.verdict.String()
	switch {
	case r.verdict.Word == stats.NotRun:
	case r.Grade == results.GradeStandIn:
		keys := r.Cells
		if len(keys) == 0 { // all failed
			keys = r.e.keys()
		}
		r.Word = r.runs.standInPrefix(keys) + ": " + r.Word
	case r.Grade == results.GradeReported:
		r.Word = "not run by us; as reported: " + r.Word
	}
	r.WordNote = r.e.coverageNote(r.verdict)
}

// coverageNote returns as text how many cells were run, which of them contradict
// the claim and which failed. The total counts all cells, also if the claim is
// about the cells run (overRun).
func (e *estimand) coverageNote(v stats.Verdict) string {
	s := fmt.Sprintf("%d of %d cells run", v.Run, max(v.Cells, len(e.cells))) + e.partialMeanNote(v)
	if e.classes != nil && (v.Word == stats.Seen || v.Word == stats.SeenOnAverage) {
		s += "; the slope decides: that every class gains is not shown"
	}
	if v.Word == stats.ReversedInPlaces {
		s += "; clearly the other way: " + plural.Some(v.Contrary, ", ")
	}
	if len(v.Failed) > 0 {
		s += "; failed: " + strings.Join(v.Failed, ", ")
	}
	return s
}

// coverage returns how many of its claim's cells a row's verdict uses, and how many
// there are.
func (r Row) coverage() (n, of int) {
	if r.e == nil {
		return 0, 0
	}
	return r.verdict.Over, max(r.verdict.Cells, len(r.e.cells))
}

// partialMeanNote returns as text how many of the cells run the number averages; ""
// if all, or if it is no mean over cells.
func (e *estimand) partialMeanNote(v stats.Verdict) string {
	single := e.rule != paper.RuleTrend || e.classes != nil // with classes, a line is a cell
	if e.curve != nil || !single || v.Of == 0 || v.Of >= v.Run {
		return ""
	}
	return fmt.Sprintf("; the number is over the %d run twice or more", v.Of)
}

// judgeSize replaces the word of a SIZE claim. At grades P and R it compares the
// printed number with the prediction interval for one further run. Other grades get
// no verdict.
func (r *Row) judgeSize(runs *runs) {
	if r.Grade != results.GradePaper && r.Grade != results.GradeReported {
		r.Word = "no verdict at this grade"
		r.WordNote += "; sizes are judged at grades P and R only"
		return
	}
	var each, fewer []string
	open := false // more replicates could decide
	for _, c := range r.e.cells {
		values, _, ran := runs.series(c.value, r.e.measure)
		x, ok := inPrint(c.value, r.e.measure)
		if !ran || !ok {
			continue
		}
		mean, half := stats.Prediction(values, alpha)
		switch {
		case runs.bestOfFewerEpochs(c.value):
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
		r.fewerEpochs = len(each) == 0
		each = append(each, strings.Join(fewer, ", ")+": best of fewer epochs than in print, no comparison")
	}
	r.Word, r.sizeSettled = strings.Join(each, "; "), !open
	if r.Grade == results.GradeReported {
		r.Word = "not run by us; as reported: " + r.Word
	}
}

// holm judges the rows of primary claims again at levels corrected by Holm's
// method, and notes these levels. Rows of one grade and one variant of a profile
// are corrected together.
func holm(rows []Row) {
	type family struct {
		grade   results.Grade
		variant string
	}
	families := map[family][]int{}
	for i, r := range rows {
		if f := (family{r.Grade, r.Variant}); r.Primary && r.runs != nil && r.verdict.Pooled.N >= 2 {
			families[f] = append(families[f], i)
		}
	}
	for _, at := range families {
		rules := make([]func(float64) stats.Verdict, len(at))
		for j, i := range at {
			rules[j] = rows[i].e.judge(rows[i].runs)
		}
		for j, level := range stats.Levels(rules, alpha) {
			r, v := &rows[at[j]], rules[j](level)
			r.verdict.Word, r.verdict.Contrary, r.level = v.Word, v.Contrary, level
			r.setWord()
			if n := len(at); n > 1 {
				among := "at this grade"
				if r.Variant != "" {
					among = "of this variant"
				}
				r.WordNote += fmt.Sprintf("; level %.2g, one of %d %s", level, n, among)
			}
			all := len(paper.Estimands())
			if share := alpha / float64(all); r.Settled() && !rules[j](share).Word.Settled() { // the level may fall to this as other claims get replicates
				r.WordNote += fmt.Sprintf("; at the share of all %d comparisons, %.2g, it would not be settled", all, share)
			}
		}
	}
}

// unmeasured returns the row of a claim that no estimand decides.
func unmeasured(in Input, bodies []*runs, c paper.Claim) Row {
	r := Row{Claim: c, Span: 1, Primary: len(c.Estimands) > 0, Word: string(stats.NotRun), Measured: string(stats.NotRun)}
	if c.Rule != paper.RuleTheory { // a theorem is not decided by a printed number
		r.Printed = printedEvidence(c, "")
	}
	listed, grade := "", results.Grade("")
	for _, b := range bodies { // the strongest body that has a number
		if list := listings[c.ID]; list != nil && listed == "" {
			listed, grade = list(in, b), b.grade
		}
	}
	switch c.Rule {
	case paper.RuleTheory:
		if r.theory(in); listed != "" {
			r.Measured = strings.TrimSuffix(r.Measured, ".")
			r.MeasuredNote = fmt.Sprintf("%s (grade %s)", listed, grade)
		}
	case paper.RuleList:
		r.Word, r.WordNote, r.Measured = "listed", "no verdict", listed
		switch {
		case r.Measured != "":
			r.Grade = grade
		case noVerdictNotes[c.ID] != "":
			r.WordNote = noVerdictNotes[c.ID]
		case listings[c.ID] != nil:
			r.WordNote = "its number comes with the results of Tables 1 and 2"
		}
	case paper.RuleRollUp:
		r.Word, r.Measured = "no verdict of its own", ""
		r.WordNote = "follows " + c.Decides
	default:
		r.Next = "needs cells that this version does not plan yet"
	}
	return r
}

var signed = stats.Signed

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// duration returns seconds as text, rounded for planning.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", math.Ceil(seconds))
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", math.Ceil(d.Minutes()))
	case d < 100*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	default:
		return thousands(int64(math.Round(d.Hours()))) + " h"
	}
}
