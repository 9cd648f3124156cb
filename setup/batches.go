package setup

import (
	"fmt"
	"slices"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/nn/train"
	"longtail/results"
)

// TargetLabels is the Target of a classifier. Tasks write "" for it; the other values are
// those of package results.
const TargetLabels = "labels"

// Turns are the class names of rotation.
var Turns = []string{"0°", "90°", "180°", "270°"}

// Draw is what decides the batches of a run, besides its images. Target, Loss, Rule
// and SSL are as in results.Settings.
type Draw struct {
	Target, Loss, Rule, SSL string
	Epochs                  int
	Ahead                   int // batches prepared while the network works; see depth
	batches.Options
}

// Batches are what a run shows its network, and how it handles class imbalance.
type Batches struct {
	Imbalance
	Source  train.Source
	Classes int // of the head: label classes, or rotations
	Size    int // most images per step
	Ahead   int // most batches prepared ahead
	Epoch   int // images per epoch

	set   *dataset.Set
	draw  Draw
	ahead *batches.Ahead
}

// NewBatches returns batches of the images of all and, with SSL, of unlabeled as
// well. The caller closes them.
func NewBatches(all Mixture, unlabeled *dataset.List, d Draw) (*Batches, error) {
	b := &Batches{Size: min(d.Batch, all.List.Len()), Epoch: all.List.Len(), set: all.List.Set, draw: d}
	counts := all.Counts()
	switch d.Target {
	case "", TargetLabels:
	case results.TargetRotation: // every turn is equally frequent
		counts = slices.Repeat([]int{all.List.Len()}, batches.Rotations)
	default:
		return nil, fmt.Errorf("there are no batches for target %q: setup.NewBatches knows %s and %s", d.Target, TargetLabels, results.TargetRotation)
	}
	b.Classes = len(counts)
	var err error
	if b.Imbalance, err = NewImbalance(d.Loss, d.Rule, d.Epochs, counts); err != nil {
		return nil, err
	}
	var source train.Source
	if d.SSL != "" { // batches are always full
		source, err = batches.NewBeside(all.List, unlabeled, sslViews(d.SSL), d.Options)
	} else {
		source, err = b.Imbalance.source(all.List, d.Options)
	}
	if err != nil {
		return nil, err
	}
	if d.SSL != "" {
		b.Size, b.Epoch = d.Batch, source.Steps(0)*d.Batch
	}
	if d.Target == results.TargetRotation {
		if b.set.H != b.set.W {
			return nil, fmt.Errorf("images of %d×%d cannot be turned: they must be square", b.set.H, b.set.W)
		}
		source = batches.NewRotated(source, b.set.H, d.Keys)
	}
	images := sslViews(d.SSL) * b.Size
	b.Ahead = depth(d.Ahead, images*dataset.Channels*b.set.H*b.set.W)
	b.ahead = batches.NewAhead(source, b.Ahead, images, b.set.H, b.set.W)
	b.Source = all.weighted(b.ahead)
	return b, nil
}

// depth returns how many of the wanted batches are prepared ahead: as many as fit
// into a gigabyte, and at least two. floats is the size of a batch. Large images on
// many cores would not fit otherwise.
func depth(wanted, floats int) int {
	return max(2, min(wanted, 1<<30/(4*floats)))
}

// Close waits for batches in preparation.
func (b *Batches) Close() { b.ahead.Close() }

// Test returns the set's test images at the given positions (nil: all), rotated if
// rotation is the target.
func (b *Batches) Test(positions []int) (train.Images, error) {
	images, err := batches.NewImages(b.set, b.set.Test, positions)
	if err != nil || b.draw.Target != results.TargetRotation {
		return images, err
	}
	return batches.NewRotatedImages(images, b.draw.Keys)
}
