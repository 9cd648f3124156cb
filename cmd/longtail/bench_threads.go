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
	Arch    string  `default:"resnet32" help:"resnet8, resnet14, resnet20, resnet32, resnet44 or resnet56."`
	Batch   int     `default:"128" help:"Images a step."`
	Size    int     `default:"32" help:"Rows and columns of an image."`
	Threads int     `default:"0" help:"Threads to compare with one. 0: all cores."`
	Exact   bool    `help:"Direct convolutions everywhere."`
	Seconds float64 `default:"30" help:"Time at least so long, and at least fifteen rounds."`
	JSON    bool    `name:"json" help:"Print one JSON object."`
}

func (benchThreadsCmd) Help() string {
	return `One process trains two networks of the same weights by turns, a step on one thread,
then a step on all of them, so that a machine whose speed drifts slows both alike.
The gain is the ratio of the two times of a round; its median and quartiles are
printed. Two runs of bench train, one after the other, are seconds apart and tell
less. (Their single thread has the collector on itself, too; here it may be on
another core.)

Example:
  longtail bench threads --arch resnet32 --batch 128 --threads 2`
}

func (c *benchThreadsCmd) Run(ctx context.Context) error {
	f := benchFlags{Arch: c.Arch, Batch: c.Batch, Size: c.Size, Classes: 10, Threads: c.Threads, Exact: c.Exact, Seconds: c.Seconds}
	config, err := f.config()
	if err != nil {
		return err
	}
	if config.Threads == 1 {
		return usage.Errorf("--threads %d on %d cores: two threads or more are compared with one", c.Threads, runtime.NumCPU())
	}
	g, err := bench.Threads(ctx, config)
	if err != nil {
		return err
	}
	return printed(g, c.JSON, writeThreadGain)
}

func writeThreadGain(w io.Writer, g bench.ThreadGain) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "train %s, %d×%d, batch %d, kernels %s\n%s\n\n", g.Arch, g.Size, g.Size, g.Batch, g.KernelSet, g.CPU)
	fmt.Fprintf(t, "one thread\t%.2f ms a step\t%.0f images a second\n", g.OneMS, 1e3*float64(g.Batch)/g.OneMS)
	fmt.Fprintf(t, "%d threads\t%.2f ms a step\t%.0f images a second\n", g.Threads, g.AllMS, 1e3*float64(g.Batch)/g.AllMS)
	fmt.Fprintf(t, "gain\t%.2f\tmedian of %d rounds; quartiles %.2f and %.2f\n", g.Gain, g.Rounds, g.LowerGain, g.UpperGain)
	return t.Flush()
}
