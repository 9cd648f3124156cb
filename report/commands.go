package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"longtail/internal/shell"
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

// of lists the plan's own cells in the first so many replicates; none of another
// profile, of which the plan does not have all.
func (o outlook) of(profile string, seeds int) []results.Cell {
	var cells []results.Cell
	for _, c := range o.in.Plan.Cells {
		if profile == o.in.Plan.Profile && profileOf(c.Command, profile) == profile && c.Replicate < seeds {
			cells = append(cells, c)
		}
	}
	return cells
}

// replicates of the plan, in a profile, of which some were run here: a command
// with fewer would leave them out of the next report.
func (o outlook) replicates(profile string) int {
	n := 0
	for _, c := range o.in.Plan.Cells {
		if profileOf(c.Command, o.in.Plan.Profile) == profile && c.Replicate < o.in.Plan.Seeds && o.in.Results[c.Task] != nil && !o.in.Committed[c.Task] {
			n = max(n, c.Replicate+1)
		}
	}
	return n
}

// elsewhere points at another profile, which knows its own cost.
func (o outlook) elsewhere(e *estimand, profile, why string) (next, command string) {
	command = "longtail reproduce --profile " + profile
	if parts := o.parts(e); len(parts) > 0 {
		command += " --only " + strings.Join(parts, ",")
	}
	if o.official(profile) {
		command += cmp.Or(dataDirFlag.FindString(o.in.Plan.Command), " --data-dir DIR")
	}
	return fmt.Sprintf("%s; longtail plan --profile %s says the cost", why, profile), command
}

// official reports whether a profile reads official files, by the command of
// one of its cells; one of which no cell is known does.
func (o outlook) official(profile string) bool {
	for _, c := range o.in.Plan.Cells {
		if profileOf(c.Command, "") == profile {
			return strings.Contains(c.Command, " --data-dir ")
		}
	}
	return true
}

// asPrinted says how an estimand's cells are run as they are in print, for which
// those of CIFAR-10's pool need the authors' own copy of it.
func (o outlook) asPrinted(e *estimand) (next, command string, seconds float64) {
	const profile = "paper"
	if o.in.Plan.Profile == profile {
		return o.missing(e, nil)
	}
	why, pool := "a size is settled by the paper's data and schedule", ""
	for _, k := range e.keys() {
		if b, ok := paper.ObstacleOf(k); ok {
			why += ", and " + b.Why + ": it takes the authors' copy"
			pool = " --pool authors --allow-unverified"
			break
		}
	}
	next, command = o.elsewhere(e, profile, why)
	return next, command + pool, 0
}

// parts are the names of --only that select the estimand's cells.
func (o outlook) parts(e *estimand) []string {
	var parts []string
	for _, k := range e.keys() {
		for _, c := range o.cells[k] {
			if c.Part != "" && !slices.Contains(parts, c.Part) {
				parts = append(parts, c.Part)
			}
		}
	}
	return parts
}

// again is the command that runs the estimand's cells with n replicates, in the
// profile that the evidence comes from. Names of tasks in replicates that the plan
// does not have are not known: the methods are named then, and more says so where
// they have further cells.
func (o outlook) again(e *estimand, r *runs, n int) (command, more string) {
	profile := ""
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
		return o.in.Plan.Command, ""
	}
	if profile == o.in.Plan.Profile && n <= o.in.Plan.Seeds {
		seeds := max(n, o.replicates(profile))
		open := slices.DeleteFunc(o.of(profile, n), func(c results.Cell) bool {
			return !wanted[c.Key] || c.Task == "" || o.in.Results[c.Task] != nil
		})
		if names := tables.Only(o.of(profile, seeds), open); len(names) > 0 {
			return withFlags(command, names, seeds), ""
		}
	}
	wider := profile != o.in.Plan.Profile // all of its cells are not known
	tasks := map[string]bool{}
	var cells []results.Cell
	for _, c := range o.in.Plan.Cells {
		if c.Task != "" && profileOf(c.Command, profile) == profile {
			cells = append(cells, c)
			tasks[c.Task] = tasks[c.Task] || wanted[c.Key]
		}
	}
	selectors := map[string][]string{} // by task
	loose := map[string]bool{}         // selectors of tasks that are not wanted
	for _, c := range cells {
		names := []string{c.Selector(), c.BlockSelector()}
		if wider { // a block has fewer of the cells that are not known
			slices.Reverse(names)
		}
		for _, name := range names {
			selectors[c.Task] = append(selectors[c.Task], name)
			loose[name] = loose[name] || name == "" || !tasks[c.Task]
		}
	}
	var names []string
	for _, c := range cells {
		of := selectors[c.Task]
		if !tasks[c.Task] || c.Part == "" || slices.ContainsFunc(of, func(name string) bool { return slices.Contains(names, name) }) {
			continue
		}
		name := c.Selector()
		if exact := slices.IndexFunc(of, func(name string) bool { return !loose[name] }); exact >= 0 {
			name = of[exact]
		}
		names = append(names, name)
		wider = wider || loose[name]
	}
	if wider {
		more = "; the command runs these methods' other cells as well, which longtail plan prices"
	}
	if profile == o.in.Plan.Profile {
		n = max(n, o.in.Plan.Seeds)
	}
	return withFlags(command, names, n), more
}

var (
	onlyFlag  = regexp.MustCompile(` --only[ =]('[^']*'|\S+)`)
	seedsFlag = regexp.MustCompile(` --seeds[ =]\S+`)

	dataDirFlag = regexp.MustCompile(` --data-dir[ =](\\'|'[^']*'|[^\s'])+`) // as shell.Quote writes it
)

// withFlags is a command of one cell with another selection and number of
// replicates.
func withFlags(command string, only []string, seeds int) string {
	command = seedsFlag.ReplaceAllString(onlyFlag.ReplaceAllString(command, ""), "")
	flags := ""
	if len(only) > 0 {
		flags = " --only " + shell.Quote(strings.Join(only, ","))
	}
	if seeds > 0 {
		flags += fmt.Sprintf(" --seeds %d", seeds)
	}
	if at := profileFlag.FindStringIndex(command); at != nil {
		return command[:at[1]] + flags + command[at[1]:]
	}
	return command + flags
}
