package report

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"longtail/internal/shell"
	"longtail/paper"
	"longtail/results"
	"longtail/tables"
)

// This file says what would bring a claim further: which cells its rule still
// needs before it can give a word, or how many replicates, with their cost and
// the command.

// outlook is a plan by cell and task, and how fast this machine trains.
type outlook struct {
	in    Input
	cells map[paper.Key][]results.Cell
	tasks map[string]results.Task
	speed map[string]float64 // images/s of one task by architecture, median of what was measured
	jobs  map[string]int     // such tasks that this machine runs side by side
}

func newOutlook(in Input) outlook {
	o := outlook{in, map[paper.Key][]results.Cell{}, map[string]results.Task{}, map[string]float64{}, map[string]int{}}
	for _, c := range in.Plan.Cells {
		o.cells[c.Key] = append(o.cells[c.Key], c)
	}
	for _, t := range in.Plan.Tasks {
		o.tasks[t.Name] = t
	}
	here, shipped := map[string][]results.Cost{}, map[string][]results.Cost{}
	for name, r := range in.Results {
		if r == nil || r.Cost.ImagesPerSec <= 0 {
			continue
		}
		if in.Committed[name] {
			shipped[r.Settings.Arch] = append(shipped[r.Settings.Arch], r.Cost)
		} else {
			here[r.Settings.Arch] = append(here[r.Settings.Arch], r.Cost)
		}
	}
	for _, measured := range []map[string][]results.Cost{shipped, here} { // this machine's own count
		for arch, costs := range measured {
			slices.SortFunc(costs, func(a, b results.Cost) int { return cmp.Compare(a.ImagesPerSec, b.ImagesPerSec) })
			median := costs[len(costs)/2]
			o.speed[arch], o.jobs[arch] = median.ImagesPerSec, max(1, in.Cores/max(median.Threads, 1))
		}
	}
	return o
}

// next fills in what would bring the row further.
func (r *Row) next(o outlook) {
	r.step(o)
	r.Command = inFull(r.Command, r.Seconds)
}

// inFull is a command that its profile's budget does not cut short.
func inFull(command string, seconds float64) string {
	if command == "" || seconds < 600 || strings.Contains(command, " --budget ") {
		return command
	}
	return command + " --budget none"
}

func (r *Row) step(o outlook) {
	e, v := r.e, r.verdict
	switch {
	case e == nil:
		return // a theorem or a list, which say it themselves
	case r.Grade == results.GradeReported:
		if !v.Word.Settled() && e.rule != paper.RuleSize {
			r.Next = "two replicates or more of every cell in the file of --reported"
		}
		return
	case e.rule == paper.RuleSize && r.runs != nil && r.Grade != results.GradePaper:
		r.Next, r.Command, r.Seconds = o.asPrinted(e)
		return
	case r.Grade == results.GradeStandIn && o.better():
		// More of the stand-in is not what a plan of the paper's data is for.
		r.Next, r.Command, r.Seconds = o.missing(e, nil)
		return
	case len(v.Failed) > 0:
		r.Next, r.Command = "run again what failed", o.in.Plan.Command
		return
	case v.Word.Settled() && r.Grade == results.GradeStandIn:
		r.Next, r.Command = o.elsewhere(e, "desktop", "settled by official data only")
		return
	case v.Word.Settled():
		return
	}
	if r.runs == nil || !e.ready(r.runs) {
		r.Next, r.Command, r.Seconds = o.missing(e, r.runs)
		return
	}
	// All that the rule needs is there, too few times.
	n := v.Pooled.N
	seconds, jobs := o.seconds(e, r.runs)
	if n < 2 {
		var more string
		r.Command, more = o.again(e, r.runs, 2)
		r.Next, r.Seconds = fmt.Sprintf("at least 2 replicates; %s for another one", duration(seconds))+more, seconds
		return
	}
	half, need := v.Needed(alpha)
	need = max(need, n+1)
	r.Seconds = seconds * float64((need-n+jobs-1)/jobs)
	r.Next = fmt.Sprintf("half-width ±%.2g at %d replicates, %s more", half, need, duration(r.Seconds))
	if need >= 1000 {
		r.Next = fmt.Sprintf("half-width ±%.2g only beyond 1,000 replicates", half)
	}
	var more string
	r.Command, more = o.again(e, r.runs, need)
	r.Next += more
}

// needs lists the sets of quantities of which any one, run twice, lets the
// estimand's rule give a word.
func (e *estimand) needs() []quantity {
	var all []quantity
	for _, c := range e.cells {
		all = append(all, c.value)
	}
	for _, l := range e.lines {
		if l.slope != nil {
			all = append(all, l.slope)
			continue
		}
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range l.points {
			low, high = min(low, p.x), max(high, p.x)
		}
		for i, p := range l.points { // two levels of a line, at least half its range apart
			for _, q := range l.points[i+1:] {
				if math.Abs(p.x-q.x) >= (high-low)/2 {
					all = append(all, append(append(quantity{}, p.value...), q.value...))
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
			all = append(all, append(append(quantity{}, c.points[c.helps].value...), c.points[c.idle].value...))
		}
		all = append(all, whole)
	}
	return all
}

// ready reports whether one of the sets that the rule needs was run whole in
// some replicate: then only replicates are missing.
func (e *estimand) ready(r *runs) bool {
	return slices.ContainsFunc(e.needs(), r.whole)
}

// whole reports whether a quantity was run whole in some replicate.
func (r *runs) whole(q quantity) bool {
	for rep := range r.replicates {
		if !slices.ContainsFunc(q, func(t term) bool { return !r.has(t, rep) }) {
			return true
		}
	}
	return false
}

// has reports whether a term was run in a replicate.
func (r *runs) has(t term, replicate int) bool {
	if !t.best {
		return r.result(t, replicate) != nil
	}
	return !slices.ContainsFunc(t.keys, func(k paper.Key) bool { return r.results[k][replicate] == nil })
}

// missing names the cheapest set of cells that the rule needs and that can be
// run, how, and how long it takes (0: not known); or why none can be. Nothing is
// missing where r is nil and the plan's own profile has run such a set. Of a body
// that the plan's own profile does not run, only the names are known.
func (o outlook) missing(e *estimand, r *runs) (next, command string, seconds float64) {
	profile := o.in.Plan.Profile
	if r != nil {
		for _, k := range e.keys() { // the profile that the evidence comes from
			if s, ok := r.settings[k.Dataset]; ok && r.results[k] != nil {
				profile = s.profile
				break
			}
		}
	}
	var best []results.Cell
	least, reason := int64(math.MaxInt64), ""
	complete := false // one of the sets was run whole: its own row says what is next
	for _, q := range e.needs() {
		cells, why := o.lacking(q, profile)
		if why != "" {
			reason = cmp.Or(reason, why)
			continue
		}
		complete = complete || len(cells) == 0
		if images := o.images(cells); len(cells) > 0 && images < least {
			best, least = cells, images
		}
	}
	if best == nil {
		switch {
		case e.never != "":
			return e.never, "", 0
		case r == nil && complete:
			return "", "", 0
		case profile != o.in.Plan.Profile:
			next, command = o.elsewhere(e, profile, "needs further cells")
			return next, command, 0
		case reason != "":
			return reason, "", 0
		}
		return "needs cells that this version does not plan yet", "", 0
	}
	var names []string
	seeds := 0
	for _, c := range best {
		if name := missingName(c.Key); !slices.Contains(names, name) {
			names = append(names, name)
		}
		seeds = max(seeds, c.Replicate+1)
	}
	next = "run " + names[0]
	switch n := len(names) - 1; {
	case n == 1:
		next += " and " + names[1]
	case n > 1:
		next += fmt.Sprintf(" and %d more cells", n)
	}
	if seeds > 1 {
		next += fmt.Sprintf(", %d replicates", seeds)
	}
	seeds = max(seeds, o.replicates(profile))
	return next + o.price(best, least), withFlags(best[0].Command, tables.Only(o.of(profile, seeds), best), seeds), o.training(best)
}

// better reports whether the plan's own profile has cells of a better grade than
// the stand-in's.
func (o outlook) better() bool {
	return slices.ContainsFunc(o.in.Plan.Cells, func(c results.Cell) bool {
		return (c.Grade == results.GradePaper || c.Grade == results.GradeSimilar) && profileOf(c.Command, o.in.Plan.Profile) == o.in.Plan.Profile
	})
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

func missingName(k paper.Key) string {
	var where []string
	if k.Dataset != "CIFAR-10-LT" {
		where = append(where, k.Dataset)
	}
	if k.Rho != 0 {
		where = append(where, fmt.Sprintf("ρ = %g", k.Rho))
	}
	if k.RhoU != 0 {
		where = append(where, fmt.Sprintf("ρ_U = %g", k.RhoU))
	}
	if len(where) == 0 {
		return k.Method
	}
	return fmt.Sprintf("%s (%s)", k.Method, strings.Join(where, ", "))
}

// lacking lists the cells of a quantity that the profile plans and that have no
// result, in the first two replicates; or why one of them cannot be run.
func (o outlook) lacking(q quantity, profile string) (cells []results.Cell, why string) {
	for _, t := range q {
		var reason string
		found := false
		for _, k := range t.keys {
			planned := false
			for _, c := range o.cells[k] {
				switch {
				case c.Task == "":
					reason = cmp.Or(reason, c.Method+" on "+c.Dataset+": "+cmp.Or(c.Reason, "cannot be run here"))
				case profileOf(c.Command, o.in.Plan.Profile) != profile:
				case o.in.Results[c.Task] != nil:
					planned = true
				case c.Replicate < 2:
					planned = true
					cells = append(cells, c)
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

// open calls do for every task that the cells need and that has no result, each
// once; first epochs that several begin with are counted once.
func (o outlook) open(cells []results.Cell, do func(results.Task)) {
	seen := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		t, ok := o.tasks[name]
		if !ok || seen[name] || o.in.Results[name] != nil {
			return
		}
		seen[name] = true
		if t.Shared != nil && slices.ContainsFunc(t.Shared.With, func(other string) bool { return seen[other] }) {
			t = t.AfterFork()
		}
		do(t)
		for _, parent := range t.Settings.Parents() {
			add(parent)
		}
	}
	for _, c := range cells {
		if _, ok := o.tasks[c.Task]; !ok && !seen[c.Task] { // left out by --only
			seen[c.Task] = true
			do(results.Task{Images: c.Images})
		}
		add(c.Task)
	}
}

// images is what these cells train on, what they start from included.
func (o outlook) images(cells []results.Cell) int64 {
	var sum int64
	o.open(cells, func(t results.Task) { sum += t.Images })
	return sum
}

// price writes the time where the speed is known, else the images.
func (o outlook) price(cells []results.Cell, images int64) string {
	switch seconds := o.training(cells); {
	case images == 0:
		return ""
	case seconds > 0:
		return fmt.Sprintf(" (%s)", duration(seconds))
	}
	return fmt.Sprintf(" (%s training images)", thousands(images))
}

// training is how many seconds these cells, and what they start from, train and
// are evaluated on this machine, replicates side by side; 0 where its speed is not
// known.
func (o outlook) training(cells []results.Cell) float64 {
	all, known := map[int]float64{}, true // by replicate
	jobs := math.MaxInt
	o.open(cells, func(t results.Task) {
		if t.Images == 0 {
			return
		}
		speed := o.speed[t.Settings.Arch]
		known = known && speed > 0
		all[t.Settings.Replicate] += t.Work() / speed
		jobs = min(jobs, o.jobs[t.Settings.Arch])
	})
	if !known {
		return 0
	}
	sum, longest := 0.0, 0.0
	for _, seconds := range all {
		sum, longest = sum+seconds, max(longest, seconds)
	}
	return max(sum/float64(jobs), longest)
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

// seconds is how long one replicate of the estimand's cells took, task after
// task, what they start or went on from included, and how many replicates this
// machine runs side by side.
func (o outlook) seconds(e *estimand, r *runs) (seconds float64, jobs int) {
	jobs = math.MaxInt
	counted := map[string]bool{}
	var add func(task string)
	add = func(task string) {
		res := o.in.Results[task]
		if task == "" || res == nil || counted[task] {
			return
		}
		counted[task] = true
		if spent := res.Cost.TrainSeconds + res.Cost.EvalSeconds; spent > 0 {
			seconds += spent
			jobs = min(jobs, max(1, o.in.Cores/max(res.Cost.Threads, 1)))
		}
		for _, parent := range append(res.Settings.Parents(), res.Cost.ForkedFrom) {
			add(parent)
		}
	}
	for _, k := range e.keysRun(r) {
		for rep := range r.replicates { // the first replicate that there is
			if res := r.results[k][rep]; res != nil {
				add(res.Task)
				break
			}
		}
	}
	return seconds, min(jobs, max(o.in.Cores, 1))
}
