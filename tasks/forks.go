package tasks

import (
	"longtail/nn/train"
	"longtail/results"
)

// useForks lets a run go on from another's first epochs, or leave its own to
// others.
func (r *run) useForks(c *train.Config) {
	if r.shared == nil {
		return
	}
	c.ForkEpoch, c.ForkPath = r.shared.Epochs, r.path(results.FileFork)
	for _, name := range r.shared.With {
		c.Forks = append(c.Forks, train.Fork{Key: name, Path: r.store.Path(name, results.FileFork)})
	}
}
