package batches

import (
	"sync"

	"longtail/dataset"
)

// Ahead is a Source that makes the next batches of another source while the trainer
// works. Batches are pure functions of epoch and step, so only the time changes. It
// holds at most depth batches.
type Ahead struct {
	from  Source
	size  int // floats per image
	depth int

	mu      sync.Mutex
	pending map[place]*made
	free    []*made
	closed  bool
	running sync.WaitGroup
}

type place struct{ epoch, step int }

// made is a batch in preparation; done is closed when it is ready. Nobody waits for a
// stale one.
type made struct {
	done  chan struct{}
	stale bool
	x     []float32
	y     []int32
	n     int
	err   error
}

// NewAhead returns a source that makes up to depth batches of from ahead, each in its
// own goroutine. A batch has at most batch images of 3×height×width floats.
func NewAhead(from Source, depth, batch, height, width int) *Ahead {
	a := &Ahead{from: from, size: dataset.Channels * height * width, depth: depth, pending: map[place]*made{}}
	for range depth {
		a.free = append(a.free, &made{x: make([]float32, batch*a.size), y: make([]int32, batch)})
	}
	return a
}

// Steps returns the number of batches in an epoch.
func (a *Ahead) Steps(epoch int) int { return a.from.Steps(epoch) }

// Batch implements Source.
func (a *Ahead) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	at := place{epoch, step}
	a.mu.Lock()
	m := a.pending[at]
	delete(a.pending, at)
	if m == nil { // the trainer jumped: the batches in preparation are useless
		for _, other := range a.pending {
			other.stale = true
			select {
			case <-other.done:
				a.free = append(a.free, other)
			default: // its goroutine returns it to free
			}
		}
		clear(a.pending)
		a.start(at)
		a.mu.Unlock()
		return a.from.Batch(epoch, step, x, y)
	}
	a.mu.Unlock()
	<-m.done
	n, err := m.n, m.err
	fits := len(x) >= n*a.size && len(y) >= n
	if err == nil && fits {
		copy(x, m.x[:n*a.size])
		copy(y, m.y[:n])
	}
	a.mu.Lock()
	a.free = append(a.free, m)
	a.start(at)
	a.mu.Unlock()
	if err != nil || !fits {
		return a.from.Batch(epoch, step, x, y) // returns the error, or rejects the buffer
	}
	return n, nil
}

// start begins the batches that follow at, as far as buffers are free. The caller
// holds mu.
func (a *Ahead) start(at place) {
	for range a.depth {
		if at.step++; at.step >= a.from.Steps(at.epoch) {
			if at = (place{at.epoch + 1, 0}); a.from.Steps(at.epoch) == 0 {
				return
			}
		}
		if a.pending[at] != nil {
			continue
		}
		if a.closed || len(a.free) == 0 {
			return
		}
		m := a.free[len(a.free)-1]
		a.free = a.free[:len(a.free)-1]
		m.done, m.stale = make(chan struct{}), false
		a.pending[at] = m
		here := at
		a.running.Go(func() {
			n, err := a.from.Batch(here.epoch, here.step, m.x, m.y)
			a.mu.Lock()
			defer a.mu.Unlock()
			m.n, m.err = n, err
			if m.stale {
				a.free = append(a.free, m)
			}
			close(m.done)
		})
	}
}

// Close waits for the batches in preparation. Batch may still be called.
func (a *Ahead) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.running.Wait()
}
