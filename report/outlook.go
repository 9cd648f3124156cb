package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"longtail/paper"
	"longtail/results"
)

// This file computes what cells and tasks cost on this machine.

// outlook holds what there is to run, by profile and task, and how fast this
// machine trains.
type outlook struct {
	in    Input
	plans map[string]*profilePlan // by profile; asAuthors is separate from "paper"
	tasks map[string]results.Task
	speed map[string]float64 // images/s of one task by architecture, median of what was measured
	jobs  map[string]int     // number of such tasks that this machine runs in parallel

	beyond map[int]map[string]*results.Result // results by replicate outside the plan and by task of the plan (see withReplicates)
}

// profilePlan holds the known cells of a profile.
type profilePlan struct {
	selection results.Selection // that of the profile's own plan
	all       []results.Cell
	of        map[paper.Key][]results.Cell
	seeds     int // number of replicates that are known completely
}

// first returns the cells of the first so many replicates.
func (p *profilePlan) first(seeds int) []results.Cell {
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.all), func(c results.Cell) bool { return c.Replicate >= min(seeds, p.seeds) })
}

// number returns the cells of one number, its replicates.
func (p *profilePlan) number(k paper.Key) []results.Cell {
	if p == nil {
		return nil
	}
	return p.of[k]
}

// asAuthors is the name for profile paper with the authors' copy of a pool.
const asAuthors = "paper with the authors' pool"

func newOutlook(in Input) outlook {
	o := outlook{in: in, plans: map[string]*profilePlan{}, tasks: map[string]results.Task{}, speed: map[string]float64{}, jobs: map[string]int{}}
	type place struct {
		profile, task string
		key           paper.Key
	}
	seen := map[place]bool{}
	for i, plan := range append([]results.Plan{in.Plan}, in.Others...) {
		for _, c := range slices.Concat(plan.Cells, plan.Hidden) {
			profile := c.Profile
			if i > 0 && plan.Pool != "" {
				profile = asAuthors
			}
			p := o.plans[profile]
			if p == nil {
				p = &profilePlan{of: map[paper.Key][]results.Cell{}, selection: results.Selection{Profile: c.Profile}}
				o.plans[profile] = p
			}
			if c.Profile == plan.Profile && p.seeds == 0 {
				p.seeds, p.selection = plan.Seeds, plan.Selection
				if own := in.Plan.DataDir; own != "" && p.selection.DataDir != "" {
					p.selection.DataDir = own
				}
			}
			if at := (place{profile, c.Task, c.Key}); c.Task == "" || !seen[at] {
				seen[at] = true
				p.all = append(p.all, c)
				p.of[c.Key] = append(p.of[c.Key], c)
			}
		}
		for _, t := range plan.Tasks {
			o.tasks[t.Name] = t
		}
	}
	here, shipped := map[string][]results.Cost{}, map[string][]results.Cost{}
	for _, r := range in.Results {
		if r == nil || r.Cost.ImagesPerSec <= 0 {
			continue
		}
		if r.Shipped {
			shipped[r.Settings.Arch] = append(shipped[r.Settings.Arch], r.Cost)
		} else {
			here[r.Settings.Arch] = append(here[r.Settings.Arch], r.Cost)
		}
	}
	for _, measured := range []map[string][]results.Cost{shipped, here} { // this machine's own replace shipped ones
		for arch, costs := range measured {
			slices.SortFunc(costs, func(a, b results.Cost) int { return cmp.Compare(a.ImagesPerSec, b.ImagesPerSec) })
			median := costs[len(costs)/2]
			o.speed[arch], o.jobs[arch] = median.ImagesPerSec, max(1, in.Cores/max(median.Threads, 1))
		}
	}
	return o
}

// withReplicates returns the outlook for so many replicates of the row's profile, of
// which its plan may hold fewer. In each further replicate the tasks are those of the
// plan, except those with a result in the row's evidence.
func (o outlook) withReplicates(replicates int, r *Row) outlook {
	p := o.plans[r.Profile]
	if p == nil || p.seeds == 0 {
		return o
	}
	o.beyond = map[int]map[string]*results.Result{}
	for rep := p.seeds; rep < replicates; rep++ {
		done := map[string]*results.Result{}
		for k, cells := range p.of {
			if res := r.Results(k)[rep]; res != nil {
				for _, c := range cells {
					done[c.Task] = res
				}
			}
		}
		o.beyond[rep] = done
	}
	return o
}

// open calls do once per replicate for every unfinished task that the cells need.
// First epochs that several tasks share count once. A parent with a shipped result
// counts as unfinished, because its model does not ship.
func (o outlook) open(cells []results.Cell, do func(results.Task)) {
	type run struct {
		task   string
		beyond int // replicate outside the plan; 0: the task's own
	}
	seen := map[run]bool{}
	var add func(name string, beyond int, done map[string]*results.Result)
	add = func(name string, beyond int, done map[string]*results.Result) {
		t, ok := o.tasks[name]
		if r := done[name]; !ok || seen[run{name, beyond}] || r != nil && !r.Shipped {
			return
		}
		seen[run{name, beyond}] = true
		if t.Shared != nil && slices.ContainsFunc(t.Shared.With, func(other string) bool { return seen[run{other, beyond}] }) {
			t = t.AfterFork()
		}
		if beyond > 0 {
			t.Settings.Replicate = beyond
		}
		do(t)
		for _, parent := range t.Settings.Parents() {
			add(parent, beyond, done)
		}
	}
	for _, c := range cells {
		beyond := c.Replicate
		done, ok := o.beyond[beyond]
		if !ok {
			beyond, done = 0, o.in.Results
		}
		if done[c.Task] != nil {
			continue
		}
		if at := (run{c.Task, beyond}); !seen[at] && o.tasks[c.Task].Name == "" { // omitted by --only
			seen[at] = true
			do(results.Task{Images: c.Images})
		}
		add(c.Task, beyond, done)
	}
}

// images returns the number of images that these cells and their parents train on.
func (o outlook) images(cells []results.Cell) int64 {
	var sum int64
	o.open(cells, func(t results.Task) { sum += t.Images })
	return sum
}

// price returns as text the time of these cells if the speed is known, else the
// images.
func (o outlook) price(cells []results.Cell) string {
	images := o.images(cells)
	switch seconds := o.training(cells); {
	case images == 0:
		return ""
	case seconds > 0:
		return fmt.Sprintf(" (%s)", duration(seconds))
	}
	return fmt.Sprintf(" (%s training images)", thousands(images))
}

// cost returns as text the images that these cells train on and, if the speed is
// known, the time; "" if there is nothing to train.
func (o outlook) cost(cells []results.Cell) string {
	images := o.images(cells)
	if images == 0 {
		return ""
	}
	text := thousands(images) + " training images"
	if seconds := o.training(cells); seconds > 0 {
		text += ", " + duration(seconds)
	}
	return text
}

// training returns the seconds that these cells and their parents take to train and
// evaluate on this machine, replicates in parallel. It is 0 if the speed is
// unknown.
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

// seconds returns how long one replicate takes, task after task, and how many
// replicates this machine runs in parallel. It counts the row's cells that
// lack one of the first n replicates, and what they start or continue from. Shipped
// results took their time on another machine. They are converted to this machine's
// speed or, if nothing was measured here, to the median of shipped speeds.
func (o outlook) seconds(r *Row, n int) (seconds float64, jobs int) {
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
			side := max(1, o.in.Cores/max(res.Cost.Threads, 1))
			if here := o.speed[res.Settings.Arch]; res.Shipped && here > 0 && res.Cost.ImagesPerSec > 0 {
				spent *= res.Cost.ImagesPerSec / here
				side = o.jobs[res.Settings.Arch]
			}
			seconds += spent
			jobs = min(jobs, side)
		}
		for _, parent := range append(res.Settings.Parents(), res.Cost.ForkedFrom) {
			add(parent)
		}
	}
	for _, k := range r.Cells {
		run := r.Results(k)
		whole := true
		for rep := range n {
			whole = whole && run[rep] != nil
		}
		if !whole {
			add(run[slices.Min(slices.Collect(maps.Keys(run)))].Task) // of the first available replicate
		}
	}
	return seconds, min(jobs, max(o.in.Cores, 1))
}
