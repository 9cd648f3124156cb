package main

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/train"
	"longtail/results"
)

// queue is the number of keys that MoCo tells a query from, of n images: 4096, or
// about a third of the images, so that few of them are older keys of its own.
func (c *trainCmd) queue(n int) int {
	if c.Target != experiments.TargetMoCo {
		return 0
	}
	batch := c.batch()
	return cmp.Or(c.Queue, max(min(4096, n/3)/batch, 1)*batch)
}

// checkContrast looks at the flags of --target moco.
func (c *trainCmd) checkContrast() error {
	switch {
	case c.Target != experiments.TargetMoCo && c.Queue != 0:
		return fmt.Errorf("--queue needs --target %s", experiments.TargetMoCo)
	case c.Target != experiments.TargetMoCo:
		return nil
	case c.Loss != "ce" || c.Rule != "none" || c.Freeze || c.NoCrop || c.NoFlip || c.Init != "" || c.BNMomentum != nn.DefaultBNMomentum:
		return fmt.Errorf("--target %s has its own loss and views, looks at no label and begins with new weights: no --loss, --rule, --freeze, --no-crop, --no-flip, --bn-momentum or --init", experiments.TargetMoCo)
	case c.Test != "":
		return fmt.Errorf("--target %s has no error to test: leave --test to the run that goes on with --init", experiments.TargetMoCo)
	case c.batch()%train.MoCoGroups != 0 || c.batch() < 2*train.MoCoGroups:
		return fmt.Errorf("--batch %d: keys are normalised in %d groups of at least 2: take a multiple of %d from %d on", c.batch(), train.MoCoGroups, train.MoCoGroups, 2*train.MoCoGroups)
	case c.Queue < 0 || c.Queue%c.batch() != 0:
		return fmt.Errorf("--queue %d: it must be a multiple of the batch of %d", c.Queue, c.batch())
	}
	return nil
}

// contrast pre-trains by MoCo and leaves the trunk. Test images that the set
// brings are not looked at.
func (c *trainCmd) contrast(ctx context.Context, set *dataset.Set, images *dataset.List, settings trainSettings, schedule train.Schedule) error {
	if images.Len() < c.batch() {
		return fmt.Errorf("%s: %d images are fewer than --batch %d: MoCo shows whole batches alone; take a smaller one", c.Data, images.Len(), c.batch())
	}
	arch, err := nn.ParseArch(c.Arch)
	if err != nil {
		return usageError{err}
	}
	m, err := experiments.NewMoCo(images, arch, c.batch(), settings.Queue, kernel.ModeOf(c.Exact), c.keys())
	if err != nil {
		return fmt.Errorf("%s: %w", c.Data, err)
	}
	defer m.Close()
	result := trainResult{DataMark: set.Mark, Classes: set.Classes, Skipped: set.Skipped, TrainCounts: images.Counts(), KernelSet: m.Trunk.Kernels()}
	key, release, err := c.claim(settings)
	if err != nil {
		return err
	}
	defer release()
	for _, n := range set.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	fmt.Fprintf(os.Stderr, "%s, MoCo: %d images, two views each, %d epochs of batch %d, queue %d\nlearning rate %s\n",
		c.Arch, images.Len(), c.Epochs, c.batch(), settings.Queue, c.rates(schedule, m.Source))
	out, err := c.fit(ctx, train.Config{
		Trunk: m.Trunk, Method: m.Method, Source: m.Source, Height: set.H, Width: set.W,
		Epochs: c.Epochs, LR: c.learningRate(), Schedule: schedule, Momentum: c.Momentum, WeightDecay: c.weightDecay(),
		Key: key, CheckpointPath: c.path(results.FileState), MetricsPath: c.path(results.FileMetrics), CheckpointEverySteps: c.CheckpointEvery,
	}, 2*(images.Len()/c.batch()*c.batch()))
	if err != nil {
		return err
	}
	if err := train.WriteTorch(c.path(fileLast), train.Model(m.Trunk, nil), train.About{Arch: c.Arch, Epoch: c.Epochs, Mean: set.Mean, Std: set.Std}); err != nil {
		return err
	}
	out.Images /= 2 // the loop counts views
	result.score(out, experiments.Imbalance{})
	return result.write(c.path(results.FileResult))
}
