package tsne

import (
	"sync"
	"sync/atomic"
)

// crew is a number of workers. Work is cut by its shape and every task writes
// only what is its own, so results do not depend on the crew.
type crew int

// run does tasks 0 … tasks−1 in any order and returns when all are done; worker
// (below the crew's number) tells which scratch memory a task may use.
func (c crew) run(tasks int, task func(task, worker int)) {
	var next atomic.Int64
	var busy sync.WaitGroup
	for worker := range min(int(c), tasks) {
		busy.Go(func() {
			for i := int(next.Add(1)) - 1; i < tasks; i = int(next.Add(1)) - 1 {
				task(i, worker)
			}
		})
	}
	busy.Wait()
}
