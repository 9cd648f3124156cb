package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"longtail/internal/machine"
)

// ThreadGain is the gain of more threads in training.
type ThreadGain struct {
	Arch    string `json:"arch"`
	Batch   int    `json:"batch"`
	Size    int    `json:"size"`
	Threads int    `json:"threads"`

	Gain      float64 `json:"gain"` // median over rounds of one thread's time divided by all threads'
	LowerGain float64 `json:"gain_lower_quartile"`
	UpperGain float64 `json:"gain_upper_quartile"`
	Rounds    int     `json:"rounds"`
	OneMS     float64 `json:"step_ms_one_thread"` // medians
	AllMS     float64 `json:"step_ms"`

	KernelSet string `json:"kernel_set"`
	CPU       string `json:"cpu"`
}

// LeastRounds is the number of pairs of steps that quartiles need.
const LeastRounds = 15

// Threads times rounds of one step on one thread and one on c.Threads. Different
// losses are an error.
func Threads(ctx context.Context, c Config) (ThreadGain, error) {
	g := ThreadGain{Arch: c.Arch, Batch: c.Batch, Size: c.Size, Threads: c.Threads, CPU: machine.CPU()}
	single := c
	single.Threads = 1
	var sides [2]*network
	for i, config := range []Config{single, c} {
		b, err := config.open("ce", true, false)
		if err != nil {
			return g, err
		}
		defer b.close()
		if err := b.warm(); err != nil {
			return g, err
		}
		sides[i] = b
	}
	g.KernelSet = sides[0].trunk.Kernels()

	var gains []float64
	var times [2][]float64 // ms
	for start := time.Now(); g.Rounds < LeastRounds || time.Since(start).Seconds() < c.Seconds; g.Rounds++ {
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		var ms [2]float64
		for k := range sides {
			i := (k + g.Rounds) % 2 // which goes first alternates
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
		return g, fmt.Errorf("one thread's loss is %v, that of %d threads %v: bits depend on threads", a, c.Threads, b)
	}
	return g, nil
}
