// Package parallel runs a loop on all cores.
package parallel

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Each calls f for 0 to n−1, on as many goroutines as there are cores, each taking
// run consecutive numbers at a time. It returns the first error, after which no
// further run begins and the runs under way end early. With n ≤ run everything happens in the caller's goroutine.
func Each(n, run int, f func(i int) error) error {
	if n <= run { // not worth a goroutine
		for i := range n {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < n && ctx.Err() == nil; first += run {
		g.Go(func() error {
			for i := first; i < min(first+run, n); i++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := f(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
