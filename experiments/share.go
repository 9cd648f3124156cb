package experiments

import (
	"longtail/nn/train"
	"longtail/results"
)

// Up to its first deferred epoch (161 of 200), a run under DRW or DRS is the same
// computation as one without a rule. Streams are keyed by seed, replicate and
// stage; loss, start and data come from the settings. The settings alone identify
// such runs, in whatever table: CE, CE-DRW and CE-DRS; LDAM and LDAM-DRW; each
// again from one pre-training.

// sharedEpochs returns how many first epochs a run may share with runs of other
// rules; 0: none.
func sharedEpochs(s results.Settings) int {
	rule, err := train.ParseRule(s.Rule)
	if err != nil || s.Kind != results.KindTrain || s.Frozen || s.Arch == results.ArchLogistic || !rule.PlainUntilDeferred() {
		return 0
	}
	if n := train.FirstDeferred(s.Epochs) - 1; n < s.Epochs {
		return n
	}
	return 0
}

// recordShared records in every planned task which epochs it shares with others of
// the profile.
func (p *planner) recordShared() {
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

// ToCompute returns, by name, what a run of the plan computes of every task when
// tasks run in order. It leaves out first epochs that a task resumes from, whether
// the store has them (Stored) or an earlier task will leave them.
func ToCompute(plan results.Plan, has func(task, file string) bool) map[string]results.Task {
	all := make(map[string]results.Task, len(plan.Tasks))
	left := map[string]bool{}
	for _, t := range plan.Tasks {
		all[t.Name] = t
		if t.Shared == nil || has(t.Name, results.FileResult) {
			continue
		}
		there := t.HasFork(has)
		for _, name := range t.Shared.With {
			there = there || left[name]
		}
		switch {
		case has(t.Name, results.FileState): // it resumes from its own state, not from another task's fork
		case there:
			all[t.Name] = t.AfterFork()
		}
		if !there {
			left[t.Name] = true
		}
	}
	return all
}
