package runner

import (
	"context"
	"sync"
	"testing"
	"time"

	"longtail/experiments"
	"longtail/internal/lock"
	"longtail/tasks"
)

// Two runners on one store share the work: each task is computed once, by the
// one or the other, and both end with everything done.
func TestTwoRunnersShareTheWork(t *testing.T) {
	f, r := setUp(t)
	f.wait = 5 * time.Millisecond
	plain := r.Launch
	r.Jobs = Jobs{N: 2, Threads: 1}
	// As a task process does: give up at once where another is at the task.
	r.Launch = func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
		unlock, err := lock.Try(f.store.Dir(task))
		if err != nil {
			return err
		}
		defer unlock()
		if _, err := f.store.Result(task); err == nil {
			return nil
		}
		return plain(ctx, task, threads, report)
	}
	var out [2]Outcome
	var wait sync.WaitGroup
	for i := range out {
		wait.Go(func() {
			var err error
			if out[i], err = r.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	times := map[string]int{}
	for _, task := range f.ran {
		times[task]++
	}
	for _, task := range r.Plan.Tasks {
		if times[task.Name] != 1 {
			t.Errorf("%s was computed %d times", experiments.Describe(task.Settings), times[task.Name])
		}
	}
	for i, o := range out {
		if len(o.Ran)+len(o.Already) != len(r.Plan.Tasks) || len(o.Failed)+len(o.LeftOut) > 0 {
			t.Errorf("runner %d: %d computed, %d there, %v, %v", i, len(o.Ran), len(o.Already), o.Failed, o.LeftOut)
		}
		if len(o.Ran) == 0 {
			t.Errorf("runner %d did nothing", i)
		}
	}
}
