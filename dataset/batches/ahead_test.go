package batches

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"longtail/dataset"

	"go.uber.org/goleak"
)

// counted is a source that counts the batches in the making.
type counted struct {
	Source
	now, most, all atomic.Int32
	fail           place
}

func (c *counted) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	c.all.Add(1)
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
	if c.fail == (place{epoch, step}) {
		return 0, errors.New("damaged image")
	}
	time.Sleep(time.Millisecond)
	return c.Source.Batch(epoch, step, x, y)
}

func TestAheadChangesNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	l := trainingList(t)
	plain := uniform(t, l, Options{Batch: 64, Keys: []any{"test"}})
	const depth = 3
	from := &counted{Source: plain, fail: place{-1, 0}}
	a := NewAhead(from, depth, 64, 28, 28)
	const size = 64
	steps := plain.Steps(0)
	if a.Steps(0) != steps {
		t.Fatal("steps")
	}
	same := func(epoch, step int) {
		t.Helper()
		if !fetch(t, a, size, epoch, step).equal(fetch(t, plain, size, epoch, step)) {
			t.Fatalf("epoch %d step %d differs", epoch, step)
		}
	}
	for epoch := range 2 {
		for step := range min(steps, 12) {
			same(epoch, step)
		}
	}
	for _, at := range []place{{5, 3}, {5, 4}, {0, 0}, {0, 0}, {2, steps - 1}, {3, 0}, {3, 1}} { // resumed elsewhere
		same(at.epoch, at.step)
	}
	if most := from.most.Load(); most > depth+1 {
		t.Errorf("%d batches at once, %d are allowed", most, depth+1)
	}
	before := from.all.Load()
	for step := 2; step < 12; step++ {
		same(3, step)
	}
	if made := from.all.Load() - before; made > 10+depth {
		t.Errorf("%d batches were made for 10", made)
	}
	a.Close()
	same(9, 0)
}

func TestAheadTellsErrors(t *testing.T) {
	defer goleak.VerifyNone(t)
	from := &counted{Source: uniform(t, trainingList(t), Options{Batch: 16}), fail: place{0, 2}}
	a := NewAhead(from, 2, 16, 28, 28)
	defer a.Close()
	x, y := make([]float32, 16*dataset.Channels*28*28), make([]int32, 16)
	for step := range 4 {
		_, err := a.Batch(0, step, x, y)
		if (err != nil) != (step == 2) {
			t.Errorf("step %d: %v", step, err)
		}
	}
	if _, err := a.Batch(0, 0, x[:10], y); err == nil {
		t.Error("a buffer that is too small")
	}
}
