package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
)

// This file determines the next step for a claim: which cells its rule still needs
// before it can give a word, or how many replicates. A step has a cost and a
// command.

// step is what would improve the evidence on a claim.
type step struct {
	what             string
	command, profile string  // command and the profile that it runs; "": nothing can be run
	seconds          float64 // duration of the runs on this machine; 0: unknown
}

// next fills in the row's next step.
func (r *Row) next(o outlook) {
	if r.e == nil {
		return // theorems and lists set it themselves
	}
	s := r.nextStep(o)
	r.Next, r.Command, r.Seconds = s.what, inFull(s.command, s.seconds), s.seconds
	r.elsewhere = r.Grade == results.GradeStandIn && s.command != "" && s.profile != o.profileOf(r.e, r.runs)
}

// nextStep returns the row's next step. It also sets whether the word is
// provisional, and whether the step would settle the claim.
func (r *Row) nextStep(o outlook) step {
	e, v := r.e, r.verdict
	settled := v.Word.Settled() && e.rule != paper.RuleSize
	own := o.profileOf(e, r.runs)
	profile, _, _ := strings.Cut(own, ":")                // of a variant, the profile it varies
	early := r.Replicates == 2 && o.in.Fixed[profile] > 2 // fewer replicates than were fixed beforehand
	if r.Provisional = early && settled && r.Grade != results.GradeStandIn; r.Provisional {
		r.WordNote += fmt.Sprintf("; provisional: %d of %d replicates", r.Replicates, o.in.Fixed[profile])
	}
	switch {
	case r.Grade == results.GradeReported:
		if !v.Word.Settled() && e.rule != paper.RuleSize {
			return step{what: "two replicates or more of every cell in the file of --reported"}
		}
		return step{}
	case e.rule == paper.RuleSize && (r.Grade != results.GradePaper || r.fewerEpochs):
		return o.atPaperScale(e)
	case r.Grade == results.GradeStandIn && o.hasBetterGrade():
		// A plan for the paper's data does not add runs on the stand-in.
		return o.missing(e, nil, o.in.Plan.Profile)
	case len(v.Failed) > 0:
		return step{what: "run again what failed", command: o.in.Plan.Command(), profile: o.in.Plan.Profile}
	case v.Word.Settled() && r.Grade == results.GradeStandIn:
		return o.missing(e, nil, "desktop")
	case !early && (settled || e.rule == paper.RuleSize && r.sizeSettled):
		return o.remaining(r)
	}
	if r.runs == nil || !e.ready(r.runs) {
		return o.missing(e, r.runs, own)
	}
	// Every cell that the rule needs was run, but too few times.
	n := v.Pooled.N
	more := func(n int, what string) step {
		seconds := o.withReplicates(n, own, r.runs).training(o.rest(e, r.runs, n))
		if seconds == 0 { // the profile's plan or its speed is unknown
			seconds, _ = o.seconds(e, r.runs, n)
		}
		return step{fmt.Sprintf("%s: %s", what, duration(seconds)), o.rerunCommand(e, r.runs, n), own, seconds}
	}
	if n < 2 || e.curve != nil && len(v.Each) == 2 && v.Each[1].N < 2 { // R2's other level was run once
		return more(2, "a second replicate")
	}
	half, need, settles := v.Needed(r.level)
	switch {
	case early && settled:
		return more(3, "a third replicate (a verdict at two is provisional)")
	case need == 0:
		return more(n+1, "another replicate (equal ones do not show how they scatter)")
	case early:
		return more(3, "a third replicate (two hardly tell the spread)")
	}
	seconds, jobs := o.seconds(e, r.runs, need)
	seconds *= float64((need - n + jobs - 1) / jobs)
	r.Settles = settles && e.rule != paper.RuleSize
	what := fmt.Sprintf("±%.2g at %d replicates: %s more", half, need, duration(seconds))
	if need >= 1000 {
		what = fmt.Sprintf("±%.2g only beyond 1,000 replicates", half)
	}
	return step{what, o.rerunCommand(e, r.runs, need), own, seconds}
}

// needs returns quantities of which any one, run twice, lets the estimand's rule
// give a word.
func (e *estimand) needs() []quantity {
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
		var whole quantity
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

// ready reports whether a quantity that the rule needs is complete in some
// replicate. Then only replicates are missing.
func (e *estimand) ready(r *runs) bool {
	return slices.ContainsFunc(e.needs(), r.complete)
}

// complete reports whether all cells of a quantity were run in some replicate.
func (r *runs) complete(q quantity) bool { return r.completeReplicates(q) > 0 }

// completeReplicates counts the replicates in which all cells of a quantity were
// run.
func (r *runs) completeReplicates(q quantity) (n int) {
	q = r.chosen(q)
	for rep := range r.replicates {
		if !slices.ContainsFunc(q, func(t term) bool { return !r.has(t, rep) }) {
			n++
		}
	}
	return n
}

// has reports whether a term was run in a replicate.
func (r *runs) has(t term, replicate int) bool {
	return !slices.ContainsFunc(t.keys, func(k paper.Key) bool { return r.results[k][replicate] == nil })
}

// profileOf returns the profile that the evidence comes from; the plan's if there
// is none.
func (o outlook) profileOf(e *estimand, r *runs) string {
	if r != nil {
		if keys := e.keysRun(r); len(keys) > 0 {
			return r.settings[keys[0].Dataset].profile
		}
	}
	return o.in.Plan.Profile
}

// missing returns the step that runs the cheapest set of cells that the rule needs
// and the profile can run. If it can run none, the step says why, and which other
// profile can. The step is empty if r is nil and such a set was run.
func (o outlook) missing(e *estimand, r *runs, profile string) step {
	cells, reason, complete := o.cheapest(e.needs(), profile, 2)
	switch {
	case r == nil && complete:
		return step{}
	case cells != nil:
		return o.runStep(cells, profile, 1)
	case e.never != "":
		return step{what: e.never}
	case reason == "":
		return step{what: "needs cells that this version does not plan yet"}
	}
	for _, other := range []string{"desktop", "paper"} {
		if other == profile {
			continue
		}
		if cells, _, _ := o.cheapest(e.needs(), other, 2); cells != nil {
			s := o.runStep(cells, other, 1)
			s.what = fmt.Sprintf("%s; in profile %s: %s", reason, other, s.what)
			return s
		}
	}
	return step{what: reason}
}

// remaining returns the step that runs the cheapest cell that a verdict does not
// use, as often as those it uses. With fewer replicates, that cell would reduce the
// verdict's. Cells that the profile runs at another grade belong to another row.
// The step is empty if the verdict uses all cells or the profile has no other.
func (o outlook) remaining(r *Row) step {
	over, of := r.coverage()
	if over >= of || r.e.overRun {
		return step{}
	}
	profile := o.profileOf(r.e, r.runs)
	replicates := max(2, r.Replicates)
	done := func(q quantity) bool { return r.runs.completeReplicates(q) >= replicates }
	var left []quantity
	for _, q := range slices.DeleteFunc(r.e.quantities(), done) {
		if g := o.grade(q, profile); g != "" && g != r.Grade {
			of -= r.e.cellCount(q)
			continue
		}
		left = append(left, q)
	}
	o = o.withReplicates(replicates, profile, r.runs)
	cells, _, _ := o.cheapest(left, profile, replicates)
	if cells == nil {
		return step{}
	}
	s := o.runStep(cells, profile, replicates)
	rest := "the other cell"
	if n := of - over; n > 1 {
		rest = fmt.Sprintf("the other %s, the cheapest first", plural.Of(n, "cell"))
	}
	s.what = fmt.Sprintf("for %s: %s", rest, s.what)
	return s
}

// grade returns the weakest grade at which a profile runs the cells of a quantity;
// "" if it does not run all. Baselines of a better grade are compared with cells of
// this one.
func (o outlook) grade(q quantity, profile string) (worst results.Grade) {
	for _, t := range q {
		for _, k := range t.keys {
			runs := slices.DeleteFunc(slices.Clone(o.plans[profile].number(k)), func(c results.Cell) bool { return c.Task == "" })
			if len(runs) == 0 {
				return ""
			}
			for _, c := range runs {
				worst = worst.Weaker(c.Grade)
			}
		}
	}
	return worst
}

// cheapest returns the missing cells, in so many replicates, of the quantity whose
// missing cells train on the fewest images. reason is why the profile cannot run
// one of the quantities. complete reports whether one was run completely once, so
// that its own row has the next step.
func (o outlook) cheapest(of []quantity, profile string, replicates int) (best []results.Cell, reason string, complete bool) {
	least := int64(math.MaxInt64)
	for _, q := range of {
		cells, why := o.lacking(q, profile, replicates)
		if why != "" {
			reason = cmp.Or(reason, why)
			continue
		}
		complete = complete || !slices.ContainsFunc(cells, func(c results.Cell) bool { return c.Replicate == 0 })
		if images := o.images(cells); len(cells) > 0 && images < least {
			best, least = cells, images
		}
	}
	return best, reason, complete
}

// rest returns the cells behind the estimate that lack a result in the first n
// replicates.
func (o outlook) rest(e *estimand, r *runs, n int) (cells []results.Cell) {
	profile := o.profileOf(e, r)
	o = o.withReplicates(n, profile, r)
	for _, k := range e.keysRun(r) {
		open, _ := o.lacking(quantity{plus(k)}, profile, n)
		cells = append(cells, open...)
	}
	return cells
}

// runStep returns the step that runs these cells of a profile, in so many
// replicates. If no plan holds these replicates, names select the cells.
func (o outlook) runStep(cells []results.Cell, profile string, replicates int) step {
	var names []string
	seeds := replicates
	wanted := map[paper.Key]bool{}
	for _, c := range cells {
		wanted[c.Key] = true
		if name := missingName(c.Key); !slices.Contains(names, name) {
			names = append(names, name)
		}
		seeds = max(seeds, c.Replicate+1)
	}
	what := "run " + names[0]
	switch n := len(names) - 1; {
	case n == 1:
		what += " and " + names[1]
	case n > 1:
		what += fmt.Sprintf(" and %d more cells", n)
	}
	if seeds > 1 {
		what += fmt.Sprintf(", %d replicates", seeds)
	}
	what += o.price(cells)
	s := step{what: what, profile: profile, seconds: o.training(cells)}
	if seeds > o.plans[profile].seeds {
		s.command = o.commandFor(profile, wanted, seeds)
	} else {
		s.command = o.run(profile, cells, o.in.Results, max(seeds, o.replicates(profile)))
	}
	return s
}

// hasBetterGrade reports whether the plan's own profile has cells at grade P or S,
// better than the stand-in's.
func (o outlook) hasBetterGrade() bool {
	return slices.ContainsFunc(o.in.Plan.Cells, func(c results.Cell) bool {
		return (c.Grade == results.GradePaper || c.Grade == results.GradeSimilar) && c.Profile == o.in.Plan.Profile
	})
}

// missingName returns the name of a cell in the text of a step.
func missingName(k paper.Key) string {
	if where := k.Setting(); where != "" {
		return fmt.Sprintf("%s (%s)", k.Method, where)
	}
	return k.Method
}

// lacking returns the cells of a quantity that the profile plans and that have no
// result, in the first so many replicates. why is the reason if one of them cannot
// be run. In replicates that no plan holds (see withReplicates), the plan's cells
// stand for them.
func (o outlook) lacking(q quantity, profile string, replicates int) (cells []results.Cell, why string) {
	for _, t := range q {
		var reason string
		found := false
		for _, k := range t.keys {
			planned := false
			like := results.Cell{}
			for _, c := range o.plans[profile].number(k) {
				switch {
				case c.Task == "":
					why := cmp.Or(c.Reason, "cannot be run here")
					if b, ok := paper.ObstacleOf(k); ok && strings.Contains(why, b.Why) {
						why = b.Why // the row states what can be run instead
					}
					reason = cmp.Or(reason, c.Method+" on "+c.Dataset+": "+why)
				case o.in.Results[c.Task] != nil:
					planned, like = true, c
				case c.Replicate < replicates:
					planned, like = true, c
					cells = append(cells, c)
				}
			}
			for rep, done := range o.beyond {
				if planned && done[like.Task] == nil {
					like.Replicate = rep
					cells = append(cells, like)
				}
			}
			found = found || planned
			if planned && !t.best {
				break // one of a term's cells is enough
			}
			if !planned && t.best {
				found = false
				break
			}
		}
		if !found {
			return nil, cmp.Or(reason, "needs "+missingName(t.keys[0])+", which this plan does not have")
		}
	}
	return cells, ""
}
