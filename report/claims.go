package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// alpha is the level of every interval and, over the primary claims run at a
// grade, of Holm's correction.
const alpha = 0.05

// Row is one estimand of a claim with the evidence of one body, or a claim
// without any.
type Row struct {
	ID      string
	Text    string // the claim
	Against string // "plain", "equal-step" or empty
	What    string // the estimand in words
	Primary bool

	Printed     string // the estimand on the printed numbers
	PrintedNote string
	InPrint     string // what the printed numbers say of the claim taken literally

	Measured     string
	MeasuredNote string
	Replicates   int
	Grade        results.Grade
	Word         string // with "on the stand-in:" before it at grade T
	WordNote     string // cells run; failures
	Next         string // what would bring it further
	Command      string

	verdict stats.Verdict
	p       float64 // of the pooled effect, for Holm
	e       *estimand
	runs    *runs // nil: no evidence
}

// Settled reports whether the row's word is one about the paper's claim that
// may be used: not on a stand-in and beyond "not settled".
func (r Row) Settled() bool {
	return (r.Grade == results.GradePaper || r.Grade == results.GradeSimilar) && decided(r.verdict.Word)
}

func decided(w stats.Word) bool {
	return slices.Contains([]stats.Word{stats.Seen, stats.SeenOnAverage, stats.Reversed, stats.ReversedInPlaces, stats.TooSmall}, w)
}

// Claims evaluates every claim on the evidence there is: the rows of the
// primary claims in their fixed order, and all rows in the order of the paper.
func Claims(in Input) (primary, all []Row) {
	ev := gather(in)
	planned := map[paper.Key]bool{}
	for _, c := range in.Plan.Cells {
		if c.Task != "" {
			planned[c.Key] = true
		}
	}
	list := estimands(func(k paper.Key) bool { return planned[k] })

	var rows []Row
	for _, c := range paper.Claims() {
		n := len(rows)
		for i := range list {
			if list[i].claim == c.ID {
				rows = append(rows, evaluate(in, ev, c, &list[i])...)
			}
		}
		if len(rows) > n {
			continue
		}
		var against []string
		for _, e := range c.Estimands {
			against = append(against, e.Text)
		}
		rows = append(rows, unmeasured(in, c, strings.Join(against, "; ")))
	}
	holm(rows)
	for _, e := range paper.Estimands() {
		for _, r := range rows {
			if r.ID == e.Claim && (r.Against == e.Against || r.e == nil) {
				r.Primary = true
				primary = append(primary, r)
				if r.e == nil && e.Text != "" {
					primary[len(primary)-1].What = e.Text
					primary[len(primary)-1].Against = e.Against
				}
			}
		}
	}
	return primary, rows
}

// evaluate gives a row for every body with a number of the estimand, and one
// that says "not run" if there is none.
func evaluate(in Input, ev evidence, c paper.Claim, e *estimand) []Row {
	base := Row{ID: c.ID, Text: c.Text, Against: e.against, What: e.what, Primary: c.Primary, e: e, p: math.NaN()}
	if p, ok := paper.InPrintOf(c.ID); ok {
		base.InPrint = p.Text
	} else if c.Print != "–" {
		base.InPrint = c.Print
	}
	base.Printed, base.PrintedNote = e.printed(nil)
	var rows []Row
	for _, b := range ev.order {
		runs := ev.bodies[b]
		v := e.verdict(runs, alpha)
		if v.Run == 0 && len(v.Failed) == 0 {
			continue
		}
		r := base
		r.runs, r.Grade, r.verdict, r.p = runs, b.grade, v, v.Pooled.P()
		r.Replicates = v.Pooled.N
		r.MeasuredNote = b.String()
		r.fill(in, runs)
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		base.Word = string(stats.NotRun)
		base.Measured = string(stats.NotRun)
		base.verdict = e.verdict(&runs{}, alpha)
		base.WordNote = covered(base.verdict)
		base.Next, base.Command = in.missing(e.keys())
		rows = []Row{base}
	}
	return rows
}

// fill writes what a row with evidence says.
func (r *Row) fill(in Input, runs *runs) {
	e, v := r.e, r.verdict
	show, unit := v.Pooled, e.measure.unit
	if e.rule == paper.RuleTrend {
		show, unit = v.Slope, e.unit
	}
	if math.IsNaN(show.Mean) {
		r.Measured = "no estimate"
		switch {
		case e.rule == paper.RuleTrend && v.Run > 0:
			r.MeasuredNote = "needs two levels of a line in the same replicate; " + r.MeasuredNote
		case v.Run > 0:
			r.MeasuredNote = "no replicate has all of its cells; " + r.MeasuredNote
		}
	} else {
		r.Measured = signed(show.Mean)
		if show.HasInterval() {
			r.Measured += fmt.Sprintf(" [%s, %s]", signed(show.Low), signed(show.High))
		}
		r.Measured += " " + unit
	}
	if text, note := e.printed(runs); text != "" && note != r.PrintedNote {
		r.PrintedNote += "; over the same cells as measured " + text
	}
	if e.rule == paper.RuleAll && v.Of > 0 {
		r.MeasuredNote = fmt.Sprintf("%d of %d positive; ", v.Agree, v.Of) + r.MeasuredNote
	}
	for _, b := range e.beside {
		var values []float64
		for rep := range runs.replicates {
			values = append(values, b.value(runs, rep))
		}
		text := "not run"
		if x := stats.MeanEffect(values, alpha); x.N > 0 {
			number := signed(x.Mean)
			if b.share {
				number = fmt.Sprintf("%.0f", x.Mean)
			}
			text = fmt.Sprintf("%s %s (n = %d)", number, b.unit, x.N)
		}
		r.MeasuredNote = fmt.Sprintf("%s: %s; ", b.label, text) + r.MeasuredNote
	}
	r.word()
	if e.rule == paper.RuleSize {
		r.size(runs)
		return
	}
	if decided(v.Word) {
		return
	}
	seconds := r.cost(in, runs)
	switch missing, command := in.missing(e.keys()); {
	case len(v.Failed) > 0:
		r.Next, r.Command = "run again what failed", in.Plan.Command
	case v.Pooled.N < 2 && math.IsNaN(v.Pooled.Mean):
		r.Next, r.Command = missing, command
	case v.Pooled.N < 2:
		r.Next = fmt.Sprintf("at least 2 replicates; %s for another one", duration(seconds))
		r.Command = in.reproduce(runs, 2)
	case v.Need > v.Pooled.N:
		r.Next = fmt.Sprintf("half-width ±0.5 at %d replicates, %s more", v.Need, duration(seconds*float64(v.Need-v.Pooled.N)))
		if v.Need >= 1000 {
			r.Next = "half-width ±0.5 only beyond 1,000 replicates"
		}
		r.Command = in.reproduce(runs, v.Need)
	default:
		r.Next, r.Command = missing, command
	}
}

// word turns the verdict's word into the report's.
func (r *Row) word() {
	r.Word = string(r.verdict.Word)
	if r.verdict.Word == stats.SeenOnAverage {
		r.Word = fmt.Sprintf("%s (%d of %d)", r.Word, r.verdict.Agree, r.verdict.Of)
	}
	if r.Grade == results.GradeStandIn && r.verdict.Word != stats.NotRun {
		r.Word = "on the stand-in: " + r.Word
	}
	r.WordNote = covered(r.verdict)
}

func covered(v stats.Verdict) string {
	s := fmt.Sprintf("%d of %d cells run", v.Run, v.Cells)
	if len(v.Failed) > 0 {
		s += "; failed: " + strings.Join(v.Failed, ", ")
	}
	return s
}

// size replaces the word of a claim about a size: at the paper's own setting,
// whether one further run may show the printed number; elsewhere nothing.
func (r *Row) size(runs *runs) {
	if r.Grade != results.GradePaper {
		r.Word = "not runnable as printed"
		r.WordNote += "; sizes are judged at grade P only"
		r.Next, r.Command = "", ""
		return
	}
	var each []string
	for _, c := range r.e.cells {
		values, _, any := runs.series(c.value, r.e.measure)
		x, ok := inPrint(c.value, r.e.measure)
		if !any || !ok {
			continue
		}
		mean, half := stats.Prediction(values, alpha)
		switch {
		case math.IsNaN(half):
			each = append(each, c.name+": one run, no interval")
		case half > math.Abs(x)/2:
			each = append(each, fmt.Sprintf("%s: too wide to tell (±%.2f)", c.name, half))
		case math.Abs(mean-x) <= half:
			each = append(each, fmt.Sprintf("%s: print inside ±%.2f", c.name, half))
		default:
			each = append(each, fmt.Sprintf("%s: print outside ±%.2f", c.name, half))
		}
	}
	r.Word = strings.Join(each, "; ")
}

// holm gives the rows of primary claims the words they have at levels
// corrected over those run at the same grade.
func holm(rows []Row) {
	byGrade := map[results.Grade][]int{}
	for i, r := range rows {
		if r.Primary && r.runs != nil {
			byGrade[r.Grade] = append(byGrade[r.Grade], i)
		}
	}
	for _, at := range byGrade {
		p := make([]float64, len(at))
		for j, i := range at {
			p[j] = rows[i].p
		}
		for j, level := range stats.Holm(p, alpha) {
			r := &rows[at[j]]
			if r.e.rule == paper.RuleSize || level == alpha {
				continue
			}
			r.verdict.Word = r.e.verdict(r.runs, level).Word
			r.word()
		}
	}
}

// verdict applies the estimand's rule to the runs of one body.
func (e *estimand) verdict(r *runs, alpha float64) stats.Verdict {
	if e.rule == paper.RuleTrend {
		var lines []stats.Line
		for _, l := range e.lines {
			lines = append(lines, e.line(r, l))
		}
		return stats.Trend(lines, alpha)
	}
	var cells []stats.Cell
	for _, c := range e.cells {
		values, failed, any := r.series(c.value, e.measure)
		if !any {
			values = nil
		}
		cells = append(cells, stats.Cell{Name: c.name, Block: c.block, Gains: values, Failed: failed})
	}
	return stats.All(cells, alpha)
}

// line evaluates a line on those of its points that were run.
func (e *estimand) line(r *runs, l line) stats.Line {
	out := stats.Line{Name: l.name, Range: l.span, Cells: max(1, len(l.points))}
	q := l.slope
	if q == nil {
		var run []point
		for _, p := range l.points {
			_, failed, any := r.series(p.value, e.measure)
			if any {
				run = append(run, p)
			}
			for _, f := range failed {
				if !slices.Contains(out.Failed, f) {
					out.Failed = append(out.Failed, f)
				}
			}
		}
		out.Run = len(run)
		if len(run) < 2 {
			return out
		}
		q = slopeOf(run)
	}
	values, failed, any := r.series(q, e.measure)
	if l.slope != nil {
		out.Failed = failed
		if any {
			out.Run = 1
		}
	}
	if any {
		out.Slopes = values
	}
	return out
}

// printed evaluates the estimand on the numbers in print: over all its cells,
// or over those with a number in r. Both strings are empty where print holds
// nothing.
func (e *estimand) printed(r *runs) (text, note string) {
	run := func(q quantity) bool {
		if r == nil {
			return true
		}
		_, _, any := r.series(q, e.measure)
		return any
	}
	sum, n, positive := 0.0, 0, 0
	count := func(q quantity) {
		if x, ok := inPrint(q, e.measure); ok {
			sum += x
			n++
			if x > 0 {
				positive++
			}
		}
	}
	for _, c := range e.cells {
		if run(c.value) {
			count(c.value)
		}
	}
	for _, l := range e.lines {
		var points []point
		for _, p := range l.points {
			if run(p.value) {
				points = append(points, p)
			}
		}
		if len(points) >= 2 {
			count(slopeOf(points))
		}
	}
	if n == 0 {
		return "", ""
	}
	unit, of := e.measure.unit, "cells"
	if e.rule == paper.RuleTrend {
		unit, of = e.unit, "lines"
	}
	return signed(sum/float64(n)) + " " + unit, fmt.Sprintf("mean of %d %s in print, %d positive", n, of, positive)
}

// keys lists every cell that the estimand needs.
func (e *estimand) keys() []paper.Key {
	var all []paper.Key
	add := func(q quantity) {
		for _, t := range q {
			all = append(all, t.keys...)
		}
	}
	for _, c := range e.cells {
		add(c.value)
	}
	for _, l := range e.lines {
		add(l.slope)
		for _, p := range l.points {
			add(p.value)
		}
	}
	return all
}

// missing says how the first of these cells that has no result is run, or why
// it cannot be.
func (in Input) missing(keys []paper.Key) (next, command string) {
	want := map[paper.Key]bool{}
	for _, k := range keys {
		want[k] = true
	}
	reason := ""
	for _, c := range in.Plan.Cells {
		if !want[c.Key] || in.Results[c.Task] != nil {
			continue
		}
		if c.Task != "" && c.Command != "" {
			next = fmt.Sprintf("run %s at ρ = %g", c.Method, c.Rho) // the command says the rest
			if c.RhoU != 0 {
				next += fmt.Sprintf(", ρ_U = %g", c.RhoU)
			}
			if c.Images > 0 {
				next += fmt.Sprintf(" (%s training images)", thousands(c.Images))
			}
			return next, c.Command
		}
		if reason == "" && c.Reason != "" {
			reason = c.Method + " on " + c.Dataset + ": " + c.Reason
		}
	}
	if reason != "" {
		return reason, ""
	}
	return "needs cells that this version does not plan yet", ""
}

// reproduce is the command that runs the cells of runs with n replicates.
// Results that came with the program may be of another profile than the plan.
func (in Input) reproduce(runs *runs, n int) string {
	if runs.profile != in.Plan.Profile {
		return fmt.Sprintf("longtail reproduce --profile %s --seeds %d", runs.profile, n)
	}
	c := "longtail reproduce --profile " + in.Plan.Profile
	if len(in.Plan.Only) > 0 {
		c += " --only " + strings.Join(in.Plan.Only, ",")
	}
	return fmt.Sprintf("%s --seeds %d", c, max(n, in.Plan.Seeds))
}

// cost is how many seconds one replicate of the row's cells took, parents
// included.
func (r *Row) cost(in Input, runs *runs) float64 {
	seconds := 0.0
	counted := map[string]bool{}
	var add func(task string)
	add = func(task string) {
		res := in.Results[task]
		if task == "" || res == nil || counted[task] {
			return
		}
		counted[task] = true
		seconds += res.Cost.TrainSeconds + res.Cost.EvalSeconds
		for _, parent := range []string{res.Settings.Init, res.Settings.Base, res.Settings.Labels} {
			add(parent)
		}
	}
	for _, k := range r.e.keys() {
		if res := runs.results[k][0]; res != nil {
			add(res.Task)
		}
	}
	return seconds
}

// unmeasured is the row of a claim that no cell decides.
func unmeasured(in Input, c paper.Claim, what string) Row {
	r := Row{ID: c.ID, Text: c.Text, What: what, Primary: c.Primary, p: math.NaN(), Word: string(stats.NotRun), Measured: string(stats.NotRun)}
	if p, ok := paper.InPrintOf(c.ID); ok {
		r.InPrint = p.Text
	} else if c.Print != "–" {
		r.InPrint = c.Print
	}
	if c.Rule == paper.RuleTheory {
		r.InPrint = "" // a theorem is not decided by a printed number
	}
	r.Printed = r.InPrint
	switch {
	case c.Rule == paper.RuleTheory:
		r.theory(in)
	case c.Rule == paper.RuleList:
		r.Word, r.Measured, r.Next = "listed, no word", "", ""
	case c.Rule == paper.RuleRollUp:
		r.Word, r.Measured, r.InPrint = "no word of its own", "", ""
		r.WordNote = "follows " + c.Decides
	default:
		r.Next = "needs cells that this version does not plan yet"
	}
	return r
}

// theory fills in the stored finding on a theoretical claim. The bound of
// Theorem 1 is held against the stored grids besides: the exact probability may
// nowhere exceed it.
func (r *Row) theory(in Input) {
	theorem, _, _ := strings.Cut(strings.TrimPrefix(r.ID, "T"), ".")
	source := "Theorem " + theorem
	r.Next = "needs a computation that this version does not have yet"
	for _, c := range in.Plan.Cells {
		if c.Source != source || c.Task == "" {
			continue
		}
		res := in.Results[c.Task]
		if res == nil {
			r.Next, r.Command = "compute "+source+", "+c.Method, c.Command
			continue
		}
		for _, f := range res.Findings {
			if f.Claim != r.ID {
				continue
			}
			r.Grade, r.Word, r.Measured, r.Next, r.Command = results.GradeExact, f.Word, f.Text, "", ""
			switch {
			case f.Where == "":
			case strings.HasPrefix(f.Word, "true") && f.Word != "true", strings.HasPrefix(f.Word, "false"):
				r.WordNote = "at " + f.Where
			default:
				r.WordNote = f.Where
			}
		}
	}
	if r.ID != "T1.2" {
		return
	}
	rows, broken, simulated, inside := 0, 0, 0, 0
	for _, c := range in.Plan.Cells {
		res := in.Results[c.Task]
		if c.Source != source || c.Task == "" || res == nil || res.Grid == nil {
			continue
		}
		exact, printed := column(res.Grid, "exact"), column(res.Grid, "printed")
		low, high := column(res.Grid, "lower"), column(res.Grid, "upper")
		for i, x := range exact {
			if printed != nil && !math.IsNaN(x) && !math.IsNaN(printed[i]) {
				rows++
				if x > printed[i] {
					broken++
				}
			}
			if low != nil && high != nil && !math.IsNaN(low[i]) && !math.IsNaN(high[i]) {
				simulated++
				if low[i] <= x && x <= high[i] {
					inside++
				}
			}
		}
	}
	if rows > 0 {
		r.MeasuredNote = fmt.Sprintf("the bound holds in %d of %d rows of the stored grids", rows-broken, rows)
		if simulated > 0 {
			r.MeasuredNote += fmt.Sprintf("; the exact value lies in the simulated 95 %% interval in %d of %d", inside, simulated)
		}
	}
	if broken > 0 {
		r.Grade, r.Word, r.WordNote = results.GradeExact, "false", fmt.Sprintf("at %d of %d rows of the stored grids", broken, rows)
	}
}

// column returns a named column of a grid, NaN where it has no value; nil if
// there is none.
func column(g *results.Grid, name string) []float64 {
	if g == nil {
		return nil
	}
	at := slices.Index(g.Columns, name)
	if at < 0 {
		return nil
	}
	out := make([]float64, len(g.Rows))
	for i, row := range g.Rows {
		out[i] = math.NaN()
		if at < len(row) && row[at] != nil {
			out[i] = *row[at]
		}
	}
	return out
}

// signed writes a number of points with its sign and two decimals.
func signed(x float64) string {
	s := fmt.Sprintf("%+.2f", x)
	return strings.Replace(s, "-", "−", 1)
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// duration rounds seconds to what a person plans with.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", math.Ceil(seconds))
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", math.Ceil(d.Minutes()))
	default:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
}
