package experiments

import (
	"os"
	"time"

	"longtail/internal/lock"
	"longtail/nn/checkpoint"
	"longtail/nn/train"
	"longtail/results"
)

// Up to its first deferred epoch (161 of 200) a run under DRW or DRS is the
// same computation as one without a rule: streams are keyed by seed, replicate
// and stage, and loss, start and data are the settings'. Such runs are found by
// their settings alone, whatever the table they stand in: CE, CE-DRW and
// CE-DRS; LDAM and LDAM-DRW; each again from one pre-training.

// sharedEpochs is how many epochs a run begins with that others of another rule
// may have in common with it; 0: none.
func sharedEpochs(s results.Settings) int {
	rule, err := train.ParseRule(s.Rule)
	if err != nil || s.Kind != results.KindTrain || s.Target != "" || s.Frozen || s.Arch == archLogistic || !rule.PlainUntilDeferred() {
		return 0
	}
	if n := train.FirstDeferred(s.Epochs) - 1; n < s.Epochs {
		return n
	}
	return 0
}

// share notes in every planned task what it has in common with others of the
// profile.
func (p *planner) share() {
	alike := map[results.Settings][]int{}
	for i, t := range p.tasks {
		if s := t.Settings; sharedEpochs(s) > 0 {
			s.Rule = ""
			alike[s] = append(alike[s], i)
		}
	}
	for s, group := range alike {
		for _, i := range group {
			var with []string
			for _, j := range group {
				if j != i {
					with = append(with, p.tasks[j].Name)
				}
			}
			if len(with) == 0 {
				continue
			}
			t, n := &p.tasks[i], sharedEpochs(s)
			looks := min(s.Epochs, s.Evaluations) // evenly spaced (train.Config.Evaluations)
			t.Shared = &results.Shared{
				Epochs: n, Images: t.Images / int64(s.Epochs) * int64(n), Evals: t.Evals / int64(looks) * int64(n*looks/s.Epochs), With: with,
			}
		}
	}
}

// share lets a run go on from another's first epochs, or leave its own to
// others.
func (r *taskRun) share(c *train.Config) {
	if r.shared == nil {
		return
	}
	c.ForkEpoch, c.ForkPath = r.shared.Epochs, r.path(results.FileFork)
	for _, name := range r.shared.With {
		c.Forks = append(c.Forks, train.Fork{Key: name, Path: r.store.Path(name, results.FileFork)})
	}
}

// dropForks deletes what a finished task and those that share its first epochs
// left for each other, once all are done. One that stays does no harm.
func dropForks(store results.Store, t results.Task) {
	if t.Shared == nil {
		return
	}
	all := append([]string{t.Name}, t.Shared.With...)
	for _, name := range all {
		if !store.Has(name, results.FileResult) {
			return
		}
	}
	for _, name := range all {
		os.Remove(store.Path(name, results.FileFork))
	}
}

// hasFork reports whether there is a checkpoint from which the task can go on.
func hasFork(t results.Task, has func(task, file string) bool) bool {
	for _, name := range t.Shared.With {
		if has(name, results.FileFork) {
			return true
		}
	}
	return false
}

// Reached reports which share of a task's steps its checkpoint in the store holds,
// if these kernels can go on from it.
func Reached(store results.Store, kernelSet string) func(task string) float64 {
	return func(task string) float64 {
		return train.Reached(store.Path(task, results.FileState), task, kernelSet)
	}
}

// Stored reports which files of which tasks a store holds, as results.Store.Has
// does, and of what tasks leave to others, whether it is whole, which is read again
// only when the file is another. Not for several goroutines at once.
func Stored(store results.Store) func(task, file string) bool {
	type version struct {
		path     string
		size     int64
		modified time.Time
	}
	whole := map[version]bool{}
	return func(task, file string) bool {
		if file != results.FileFork {
			return store.Has(task, file)
		}
		path := store.Path(task, file)
		info, err := os.Stat(path)
		if err != nil {
			return false
		}
		v := version{path, info.Size(), info.ModTime()}
		if _, known := whole[v]; !known {
			_, err := checkpoint.Read(path)
			whole[v] = err == nil
		}
		return whole[v]
	}
}

// tidy removes what a done task has left that was killed before it could itself.
func tidy(store results.Store, t results.Task) {
	if store.Has(t.Name, results.FileState) {
		unlock, err := lock.Try(store.Dir(t.Name))
		if err != nil {
			return // somebody is at it
		}
		defer unlock()
		os.Remove(store.Path(t.Name, results.FileState))
	}
	dropForks(store, t)
}

// ToCompute returns what a run of the plan computes of every task, by name, if
// each is taken in turn: the first epochs that a task can go on from are left
// out, whether the store has them (Stored) or a task before it will leave them.
func ToCompute(plan results.Plan, has func(task, file string) bool) map[string]results.Task {
	all := make(map[string]results.Task, len(plan.Tasks))
	left := map[string]bool{}
	for _, t := range plan.Tasks {
		all[t.Name] = t
		if t.Shared == nil || has(t.Name, results.FileResult) {
			continue
		}
		there := hasFork(t, has)
		for _, name := range t.Shared.With {
			there = there || left[name]
		}
		switch {
		case has(t.Name, results.FileState): // it goes on from that, not from another's
		case there:
			all[t.Name] = t.AfterFork()
		}
		if !there {
			left[t.Name] = true
		}
	}
	return all
}
