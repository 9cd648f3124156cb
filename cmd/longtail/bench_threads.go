package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"longtail/internal/cpu"
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

// threadGain is what bench threads prints.
type threadGain struct {
	Arch    string `json:"arch"`
	Batch   int    `json:"batch"`
	Size    int    `json:"size"`
	Threads int    `json:"threads"`

	Gain      float64 `json:"gain"` // median over rounds of one thread's time over all threads'
	LowerGain float64 `json:"gain_lower_quartile"`
	UpperGain float64 `json:"gain_upper_quartile"`
	Rounds    int     `json:"rounds"`
	OneMS     float64 `json:"step_ms_one_thread"` // medians
	AllMS     float64 `json:"step_ms"`

	KernelSet string `json:"kernel_set"`
	CPU       string `json:"cpu"`
}

// leastRounds is how many pairs of steps quartiles need.
const leastRounds = 15

func (c *benchThreadsCmd) Run(ctx context.Context) error {
	f := benchFlags{Arch: c.Arch, Batch: c.Batch, Size: c.Size, Classes: 10, Threads: c.Threads, Exact: c.Exact, Seconds: c.Seconds}
	if err := f.check(); err != nil {
		return usage.Error{Err: err}
	}
	if f.Threads == 1 {
		return usage.Errorf("--threads %d on %d cores: two threads or more are compared with one", c.Threads, runtime.NumCPU())
	}
	g, err := f.threadGain(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(os.Stdout, g)
	}
	return g.write(os.Stdout)
}

// threadGain times rounds of one step on one thread and one on f.Threads.
func (f benchFlags) threadGain(ctx context.Context) (threadGain, error) {
	g := threadGain{Arch: f.Arch, Batch: f.Batch, Size: f.Size, Threads: f.Threads, CPU: cpu.Model()}
	single := f
	single.Threads = 1
	var sides [2]*bench
	for i, flags := range []benchFlags{single, f} {
		b, err := flags.open("ce", true, false)
		if err != nil {
			return g, err
		}
		defer b.close()
		for range 2 {
			if err := b.step(); err != nil {
				return g, err
			}
		}
		sides[i] = b
	}
	g.KernelSet = sides[0].trunk.Kernels()

	var gains []float64
	var times [2][]float64 // ms
	for start := time.Now(); g.Rounds < leastRounds || time.Since(start).Seconds() < f.Seconds; g.Rounds++ {
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		var ms [2]float64
		for k := range sides {
			i := (k + g.Rounds) % 2 // who goes first changes
			began := time.Now()
			if err := sides[i].step(); err != nil {
				return g, err
			}
			ms[i] = 1e3 * time.Since(began).Seconds()
			times[i] = append(times[i], ms[i])
		}
		gains = append(gains, ms[0]/ms[1])
	}
	slices.Sort(gains)
	g.Gain, g.LowerGain, g.UpperGain = median(gains), gains[len(gains)/4], gains[len(gains)*3/4]
	g.OneMS, g.AllMS = median(times[0]), median(times[1])
	if a, b := sides[0].last, sides[1].last; a != b {
		return g, fmt.Errorf("one thread's loss is %v, that of %d threads %v: bits depend on threads", a, f.Threads, b)
	}
	return g, nil
}

// write prints a comparison for people.
func (g threadGain) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "train %s, %d×%d, batch %d, kernels %s\n%s\n\n", g.Arch, g.Size, g.Size, g.Batch, g.KernelSet, g.CPU)
	fmt.Fprintf(t, "one thread\t%.2f ms a step\t%.0f images a second\n", g.OneMS, 1e3*float64(g.Batch)/g.OneMS)
	fmt.Fprintf(t, "%d threads\t%.2f ms a step\t%.0f images a second\n", g.Threads, g.AllMS, 1e3*float64(g.Batch)/g.AllMS)
	fmt.Fprintf(t, "gain\t%.2f\tmedian of %d rounds; quartiles %.2f and %.2f\n", g.Gain, g.Rounds, g.LowerGain, g.UpperGain)
	return t.Flush()
}
