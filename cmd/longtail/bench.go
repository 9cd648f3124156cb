package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"longtail/bench"
	"longtail/dataset"
	"longtail/internal/machine"
	"longtail/internal/plural"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/objective"
)

type benchCmd struct {
	Train   benchTrainCmd   `cmd:"" help:"Images per second in training, and where the time goes."`
	Infer   benchInferCmd   `cmd:"" help:"Images per second in inference, from normalized batch to logits, and where the time goes."`
	Kernels benchKernelsCmd `cmd:"" help:"Each convolution by itself: speed, share of the peak, rounding error."`
}

func (benchCmd) Help() string {
	return `Nothing else should run at the same time: a busy core affects every number except
errors and allocations. bench/against_torch.py in the source compares with PyTorch.

Examples:
  longtail bench train --arch resnet32 --threads 2
  longtail bench infer --arch resnet8 --size 28 --batch 32 --json
  longtail bench kernels --exact`
}

// benchFlags select the network to measure, and for how long.
type benchFlags struct {
	Arch    string  `default:"resnet32" help:"${archs}."`
	Batch   int     `default:"128" help:"Images per step."`
	Size    int     `default:"32" help:"Height and width of an image in pixels."`
	Classes int     `default:"10" help:"Number of classes."`
	Threads int     `default:"0" help:"Number of threads; 0: one per core."`
	Exact   bool    `help:"Use direct convolution throughout, instead of Winograd's where it suits."`
	Seconds float64 `default:"5" help:"Measure for at least this long, after a warm-up; the speed is the median of its blocks."`
	Brief   bool    `help:"Skip the second run, which finds out where the time goes."`
	JSON    bool    `name:"json" help:"Print one JSON object."`
}

type benchTrainCmd struct {
	Loss       string `default:"ce" help:"Loss: ${losses}."`
	benchFlags `embed:""`
}

func (benchTrainCmd) Help() string {
	return `Runs the steps of longtail train (forward, head and loss, backward, SGD with momentum
and weight decay) on one batch of normalized noise that stays in memory. The network
learns its labels by heart, so the loss must fall.

Fields of --json:
  gflops           6 operations per multiply-add of the convolutions and head in a
                   forward pass, 0.413 GFLOP per image for a ResNet-32; most kernels
                   need fewer, so the share of the peak may exceed 100 %
  fma_peak_gflops  speed of a loop of multiply-adds on the same threads
  share_pct        from a second run that times every kernel call (about 1 % slower):
                   CPU time of a family divided by threads times wall time; objective and
                   optimizer run on one thread, their share is of the wall time;
                   waiting: time without computation; rest: everything else (shortcuts,
                   pooling, merging of sums)
  batch_pct        time to draw and augment a batch as in training, percent of the step

Example:
  longtail bench train --arch resnet32 --batch 128 --threads 2 --json`
}

type benchInferCmd struct {
	benchFlags `embed:""`
}

func (benchInferCmd) Help() string {
	return `Measures what longtail eval does between a normalized batch and its logits. gflops
counts 2 operations per multiply-add, 0.138 GFLOP per image for a ResNet-32. The other
fields: longtail bench train --help.

Example:
  longtail bench infer --arch resnet32 --batch 128 --threads 2 --json`
}

// config checks the flags and returns the configuration. It sets the threads of the
// whole process.
func (f benchFlags) config(training bool) (c bench.Config, err error) {
	switch {
	case f.Batch < 1 || f.Batch > 1<<16:
		return c, usage.Errorf("--batch %d: from 1 to %d", f.Batch, 1<<16)
	case f.Size < 1 || f.Size > 1<<10:
		return c, usage.Errorf("--size %d: from 1 to %d", f.Size, 1<<10)
	case f.Classes < 2 || f.Classes > 1<<16:
		return c, usage.Errorf("--classes %d: from 2 to %d", f.Classes, 1<<16)
	case f.Threads < 0 || f.Threads > 1<<10:
		return c, usage.Errorf("--threads %d: from 1, or 0 for all cores", f.Threads)
	case !(f.Seconds > 0 && f.Seconds < 1e6):
		return c, usage.Errorf("--seconds %v: it must be above 0", f.Seconds)
	}
	arch, err := nn.ParseArch(f.Arch)
	if err != nil {
		return c, usage.Errorf("--arch: %w", err)
	}
	need, free := f.memory(arch, training), machine.FreeMemory()
	if free > 0 && need > free {
		return c, usage.Errorf("--batch %d, --size %d: they take about %.1f GB of memory, and %.1f GB are free: give smaller ones", f.Batch, f.Size, float64(need)/1e9, float64(free)/1e9)
	}
	f.Threads = cmp.Or(f.Threads, runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(f.Threads) // so that one thread includes the garbage collector
	return bench.Config{Arch: f.Arch, Batch: f.Batch, Size: f.Size, Classes: f.Classes, Threads: f.Threads, Exact: f.Exact, Seconds: f.Seconds, Brief: f.Brief}, nil
}

// memory returns roughly how many bytes the network of config needs: its images and
// what training keeps. Inference allocates a layer's 16 channels in one piece and
// touches little of it, but the system must be able to give it.
func (f benchFlags) memory(arch nn.Arch, training bool) int64 {
	plane := int64(4*f.Size*f.Size) * int64(f.Batch)
	if !training {
		return (dataset.Channels + 16) * plane
	}
	return dataset.Channels*plane + arch.StepMemory(f.Size, f.Size, f.Batch)
}

func (c *benchTrainCmd) Run(ctx context.Context) error {
	config, err := c.config(true)
	if err != nil {
		return err
	}
	if !slices.Contains(objective.LossNames(), c.Loss) {
		return usage.Errorf("--loss %s: there are %s", c.Loss, strings.Join(objective.LossNames(), ", "))
	}
	m, err := bench.Train(ctx, config, c.Loss)
	return show(m, err, c.JSON, writeMeasurement)
}

func (c *benchInferCmd) Run(ctx context.Context) error {
	config, err := c.config(false)
	if err != nil {
		return err
	}
	m, err := bench.Infer(ctx, config)
	return show(m, err, c.JSON, writeMeasurement)
}

// show prints a measurement, as JSON or as text, or returns why there is none.
func show[T any](v T, err error, asJSON bool, write func(io.Writer, T) error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped; nothing was measured")
	case err != nil:
		return err
	case asJSON:
		return writeJSON(os.Stdout, v)
	}
	return write(os.Stdout, v)
}

func writeMeasurement(w io.Writer, m bench.Measurement) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s %s, %d×%d, batch %d, %s, kernels %s\n%s\n\n", m.Work, m.Arch, m.Size, m.Size, m.Batch, plural.Of(m.Threads, "thread"), m.KernelSet, m.CPU)
	fmt.Fprintf(t, "images a second\t%.0f\tmedian of %d blocks, %.0f to %.0f; %.2f ms a step\n", m.ImagesPerSecond, m.Blocks, m.Slowest, m.Fastest, m.StepMS)
	fmt.Fprintf(t, "GFLOP/s\t%.1f\t%.0f %% of the %.1f of multiply-adds alone; %.3f GFLOP an image\n", m.GFLOPS, m.OfPeakPct, m.FMAPeakGFLOPS, m.GFLOPPerImage)
	fmt.Fprintf(t, "allocations a step\t%v\tand %v by the objective\n", m.AllocsPerStep, m.ObjectiveAllocsPerStep)
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
		fmt.Fprintf(t, "  %s\t%.1f %%\t\n", strings.ReplaceAll(s.Name, "_", " "), s.Pct)
	}
	return t.Flush()
}
