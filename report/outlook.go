package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"longtail/paper"
	"longtail/results"
)

// This file says what cells and tasks cost on this machine.

// outlook is what there is to run, by profile and task, and how fast this machine
// trains.
type outlook struct {
	in    Input
	plans map[string]*profilePlan // by profile; asAuthors beside "paper"
	tasks map[string]results.Task
	speed map[string]float64 // images/s of one task by architecture, median of what was measured
	jobs  map[string]int     // such tasks that this machine runs side by side

	beyond map[int]map[string]*results.Result // by replicate that no plan holds, by task of the plan: what was run of it (see withReplicates)
}

// profilePlan is the cells of a profile, as far as they are known.
type profilePlan struct {
	selection results.Selection // that of the plan where it was found
	all       []results.Cell
	of        map[paper.Key][]results.Cell
	seeds     int // replicates that are known whole
}

// first lists the cells in the first so many replicates.
func (p *profilePlan) first(seeds int) []results.Cell {
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.all), func(c results.Cell) bool { return c.Replicate >= min(seeds, p.seeds) })
}

// number lists the cells of one number, its replicates.
func (p *profilePlan) number(k paper.Key) []results.Cell {
	if p == nil {
		return nil
	}
	return p.of[k]
}

// asAuthors names the paper's profile with the authors' copy of a pool.
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
	for _, measured := range []map[string][]results.Cost{shipped, here} { // this machine's own count
		for arch, costs := range measured {
			slices.SortFunc(costs, func(a, b results.Cost) int { return cmp.Compare(a.ImagesPerSec, b.ImagesPerSec) })
			median := costs[len(costs)/2]
			o.speed[arch], o.jobs[arch] = median.ImagesPerSec, max(1, in.Cores/max(median.Threads, 1))
		}
	}
	return o
}

// withReplicates is the outlook on so many replicates of a profile, of which its plan may hold
// fewer: in each of the others its tasks are those of the plan, without what runs has.
func (o outlook) withReplicates(replicates int, profile string, r *runs) outlook {
	p := o.plans[profile]
	if p == nil || p.seeds == 0 {
		return o
	}
	o.beyond = map[int]map[string]*results.Result{}
	for rep := p.seeds; rep < replicates; rep++ {
		done := map[string]*results.Result{}
		for k, run := range r.results {
			for _, c := range p.number(k) {
				done[c.Task] = run[rep]
			}
		}
		o.beyond[rep] = done
	}
	return o
}

// open calls do for every task that the cells need and that is not done, each once a
// replicate; first epochs that several begin with are counted once. What a cell starts
// from is not done where its result ships: the model does not.
func (o outlook) open(cells []results.Cell, do func(results.Task)) {
	type run struct {
		task   string
		beyond int // the replicate that no plan holds; 0: the task's own
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
		if at := (run{c.Task, beyond}); !seen[at] && o.tasks[c.Task].Name == "" { // left out by --only
			seen[at] = true
			do(results.Task{Images: c.Images})
		}
		add(c.Task, beyond, done)
	}
}

// images is what these cells train on, what they start from included.
func (o outlook) images(cells []results.Cell) int64 {
	var sum int64
	o.open(cells, func(t results.Task) { sum += t.Images })
	return sum
}

// price writes the time of these cells where the speed is known, else the images.
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

// cost is the images that these cells train on and, where the speed is known, the time;
// "" where there is nothing to train.
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

// seconds is how long one replicate takes of those of the estimand's cells that lack
// one of the first n, task after task, what they start or went on from included, and how
// many replicates this machine runs side by side. What ships took its time on another
// machine: it is counted at this one's speed or, while nothing was measured here, at the
// median of what ships.
func (o outlook) seconds(e *estimand, r *runs, n int) (seconds float64, jobs int) {
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
	for _, k := range e.keysRun(r) {
		whole := true
		for rep := range n {
			whole = whole && r.results[k][rep] != nil
		}
		if whole {
			continue
		}
		for rep := range r.replicates { // the first replicate that there is
			if res := r.results[k][rep]; res != nil {
				add(res.Task)
				break
			}
		}
	}
	return seconds, min(jobs, max(o.in.Cores, 1))
}
