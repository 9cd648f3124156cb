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

// alpha is the level of every interval. It is also the level of Holm's (1979)
// correction over the primary claims run at one grade.
const alpha = 0.05

// Verdict is what one body of evidence shows about one estimand of a claim, in numbers
// and in words, or that there is no evidence.
type Verdict struct {
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
	Profile      string // whose runs these are; the plan's if there are none
	Variant      string // variant of a profile that the runs belong to; "": none
	Grade        results.Grade
	Word         string // the verdict; at grade T after "on the stand-in:" or "at grade T:"
	WordNote     string // cells run; failures
	Early        bool   // two replicates, where more were fixed beforehand
	Provisional  bool   // the word rests on such an early state

	Cells       []paper.Key   // the cells behind the numbers
	Outcome     stats.Verdict // of the rule at Level
	Level       float64
	SizeDecided bool   // SIZE: no interval is missing or too wide to decide
	FewerEpochs bool   // SIZE: every cell run is the best of fewer epochs than printed, so none can be compared
	Never       string // why this version cannot run what the rule needs; "": it can

	e    *estimand // nil: no number decides the claim
	runs *runs     // nil: no evidence
}

// Judge returns the verdicts on every claim, in the order of the paper: one for each
// estimand and body of evidence, the strongest grade first.
func Judge(in Evidence) (all []Verdict) {
	bodies := gather(in)
	list := estimands()
	for _, c := range paper.Claims() {
		n := len(all)
		for i := range list {
			if list[i].claim == c.ID {
				all = append(all, evaluate(in, bodies, c, &list[i])...)
			}
		}
		if len(all) == n {
			all = append(all, unmeasured(in, bodies, c))
		}
	}
	holm(all)
	for i := range all {
		all[i].setProvisional(in.Fixed)
	}
	return all
}

// Settled reports whether the word decides about the paper's claim: at grade P or S,
// and more than "not settled". A size has no word.
func (v Verdict) Settled() bool {
	return v.Rule != paper.RuleSize && (v.Grade == results.GradePaper || v.Grade == results.GradeSimilar) && v.Outcome.Word.Settled()
}

// Supported reports whether a settled word speaks for the claim.
func (v Verdict) Supported() bool {
	switch v.Outcome.Word {
	case stats.Seen, stats.SeenOnAverage:
		return v.Settled()
	case stats.TooSmall:
		return v.Settled() && v.e.noWorse
	}
	return false
}

// evaluate returns a verdict for every body that has a number, or a failed run, of the
// estimand. If there is none, it returns one verdict "not run".
func evaluate(in Evidence, bodies []*runs, c paper.Claim, e *estimand) []Verdict {
	base := Verdict{Claim: c, Against: e.against, What: e.what, InPrint: printedEvidence(c, e.against), Profile: in.Plan.Profile, Never: e.never, e: e}
	base.Primary = slices.ContainsFunc(c.Estimands, func(p paper.Estimand) bool { return p.Against == e.against })
	text, n, positive := e.printed(nil)
	if base.Printed = text; n > 0 {
		base.Printed += " " + e.units()
		base.PrintedNote = fmt.Sprintf("mean of %s published, %d positive", plural.Of(n, e.cellOrLine()), positive)
	}
	var all []Verdict
	var before []map[any]bool // results and failed tasks behind the verdicts so far
	for _, b := range bodies {
		outcome := e.judge(b)(alpha)
		if outcome.Run == 0 && len(outcome.Failed) == 0 {
			continue
		}
		// Runs without a pool are in the body of each pool. One verdict on them is enough.
		from := b.attempts(e.keys())
		if slices.ContainsFunc(before, func(all map[any]bool) bool { return isSubset(from, all) }) {
			continue
		}
		before = append(before, from)
		v := base
		v.runs, v.Grade, v.Outcome, v.Level = b, b.grade, outcome, alpha
		v.Replicates = outcome.Pooled.N
		if v.Cells = e.keysRun(b); len(v.Cells) > 0 {
			v.Profile = b.settings[v.Cells[0].Dataset].profile
		}
		if v.Variant = b.set; v.Variant != "" {
			v.Variant = "variant " + v.Variant
		}
		v.fill()
		all = append(all, v)
	}
	if len(all) == 0 {
		base.Word = string(stats.NotRun)
		base.Measured = string(stats.NotRun)
		base.Outcome = e.judge(&runs{})(alpha)
		base.WordNote = base.coverageNote()
		all = []Verdict{base}
	}
	return all
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
				if idle.N > 1 { // a level with one replicate counts as not run
					v.Replicates = min(v.Replicates, idle.N)
				}
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
	if e.rule == paper.RuleSize {
		v.judgeSize()
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
	if o.Of == 0 || o.Of >= o.Run || v.Rule == paper.RuleTrend && v.e.classes == nil { // of a trend over classes, a line is a cell
		return ""
	}
	return fmt.Sprintf("; the number is over the %d run twice or more", o.Of)
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

// holm judges the primary claims again at levels corrected by Holm's
// method, and notes these levels. Those at one grade and one variant of a profile
// are corrected together.
func holm(all []Verdict) {
	type family struct {
		grade   results.Grade
		variant string
	}
	families := map[family][]int{}
	for i, v := range all {
		if f := (family{v.Grade, v.Variant}); v.Primary && v.runs != nil && v.Outcome.Pooled.N >= 2 {
			families[f] = append(families[f], i)
		}
	}
	for _, at := range families {
		rules := make([]func(float64) stats.Verdict, len(at))
		for j, i := range at {
			rules[j] = all[i].e.judge(all[i].runs)
		}
		for j, level := range stats.Levels(rules, alpha) {
			v, again := &all[at[j]], rules[j](level)
			v.Outcome.Word, v.Outcome.Contrary, v.Level = again.Word, again.Contrary, level
			v.setWord()
			if n := len(at); n > 1 {
				among := "at this grade"
				if v.Variant != "" {
					among = "of this variant"
				}
				v.WordNote += fmt.Sprintf("; level %.2g, one of %d %s", level, n, among)
			}
			most := len(paper.Estimands())
			if share := alpha / float64(most); v.Settled() && !rules[j](share).Word.Settled() { // the level may fall to this as other claims get replicates
				v.WordNote += fmt.Sprintf("; at the share of all %d comparisons, %.2g, it would not be settled", most, share)
			}
		}
	}
}

// setProvisional notes a word that rests on fewer replicates than were fixed
// beforehand.
func (v *Verdict) setProvisional(fixed map[string]int) {
	profile, _, _ := strings.Cut(v.Profile, ":") // of a variant, the profile it varies
	v.Early = v.Replicates == 2 && fixed[profile] > 2
	if v.Provisional = v.Early && v.Outcome.Word.Settled() && v.Rule != paper.RuleSize && v.Grade != results.GradeStandIn; v.Provisional {
		v.WordNote += fmt.Sprintf("; provisional: %d of %d replicates", v.Replicates, fixed[profile])
	}
}

// unmeasured returns the verdict on a claim that no estimand decides.
func unmeasured(in Evidence, bodies []*runs, c paper.Claim) Verdict {
	v := Verdict{Claim: c, Profile: in.Plan.Profile, Primary: len(c.Estimands) > 0, Word: string(stats.NotRun), Measured: string(stats.NotRun)}
	if c.Rule != paper.RuleTheory { // a theorem is not decided by a printed number
		v.Printed = printedEvidence(c, "")
	}
	listed, grade := "", results.Grade("")
	for _, b := range bodies { // the strongest body that has a number
		if list := listings[c.ID]; list != nil && listed == "" {
			listed, grade = list(in, b), b.grade
		}
	}
	switch c.Rule {
	case paper.RuleTheory:
		if v.theory(in); listed != "" {
			v.Measured = strings.TrimSuffix(v.Measured, ".")
			v.MeasuredNote = fmt.Sprintf("%s (grade %s)", listed, grade)
		}
	case paper.RuleList:
		v.Word, v.WordNote, v.Measured = "listed", "no verdict", listed
		switch {
		case v.Measured != "":
			v.Grade = grade
		case noVerdictNotes[c.ID] != "":
			v.WordNote = noVerdictNotes[c.ID]
		case listings[c.ID] != nil:
			v.WordNote = "its number comes with the results of Tables 1 and 2"
		}
	case paper.RuleRollUp:
		v.Word, v.Measured = "no verdict of its own", ""
		v.WordNote = "follows " + c.Decides
	}
	return v
}

var signed = stats.Signed
