package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dice is an experiment with one count and one smooth mean.
func dice() experiment {
	return experiment{
		keys: []any{"dice"}, shard: 4 * batchSize, asked: 1 << 40, counts: 1, means: 1,
		start: func(src *rand.PCG) func(n int, t *tally) {
			r := rand.New(src)
			return func(n int, t *tally) {
				for range n {
					x := r.Float64()
					t.counts[0] += beyond(x, 0.75)
					t.sums[0] += x
				}
			}
		},
	}
}

func TestRunDoesNotDependOnWorkers(t *testing.T) {
	var first tally
	for i, workers := range []int{1, 2, 5, 16} {
		got, interrupted := dice().run(context.Background(), Config{Trials: 100_000, Seed: 3, Workers: workers}, nil)
		if interrupted || got.trials != 100_000 {
			t.Errorf("%d workers: %d trials, interrupted %v", workers, got.trials, interrupted)
		}
		if i == 0 {
			first = got
		} else if d := cmp.Diff(first, got, cmp.AllowUnexported(tally{})); d != "" {
			t.Errorf("%d workers (-1 worker):\n%s", workers, d)
		}
	}
	if p := ratio(first.counts[0], first.trials); math.Abs(p-0.25) > 0.01 {
		t.Errorf("frequency %g", p)
	}
}

// A longer run goes through the states of a shorter one.
func TestLongerRunExtends(t *testing.T) {
	e := dice()
	short := map[int64]int64{}
	for _, shards := range []int64{1, 2, 4, 8} {
		r, _ := e.run(context.Background(), Config{Trials: shards * int64(e.shard), Workers: 2}, nil)
		short[r.trials] = r.counts[0]
	}
	looks := 0
	e.run(context.Background(), Config{Trials: 20 * int64(e.shard), Workers: 3}, func(t2 *tally) bool {
		if want, ok := short[t2.trials]; ok {
			looks++
			if t2.counts[0] != want {
				t.Errorf("after %d trials: count %d, a run of that length had %d", t2.trials, t2.counts[0], want)
			}
		}
		return false
	})
	if looks != 4 {
		t.Errorf("%d looks matched", looks)
	}
	// A partial last shard draws the first trials of the whole one.
	part, whole := e.empty(), e.empty()
	src := source(9)
	e.draw(src, 300, &part)
	e.draw(src, e.shard-300, &part)
	e.draw(source(9), e.shard, &whole)
	if part.counts[0] != whole.counts[0] {
		t.Errorf("300 trials and the rest count %d, the whole shard %d", part.counts[0], whole.counts[0])
	}
}

func TestStopAndInterrupt(t *testing.T) {
	e := dice()
	got, interrupted := e.run(context.Background(), Config{Trials: 1000 * int64(e.shard), Workers: 2}, func(t *tally) bool { return t.trials >= 8*int64(e.shard) })
	if interrupted || got.trials != 8*int64(e.shard) {
		t.Errorf("stopped at %d trials, interrupted %v", got.trials, interrupted)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := Config{Trials: 1_000_000 * int64(e.shard), Workers: 2, Progress: func(done int64) {
		if done >= 5*int64(e.shard) {
			cancel()
		}
	}}
	got, interrupted = e.run(ctx, c, nil)
	if !interrupted || got.trials < 5*int64(e.shard) || got.trials > 1000*int64(e.shard) {
		t.Errorf("interrupted %v after %d trials", interrupted, got.trials)
	}
	// What is there is the run of that length.
	again, _ := e.run(context.Background(), Config{Trials: got.trials, Workers: 1}, nil)
	if d := cmp.Diff(again, got, cmp.AllowUnexported(tally{})); d != "" {
		t.Errorf("interrupted run differs from the run of its length:\n%s", d)
	}
}

// What is kept grows with the workers, not with the trials.
func TestMemoryOfLongRuns(t *testing.T) {
	e := dice()
	kept := func(shards int64) (heap uint64) {
		trials := shards * int64(e.shard)
		e.run(t.Context(), Config{Trials: trials, Workers: 2, Progress: func(done int64) {
			if done == trials {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				heap = m.HeapAlloc
			}
		}}, nil)
		return heap
	}
	kept(10)
	if short, long := kept(100), kept(20_000); long > short+400_000 {
		t.Errorf("after 100 shards %d bytes are held, after 20,000 %d", short, long)
	}
}

func TestBeyond(t *testing.T) {
	for _, c := range []struct {
		x, limit float64
		want     int64
	}{{0, 1, 0}, {1, 1, 0}, {-1, 1, 0}, {math.Nextafter(1, 2), 1, 1}, {-1.5, 1, 1}, {5e-324, 1e-300, 0}, {-1e300, 1e-300, 1}} {
		if got := beyond(c.x, c.limit); got != c.want {
			t.Errorf("beyond(%g, %g) = %d", c.x, c.limit, got)
		}
	}
}

func TestShardSizes(t *testing.T) {
	for _, cost := range []int{0, 1, 8, 100, 4096, 5000, 1 << 20, 1 << 30} {
		n := shardFor(cost)
		if n < 1 || n > batchSize && n%batchSize != 0 {
			t.Errorf("cost %d: shard of %d", cost, n)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		edit func(*Config)
		want string
	}{
		{func(c *Config) { c.Trials = 0 }, "trials = 0"},
		{func(c *Config) { c.Trials = -5 }, "trials = -5"},
		{func(c *Config) { c.Trials = 1e18 }, "trials = 1e+18"},
		{func(c *Config) { c.Sampler = "exact" }, `sampler = "exact"`},
		{func(c *Config) { c.Mutation = "no-ten" }, `mutate = "no-ten": unknown; choose one of no-nine`},
		{func(c *Config) { c.Confidence = 1 }, "confidence = 1"},
		{func(c *Config) { c.Confidence = math.NaN() }, "confidence = NaN"},
		{func(c *Config) { c.Workers = -1 }, "workers = -1"},
	} {
		cfg := Config{Trials: 10}
		c.edit(&cfg)
		if err := cfg.Validate(Theorem1Mutations()); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %s", cfg, err, c.want)
		}
	}
}
