package simulate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"longtail/internal/stream"
	"longtail/stats"
)

// The samplers of a run.
const (
	Literal   = "literal"   // every sample of the model
	Collapsed = "collapsed" // the few variables of the exact law
)

// Config is what the user chooses about a run. Zero values mean defaults.
type Config struct {
	Trials     int64            // at least 1
	Seed       uint64           // of all random streams
	Sampler    string           // Literal or Collapsed (default)
	Mutation   string           // name of a deliberate error; "" none
	Confidence float64          // of the reported interval, default 0.95; no verdict depends on it
	Workers    int              // default GOMAXPROCS; changes no bit of the result
	Settings   int              // number of settings in the grid that this run is part of
	alpha      float64          // error probability of verdicts that condemn; default decisionAlpha, tests use more
	Progress   func(done int64) // called now and then from one goroutine; may be nil
}

// MaxTrials is the largest run that can be requested. At a few nanoseconds per
// trial it takes days.
const MaxTrials = int64(1e13)

func (c Config) withDefaults() Config {
	if c.Sampler == "" {
		c.Sampler = Collapsed
	}
	if c.Confidence == 0 {
		c.Confidence = 0.95
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.alpha == 0 {
		c.alpha = decisionAlpha
	}
	c.Settings = max(c.Settings, 1)
	return c
}

// Validate returns an error unless the Config is valid with these mutations.
func (c Config) Validate(mutations []Mutation) error {
	c = c.withDefaults()
	switch {
	case c.Trials < 1:
		return fmt.Errorf("trials = %d: at least 1 is needed", c.Trials)
	case c.Trials > MaxTrials:
		return fmt.Errorf("trials = %.3g: at most %.0e can be run; theory gives the exact value without trials", float64(c.Trials), float64(MaxTrials))
	case c.Sampler != Literal && c.Sampler != Collapsed:
		return fmt.Errorf("sampler = %q: choose %s or %s", c.Sampler, Literal, Collapsed)
	case !(c.Confidence > 0 && c.Confidence < 1):
		return fmt.Errorf("confidence = %g: must lie strictly between 0 and 1", c.Confidence)
	case c.Workers < 1:
		return fmt.Errorf("workers = %d: at least 1 is needed", c.Workers)
	}
	if c.Mutation == "" {
		return nil
	}
	var names []string
	for _, m := range mutations {
		if m.Name == c.Mutation {
			return nil
		}
		names = append(names, m.Name)
	}
	return fmt.Errorf("mutate = %q: unknown; choose one of %s", c.Mutation, strings.Join(names, ", "))
}

// sampled is a theorem's sampler together with the comparison of its draws.
type sampled interface {
	experiment() experiment
	result(e experiment, t tally) Result
}

// conduct completes the defaults and runs what prepare returns. invalid is the
// error in the theorem's parameters, if any.
func conduct(ctx context.Context, c Config, mutations []Mutation, invalid error, prepare func(Config) sampled) (Result, error) {
	c = c.withDefaults()
	if err := cmp.Or(invalid, c.Validate(mutations)); err != nil {
		return Result{}, err
	}
	start := time.Now()
	r := c.sample(ctx, prepare(c))
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

// sample draws the configuration's trials and returns the result of the tally.
func (c Config) sample(ctx context.Context, s sampled) Result {
	e := s.experiment()
	var stop func(*tally) bool
	if c.Mutation != "" {
		stop = func(t *tally) bool { r := s.result(e, *t); return r.decided() }
	}
	t, interrupted := e.run(ctx, c, stop)
	r := s.result(e, t)
	r.Interrupted = interrupted
	r.StoppedEarly = !interrupted && t.trials < c.Trials
	return r
}

// literalCost returns an error for a trial so long that a run could not be
// interrupted. draws is the number of normal variables in a literal trial.
func (c Config) literalCost(draws float64) error {
	const most = 1e9 // about ten seconds
	if (c.Sampler == Literal || c.Mutation == "threshold-labels") && draws > most {
		return fmt.Errorf("a literal trial draws %.2g numbers here; at most %.0e can be asked for: use fewer points or the %s sampler without threshold-labels", draws, most, Collapsed)
	}
	return nil
}

// Mutation is a deliberate error of a statement or of a sampler.
type Mutation struct {
	Name, Text string
	sampler    bool // the error is in the sampler: the draws do not follow the true law
}

// sound reports whether the draws follow the true law.
func (c Config) sound(mutations []Mutation) bool {
	return !slices.ContainsFunc(mutations, func(m Mutation) bool { return m.Name == c.Mutation && m.sampler })
}

// batchSize is the number of trials in one batch mean of a smooth statistic, if a
// shard has so many.
const batchSize = 256

// batch returns the number of trials in a batch. It is one if the run is too short
// for two larger ones.
func (e experiment) batch() int {
	if n := min(batchSize, e.shard); e.asked >= 2*int64(n) {
		return n
	}
	return 1
}

// tally is the result of a shard: counts of events and batch means of smooth
// statistics. The theorem defines the indices.
type tally struct {
	trials int64
	counts []int64
	sums   []float64       // of the smooth statistics in the current batch
	means  []stats.Batches // of complete batches
}

func (t *tally) merge(s tally) {
	t.trials += s.trials
	for i, n := range s.counts {
		t.counts[i] += n
	}
	for i, b := range s.means {
		t.means[i].Merge(b)
	}
}

// experiment is one simulation in a form independent of the theorem.
type experiment struct {
	keys          []any // keys of the streams, besides seed and shard: name and parameters
	shard         int   // trials per shard, by shardFor: depends only on the setting
	asked         int64 // trials of the whole run
	counts, means int   // sizes of the tally
	// start prepares a shard whose trials come from src. The function it returns runs
	// the next n trials, all of one batch, and adds to the counts and sums of t. A
	// shorter run must draw the first trials of a longer one. start is called from
	// several goroutines.
	start func(src *rand.PCG) func(n int, t *tally)
}

// draw adds a shard's trials to t, batch by batch.
func (e experiment) draw(src *rand.PCG, trials int, t *tally) {
	next, batch := e.start(src), e.batch()
	for ; trials > 0; trials -= batch {
		n := min(trials, batch)
		clear(t.sums)
		next(n, t)
		if n == batch {
			for i, sum := range t.sums {
				t.means[i].Add(sum / float64(n))
			}
		}
	}
}

// run draws c.Trials trials in shards of fixed size and merges them in shard order.
// So the result depends neither on the number of workers nor on timing, and a
// longer run of the same estimator extends a shorter one. stop, if not nil, is
// called after 1, 2, 4, … shards and ends the run if it returns true. Memory is that
// of a few shards' tallies per worker. If ctx ends, total is what was merged by then
// and interrupted is true.
func (e experiment) run(ctx context.Context, c Config, stop func(*tally) bool) (total tally, interrupted bool) {
	total = e.empty()
	shards := (c.Trials + int64(e.shard) - 1) / int64(e.shard)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	type job struct {
		index int64
		done  chan tally
	}
	jobs := make(chan job)
	inOrder := make(chan job, 4*c.Workers)
	var g errgroup.Group
	g.Go(func() error {
		defer close(jobs)
		defer close(inOrder)
		for i := range shards {
			j := job{i, make(chan tally, 1)}
			// A job enters both queues or neither, so the merger never waits
			// for a shard that nobody computes.
			select {
			case jobs <- j:
				inOrder <- j
			case <-ctx.Done():
				return nil
			}
		}
		return nil
	})
	for range c.Workers {
		g.Go(func() error {
			for j := range jobs {
				trials := min(int64(e.shard), c.Trials-j.index*int64(e.shard))
				t := e.empty()
				t.trials = trials
				keys := append(append([]any{}, e.keys...), c.Seed, j.index)
				e.draw(stream.Source(keys...), int(trials), &t)
				j.done <- t
			}
			return nil
		})
	}
	merged, stopped := int64(0), false
	for j := range inOrder {
		t := <-j.done
		if stopped || ctx.Err() != nil {
			continue // draining
		}
		total.merge(t)
		merged++
		if c.Progress != nil {
			c.Progress(total.trials)
		}
		if stop != nil && merged&(merged-1) == 0 && merged < shards && stop(&total) {
			stopped = true
			cancel()
		}
	}
	g.Wait()
	return total, merged < shards && !stopped
}

func (e experiment) empty() tally {
	return tally{counts: make([]int64, e.counts), sums: make([]float64, e.means), means: make([]stats.Batches, e.means)}
}

// look returns the number of the look for a run of so many trials.
func (e experiment) look(trials int64) int {
	return stats.Look((trials + int64(e.shard) - 1) / int64(e.shard))
}

// shardFor returns the shard size for trials of so many elementary draws each. A
// shard takes about 10 ms, so that an interrupt is answered at once, and is a whole
// number of batches if it has more than one.
func shardFor(cost int) int {
	const draws = 1 << 20
	trials := max(1, draws/max(cost, 1))
	if trials > batchSize {
		trials -= trials % batchSize
	}
	return trials
}
