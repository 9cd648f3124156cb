package runner

import (
	"os"
	"time"

	"longtail/internal/lock"
	"longtail/nn/checkpoint"
	"longtail/nn/train"
	"longtail/results"
)

// Reached returns a function that returns which share of a task's steps its
// checkpoint in the store has done; 0 if these kernels cannot resume from it.
func Reached(store results.Store, kernelSet string) func(task string) float64 {
	return func(task string) float64 {
		return train.Reached(store.Path(task, results.FileState), task, kernelSet)
	}
}

// Stored returns a function that reports whether a store holds a file of a task, as
// results.Store.Has does. A fork must also be whole; it is read again only when the
// file has changed. The function is not safe for concurrent use.
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

// tidy removes the files that a finished task left because it was killed before it
// could.
func tidy(store results.Store, t results.Task) {
	if store.Has(t.Name, results.FileState) {
		unlock, err := lock.Try(store.Dir(t.Name))
		if err != nil {
			return // somebody is computing it
		}
		defer unlock()
		store.DropState(t.Name)
	}
	store.DropForks(t)
}
