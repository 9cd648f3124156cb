package runner

import (
	"os"
	"time"

	"longtail/internal/lock"
	"longtail/nn/checkpoint"
	"longtail/nn/train"
	"longtail/results"
)

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
		store.DropState(t.Name)
	}
	store.DropForks(t)
}
