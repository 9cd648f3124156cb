package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/usage"
	"longtail/results"
)

// officialSets returns the sets whose official files a plan reads. The value is
// whether the files of the set's pool are among them.
func officialSets(plan results.Plan) map[string]bool {
	pools := map[string]bool{}
	for _, t := range plan.Tasks {
		s := t.Settings
		for _, id := range []string{s.Data, s.Irrelevant, s.Pool} {
			if dataset.Named(id) && !dataset.Embedded(id) {
				pools[id] = pools[id] || id == s.Data && s.Pool == dataset.PoolExtra
			}
		}
	}
	return pools
}

// pending returns the plan with only the tasks that the store has not done, and the
// tasks that are done.
func pending(plan results.Plan, store results.Store) (todo results.Plan, done map[string]bool) {
	done, _ = store.Done(plan.Tasks)
	todo = plan
	todo.Tasks = slices.DeleteFunc(slices.Clone(plan.Tasks), func(t results.Task) bool { return done[t.Name] })
	return todo, done
}

// fetchFiles gets every official file that tasks of the plan without a result read.
func (c *reproduceCmd) fetchFiles(ctx context.Context, plan results.Plan) error {
	todo, _ := pending(plan, c.store())
	pools := officialSets(todo)
	for _, id := range slices.Sorted(maps.Keys(pools)) {
		got, err := fetch(ctx, dataset.Fetch{Dir: c.DataDir, Pool: pools[id], AllowUnverified: c.AllowUnverified}, id)
		if err != nil {
			return err
		}
		for _, g := range got {
			if g.State == dataset.StateFetched {
				fmt.Fprintf(os.Stderr, "%s: fetched\n", g.File)
			}
		}
	}
	return nil
}

// checkFiles returns an error if tasks without a result read official files and the
// data folder has none of any of the plan's sets. It also returns one if nothing can be
// drawn from the pool of --pool, or if every requested number needs unlabeled images
// that are missing. Numbers that are computed need no files. Otherwise checkFiles prints
// what is missing and returns the tasks that cannot be computed, each with its reason.
func (c *reproduceCmd) checkFiles(plan results.Plan, store results.Store) (lost map[string]error, err error) {
	all := officialSets(plan)
	todo, done := pending(plan, store)
	if len(todo.Tasks) > 0 || len(plan.Tasks) == 0 {
		if err := c.checkPool(todo); err != nil {
			return nil, usage.Error{Err: err}
		}
	}
	open := officialSets(todo)
	var missing []error
	found := false
	for _, id := range slices.Sorted(maps.Keys(all)) {
		err := c.files().Find(id)
		if found = found || err == nil; err != nil {
			if _, wanted := open[id]; wanted {
				missing = append(missing, err)
			}
		}
	}
	if len(missing) > 0 && !found {
		return nil, usage.Error{Err: fmt.Errorf("%w; --fetch gets what is missing", missing[0])}
	}
	lost = missingUnlabeled(c.files(), plan, done)
	lacking := reasonsInOrder(plan, lost)
	alive := func(cell results.Cell) bool {
		return lost[cell.Task] == nil && experiments.Selected(plan.Only, cell) &&
			slices.ContainsFunc(plan.Tasks, func(t results.Task) bool { return t.Name == cell.Task })
	}
	if len(lost) > 0 && !slices.ContainsFunc(plan.Cells, alive) {
		return nil, usage.Error{Err: lacking[0]}
	}
	c.notePool(todo)
	printOnce(append(missing, lacking...))
	return lost, nil
}

// printOnce prints notes on what is missing, each once.
func printOnce(missing []error) {
	said := map[string]bool{}
	for _, err := range missing {
		if !said[err.Error()] {
			fmt.Fprintln(os.Stderr, "note:", err)
		}
		said[err.Error()] = true
	}
}

// checkPool returns an error if nothing can be drawn from the pool that the user
// names, or if the plan has no task. It has none if the pool is too small.
func (c *reproduceCmd) checkPool(plan results.Plan) error {
	if plan.Pool == "" {
		return nil
	}
	for _, t := range plan.Tasks {
		if s := t.Settings; s.Pool == plan.Pool {
			_, err := c.files().FindPool(s.Data, s.Pool)
			return err
		}
	}
	for _, cell := range plan.Cells {
		if len(plan.Tasks) == 0 && cell.Reason != "" && experiments.Selected(plan.Only, cell) {
			return fmt.Errorf("nothing that is asked for can be run: %s", cell.Reason)
		}
	}
	return nil
}

// notePool prints which of the user's images in --pool tasks still to be computed draw from.
func (f selectionFlags) notePool(todo results.Plan) {
	draws := func(t results.Task) bool { return t.Settings.Pool == todo.Pool }
	if notes := f.files().PoolNotes(todo.Pool); len(notes) > 0 && slices.ContainsFunc(todo.Tasks, draws) {
		fmt.Fprintf(os.Stderr, "note: the training images of %s are the pool: %s\n", todo.Pool, strings.Join(notes, "; "))
	}
}

// missingUnlabeled returns the tasks to be computed that will not find the unlabeled
// images that they or their parents read, each with the error.
func missingUnlabeled(files dataset.Files, plan results.Plan, done map[string]bool) (lost map[string]error) {
	type need struct{ data, pool, irrelevant string }
	known := map[need]error{}
	lost = map[string]error{}
	for _, t := range plan.Tasks { // parents first
		if done[t.Name] {
			continue
		}
		s := t.Settings
		of := need{s.Data, s.Pool, s.Irrelevant}
		if _, seen := known[of]; !seen {
			known[of] = findUnlabeled(files, s)
		}
		why := known[of]
		for _, parent := range s.Parents() {
			if why == nil {
				why = lost[parent]
			}
		}
		if why != nil {
			lost[t.Name] = why
		}
	}
	return lost
}

// reasonsInOrder returns the reasons of lost tasks, in the plan's order.
func reasonsInOrder(plan results.Plan, lost map[string]error) []error {
	var all []error
	for _, t := range plan.Tasks {
		if why := lost[t.Name]; why != nil {
			all = append(all, why)
		}
	}
	return all
}

// withoutLost returns the plan without lost tasks and without those, returned in vain,
// that only lost tasks would read: hours for a classifier that has nothing to label.
func withoutLost(plan results.Plan, lost map[string]error, store results.Store) (rest results.Plan, vain []string) {
	asked := map[string]bool{}
	for _, c := range plan.Cells {
		asked[c.Task] = asked[c.Task] || experiments.Selected(plan.Only, c)
	}
	serves, servesLost := map[string]bool{}, map[string]bool{} // parents of tasks to be computed, and of dropped tasks
	read, drop := map[string]bool{}, map[string]bool{}
	for _, t := range slices.Backward(plan.Tasks) { // parents last
		done := store.Has(t.Name, results.FileResult) && !(read[t.Name] && store.Lacks(t))
		inVain := !done && lost[t.Name] == nil && servesLost[t.Name] && !serves[t.Name] && !asked[t.Name]
		if drop[t.Name] = inVain || lost[t.Name] != nil; inVain {
			vain = append(vain, t.Name)
		}
		for _, parent := range t.Settings.Parents() {
			serves[parent] = serves[parent] || !done && !drop[t.Name]
			servesLost[parent] = servesLost[parent] || drop[t.Name]
		}
		for _, parent := range t.Settings.Reads() {
			read[parent] = read[parent] || !done && !drop[t.Name]
		}
	}
	slices.Reverse(vain)
	rest = plan
	rest.Tasks = slices.DeleteFunc(slices.Clone(plan.Tasks), func(t results.Task) bool { return drop[t.Name] })
	return rest, vain
}

// findUnlabeled returns an error if files of the unlabeled images that a task reads are
// missing.
func findUnlabeled(files dataset.Files, s results.Settings) error {
	if s.Pool != "" {
		if _, err := files.FindPool(s.Data, s.Pool); err != nil {
			return err
		}
	}
	if s.Irrelevant != "" && !dataset.Embedded(s.Irrelevant) {
		return files.Find(s.Irrelevant)
	}
	return nil
}
