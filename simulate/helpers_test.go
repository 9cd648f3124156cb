package simulate

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"

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
