package main

import (
	"cmp"
	"fmt"

	"longtail/nn"
	"longtail/nn/train"
	"longtail/results"
)

// queue returns MoCo's number of keys for n images, a multiple of the batch; 0 without
// MoCo. The default is 4096, or about a third of the images, so that few keys are older
// keys of the query's own image.
func (c *trainCmd) queue(n int) int {
	if c.Target != results.TargetMoCo {
		return 0
	}
	batch := c.batch()
	return cmp.Or(c.Queue, max(min(4096, n/3)/batch, 1)*batch)
}

// checkMoCo returns an error if flags do not fit --target moco.
func (c *trainCmd) checkMoCo() error {
	switch {
	case c.Target != results.TargetMoCo && c.Queue != 0:
		return fmt.Errorf("--queue needs --target %s", results.TargetMoCo)
	case c.Target != results.TargetMoCo:
		return nil
	case c.Loss != "ce" || c.rule() != "none" || c.Freeze || c.Retrain || c.NoCrop || c.NoFlip || c.Init != "" || c.BNMomentum != nn.DefaultBNMomentum:
		return fmt.Errorf("--target %s has its own loss and views, looks at no label and begins with new weights: no --loss, --rule, --freeze, --retrain, --no-crop, --no-flip, --bn-momentum or --init", results.TargetMoCo)
	case c.Test != "":
		return fmt.Errorf("--target %s has no error to test: leave --test to the run that goes on with --init", results.TargetMoCo)
	}
	if err := train.CheckMoCoBatch(c.batch()); err != nil {
		return fmt.Errorf("--batch %d: %w", c.batch(), err)
	}
	if c.Queue < 0 || c.Queue%c.batch() != 0 {
		return fmt.Errorf("--queue %d: it must be a multiple of the batch of %d", c.Queue, c.batch())
	}
	return nil
}
