package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/tables"
)

// This file writes the commands that run cells.

// inFull is a command that its profile's budget does not cut short.
func inFull(command string, seconds float64) string {
	if command == "" || seconds < 600 || strings.Contains(command, " --budget ") {
		return command
	}
	return command + " --budget none"
}

// replicates of the plan, in a profile, of which some were run here: a command
// with fewer would leave them out of the next report.
func (o outlook) replicates(profile string) int {
	n := 0
	for _, c := range o.plans[profile].first(o.in.Plan.Seeds) {
		if r := o.in.Results[c.Task]; r != nil && !r.Shipped {
			n = max(n, c.Replicate+1)
		}
	}
	return n
}

// asPrinted says how an estimand's cells are run as they are in print, for which
// those of CIFAR-10's pool need the authors' own copy of it.
func (o outlook) asPrinted(e *estimand) (next, command string, seconds float64) {
	const profile = "paper"
	if o.in.Plan.Profile == profile {
		return o.missing(e, nil, profile)
	}
	why, pool := "a size is settled by the paper's data and schedule", ""
	for _, k := range e.keys() {
		if b, ok := paper.ObstacleOf(k); ok {
			why += ", and " + b.Why + ": it takes the authors' copy"
			pool = " --pool authors --allow-unverified"
			break
		}
	}
	command = "longtail reproduce --profile " + profile
	var parts []string
	for _, k := range e.keys() {
		for _, c := range o.plans[o.in.Plan.Profile].number(k) {
			if c.Part != "" && !slices.Contains(parts, c.Part) {
				parts = append(parts, c.Part)
			}
		}
	}
	if len(parts) > 0 {
		command += " --only " + strings.Join(parts, ",")
	}
	command += cmp.Or(dataDirFlag.FindString(o.in.Plan.Command), " --data-dir DIR") + pool
	return fmt.Sprintf("%s; longtail plan --profile %s says the cost", why, profile), command, 0
}

// again is the command that runs the estimand's cells with n replicates, in the
// profile that the evidence comes from. What a name of --only selects in replicates
// that no plan holds is what it selects in those of the plan.
func (o outlook) again(e *estimand, r *runs, n int) string {
	command, profile := "", ""
	wanted := map[paper.Key]bool{}
	for _, k := range e.keysRun(r) {
		if r.commands[k.Dataset] == "" {
			continue
		}
		if command == "" {
			command = r.commands[k.Dataset]
			profile = profileOf(command, o.in.Plan.Profile)
		}
		wanted[k] = true
	}
	if command == "" {
		return o.in.Plan.Command
	}
	p := o.plans[profile]
	if n > p.seeds && profile == o.in.Plan.Profile {
		n = max(n, o.in.Plan.Seeds)
	}
	seeds := max(n, o.replicates(profile))
	var cells []results.Cell
	done := o.in.Results
	if n > p.seeds { // what is not wanted is not done in every replicate
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
	return o.run(command, p.first(seeds), cells, done, seeds)
}

// run is a command of one cell with cells of the same profile in place of it; all
// is what it can select from, done what need not be run.
func (o outlook) run(command string, all, cells []results.Cell, done map[string]*results.Result, seeds int) string {
	command = seedsFlag.ReplaceAllString(onlyFlag.ReplaceAllString(command, ""), "")
	if own := dataDirFlag.FindString(o.in.Plan.Command); own != "" {
		command = strings.Replace(command, " --data-dir DIR", own, 1)
	}
	flags := tables.OnlyFlags(all, cells, done)
	if seeds > 0 {
		flags += fmt.Sprintf(" --seeds %d", seeds)
	}
	if at := profileFlag.FindStringIndex(command); at != nil {
		return command[:at[1]] + flags + command[at[1]:]
	}
	return command + flags
}

var (
	onlyFlag    = regexp.MustCompile(` --only[ =]('[^']*'|\S+)`)
	seedsFlag   = regexp.MustCompile(` --seeds[ =]\S+`)
	dataDirFlag = regexp.MustCompile(` --data-dir[ =](\\'|'[^']*'|[^\s'])+`) // as shell.Quote writes it
)
