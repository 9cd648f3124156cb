package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/claims"
	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
)

// This file determines the next step for a claim: the cheapest of what its rule still
// needs before it can give a word, or how many replicates. A step has a cost and a
// command.

// broughtBy names, for claims that no run of this program decides, what else bears on
// them. Numbers of other such claims ship with the program.
var broughtBy = map[string]string{
	"F1":  "longtail data describe imagenet-lt or inaturalist18 counts the lists that you have",
	"L3":  "cannot be decided here; L1 by errors measured elsewhere, which --reported brings, speaks for it",
	"L4":  "its number comes with errors measured elsewhere, which --reported brings",
	"S15": "its number comes with a result of SVHN-LT (Table 1b)",
}

// step is what would improve the evidence on a claim.
type step struct {
	what             string
	command, profile string  // command and the profile that it runs; "": nothing can be run
	seconds          float64 // duration of the runs on this machine; 0: unknown
}

// next fills in the row's next step.
func (r *Row) next(o outlook) {
	switch {
	case r.Rule == paper.RuleTheory:
		r.nextOfTheory(o.in)
		return
	case r.Rule == paper.RuleList || r.Rule == paper.RuleRollUp: // no number decides it
		if r.Measured == "" {
			r.WordNote = cmp.Or(broughtBy[r.ID], r.WordNote)
		}
		return
	case len(r.Needs()) == 0:
		r.Next = "needs cells that this version does not plan yet"
		return
	}
	s := r.nextStep(o)
	r.Next, r.Command, r.Seconds = s.what, inFull(s.command, s.seconds), s.seconds
	r.elsewhere = r.Grade == results.GradeStandIn && s.command != "" && s.profile != r.Profile
}

// nextOfTheory fills in which grid is still to be computed for a claim on theory.
func (r *Row) nextOfTheory(in Input) {
	if len(r.Cells) > 0 { // a finding was stored
		return
	}
	r.Next = "needs a computation that this version does not have yet"
	for _, c := range in.Plan.Cells {
		if c.Source == r.Theorem() && c.Task != "" && in.Results[c.Task] == nil {
			r.Next, r.Command = "compute "+c.Source+", "+c.Method, c.Command
		}
	}
}

// nextStep returns the row's next step. It also sets whether the step would settle the
// claim.
func (r *Row) nextStep(o outlook) step {
	v := r.Outcome
	settled := v.Word.Settled() && r.Rule != paper.RuleSize
	switch {
	case r.Grade == results.GradeReported:
		if !v.Word.Settled() && r.Rule != paper.RuleSize {
			return step{what: "two replicates or more of every cell in the file of --reported"}
		}
		return step{}
	case r.Rule == paper.RuleSize && (r.Grade != results.GradePaper || r.FewerEpochs):
		return o.atPaperScale(r)
	case r.Grade == results.GradeStandIn && o.hasBetterGrade():
		// A plan for the paper's data does not add runs on the stand-in.
		return o.missing(r, o.in.Plan.Profile, true)
	case len(v.Failed) > 0:
		return step{what: "run again what failed", command: o.in.Plan.Command(), profile: o.in.Plan.Profile}
	case v.Word.Settled() && r.Grade == results.GradeStandIn:
		return o.missing(r, "desktop", true)
	case !r.Early && (settled || r.Rule == paper.RuleSize && r.SizeDecided):
		return o.remaining(r)
	}
	if !r.Ready() {
		return o.missing(r, r.Profile, v.Run == 0 && len(v.Failed) == 0)
	}
	// Every cell that the rule needs was run, but too few times.
	n := v.Pooled.N
	more := func(n int, what string) step {
		seconds := o.withReplicates(n, r).training(o.rest(r, n))
		if seconds == 0 { // the profile's plan or its speed is unknown
			seconds, _ = o.seconds(r, n)
		}
		return step{fmt.Sprintf("%s: %s", what, duration(seconds)), o.rerunCommand(r, n), r.Profile, seconds}
	}
	if n < 2 || r.Rule == paper.RuleCross && len(v.Each) == 2 && v.Each[1].N < 2 { // R2's other level was run once
		return more(2, "a second replicate")
	}
	half, need, settles := v.Needed(r.Level)
	switch {
	case r.Early && settled:
		return more(3, "a third replicate (a verdict at two is provisional)")
	case need == 0:
		return more(n+1, "another replicate (equal ones do not show how they scatter)")
	case r.Early:
		return more(3, "a third replicate (two hardly tell the spread)")
	}
	seconds, jobs := o.seconds(r, need)
	seconds *= float64((need - n + jobs - 1) / jobs)
	r.Settles = settles && r.Rule != paper.RuleSize
	what := fmt.Sprintf("±%.2g at %d replicates: %s more", half, need, duration(seconds))
	if need >= 1000 {
		what = fmt.Sprintf("±%.2g only beyond 1,000 replicates", half)
	}
	return step{what, o.rerunCommand(r, need), r.Profile, seconds}
}

// missing returns the step that runs the cheapest set of cells that the rule needs
// and the profile can run. If it can run none, the step says why, and which other
// profile can. Of a row whose evidence is from elsewhere the step is empty if such a
// set was run: that has a row of its own.
func (o outlook) missing(r *Row, profile string, elsewhere bool) step {
	cells, reason, complete := o.cheapest(r.Needs(), profile, 2)
	switch {
	case elsewhere && complete:
		return step{}
	case cells != nil:
		return o.runStep(cells, profile, 1)
	case r.Never != "":
		return step{what: r.Never}
	case reason == "":
		return step{what: "needs cells that this version does not plan yet"}
	}
	for _, other := range []string{"desktop", "paper"} {
		if other == profile {
			continue
		}
		if cells, _, _ := o.cheapest(r.Needs(), other, 2); cells != nil {
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
	of, replicates := r.Outcome.Cells, max(2, r.Replicates)
	var left []claims.Quantity
	for _, q := range r.Unused(replicates) {
		if g := o.grade(q, r.Profile); g != "" && g != r.Grade {
			of -= r.CellCount(q)
			continue
		}
		left = append(left, q)
	}
	o = o.withReplicates(replicates, r)
	cells, _, _ := o.cheapest(left, r.Profile, replicates)
	if cells == nil {
		return step{}
	}
	s := o.runStep(cells, r.Profile, replicates)
	rest := "the other cell"
	if n := of - r.Outcome.Over; n > 1 {
		rest = fmt.Sprintf("the other %s, the cheapest first", plural.Of(n, "cell"))
	}
	s.what = fmt.Sprintf("for %s: %s", rest, s.what)
	return s
}

// grade returns the weakest grade at which a profile runs the cells of a quantity;
// "" if it does not run all. Baselines of a better grade are compared with cells of
// this one.
func (o outlook) grade(q claims.Quantity, profile string) (worst results.Grade) {
	for _, t := range q {
		for _, k := range t.Keys {
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
func (o outlook) cheapest(of []claims.Quantity, profile string, replicates int) (best []results.Cell, reason string, complete bool) {
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
func (o outlook) rest(r *Row, n int) (cells []results.Cell) {
	o = o.withReplicates(n, r)
	for _, k := range r.Cells {
		open, _ := o.lacking(claims.Quantity{{Keys: []paper.Key{k}}}, r.Profile, n)
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
func (o outlook) lacking(q claims.Quantity, profile string, replicates int) (cells []results.Cell, why string) {
	for _, t := range q {
		var reason string
		found := false
		for _, k := range t.Keys {
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
			if planned && !t.Best {
				break // one of a term's cells is enough
			}
			if !planned && t.Best {
				found = false
				break
			}
		}
		if !found {
			return nil, cmp.Or(reason, "needs "+missingName(t.Keys[0])+", which this plan does not have")
		}
	}
	return cells, ""
}
