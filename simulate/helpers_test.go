package simulate

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/stream"
)

// trueSeeds runs a true statement with many seeds, of which none may be
// condemned: 10,000 where LONGTAIL_SOAK is set.
func trueSeeds(t *testing.T, name string, few int, prepare func(Config) sampled) {
	if os.Getenv("LONGTAIL_SOAK") != "" {
		few = 10_000
	}
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		c := Config{Trials: 20_000}.withDefaults()
		run := prepare(c) // does not depend on the seed
		for seed := range few {
			c.Seed = uint64(seed)
			if r := c.sample(context.Background(), run); r.Condemned() {
				t.Errorf("seed %d: %+v", seed, r)
			}
		}
		t.Logf("%d seeds", few)
	})
}

func must[T any](r T, err error) T {
	if err != nil {
		panic(err)
	}
	return r
}

// sameWithAnyWorkers runs what the number of workers must not change, but for its duration.
func sameWithAnyWorkers(t *testing.T, run func(workers int) any) {
	t.Helper()
	duration := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Seconds" }, cmp.Ignore())
	one := run(1)
	for _, workers := range []int{2, 5} {
		if d := cmp.Diff(one, run(workers), duration, cmp.AllowUnexported(maskedResult{})); d != "" {
			t.Errorf("%d workers (-1 worker):\n%s", workers, d)
		}
	}
}

func source(seed int) *rand.PCG { return stream.Source("test", seed) }

// condemned counts the seeds whose law disagrees, and those whose verdict is violated.
func condemned(seeds int, run func(seed uint64) Result) (law, verdict int) {
	for seed := range seeds {
		r := run(uint64(seed))
		if r.Law == Disagrees {
			law++
		}
		if r.Verdict == Violated {
			verdict++
		}
	}
	return law, verdict
}
