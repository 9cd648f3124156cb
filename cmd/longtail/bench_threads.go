package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"

	"longtail/bench"
	"longtail/internal/usage"
)

type benchThreadsCmd struct {
	Arch    string  `default:"resnet32" help:"${archs}."`
	Batch   int     `default:"128" help:"Images per step."`
	Size    int     `default:"32" help:"Height and width of an image in pixels."`
	Threads int     `default:"0" help:"Number of threads to compare with one; 0: one per core."`
	Exact   bool    `help:"Use direct convolution throughout, instead of Winograd's where it suits."`
	Seconds float64 `default:"30" help:"Measure for at least this long, and for at least fifteen rounds."`
	JSON    bool    `name:"json" help:"Print one JSON object."`
}

func (benchThreadsCmd) Help() string {
	return `Trains two networks with the same weights in one process, alternating a step on one
thread with a step on all threads, so that a change in the speed of the machine
affects both alike. The gain is the ratio of the two times of a round; its median and
quartiles are shown. Two consecutive runs of bench train are less reliable, because
they are seconds apart. (In their single-threaded run the garbage collector uses the
same thread; here it may use another core.)

Example:
  longtail bench threads --arch resnet32 --batch 128 --threads 2`
}

func (c *benchThreadsCmd) Run(ctx context.Context) error {
	f := benchFlags{Arch: c.Arch, Batch: c.Batch, Size: c.Size, Classes: 10, Threads: c.Threads, Exact: c.Exact, Seconds: c.Seconds}
	config, err := f.config(2)
	if err != nil {
		return err
	}
	if config.Threads == 1 {
		return usage.Errorf("--threads %d on %d cores: two threads or more are compared with one", c.Threads, runtime.NumCPU())
	}
	g, err := bench.Threads(ctx, config)
	return show(g, err, c.JSON, writeThreadGain)
}

func writeThreadGain(w io.Writer, g bench.ThreadGain) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "train %s, %d×%d, batch %d, kernels %s\n%s\n\n", g.Arch, g.Size, g.Size, g.Batch, g.KernelSet, g.CPU)
	fmt.Fprintf(t, "one thread\t%.2f ms a step\t%.0f images a second\n", g.OneMS, 1e3*float64(g.Batch)/g.OneMS)
	fmt.Fprintf(t, "%d threads\t%.2f ms a step\t%.0f images a second\n", g.Threads, g.AllMS, 1e3*float64(g.Batch)/g.AllMS)
	fmt.Fprintf(t, "gain\t%.2f\tmedian of %d rounds; quartiles %.2f and %.2f\n", g.Gain, g.Rounds, g.LowerGain, g.UpperGain)
	return t.Flush()
}
