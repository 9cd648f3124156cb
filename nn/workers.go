package nn

import (
	"runtime"
	"sync/atomic"
	"time"

	"longtail/nn/kernel"
)

// worker is one thread's private memory.
type worker[T kernel.Float] struct {
	scratch  []T    // for the kernels
	shortcut []T    // a subsampled residual
	y        []T    // an activation inside a block
	dz, dx   []T    // the gradients of a convolution's output and input
	act      [3][]T // activations of one unit in evaluation
	joint    []T    // images computed one by one that continue together
}

// workers runs the items of one phase after another. Items come from a queue, so a
// thread that is held up takes fewer. What an item computes never depends on the
// thread. Next to a busy process, an operating system may put two workers on one
// core and the other process alone on another. So a worker that wakes on another
// worker's core moves elsewhere.
type workers[T kernel.Float] struct {
	own      []*worker[T] // the first belongs to the goroutine that calls run
	start    []chan struct{}
	done     chan struct{} // one message of every helper per phase
	next     atomic.Int64
	begun    atomic.Int64 // helpers that have started this phase
	items    int64
	item     func(w *worker[T], i int)
	cores    []atomic.Int64 // where each worker was when it started this phase; −1: it has not
	patience time.Duration  // how long a worker waits actively
	crowded  atomic.Int64   // remaining phases without active waiting
}

// patience is longer than the time between two phases of a step. Sleeping and
// waking cost a third of a millisecond on a virtual machine, sixty times per step.
const patience = time.Millisecond

// crowd is the number of phases without active waiting after a helper had to leave
// a core. Another process then wants the cores, and active waiting uses up our
// share of them.
const crowd = 8

func newWorkers[T kernel.Float](own []*worker[T]) *workers[T] {
	p := &workers[T]{own: own, done: make(chan struct{}, len(own)), cores: make([]atomic.Int64, len(own))}
	if len(own) <= min(runtime.GOMAXPROCS(0), runtime.NumCPU()) {
		p.patience = patience
	}
	for k := range own[1:] {
		start := make(chan struct{}, 1)
		p.start = append(p.start, start)
		go p.help(k+1, start)
	}
	return p
}

// help runs helper k until its channel is closed, and reports its end as that of a
// phase.
func (p *workers[T]) help(k int, start <-chan struct{}) {
	defer func() { p.done <- struct{}{} }()
	for p.await(start, true) {
		p.begun.Add(1)
		p.settle(k)
		p.work(p.own[k])
		p.done <- struct{}{}
	}
}

// await receives from c and reports whether it is open. It first waits actively for
// a while if that is worth it.
func (p *workers[T]) await(c <-chan struct{}, worth bool) bool {
	if worth && p.patience > 0 && p.crowded.Load() == 0 {
		for from, n := time.Now(), 1; n%64 != 0 || time.Since(from) < p.patience; n++ {
			select {
			case _, open := <-c:
				return open
			default:
			}
		}
	}
	_, open := <-c
	return open
}

// run calls item for 0 ≤ i < items and returns when all are done.
func (p *workers[T]) run(items int, item func(w *worker[T], i int)) {
	p.items, p.item = int64(items), item
	p.next.Store(0)
	p.begun.Store(0)
	p.crowded.Store(max(0, p.crowded.Load()-1))
	helpers := p.start[:min(len(p.start), max(items-1, 0))]
	if len(helpers) > 0 {
		p.cores[0].Store(int64(core()))
		for k := range p.cores[1:] {
			p.cores[k+1].Store(-1)
		}
	}
	for _, start := range helpers {
		start <- struct{}{}
	}
	p.work(p.own[0])
	for range helpers { // one that has not started may need this goroutine's turn to run
		p.await(p.done, p.begun.Load() == int64(len(helpers)))
	}
}

func (p *workers[T]) work(w *worker[T]) {
	for i := p.next.Add(1) - 1; i < p.items; i = p.next.Add(1) - 1 {
		p.item(w, int(i))
	}
}

// settle moves helper k off a core that another worker uses.
func (p *workers[T]) settle(k int) {
	taken := func(c int) bool {
		for i := range p.cores {
			if int(p.cores[i].Load()) == c {
				return true
			}
		}
		return false
	}
	c := core()
	if c >= 0 && taken(c) {
		p.crowded.Store(crowd)
		leave(taken)
		c = core()
	}
	p.cores[k].Store(int64(c))
}

// close ends the helpers and lets go of the network's memory, which the stack of an
// ending helper might still reach.
func (p *workers[T]) close() {
	for _, start := range p.start {
		close(start)
	}
	for range p.start {
		<-p.done
	}
	p.start, p.own, p.item = nil, nil, nil
}
