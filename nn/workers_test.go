package nn

import (
	"sync/atomic"
	"testing"
	"time"
)

// Every item of every phase is done once and before run returns, whether workers
// wait actively or sleep, with more workers than items and than cores.
func TestWorkersDoEveryItemOnce(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5} {
		own := make([]*worker[float32], n)
		for k := range own {
			own[k] = &worker[float32]{}
		}
		p := newWorkers(own)
		for phase := range 200 {
			p.crowded.Store(int64(phase / 20 % 2 * 3)) // for a while it expires, for a while there is none
			items := phase % 7
			done := make([]atomic.Int64, items)
			p.run(items, func(_ *worker[float32], i int) { done[i].Add(1) })
			for i := range done {
				if c := done[i].Load(); c != 1 {
					t.Fatalf("%d workers, phase %d: item %d done %d times", n, phase, i, c)
				}
			}
		}
		p.crowded.Store(2)
		for want := range 2 {
			p.run(1, func(*worker[float32], int) {})
			if got := p.crowded.Load(); got != int64(1-want) {
				t.Errorf("crowded for %d more phases, want %d", got, 1-want)
			}
		}
		p.close()
	}
}

// Where a helper was in an earlier phase is no longer taken.
func TestWorkersForgetCores(t *testing.T) {
	p := newWorkers([]*worker[float32]{{}, {}, {}})
	defer p.close()
	for k := range p.cores {
		p.cores[k].Store(1 << 20)
	}
	p.run(2, func(*worker[float32], int) {}) // the second helper has nothing to do
	if here, first, second := p.cores[0].Load(), p.cores[1].Load(), p.cores[2].Load(); here == 1<<20 || first == 1<<20 || second != -1 {
		t.Errorf("cores %d, %d, %d after a phase of two workers", here, first, second)
	}
}

// Once closed, no helper is left that holds the network's memory.
func TestCloseWaitsForHelpers(t *testing.T) {
	for range 20 {
		p := newWorkers([]*worker[float32]{{}, {}, {}})
		p.run(8, func(*worker[float32], int) {})
		p.close()
		if p.own != nil || p.item != nil {
			t.Fatal("memory is kept")
		}
		time.Sleep(time.Millisecond)
		if n := len(p.done); n > 0 {
			t.Fatalf("%d helpers ended after it", n)
		}
	}
}
