package parallel

import (
	"errors"
	"sync/atomic"
	"testing"
)

func TestEachCallsOnce(t *testing.T) {
	for _, n := range []int{0, 1, 4, 5, 1000} {
		calls := make([]atomic.Int32, n)
		if err := Each(n, 4, func(i int) error { calls[i].Add(1); return nil }); err != nil {
			t.Fatal(err)
		}
		for i := range calls {
			if c := calls[i].Load(); c != 1 {
				t.Errorf("n = %d: %d calls for %d", n, c, i)
			}
		}
	}
}

func TestEachStopsAtAnError(t *testing.T) {
	damaged := errors.New("damaged")
	for _, n := range []int{3, 100_000} {
		var after atomic.Int32
		failed := make(chan struct{})
		err := Each(n, 4, func(i int) error {
			if i == 1 {
				close(failed)
				return damaged
			}
			if i > 1 {
				<-failed
			}
			after.Add(1)
			return nil
		})
		if !errors.Is(err, damaged) || int(after.Load()) > n/2 {
			t.Errorf("n = %d: error %v after %d other calls", n, err, after.Load())
		}
	}
}
