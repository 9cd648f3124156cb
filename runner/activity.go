package runner

import (
	"longtail/internal/lock"
	"longtail/results"
)

// Activity is what goes on at the tasks of a plan in a store.
type Activity struct {
	Running []results.Task // a process is at it
	Begun   []results.Task // begun, not done and not failed, and nobody is at it
	Killed  int            // of Begun, how many processes died at: no budget, Ctrl-C, SIGTERM or SIGHUP stopped them
}

// ActivityOf looks at the locks and checkpoints of tasks, parents first, that are not done.
func ActivityOf(store results.Store, tasks []results.Task) Activity {
	var a Activity
	done, _ := store.Done(tasks)
	for _, t := range tasks {
		if !store.Has(t.Name, results.FileSettings) || done[t.Name] {
			continue
		}
		who, isHeld, _ := lock.State(store.Dir(t.Name))
		switch {
		case isHeld:
			a.Running = append(a.Running, t)
		case store.Has(t.Name, results.FileError):
		case who != nil:
			a.Killed++
			a.Begun = append(a.Begun, t)
		case store.Has(t.Name, results.FileState):
			a.Begun = append(a.Begun, t)
		}
	}
	return a
}
