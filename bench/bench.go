// Package bench measures the training engine on this machine, for the command
// bench. The scripts in its folder measure other programs on the same work, for
// docs/engine.md.
package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"longtail/internal/machine"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
)

// Config is which network is measured, and how long.
type Config struct {
	Arch    string // resnet8 … resnet56
	Batch   int    // images per step
	Size    int    // rows and columns of an image
	Classes int    // outputs of the head
	Threads int
	Exact   bool    // direct convolutions everywhere
	Seconds float64 // least time of measurement, after a warm-up
	Brief   bool    // without Shares
}

// Measurement is the speed of training or inference, and its distribution over
// parts.
type Measurement struct {
	Work    string `json:"work"` // "train", "infer"
	Arch    string `json:"arch"`
	Batch   int    `json:"batch"`
	Size    int    `json:"size"`
	Threads int    `json:"threads"`

	ImagesPerSecond float64 `json:"images_per_second"` // median block
	Slowest         float64 `json:"slowest_block"`     // images/s
	Fastest         float64 `json:"fastest_block"`
	Blocks          int     `json:"blocks"`
	// PerCPUSecond is images divided by the CPU seconds of all threads, which a busy
	// machine changes little. It is null if the system does not give them.
	PerCPUSecond *float64 `json:"images_per_cpu_second"`
	StepMS       float64  `json:"step_ms"`

	GFLOPPerImage float64 `json:"gflop_per_image"`
	GFLOPS        float64 `json:"gflops"`
	FMAPeakGFLOPS float64 `json:"fma_peak_gflops"`
	OfPeakPct     float64 `json:"of_peak_pct"`

	AllocsPerStep          float64  `json:"allocs_per_step"` // of trunk and optimizer
	ObjectiveAllocsPerStep float64  `json:"objective_allocs_per_step"`
	PeakRSSMB              *float64 `json:"peak_rss_mb"`         // null: the system does not give it
	BatchPct               *float64 `json:"batch_pct,omitempty"` // training only

	FirstLoss *float64 `json:"first_loss,omitempty"` // training only
	LastLoss  *float64 `json:"last_loss,omitempty"`
	Steps     int      `json:"steps"` // including warm-up

	SharePct  Shares `json:"share_pct,omitempty"`
	KernelSet string `json:"kernel_set"`
	CPU       string `json:"cpu"`
}

// Shares are named percentages in order.
type Shares []Share

// Share is one named percentage.
type Share struct {
	Name string
	Pct  float64
}

func (s Shares) MarshalJSON() ([]byte, error) {
	parts := make([]string, len(s))
	for i, e := range s {
		parts[i] = fmt.Sprintf("%q:%.2f", e.Name, e.Pct)
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

// network is a compiled network with a resident batch.
type network struct {
	Config
	arch  nn.Arch
	trunk *nn.Trunk[float32]
	obj   *objective.Objective[float32]
	sgd   *train.SGD[float32]

	x           []float32 // batch×3×Size×Size
	y           []int32
	logits      []float32
	clocks      *clocks // nil unless kernels are timed
	first, last float64 // loss
	steps       int
	perCPU      *float64 // images per CPU second of run
	training    bool
}

// Learning rate and optimizer of a benchmark's steps. They are the paper's, except
// for a rate that learns noise by heart without oscillation.
const (
	learningRate = 0.02
	momentum     = 0.9
	weightDecay  = train.WeightDecay
)

// open builds the network. If timed, its kernels are timed by clocks.
func (c Config) open(loss string, training, timed bool) (*network, error) {
	arch, err := nn.ParseArch(c.Arch)
	if err != nil {
		return nil, err
	}
	set, err := kernel.Select("", c.Exact)
	if err != nil {
		return nil, err
	}
	b := &network{Config: c, arch: arch, training: training}
	if timed {
		b.clocks = &clocks{}
		set = b.clocks.wrap(set)
	}
	b.trunk, err = nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: c.Size, Width: c.Size, Batch: c.Batch, Threads: c.Threads, Kernels: set})
	if err != nil {
		return nil, err
	}
	b.obj, err = objective.New[float32](objective.Spec{Loss: loss, Features: b.trunk.Features(), Classes: c.Classes, Batch: c.Batch})
	if err != nil {
		b.trunk.Close()
		return nil, err
	}
	counts := make([]int, c.Classes)
	for class := range counts {
		counts[class] = 5000
	}
	b.obj.SetCounts(counts)
	r := stream.New("longtail bench", c.Arch)
	b.trunk.Init(r)
	b.obj.Init(r)
	if !training {
		b.trunk.Hold() // until closed, as evaluation holds it for all its batches
	}
	b.sgd = train.NewSGD(train.Params(b.trunk, b.obj), momentum, weightDecay)
	b.x, b.y, b.logits = make([]float32, c.Batch*3*c.Size*c.Size), make([]int32, c.Batch), make([]float32, c.Batch*c.Classes)
	for i := range b.x {
		b.x[i] = float32(r.NormFloat64())
	}
	for i := range b.y {
		b.y[i] = int32(r.IntN(c.Classes))
	}
	return b, nil
}

func (b *network) close() {
	b.trunk.Close()
	b.obj.Close()
}

// step does one training step, or computes the logits of one batch.
func (b *network) step() error {
	n := b.Batch
	if !b.training {
		b.steps++
		return b.obj.Logits(b.trunk.Forward(b.x, n, false), n, b.logits)
	}
	loss, err := train.Step(b.trunk, b.obj, b.sgd, b.x, b.y, n, learningRate)
	if b.steps == 0 {
		b.first = loss
	}
	b.last = loss
	b.steps++
	return err
}

// blockTime is the least time of a block of steps. It is long enough that clock and
// garbage collector do not matter, and short enough for many blocks.
const blockTime = 200 * time.Millisecond

// run warms up, then returns the images per second of blocks that together last at
// least Seconds.
func (b *network) run(ctx context.Context) (rates []float64, err error) {
	warm := time.Duration(min(1, b.Seconds) * float64(time.Second))
	var each time.Duration
	for start, k := time.Now(), 0; k < 2 || time.Since(start) < warm; k++ {
		began := time.Now()
		if err := b.step(); err != nil {
			return nil, err
		}
		each = time.Since(began)
	}
	before, known := processorSeconds()
	done := b.steps
	steps := max(1, int((blockTime+each-1)/max(each, 1)))
	for start := time.Now(); len(rates) == 0 || time.Since(start).Seconds() < b.Seconds; {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		began := time.Now()
		for range steps {
			if err := b.step(); err != nil {
				return nil, err
			}
		}
		rates = append(rates, float64(steps*b.Batch)/time.Since(began).Seconds())
	}
	if after, _ := processorSeconds(); known && after > before {
		b.perCPU = new(float64((b.steps-done)*b.Batch) / (after - before))
	}
	return rates, nil
}

// Train measures training steps with a loss of package objective.
func Train(ctx context.Context, c Config, loss string) (Measurement, error) {
	return c.measure(ctx, loss, true)
}

// Infer measures the computation of logits from normalized images.
func Infer(ctx context.Context, c Config) (Measurement, error) { return c.measure(ctx, "ce", false) }

// measure returns a complete Measurement.
func (c Config) measure(ctx context.Context, loss string, training bool) (Measurement, error) {
	m, err := c.speed(ctx, loss, training)
	if err != nil {
		return m, err
	}
	m.FMAPeakGFLOPS = fmaPeak(m.KernelSet, c.Threads)
	m.OfPeakPct = 100 * m.GFLOPS / m.FMAPeakGFLOPS
	if training {
		seconds, err := c.batchSeconds()
		if err != nil {
			return m, err
		}
		m.BatchPct = new(100 * 1e3 * seconds / m.StepMS)
	}
	if c.Brief {
		return m, nil
	}
	runtime.GC() // the profile's network replaces the first
	m.SharePct, err = c.profile(ctx, loss, training)
	return m, err
}

// speed measures one network without clocks.
func (c Config) speed(ctx context.Context, loss string, training bool) (Measurement, error) {
	m := Measurement{Work: "infer", Arch: c.Arch, Batch: c.Batch, Size: c.Size, Threads: c.Threads, CPU: machine.CPU()}
	b, err := c.open(loss, training, false)
	if err != nil {
		return m, err
	}
	defer b.close()
	rates, err := b.run(ctx)
	if err != nil {
		return m, err
	}
	m.Steps, m.KernelSet = b.steps, b.trunk.Kernels()
	if training {
		m.Work, m.FirstLoss, m.LastLoss = "train", &b.first, &b.last
	}
	m.ImagesPerSecond, m.Slowest, m.Fastest, m.Blocks = median(rates), slices.Min(rates), slices.Max(rates), len(rates)
	m.PerCPUSecond = b.perCPU
	m.StepMS = 1e3 * float64(c.Batch) / m.ImagesPerSecond
	if m.AllocsPerStep, m.ObjectiveAllocsPerStep, err = b.allocations(); err != nil {
		return m, err
	}
	m.PeakRSSMB = peakRSS()

	passes := 2.0
	if training {
		passes = 6
	}
	m.GFLOPPerImage = passes * float64(b.arch.MACs(c.Size, c.Size)+b.trunk.Features()*c.Classes) / 1e9
	m.GFLOPS = m.GFLOPPerImage * m.ImagesPerSecond
	return m, nil
}

// median returns the median of at least one number.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
