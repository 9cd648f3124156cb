package runner

import (
	"longtail/internal/lock"
	"longtail/results"
)

// Activity is the state of a plan's unfinished tasks in a store.
type Activity struct {
	Running []results.Task // a process is computing it
	Begun   []results.Task // started, neither done nor failed, and no process is computing it
	Killed  int            // how many of Begun were left by a process that died, instead of being stopped by budget, Ctrl-C, SIGTERM or SIGHUP
}

// ActivityOf derives the activity of tasks, listed parents first, from their locks
// and checkpoints.
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
