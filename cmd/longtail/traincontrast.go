package main

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"longtail/experiments"
	"longtail/internal/usage"
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
func (r *trainRun) contrast(ctx context.Context) error {
	images, batch := r.all.List, r.batch()
	if images.Len() < batch {
		return fmt.Errorf("%s: %d images are fewer than --batch %d: MoCo shows whole batches alone; take a smaller one", r.Data, images.Len(), batch)
	}
	arch, err := nn.ParseArch(r.Arch)
	if err != nil {
		return usage.Error{Err: err}
	}
	m, err := experiments.NewMoCo(images, arch, batch, r.settings.Queue, kernel.ModeOf(r.Exact), r.keys())
	if err != nil {
		return fmt.Errorf("%s: %w", r.Data, err)
	}
	defer m.Close()
	r.result.TrainCounts, r.result.KernelSet = images.Counts(), m.Trunk.Kernels()
	key, release, err := r.claim(r.settings)
	if err != nil {
		return err
	}
	defer release()
	for _, n := range r.set.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	fmt.Fprintf(os.Stderr, "%s, MoCo: %d images, two views each, %d epochs of batch %d, queue %d\nlearning rate %s\n",
		r.Arch, images.Len(), r.Epochs, batch, r.settings.Queue, r.rates(r.schedule, m.Source))
	config := r.config(key)
	config.Trunk, config.Method, config.Source = m.Trunk, m.Method, m.Source
	out, err := r.fit(ctx, config, 2*(images.Len()/batch*batch))
	if err != nil {
		return err
	}
	if err := train.WriteTorch(r.path(fileLast), train.Model(m.Trunk, nil), train.About{Arch: r.Arch, Epoch: r.Epochs, Mean: r.set.Mean, Std: r.set.Std}); err != nil {
		return err
	}
	out.Images /= 2 // the loop counts views
	r.result.score(out, experiments.Imbalance{})
	return r.result.write(r.path(results.FileResult))
}
