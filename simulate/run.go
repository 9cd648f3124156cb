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

// Config is what the user chooses about a run. Zero values are defaults.
type Config struct {
	Trials     int64            // at least 1
	Seed       uint64           //
	Sampler    string           // Literal or Collapsed (default)
	Mutation   string           // name of a deliberate error; "" none
	Confidence float64          // of the reported interval, default 0.95; decides nothing
	Workers    int              // default GOMAXPROCS; changes no bit of the result
	Settings   int              // number of settings in the grid that this run is part of
	alpha      float64          // of the words that condemn; default decisionAlpha, tests use more
	Progress   func(done int64) // called now and then from one goroutine; nil: not
}

// MaxTrials is the largest run that can be asked for: at a few nanoseconds a
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

// Validate checks a Config against the mutations that the simulation knows.
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
	if names == nil {
		return fmt.Errorf("mutate = %q: this simulation has no mutations", c.Mutation)
	}
	return fmt.Errorf("mutate = %q: unknown; choose one of %s", c.Mutation, strings.Join(names, ", "))
}

// sampled is a theorem's sampler and what its draws are compared with.
type sampled interface {
	experiment() experiment
	result(e experiment, t tally) Result
}

// conduct runs what prepare makes of the configuration with its defaults.
// invalid is what is wrong with the theorem's parameters, if anything.
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

// sample draws the configuration's trials and reads the tally.
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

// literalCost refuses a trial so long that a run could not be interrupted:
// draws is the number of normal variables in a literal one.
func (c Config) literalCost(draws float64) error {
	const most = 1e9 // some ten seconds
	if (c.Sampler == Literal || c.Mutation == "threshold-labels") && draws > most {
		return fmt.Errorf("a literal trial draws %.2g numbers here; at most %.0e can be asked for: use fewer points or the %s sampler without threshold-labels", draws, most, Collapsed)
	}
	return nil
}

// Mutation is a deliberate error of a statement or of a sampler.
type Mutation struct {
	Name, Text string
	sampler    bool // the error is the sampler's: what is drawn is not of the true law
}

// sound says that what is drawn is of the true law.
func (c Config) sound(mutations []Mutation) bool {
	return !slices.ContainsFunc(mutations, func(m Mutation) bool { return m.Name == c.Mutation && m.sampler })
}

// batchSize is the number of trials whose mean is one batch of a smooth
// statistic, where a shard has so many.
const batchSize = 256

// batch is the number of trials in a batch: one where the run is too short for
// two larger ones.
func (e experiment) batch() int {
	if n := min(batchSize, e.shard); e.asked >= 2*int64(n) {
		return n
	}
	return 1
}

// tally is what a shard leaves: counts of events and batch means of smooth
// statistics. What each index means is up to the theorem.
type tally struct {
	trials int64
	counts []int64
	sums   []float64       // of the smooth statistics in the batch that is being drawn
	means  []stats.Batches // of whole batches
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

// experiment is one simulation as the frame sees it.
type experiment struct {
	keys          []any // what the streams are keyed by, beside seed and shard: name and parameters
	shard         int   // trials in a shard, by shardFor: a function of the setting alone
	asked         int64 // trials of the whole run
	counts, means int   // sizes of the tally
	// start prepares a shard whose trials come from src. What it gives runs the next n of
	// them, all of one batch, and adds to the counts and sums of t. A run of fewer trials
	// must draw the first ones of a longer run. It is called from several goroutines.
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

// run draws c.Trials trials in shards of fixed size and merges them in shard
// order, so that the result depends neither on the number of workers nor on
// timing, and a longer run of the same estimator extends a shorter one. stop, if
// not nil, is asked at looks after 1, 2, 4, … shards. Memory is that of a few
// shards' tallies a worker. When ctx ends the result is what had been merged by
// then, and interrupted is true.
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

// look is the number of the look at which a run of so many trials is.
func (e experiment) look(trials int64) int {
	return stats.Look((trials + int64(e.shard) - 1) / int64(e.shard))
}

// shardFor is the shard size for trials that cost so many elementary draws
// each: some 10 ms of work, so that an interrupt is answered at once. It is a
// whole number of batches.
func shardFor(cost int) int {
	const draws = 1 << 20
	trials := max(1, draws/max(cost, 1))
	if trials > batchSize {
		trials -= trials % batchSize
	}
	return trials
}
