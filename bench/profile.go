package bench

import (
	"bytes"
	"context"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/stream"
	"longtail/nn/kernel"
)

// family is a kind of kernel call.
type family int

const (
	convForward family = iota
	convBackwardData
	convBackwardWeights
	convStem
	convStride2
	normStatistics
	normApply
	normBackwardSums
	normBackwardApply
	addition
	packing
	families
)

var familyNames = [families]string{
	"convolution_forward", "convolution_backward_data", "convolution_backward_weights",
	"stem", "stride_2_convolutions",
	"batch_norm_statistics", "batch_norm_apply", "batch_norm_backward_sums", "batch_norm_backward_apply",
	"sums_of_gradients", "packing_of_weights",
}

// clocks holds the nanoseconds of each family, over all threads.
type clocks struct {
	nanos [families]atomic.Int64
}

func (c *clocks) since(f family, start time.Time) { c.nanos[f].Add(int64(time.Since(start))) }

// familyOf returns the family of a convolution: f, or that of a shape without
// Winograd.
func familyOf(c kernel.Conv, f family) family {
	switch {
	case c.Stem():
		return convStem
	case c.Stride != 1:
		return convStride2
	}
	return f
}

// wrap returns the set with a clock around each call.
func (c *clocks) wrap(set *kernel.Set[float32]) *kernel.Set[float32] {
	s := *set
	s.Pack = func(conv kernel.Conv, p kernel.Pass, w, packed []float32) {
		defer c.since(packing, time.Now())
		set.Pack(conv, p, w, packed)
	}
	s.Unpack = func(conv kernel.Conv, acc, dw []float32) {
		defer c.since(packing, time.Now())
		set.Unpack(conv, acc, dw)
	}
	s.ConvForward = func(conv kernel.Conv, n int, x, packed, y, scratch []float32) {
		defer c.since(familyOf(conv, convForward), time.Now())
		set.ConvForward(conv, n, x, packed, y, scratch)
	}
	s.ConvBackwardData = func(conv kernel.Conv, n int, dy, packed, dx, scratch []float32) {
		defer c.since(familyOf(conv, convBackwardData), time.Now())
		set.ConvBackwardData(conv, n, dy, packed, dx, scratch)
	}
	s.ConvBackwardWeights = func(conv kernel.Conv, n int, x, dy, acc, scratch []float32) {
		defer c.since(familyOf(conv, convBackwardWeights), time.Now())
		set.ConvBackwardWeights(conv, n, x, dy, acc, scratch)
	}
	s.BNStats = func(n, channels, hw int, z, mean, m2 []float32) {
		defer c.since(normStatistics, time.Now())
		set.BNStats(n, channels, hw, z, mean, m2)
	}
	s.BNApply = func(n, channels, hw int, z, scale, shift, residual, y []float32) {
		defer c.since(normApply, time.Now())
		set.BNApply(n, channels, hw, z, scale, shift, residual, y)
	}
	s.Add = func(x, sum []float32) {
		defer c.since(addition, time.Now())
		set.Add(x, sum)
	}
	s.BNBackwardSums = func(n, channels, hw int, dy, y, z, mean, sum, dot []float32) {
		defer c.since(normBackwardSums, time.Now())
		set.BNBackwardSums(n, channels, hw, dy, y, z, mean, sum, dot)
	}
	s.BNBackwardApply = func(n, channels, hw int, dy, z, a, b, cc, dz []float32) {
		defer c.since(normBackwardApply, time.Now())
		set.BNBackwardApply(n, channels, hw, dy, z, a, b, cc, dz)
	}
	return &s
}

// profile runs steps with a clock around every call and returns the Shares.
func (c Config) profile(ctx context.Context, loss string, training bool) (Shares, error) {
	b, err := c.open(loss, training, true)
	if err != nil {
		return nil, err
	}
	defer b.close()
	for range 2 { // the first steps also allocate
		if err := b.step(); err != nil {
			return nil, err
		}
	}
	for i := range b.clocks.nanos {
		b.clocks.nanos[i].Store(0)
	}
	processor, known := processorSeconds()
	var objective, optimizer time.Duration
	start := time.Now()
	for k := 0; k < 2 || time.Since(start).Seconds() < min(c.Seconds, 3); k++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		o, s, err := b.timedStep()
		if err != nil {
			return nil, err
		}
		objective, optimizer = objective+o, optimizer+s
	}
	wall := time.Since(start).Seconds()
	all := wall * float64(c.Threads)
	var list Shares
	rest := 100.0
	add := func(name string, pct float64) {
		if pct != 0 {
			list = append(list, Share{name, pct})
			rest -= pct
		}
	}
	for i, name := range familyNames {
		add(name, 100*1e-9*float64(b.clocks.nanos[i].Load())/all)
	}
	add("objective", 100*objective.Seconds()/wall)
	add("optimizer", 100*optimizer.Seconds()/wall)
	if now, _ := processorSeconds(); known {
		serial := (objective + optimizer).Seconds() * float64(c.Threads-1) // time in which the other threads are idle
		add("waiting", min(rest, 100*max(0, all-(now-processor)-serial)/all))
	}
	return append(list, Share{"rest", max(0, rest)}), nil
}

// timedStep is step with objective and optimizer timed.
func (b *network) timedStep() (objective, optimizer time.Duration, err error) {
	n := b.Batch
	features := b.trunk.Forward(b.x, n, b.training)
	start := time.Now()
	if !b.training {
		err = b.obj.Logits(features, n, b.logits)
		return time.Since(start), 0, err
	}
	_, dFeatures, err := b.obj.Step(features, b.y, n)
	objective = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	b.trunk.Backward(dFeatures)
	start = time.Now()
	b.sgd.Step(learningRate)
	return objective, time.Since(start), nil
}

// allocations returns the allocations per step of trunk and optimizer, and of the
// objective.
func (b *network) allocations() (trunk, objective float64, err error) {
	const rounds, steps = 3, 4
	n := b.Batch
	var before, after runtime.MemStats
	dFeatures := make([]float32, n*b.trunk.Features())
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the runtime's own free lists
	// The least of a few rounds, as the count includes the process's other goroutines,
	// which allocate now and then.
	count := func(do func() error) (float64, error) {
		if err := do(); err != nil {
			return 0, err
		}
		least := uint64(math.MaxUint64)
		for range rounds {
			runtime.ReadMemStats(&before)
			for range steps {
				if err := do(); err != nil {
					return 0, err
				}
			}
			runtime.ReadMemStats(&after)
			least = min(least, after.Mallocs-before.Mallocs)
		}
		return float64(least) / steps, nil
	}
	trunk, err = count(func() error {
		b.trunk.Forward(b.x, n, b.training)
		if b.training {
			b.trunk.Backward(dFeatures)
			b.sgd.Step(0)
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	features := slices.Clone(b.trunk.Forward(b.x, n, b.training))
	objective, err = count(func() error {
		if !b.training {
			return b.obj.Logits(features, n, b.logits)
		}
		_, _, err := b.obj.Step(features, b.y, n)
		return err
	})
	return trunk, objective, err
}

// batchSeconds returns the median time to draw, crop, flip and normalize a batch of
// images of the measured size, by the source that longtail train uses.
func (c Config) batchSeconds() (float64, error) {
	images := 2 * c.Batch
	samples := dataset.Samples{Set: "noise", C: dataset.Channels, H: c.Size, W: c.Size,
		Pixels: make([]uint8, images*dataset.Channels*c.Size*c.Size), Labels: make([]int32, images)}
	r := stream.New("longtail bench", "pixels")
	for i := range samples.Pixels {
		samples.Pixels[i] = uint8(r.Uint32())
	}
	samples.Labels[0] = 1
	set, err := dataset.FromSamples("noise", samples, dataset.Samples{})
	if err != nil {
		return 0, err
	}
	list := dataset.NewList(set)
	if err := list.Append(set.Train, set.Train.Positions(), nil); err != nil {
		return 0, err
	}
	source, err := batches.NewUniform(list, batches.Options{Batch: c.Batch, Keys: []any{"longtail bench"}})
	if err != nil {
		return 0, err
	}
	x, y := make([]float32, c.Batch*dataset.Channels*c.Size*c.Size), make([]int32, c.Batch)
	var took []float64
	for k := range 20 {
		start := time.Now()
		if _, err := source.Batch(k, k%2, x, y); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start).Seconds())
	}
	return median(took), nil
}

// fmaPeak returns the GFLOP/s of independent multiply-adds on the given number of
// threads at once. It adds up each thread's best of a few short blocks.
func fmaPeak(set string, threads int) float64 {
	const blocks, blockSeconds = 8, .03
	rounds := 1
	for { // rounds per block
		start := time.Now()
		kernel.MultiplyAdd(set, rounds)
		if took := time.Since(start).Seconds(); took > blockSeconds/4 {
			rounds = max(1, int(float64(rounds)*blockSeconds/took))
			break
		}
		rounds *= 2
	}
	best := make([]float64, threads)
	var busy sync.WaitGroup
	for t := range best {
		busy.Go(func() {
			for range blocks {
				start := time.Now()
				operations := kernel.MultiplyAdd(set, rounds)
				best[t] = max(best[t], operations/time.Since(start).Seconds())
			}
		})
	}
	busy.Wait()
	sum := 0.0
	for _, b := range best {
		sum += b
	}
	return sum / 1e9
}

// peakRSS returns the process's peak memory in megabytes, or nil without /proc.
func peakRSS() *float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == "VmHWM:" {
			if kb, err := strconv.ParseFloat(string(fields[1]), 64); err == nil {
				mb := kb * 1024 / 1e6
				return &mb
			}
		}
	}
	return nil
}

// processorSeconds returns the CPU seconds of all threads of the process; known is
// false without /proc.
func processorSeconds() (seconds float64, known bool) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from field 3 on, state
	if len(fields) < 13 {
		return 0, false
	}
	const perSecond = 100 // Linux counts these fields in hundredths everywhere
	for _, f := range fields[11:13] {
		ticks, err := strconv.ParseFloat(string(f), 64)
		if err != nil {
			return 0, false
		}
		seconds += ticks / perSecond
	}
	return seconds, true
}
