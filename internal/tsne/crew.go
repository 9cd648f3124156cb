package tsne

import (
	"sync"
	"sync/atomic"
)

// crew is a set of goroutines that lives for one embedding, so that the parts
// of an iteration start without allocating. Work is cut by its shape and every
// task writes only what is its own, so results do not depend on the crew.
type crew struct {
	wake  []chan struct{}
	task  func(task, worker int)
	tasks int
	next  atomic.Int64
	busy  sync.WaitGroup
}

// newCrew starts workers−1 goroutines; the caller of run is the other one.
func newCrew(workers int) *crew {
	c := &crew{wake: make([]chan struct{}, workers-1)}
	for i := range c.wake {
		c.wake[i] = make(chan struct{})
		go func() {
			for range c.wake[i] {
				c.drain(i + 1)
				c.busy.Done()
			}
		}()
	}
	return c
}

func (c *crew) stop() {
	for _, w := range c.wake {
		close(w)
	}
}

// run does tasks 0 … tasks−1 in any order and returns when all are done; worker
// (below len(wake)+1) tells which scratch memory a task may use.
func (c *crew) run(tasks int, task func(task, worker int)) {
	c.task, c.tasks = task, tasks
	c.next.Store(0)
	helpers := c.wake[:min(len(c.wake), max(tasks, 1)-1)]
	c.busy.Add(len(helpers))
	for _, w := range helpers {
		w <- struct{}{}
	}
	c.drain(0)
	c.busy.Wait()
}

func (c *crew) drain(worker int) {
	for {
		i := int(c.next.Add(1)) - 1
		if i >= c.tasks {
			return
		}
		c.task(i, worker)
	}
}
