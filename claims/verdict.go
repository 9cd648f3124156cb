package claims

import (
	"fmt"
	"math"
	"slices"
	"strings"

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
	Provisional  bool   // a word, on the paper's data, from so early a state

	Cells       []paper.Key    // the cells behind the numbers
	Outcome     stats.Decision // of the rule at Level
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
		return v.Settled() && v.e != nil && v.e.noWorse
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
		// Without a crossing, two levels decide; one with a single replicate counts as not run.
		if e.curve != nil && outcome.Cross.N == 0 && !math.IsNaN(outcome.Pooled.Mean) && outcome.Each[1].N > 1 {
			v.Replicates = min(v.Replicates, outcome.Each[1].N)
		}
		if v.Cells = e.keysRun(b); len(v.Cells) > 0 {
			v.Profile = b.settings[v.Cells[0].Dataset].profile
		}
		if v.Variant = b.set; v.Variant != "" {
			v.Variant = "variant " + v.Variant
		}
		v.fill()
		if e.rule == paper.RuleSize {
			v.judgeSize()
		}
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

// holm judges the primary claims again at levels corrected by Holm's method, and notes
// these levels. Those at one grade and one variant of a profile are corrected together.
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
		rules := make([]func(float64) stats.Decision, len(at))
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
		if list, ok := listings[c.ID]; ok && listed == "" {
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
		if listed != "" {
			v.Grade = grade
		}
	case paper.RuleRollUp:
		v.Word, v.Measured = "no verdict of its own", ""
		v.WordNote = "follows " + c.Decides
	}
	return v
}
