package nn

import (
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A helper that wakes on the core of another worker moves to a free one, and may
// run afterwards wherever it might before. On a single core it stays.
func TestSettle(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var allowed, after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	defer unix.SchedSetaffinity(0, &allowed)
	for c := range 8 * int(unsafe.Sizeof(allowed)) {
		if !allowed.IsSet(c) {
			continue
		}
		var plain unix.CPUSet
		plain.Set(c)
		if err := unix.SchedSetaffinity(0, &plain); err != nil || core() != c {
			t.Skipf("bound to core %d the thread runs on %d (%v): there is nothing to settle by", c, core(), err)
		}
	}
	if err := unix.SchedSetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	p := &workers[float32]{cores: make([]atomic.Int64, 2)}
	moved := 0
	for range 50 {
		p.cores[1].Store(-1) // as run leaves it
		p.crowded.Store(0)
		here := core()
		p.cores[0].Store(int64(here))
		p.settle(1)
		if p.crowded.Load() == 0 {
			if int(p.cores[1].Load()) != here { // the system moved it before it could see
				continue
			}
			t.Fatalf("core %d is not seen to be taken", here)
		}
		switch now := int(p.cores[1].Load()); {
		case !allowed.IsSet(now):
			t.Fatalf("the helper went to core %d", now)
		case now != here:
			moved++
		}
		if err := unix.SchedGetaffinity(0, &after); err != nil || after != allowed {
			t.Fatalf("it may run on %d cores now, on %d before (%v)", after.Count(), allowed.Count(), err)
		}
	}
	if allowed.Count() > 1 && moved == 0 { // the system may move it back at once, the more often the more it has to do
		t.Errorf("moved %d times of 50; it may run on %d cores", moved, allowed.Count())
	}

	var one unix.CPUSet
	only := core()
	one.Set(only)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	p.cores[0].Store(int64(only))
	p.cores[1].Store(-1)
	p.settle(1)
	if now := core(); now != only {
		t.Fatalf("moved to core %d; it may run on %d alone", now, only)
	}
}
