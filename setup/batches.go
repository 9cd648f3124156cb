package setup

import (
	"fmt"
	"slices"

	"longtail/dataset"
	"longtail/nn/train"
)

// TargetRotation is the Target of pre-training by rotation.
const TargetRotation = "rotation"

// Turns are the classes of rotation.
var Turns = []string{"0°", "90°", "180°", "270°"}

// Draw is what decides the batches of a run, besides its images. Target, Loss,
// Rule and SSL are as in results.Settings.
type Draw struct {
	Target, Loss, Rule, SSL string
	Epochs                  int
	Ahead                   int // batches that are made while the network works: see depth
	dataset.Options
}

// Batches are what a run shows its network, and how it meets the imbalance of
// their labels.
type Batches struct {
	Imbalance
	Source  train.Source
	Classes int // of the head: of the labels, or the turns of rotation
	Size    int // most images a step
	Ahead   int // batches that are made ahead, at most
	Epoch   int // images an epoch

	set   *dataset.Set
	draw  Draw
	ahead *dataset.Ahead
}

// NewBatches draws from the images of all and, with SSL, from unlabeled beside
// them. The caller closes it.
func NewBatches(all Mixture, unlabeled *dataset.List, d Draw) (*Batches, error) {
	b := &Batches{Size: min(d.Batch, all.List.Len()), Epoch: all.List.Len(), set: all.List.Set, draw: d}
	counts := all.Counts()
	if d.Target == TargetRotation { // every turn is as frequent
		counts = slices.Repeat([]int{all.List.Len()}, dataset.Rotations)
	}
	b.Classes = len(counts)
	var err error
	if b.Imbalance, err = NewImbalance(d.Loss, d.Rule, d.Epochs, counts); err != nil {
		return nil, err
	}
	var source train.Source
	if d.SSL != "" { // batches are always full
		source, err = dataset.NewBeside(all.List, unlabeled, sslViews(d.SSL), d.Options)
	} else {
		source, err = b.Imbalance.source(all.List, d.Options)
	}
	if err != nil {
		return nil, err
	}
	if d.SSL != "" {
		b.Size, b.Epoch = d.Batch, source.Steps(0)*d.Batch
	}
	if d.Target == TargetRotation {
		if b.set.H != b.set.W {
			return nil, fmt.Errorf("images of %d×%d cannot be turned: they must be square", b.set.H, b.set.W)
		}
		source = dataset.NewRotated(source, b.set.H, d.Keys)
	}
	images := sslViews(d.SSL) * b.Size
	b.Ahead = depth(d.Ahead, images*dataset.Channels*b.set.H*b.set.W)
	b.ahead = dataset.NewAhead(source, b.Ahead, images, b.set.H, b.set.W)
	b.Source = all.weighted(b.ahead)
	return b, nil
}

// depth is how many of the wanted batches of so many floats are made ahead: as many
// as fit into a gigabyte, which large images on many cores would not, and two at
// least.
func depth(wanted, floats int) int {
	return max(2, min(wanted, 1<<30/(4*floats)))
}

// Close waits for batches that are being made.
func (b *Batches) Close() { b.ahead.Close() }

// Test returns the set's test images at the given positions, nil for all, as the
// target has them.
func (b *Batches) Test(positions []int) (train.Images, error) {
	images, err := dataset.NewImages(b.set, b.set.Test, positions)
	if err != nil || b.draw.Target != TargetRotation {
		return images, err
	}
	return dataset.NewRotatedImages(images, b.draw.Keys)
}
