package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/theory"
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

// The number of workers changes nothing in a result but its duration; another seed does.
func TestRunDoesNotDependOnWorkers(t *testing.T) {
	one, two, three := theorem1Settings[7], theorem2Settings[2], theorem3Settings
	small := theory.Theorem3{D: 3, PPos: 0.3, Beta: 4, NPos: 4, NNeg: 9}
	for _, s := range []struct {
		name string
		run  func(c Config) (any, error)
		c    Config
	}{
		{"Theorem 1", func(c Config) (any, error) { return Theorem1(t.Context(), one.m, one.delta, c) }, Config{Trials: 300_001}},
		{"Theorem 1", func(c Config) (any, error) { return Theorem1(t.Context(), one.m, one.delta, c) }, Config{Trials: 300_001, Sampler: Literal}},
		{"Theorem 2", func(c Config) (any, error) { return Theorem2(t.Context(), two.m, two.u, c) }, Config{Trials: 1_000_001}},
		{"Theorem 2", func(c Config) (any, error) { return Theorem2(t.Context(), two.m, two.u, c) }, Config{Trials: 1_000_001, Sampler: Literal}},
		{"Theorem 3", func(c Config) (any, error) { return Theorem3(t.Context(), three[0].m, three[0].delta, c) }, Config{Trials: 200_001}},
		{"Theorem 3, weighted", func(c Config) (any, error) { return Theorem3(t.Context(), three[7].m, three[7].delta, c) }, Config{Trials: 140_001}},
		{"Theorem 3", func(c Config) (any, error) { return Theorem3(t.Context(), three[5].m, three[5].delta, c) }, Config{Trials: 300_001, Sampler: Literal}},
		{"quadratic", func(c Config) (any, error) { return quadratic(t.Context(), small, c) }, Config{Trials: 9}},
		{"masked", func(c Config) (any, error) { return masked(t.Context(), theory.MaskedSetting, c) }, Config{Trials: 999}},
	} {
		t.Run(s.name+" "+s.c.Sampler, func(t *testing.T) {
			run := func(seed uint64, workers int) any {
				c := s.c
				c.Seed, c.Workers = seed, workers
				return must(s.run(c))
			}
			diff := func(a, b any) string {
				return cmp.Diff(a, b, cmp.AllowUnexported(maskedResult{}), cmp.FilterPath(func(p cmp.Path) bool {
					return p.Last().String() == ".Seconds" || p.Last().String() == ".Seed"
				}, cmp.Ignore()))
			}
			first := run(5, 1)
			for _, workers := range []int{2, 5} {
				if d := diff(first, run(5, workers)); d != "" {
					t.Errorf("%d workers (-1 worker):\n%s", workers, d)
				}
			}
			if diff(first, run(6, 1)) == "" {
				t.Error("another seed gives the same draws")
			}
		})
	}
}

// The procedure's own error rate: at a decision level of 20 % at the first look
// in place of 5e-7, true statements are condemned in at most 20 % of runs by
// either word, and the check is not merely deaf.
func TestErrorRate(t *testing.T) {
	type row struct {
		name      string
		run       func(c Config) (Result, error)
		trials    int64
		few, soak int     // runs
		verdict   float64 // share that may be violated: a word that rests on one side of an interval has half
		deaf      bool    // no run may disagree: few runs, or intervals that hold for every law
		atBound   bool    // some runs must be violated
	}
	soak := os.Getenv("LONGTAIL_SOAK") != ""
	var rows []row
	for _, i := range []int{0, 7, 8, 10} {
		s := theorem1Settings[i]
		rows = append(rows, row{"Theorem 1, " + s.name, func(c Config) (Result, error) { return Theorem1(t.Context(), s.m, s.delta, c) }, 20_000, 400, 20_000, 0.2, i == 8, false})
	}
	floor := theory.Theorem2{PPos: 0.5, Beta: 1e12} // errs with 0.250001
	rows = append(rows, row{"Theorem 2, at the floor", func(c Config) (Result, error) { return Theorem2(t.Context(), floor, 6, c) }, 20_000, 400, 20_000, 0.1, false, true})
	for _, s := range theorem2Settings[3:5] {
		rows = append(rows, row{"Theorem 2, " + s.name, func(c Config) (Result, error) { return Theorem2(t.Context(), s.m, s.u, c) }, 20_000, 400, 20_000, 0.1, false, false})
	}
	for _, i := range []int{0, 3, 5} {
		s := theorem3Settings[i]
		rows = append(rows, row{"Theorem 3, " + s.name, func(c Config) (Result, error) { return Theorem3(t.Context(), s.m, s.delta, c) }, 10_000, 30, 5000, 0.2, !soak, false})
	}
	for _, s := range rows {
		runs, law, verdict := s.few, 0, 0
		if soak {
			runs = s.soak
		}
		for seed := range runs {
			r := must(s.run(Config{Trials: s.trials, Seed: uint64(seed), alpha: 0.4}))
			law += int(theory.Flag(r.Law == Disagrees))
			verdict += int(theory.Flag(r.Verdict == Violated))
		}
		limit := func(share float64) int {
			return int(share*float64(runs) + 4*math.Sqrt(share*(1-share)*float64(runs)))
		}
		t.Logf("%s: of %d runs %d disagree, %d violate", s.name, runs, law, verdict)
		if law > limit(0.2) || verdict > limit(s.verdict) || law == 0 && !s.deaf || verdict == 0 && s.atBound {
			t.Errorf("%s: of %d runs of a true statement %d disagree and %d violate, at 20 %% and %g %%", s.name, runs, law, verdict, 100*s.verdict)
		}
	}
}

// Seeds of true statements give neither word that condemns: 10,000 where
// LONGTAIL_SOAK is set.
func TestSeeds(t *testing.T) {
	check := func(name string, few int, prepare func(Config) sampled) {
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
	for _, s := range theorem1Settings {
		check("Theorem 1, "+s.name, 60, func(c Config) sampled { return newTheorem1Run(s.m, s.delta, c) })
	}
	for _, s := range theorem2Settings {
		check("Theorem 2, "+s.name, 8, func(c Config) sampled { return newTheorem2Run(s.m, s.u, c) })
	}
	for _, s := range theorem3Settings {
		check("Theorem 3, "+s.name, 4, func(c Config) sampled { return newTheorem3Run(s.m, s.delta, c) })
	}
}

func TestBadInput(t *testing.T) {
	of := func(_ Result, err error) error { return err }
	ctx, c := t.Context(), Config{Trials: 10}
	one, none := theorem1Settings[0].m, theorem1Settings[0].m
	none.NPos = 0
	two, three := theory.Theorem2{PPos: 0.3, Beta: 10}, theorem3Settings[0].m
	large := theory.Theorem3{D: 100_000_000, PPos: 0.1, Beta: 4, NPos: 1, NNeg: 1_000_000_000}
	for what, err := range map[string]error{
		"u = NaN": of(Theorem2(ctx, two, math.NaN(), c)), "u = -Inf": of(Theorem2(ctx, two, math.Inf(-1), c)),
		"p₊ = 2": of(Theorem2(ctx, theory.Theorem2{PPos: 2, Beta: 10}, 1, c)), "the largest δ": of(Theorem3(ctx, three, three.MaxDelta(), c)),
		"no positives":            of(Theorem3(ctx, theory.Theorem3{D: 4, PPos: 0.2, Beta: 5, NNeg: 20}, 0.3, c)),
		"Theorem 1, no positives": of(Theorem1(ctx, none, 0.3, c)), "Theorem 1, δ = 0": of(Theorem1(ctx, one, 0, c)),
		"no trials": of(Theorem3(ctx, three, 0.3, Config{})), "Theorem 1's mutation": of(Theorem3(ctx, three, 0.3, Config{Trials: 10, Mutation: "no-nine"})),
		"a trial of 1e17 literal draws": of(Theorem3(ctx, large, 0.3, Config{Trials: 10, Sampler: Literal})),
	} {
		if err == nil {
			t.Errorf("%s is accepted", what)
		}
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
