package report

import (
	"slices"

	"longtail/claims"
	"longtail/paper"
	"longtail/results"
)

// This file writes the commands that run cells.

// inFull adds --budget none to a command of ten minutes or more, so that its
// profile's budget does not cut it short.
func inFull(command string, seconds float64) string {
	if command == "" || seconds < 600 {
		return command
	}
	return command + " --budget none"
}

// withoutShipped returns the selection with SkipShipped if results of its profile
// ship among these cells: the price of the rest leaves them out, too.
func withoutShipped(s results.Selection, cells []results.Cell, all map[string]*results.Result) results.Selection {
	s.SkipShipped = s.SkipShipped || slices.ContainsFunc(cells, func(c results.Cell) bool {
		r := all[c.Task]
		return c.Profile == s.Profile && r != nil && r.Shipped
	})
	return s
}

// replicates returns the number of replicates of the plan up to the last that was
// partly run here, in a profile. A command with fewer would omit them from the next
// report.
func (o outlook) replicates(profile string) int {
	n := 0
	for _, c := range o.plans[profile].first(o.in.Plan.Seeds) {
		if r := o.in.Results[c.Task]; r != nil && !r.Shipped {
			n = max(n, c.Replicate+1)
		}
	}
	return n
}

// atPaperScale returns the step that runs all cells of a claim about a size as printed.
// Cells with CIFAR-10's pool need the authors' own copy of it.
func (o outlook) atPaperScale(r *Row) step {
	why := "a size is settled by the paper's data and schedule"
	whole := slices.Concat(r.Quantities()...)
	cells, reason, _ := o.cheapest([]claims.Quantity{whole}, "paper", 2)
	profile := "paper"
	if cells == nil {
		profile = asAuthors
		cells, _, _ = o.cheapest([]claims.Quantity{whole}, profile, 2)
		for _, t := range whole {
			if b, ok := paper.ObstacleOf(t.Keys[0]); ok {
				why += ", and " + b.Why + ": it takes the authors' copy"
				break
			}
		}
	}
	switch {
	case cells == nil && r.Never != "":
		return step{what: r.Never}
	case cells == nil:
		return step{what: reason}
	}
	s := o.runStep(cells, profile, 1)
	s.what = why + ": " + s.what
	return s
}

// rerunCommand returns the command that runs the row's cells with n replicates, in the
// profile of the evidence.
func (o outlook) rerunCommand(r *Row, n int) string {
	wanted := map[paper.Key]bool{}
	for _, k := range r.Cells {
		wanted[k] = true
	}
	return o.commandFor(r.Profile, wanted, n)
}

// commandFor returns the command that runs these numbers of a profile with n
// replicates. A name of --only selects the same in replicates outside the plan as
// in those of the plan.
func (o outlook) commandFor(profile string, wanted map[paper.Key]bool, n int) string {
	p := o.plans[profile]
	if n > p.seeds && profile == o.in.Plan.Profile {
		n = max(n, o.in.Plan.Seeds)
	}
	seeds := max(n, o.replicates(profile))
	var cells []results.Cell
	done := o.in.Results
	if n > p.seeds { // other cells count as not done, because some replicate lacks them
		done = map[string]*results.Result{}
	}
	for _, c := range p.first(n) {
		switch r := o.in.Results[c.Task]; {
		case !wanted[c.Key] || c.Task == "":
		case n > p.seeds:
			cells = append(cells, c)
			done[c.Task] = r
		case r == nil:
			cells = append(cells, c)
		}
	}
	return o.run(profile, cells, done, seeds)
}

// run returns the command for these cells of a profile, in so many replicates. done
// holds what need not be run.
func (o outlook) run(profile string, cells []results.Cell, done map[string]*results.Result, seeds int) string {
	p := o.plans[profile]
	s := p.selection
	s.Seeds = seeds
	return s.Cells(p.first(seeds), cells, done).Command()
}
