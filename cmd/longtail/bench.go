package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"longtail/internal/cpu"
	"longtail/internal/stream"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
)

type benchCmd struct {
	Train   benchTrainCmd   `cmd:"" help:"Images a second of training steps, and where the time goes."`
	Infer   benchInferCmd   `cmd:"" help:"Images a second from normalised batch to logits, and where the time goes."`
	Threads benchThreadsCmd `cmd:"" help:"What the further threads gain in training, by steps in turns."`
	Kernels benchKernelsCmd `cmd:"" help:"Each convolution of the network alone: speed, share of the peak, error."`
}

func (benchCmd) Help() string {
	return `Measures the training engine on this machine. Nothing else should run meanwhile:
a busy core shows in every number but the errors and the allocations.
bench/against_torch.py in the source compares with PyTorch.

Examples:
  longtail bench train --arch resnet32 --threads 2
  longtail bench infer --arch resnet8 --size 28 --batch 32 --json
  longtail bench kernels --exact`
}

// benchFlags say which network is measured, and how long.
type benchFlags struct {
	Arch    string  `default:"resnet32" help:"resnet8, resnet14, resnet20, resnet32, resnet44 or resnet56."`
	Batch   int     `default:"128" help:"Images a step."`
	Size    int     `default:"32" help:"Rows and columns of an image."`
	Classes int     `default:"10" help:"Outputs of the head."`
	Threads int     `default:"0" help:"Threads to compute on. 0: all cores."`
	Exact   bool    `help:"Direct convolutions everywhere."`
	Seconds float64 `default:"5" help:"Time at least so long, after a warm-up; the speed is the median of its blocks."`
	Brief   bool    `help:"Leave out the second run, which says where the time goes."`
	JSON    bool    `name:"json" help:"Print one JSON object."`
}

type benchTrainCmd struct {
	benchFlags `embed:""`
	Loss       string `default:"ce" help:"${losses}."`
}

func (benchTrainCmd) Help() string {
	return `Steps as longtail train does them (forward, head and loss, backward, SGD with
momentum and weight decay) on one resident, normalised batch of noise, whose
labels the network learns by heart: the loss must fall.

gflops counts 6 operations for each multiply-add of a forward pass's convolutions
and head: 0.413 GFLOP an image for a ResNet-32. Most kernels do fewer than they
are credited with, so the share of the peak may exceed 100 %. fma_peak_gflops is a
loop of multiply-adds on the same threads. share_pct is of a second run, in which
every kernel call is timed (about 1 % slower): CPU time of a family over threads
times wall time. waiting is what the process did not compute in that time, rest
what is neither (shortcuts, pooling, merging of sums). Objective and optimiser run
on one thread; their share is of the wall time. batch_pct is the time to draw and
augment a batch of images as training does it, in percent of the step.

Example:
  longtail bench train --arch resnet32 --batch 128 --threads 2 --json`
}

type benchInferCmd struct {
	benchFlags `embed:""`
}

func (benchInferCmd) Help() string {
	return `What longtail eval does between a normalised batch and its logits. gflops counts 2
operations for each multiply-add: 0.138 GFLOP an image for a ResNet-32. The other
numbers are those of bench train --help.

Example:
  longtail bench infer --arch resnet32 --batch 128 --threads 2 --json`
}

// measurement is what bench train and bench infer print.
type measurement struct {
	Work    string `json:"work"` // "train", "infer"
	Arch    string `json:"arch"`
	Batch   int    `json:"batch"`
	Size    int    `json:"size"`
	Threads int    `json:"threads"`

	ImagesPerSecond float64 `json:"images_per_second"` // median block
	Slowest         float64 `json:"slowest_block"`     // images/s
	Fastest         float64 `json:"fastest_block"`
	Blocks          int     `json:"blocks"`
	// PerCPUSecond is images by seconds of all threads' computing, which a busy
	// machine changes little; null where the system does not say.
	PerCPUSecond *float64 `json:"images_per_cpu_second"`
	StepMS       float64  `json:"step_ms"`

	GFLOPPerImage float64 `json:"gflop_per_image"`
	GFLOPS        float64 `json:"gflops"`
	FMAPeakGFLOPS float64 `json:"fma_peak_gflops"`
	OfPeakPct     float64 `json:"of_peak_pct"`

	AllocsPerStep          float64  `json:"allocs_per_step"` // trunk and optimiser
	ObjectiveAllocsPerStep float64  `json:"objective_allocs_per_step"`
	PeakRSSMB              *float64 `json:"peak_rss_mb"`         // null: this system does not say
	BatchPct               *float64 `json:"batch_pct,omitempty"` // training only

	FirstLoss *float64 `json:"first_loss,omitempty"` // training only
	LastLoss  *float64 `json:"last_loss,omitempty"`
	Steps     int      `json:"steps"` // warm-up included

	SharePct  shares `json:"share_pct,omitempty"`
	KernelSet string `json:"kernel_set"`
	CPU       string `json:"cpu"`
}

// shares are percentages by name in their order.
type shares []share

type share struct {
	name string
	pct  float64
}

func (s shares) MarshalJSON() ([]byte, error) {
	parts := make([]string, len(s))
	for i, e := range s {
		parts[i] = fmt.Sprintf("%q:%.2f", e.name, e.pct)
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

var _ json.Marshaler = shares{}

// bench is a network with a resident batch.
type bench struct {
	flags benchFlags
	trunk *nn.Trunk[float32]
	obj   *objective.Objective[float32]
	sgd   *train.SGD[float32]

	x           []float32 // batch×3×Size×Size
	y           []int32
	logits      []float32
	scores      *clocks // nil unless kernels are timed
	first, last float64 // loss
	steps       int
	perCPU      *float64 // images a CPU second, of run
	training    bool
}

func (f *benchFlags) check() error {
	switch {
	case f.Batch < 1 || f.Batch > 1<<16:
		return fmt.Errorf("--batch %d: from 1 to %d", f.Batch, 1<<16)
	case f.Size < 1 || f.Size > 1<<10:
		return fmt.Errorf("--size %d: from 1 to %d", f.Size, 1<<10)
	case f.Classes < 2 || f.Classes > 1<<16:
		return fmt.Errorf("--classes %d: from 2 to %d", f.Classes, 1<<16)
	case f.Threads < 0 || f.Threads > 1<<10:
		return fmt.Errorf("--threads %d: from 1, or 0 for all cores", f.Threads)
	case !(f.Seconds > 0 && f.Seconds < 1e6):
		return fmt.Errorf("--seconds %v: it must be above 0", f.Seconds)
	}
	if _, err := nn.ParseArch(f.Arch); err != nil {
		return fmt.Errorf("--arch: %w", err)
	}
	f.Threads = cmp.Or(f.Threads, runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(f.Threads) // one thread is one thread: the collector, too
	return nil
}

// Learning rate and optimiser of a benchmark's steps: the paper's, but a rate
// that learns noise by heart without ups and downs.
const (
	benchRate        = 0.02
	benchMomentum    = 0.9
	benchWeightDecay = 2e-4
)

// open builds the network; with clocks its kernels are timed.
func (f benchFlags) open(loss string, training, timed bool) (*bench, error) {
	arch, err := nn.ParseArch(f.Arch)
	if err != nil {
		return nil, err
	}
	set, err := kernel.Select("", kernel.ModeOf(f.Exact))
	if err != nil {
		return nil, err
	}
	b := &bench{flags: f, training: training}
	if timed {
		b.scores = &clocks{}
		set = b.scores.wrap(set)
	}
	b.trunk, err = nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: f.Size, Width: f.Size, Batch: f.Batch, Threads: f.Threads, Kernels: set})
	if err != nil {
		return nil, err
	}
	b.obj, err = objective.New[float32](objective.Spec{Loss: loss, Features: b.trunk.Features(), Classes: f.Classes, Batch: f.Batch})
	if err != nil {
		return nil, err
	}
	counts := make([]int, f.Classes)
	for c := range counts {
		counts[c] = 5000
	}
	b.obj.SetCounts(counts)
	r := stream.New("longtail bench", f.Arch)
	b.trunk.Init(r)
	b.obj.Init(r)
	b.sgd = train.NewSGD(train.Params(b.trunk, b.obj), benchMomentum, benchWeightDecay)
	b.x, b.y, b.logits = make([]float32, f.Batch*3*f.Size*f.Size), make([]int32, f.Batch), make([]float32, f.Batch*f.Classes)
	for i := range b.x {
		b.x[i] = float32(r.NormFloat64())
	}
	for i := range b.y {
		b.y[i] = int32(r.IntN(f.Classes))
	}
	return b, nil
}

func (b *bench) close() {
	b.trunk.Close()
	b.obj.Close()
}

// step is one of training, or the logits of one batch.
func (b *bench) step() error {
	n := b.flags.Batch
	if !b.training {
		b.steps++
		return b.obj.Logits(b.trunk.Forward(b.x, n, false), n, b.logits)
	}
	loss, err := train.Step(b.trunk, b.obj, b.sgd, b.x, b.y, n, benchRate)
	if b.steps == 0 {
		b.first = loss
	}
	b.last = loss
	b.steps++
	return err
}

// blockTime is the least that a block of steps should take: long enough that
// no clock or collector matters, short enough for many.
const blockTime = 200 * time.Millisecond

// run warms up, then returns the images a second of blocks that last at least
// Seconds together.
func (b *bench) run(ctx context.Context) (rates []float64, err error) {
	warm := time.Duration(min(1, b.flags.Seconds) * float64(time.Second))
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
	for start := time.Now(); len(rates) == 0 || time.Since(start).Seconds() < b.flags.Seconds; {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		began := time.Now()
		for range steps {
			if err := b.step(); err != nil {
				return nil, err
			}
		}
		rates = append(rates, float64(steps*b.flags.Batch)/time.Since(began).Seconds())
	}
	if after, _ := processorSeconds(); known && after > before {
		rate := float64((b.steps-done)*b.flags.Batch) / (after - before)
		b.perCPU = &rate
	}
	return rates, nil
}

// measure does everything that bench train and bench infer print.
func (f benchFlags) measure(ctx context.Context, loss string, training bool) (measurement, error) {
	m := measurement{Work: "infer", Arch: f.Arch, Batch: f.Batch, Size: f.Size, Threads: f.Threads, CPU: cpu.Model()}
	b, err := f.open(loss, training, false)
	if err != nil {
		return m, err
	}
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
	m.StepMS = 1e3 * float64(f.Batch) / m.ImagesPerSecond
	if m.AllocsPerStep, m.ObjectiveAllocsPerStep, err = b.allocations(); err != nil {
		return m, err
	}
	m.PeakRSSMB = peakRSS()
	b.close()

	passes := 2.0
	if training {
		passes = 6
	}
	arch, err := nn.ParseArch(f.Arch)
	if err != nil {
		return m, err
	}
	m.GFLOPPerImage = passes * float64(arch.MACs(f.Size, f.Size)+b.trunk.Features()*f.Classes) / 1e9
	m.GFLOPS = m.GFLOPPerImage * m.ImagesPerSecond
	m.FMAPeakGFLOPS = fmaPeak(m.KernelSet, f.Threads)
	m.OfPeakPct = 100 * m.GFLOPS / m.FMAPeakGFLOPS
	if training {
		seconds, err := f.batchSeconds()
		if err != nil {
			return m, err
		}
		pct := 100 * 1e3 * seconds / m.StepMS
		m.BatchPct = &pct
	}
	if f.Brief {
		return m, nil
	}
	runtime.GC() // the profile's network takes the place of the first
	m.SharePct, err = f.profile(ctx, loss, training)
	return m, err
}

func (c *benchTrainCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return usage.Error{Err: err}
	}
	if !slices.Contains(objective.LossNames(), c.Loss) {
		return usage.Errorf("--loss %s: there are %s", c.Loss, strings.Join(objective.LossNames(), ", "))
	}
	m, err := c.measure(ctx, c.Loss, true)
	if err != nil {
		return err
	}
	return m.print(c.JSON)
}

func (c *benchInferCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return usage.Error{Err: err}
	}
	m, err := c.measure(ctx, "ce", false)
	if err != nil {
		return err
	}
	return m.print(c.JSON)
}

func (m measurement) print(asJSON bool) error {
	if asJSON {
		return writeJSON(os.Stdout, m)
	}
	return m.write(os.Stdout)
}

// write prints a measurement for people.
func (m measurement) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	threads := "threads"
	if m.Threads == 1 {
		threads = "thread"
	}
	fmt.Fprintf(w, "%s %s, %d×%d, batch %d, %d %s, kernels %s\n%s\n\n", m.Work, m.Arch, m.Size, m.Size, m.Batch, m.Threads, threads, m.KernelSet, m.CPU)
	fmt.Fprintf(t, "images a second\t%.0f\tmedian of %d blocks, %.0f to %.0f; %.2f ms a step\n", m.ImagesPerSecond, m.Blocks, m.Slowest, m.Fastest, m.StepMS)
	fmt.Fprintf(t, "GFLOP/s\t%.1f\t%.0f %% of the %.1f of multiply-adds alone; %.3f GFLOP an image\n", m.GFLOPS, m.OfPeakPct, m.FMAPeakGFLOPS, m.GFLOPPerImage)
	fmt.Fprintf(t, "allocations a step\t%.0f\tand %.0f by the objective\n", m.AllocsPerStep, m.ObjectiveAllocsPerStep)
	if m.PeakRSSMB != nil {
		fmt.Fprintf(t, "memory\t%.0f MB\tat its peak\n", *m.PeakRSSMB)
	}
	if m.BatchPct != nil {
		fmt.Fprintf(t, "batches\t%.1f %%\tof a step, to draw and augment one\n", *m.BatchPct)
	}
	if m.FirstLoss != nil {
		fmt.Fprintf(t, "loss\t%.4f\tafter %d steps on one batch, from %.4f\n", *m.LastLoss, m.Steps, *m.FirstLoss)
	}
	if len(m.SharePct) > 0 {
		fmt.Fprintf(t, "\nshare of the step\t\t\n")
	}
	for _, s := range m.SharePct {
		fmt.Fprintf(t, "  %s\t%.1f %%\t\n", strings.ReplaceAll(s.name, "_", " "), s.pct)
	}
	return t.Flush()
}

// median of at least one number.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
