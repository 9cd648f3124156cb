package nn

import (
	"sync"
	"sync/atomic"

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
	own   []*worker[T] // the first belongs to the goroutine that calls run
	start []chan struct{}
	next  atomic.Int64
	items int64
	item  func(w *worker[T], i int)
	busy  sync.WaitGroup
	cores []atomic.Int64 // where each worker was when it last began; −1: not known
}

func newWorkers[T kernel.Float](own []*worker[T]) *workers[T] {
	p := &workers[T]{own: own, cores: make([]atomic.Int64, len(own))}
	for k := range own {
		p.cores[k].Store(-1)
	}
	for k := range own[1:] {
		start := make(chan struct{}, 1)
		p.start = append(p.start, start)
		go func() {
			for range start {
				p.settle(k + 1)
				p.work(own[k+1])
				p.busy.Done()
			}
		}()
	}
	return p
}

// run calls item for 0 ≤ i < items and returns when all are done.
func (p *workers[T]) run(items int, item func(w *worker[T], i int)) {
	p.items, p.item = int64(items), item
	p.next.Store(0)
	helpers := p.start[:min(len(p.start), max(items-1, 0))]
	p.busy.Add(len(helpers))
	if len(helpers) > 0 {
		p.cores[0].Store(int64(core()))
	}
	for _, start := range helpers {
		start <- struct{}{}
	}
	p.work(p.own[0])
	p.busy.Wait()
}

func (p *workers[T]) work(w *worker[T]) {
	for i := p.next.Add(1) - 1; i < p.items; i = p.next.Add(1) - 1 {
		p.item(w, int(i))
	}
}

// settle moves helper k off a core that a worker before it is on.
func (p *workers[T]) settle(k int) {
	on := func(workers []atomic.Int64, c int) bool {
		for i := range workers {
			if int(workers[i].Load()) == c {
				return true
			}
		}
		return false
	}
	c := core()
	if c >= 0 && on(p.cores[:k], c) {
		leave(func(c int) bool { return on(p.cores, c) })
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
