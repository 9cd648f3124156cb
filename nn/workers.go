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
	joint    []T    // what images that went one by one go on with together
}

// workers runs the items of one phase after another. Items are taken from a
// queue, so a thread that is held up takes fewer; what an item computes never
// depends on who computes it. Beside a busy process an operating system may leave
// two workers on one core and the other process alone on the next, so a worker
// that wakes where another one is goes elsewhere.
type workers[T kernel.Float] struct {
	own      []*worker[T] // the first belongs to the goroutine that calls run
	start    []chan struct{}
	done     chan struct{} // from every helper once a phase
	next     atomic.Int64
	begun    atomic.Int64 // helpers that have begun with this phase
	items    int64
	item     func(w *worker[T], i int)
	cores    []atomic.Int64 // where each worker was when it began with this phase; −1: it has not
	patience time.Duration  // how long a worker waits actively
	crowded  atomic.Int64   // phases for which none does
}

// patience is longer than what lies between two phases of a step. To sleep and to
// be woken costs a third of a millisecond on a virtual machine, sixty times a step.
const patience = time.Millisecond

// crowd is for how many phases nobody waits actively after a helper had to leave a
// core: another process wants the cores, and what is spent on waiting comes off our
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

// help is the life of helper k.
func (p *workers[T]) help(k int, start <-chan struct{}) {
	for p.await(start, true) {
		p.begun.Add(1)
		p.settle(k)
		p.work(p.own[k])
		p.done <- struct{}{}
	}
}

// await receives from c, actively for a while if that is worth it, and reports
// whether it is open.
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
	for range helpers { // one that has not begun may need this goroutine's turn to run
		p.await(p.done, p.begun.Load() == int64(len(helpers)))
	}
}

func (p *workers[T]) work(w *worker[T]) {
	for i := p.next.Add(1) - 1; i < p.items; i = p.next.Add(1) - 1 {
		p.item(w, int(i))
	}
}

// settle moves helper k off a core that another worker is on.
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

func (p *workers[T]) close() {
	for _, start := range p.start {
		close(start)
	}
	p.start = nil
}
