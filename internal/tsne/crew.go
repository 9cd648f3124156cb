package tsne

import (
	"sync"
	"sync/atomic"
)

// crew is a number of workers. The division of work depends only on its size, and
// every task writes only its own results, so results do not depend on the crew.
type crew int

// run runs tasks 0 … tasks−1 in any order and returns when all are done. worker,
// below the crew's number, is the index of the scratch memory that a task may use.
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
