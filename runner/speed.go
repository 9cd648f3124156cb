package runner

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// MeasureSpeed trains the profile's network on random images for a moment, as many
// at once as the runner would with this number of jobs. Too little free memory is an error.
func MeasureSpeed(p experiments.Profile, jobs int, exact bool) (experiments.Speed, error) {
	return measureSpeed(p, jobs, exact, freeMemory())
}

// measureSpeed is MeasureSpeed with the bytes of free memory; 0: unknown.
func measureSpeed(p experiments.Profile, jobs int, exact bool, free int64) (experiments.Speed, error) {
	about, err := dataset.Describe(p.CIFAR10().Data)
	if err != nil {
		return experiments.Speed{}, err
	}
	arch, err := nn.ParseArch(p.Arch)
	if err != nil {
		return experiments.Speed{}, err
	}
	memory := memoryOf(dataset.Files{}, results.Settings{Arch: p.Arch, Data: about.ID, Batch: p.Supervised.Batch})
	jobs, threads := share(jobs, runtime.GOMAXPROCS(0), memory, free)
	if need := int64(jobs) * arch.StepMemory(about.H, about.W, p.Supervised.Batch); free > 0 && need > free {
		return experiments.Speed{}, fmt.Errorf("profile %s: %s at a batch of %d needs about %d MB, tasks at once: %d; %d MB are free: take a smaller batch or network, or fewer --jobs", p.Name, p.Arch, p.Supervised.Batch, need>>20, jobs, free>>20)
	}
	defer debug.FreeOSMemory() // return the networks' memory, which the tasks need
	out := experiments.Speed{Jobs: jobs, Threads: threads, Cores: min(runtime.GOMAXPROCS(0), jobs*threads)}
	rates := make([]float64, jobs)
	var g errgroup.Group
	for i := range jobs {
		g.Go(func() error {
			net, err := setup.NewNetwork(nn.Options[float32]{Arch: arch, Height: about.H, Width: about.W, Exact: exact, Threads: threads},
				objective.Spec{Loss: "ce", Classes: len(about.Classes), Batch: p.Supervised.Batch})
			if err != nil {
				return err
			}
			defer net.Close()
			if i == 0 {
				out.KernelSet = net.Trunk.Kernels()
			}
			rates[i], err = speedOf(net, p.Supervised.Batch, about.H, about.W)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return experiments.Speed{}, err
	}
	for _, r := range rates {
		out.ImagesPerSecond += r
	}
	return out, nil
}

// speedOf trains a network on random images for about 0.3 s and returns images per
// second.
func speedOf(n *setup.Network, batch, h, w int) (float64, error) {
	r := stream.New("speed")
	n.Trunk.Init(r)
	n.Objective.Init(r)
	x := make([]float32, batch*dataset.Channels*h*w)
	y := make([]int32, batch)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	sgd := train.NewSGD(train.Params(n.Trunk, n.Objective), train.Momentum, train.WeightDecay)
	images := 0
	var start time.Time
	for step := 0; ; step++ {
		if step == 2 { // the first steps warm caches
			start = time.Now()
		}
		if d := time.Since(start); step > 3 && d > 300*time.Millisecond || step > 2 && d > time.Second {
			break
		}
		if _, err := train.Step(n.Trunk, n.Objective, sgd, x, y, len(y), 1e-3); err != nil {
			return 0, err
		}
		if step >= 2 {
			images += len(y)
		}
	}
	return float64(images) / time.Since(start).Seconds(), nil
}
