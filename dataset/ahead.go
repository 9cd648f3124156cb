package dataset

import "sync"

// Ahead is a Source that makes the batches after the one that was asked for
// while the trainer works. Batches are pure functions of epoch and step, so it
// changes nothing but time. Its memory is bounded: depth batches, whatever
// happens.
type Ahead struct {
	from  Source
	size  int // floats of an image
	depth int

	mu      sync.Mutex
	pending map[place]*made
	free    []*made
	closed  bool
	running sync.WaitGroup
}

type place struct{ epoch, step int }

// made is a batch that is being made; done closes when it is there. Nobody
// waits for a stale one.
type made struct {
	done  chan struct{}
	stale bool
	x     []float32
	y     []int32
	n     int
	err   error
}

// NewAhead makes up to depth batches of from ahead, each in a goroutine of its
// own; a batch has at most batch images of 3×height×width floats.
func NewAhead(from Source, depth, batch, height, width int) *Ahead {
	a := &Ahead{from: from, size: Channels * height * width, depth: depth, pending: map[place]*made{}}
	for range depth {
		a.free = append(a.free, &made{x: make([]float32, batch*a.size), y: make([]int32, batch)})
	}
	return a
}

// Steps returns the batches of an epoch.
func (a *Ahead) Steps(epoch int) int { return a.from.Steps(epoch) }

// Batch implements Source.
func (a *Ahead) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	at := place{epoch, step}
	a.mu.Lock()
	m := a.pending[at]
	delete(a.pending, at)
	if m == nil { // the trainer went elsewhere: what is being made is of no use
		for _, other := range a.pending {
			other.stale = true
			select {
			case <-other.done:
				a.free = append(a.free, other)
			default: // its goroutine gives it back
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
		return a.from.Batch(epoch, step, x, y) // for the error, or a buffer of another size
	}
	return n, nil
}

// start begins the batches that follow at, as buffers allow. mu is held.
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

// Close waits for the batches being made. Batch may still be called.
func (a *Ahead) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.running.Wait()
}
