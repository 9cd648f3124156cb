// Package batches turns the images of package dataset into normalized batches:
// samplers, augmentation, rotation of inputs. Uniform, Resampled and ClassAware make
// training batches of a dataset.List, Beside those of labeled beside unlabeled images,
// Views those of contrastive pre-training. Images are those of an evaluation. Ahead
// makes batches while the trainer works. The example goes from a set to batches.
package batches

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"longtail/dataset"
	"longtail/internal/stream"
)

// Source yields training batches. It is the interface of that name in nn/train,
// repeated here because neither package imports the other. Epochs and steps count
// from 0. Batch is a pure function of them: it fills x (n×3×H×W, normalized) and y
// and returns n, which may be smaller in an epoch's last batch.
type Source interface {
	Steps(epoch int) int
	Batch(epoch, step int, x []float32, y []int32) (n int, err error)
}

// padding is the margin of black pixels around an image before cropping.
const padding = 4

// Options are the options of a training source.
type Options struct {
	Batch  int   // images per batch
	Keys   []any // prefix of all its random streams: seed, replicate, stage (ints, uint64s, float64s, strings)
	NoCrop bool  // no padding and random cropping
	NoFlip bool  // no horizontal flips (the published recipe flips SVHN's digits, too)
}

// Uniform is a Source that visits every image of a list once per epoch, in an order
// keyed by (Keys, epoch). Crops and flips are random, keyed by (Keys, epoch, draw).
// The last, partial batch is kept. It is safe for concurrent use.
type Uniform struct{ batches }

// batches makes batches of a list's images in the order that draw returns for an
// epoch.
type batches struct {
	list    *dataset.List
	options Options
	whole   bool // images that do not fill a batch are left out
	norm    *normalizer
	draw    func(epoch int) []int      // positions in list, as many as it has images
	last    atomic.Pointer[epochOrder] // only a cache
}

type epochOrder struct {
	epoch int
	order []int
}

// NewUniform returns a source of the images in l as they are now.
func NewUniform(l *dataset.List, o Options) (*Uniform, error) {
	if err := o.check(l); err != nil {
		return nil, err
	}
	u := &Uniform{}
	u.set(l, o)
	u.draw = u.shuffled
	return u, nil
}

func (o Options) check(l *dataset.List) error {
	if o.Batch < 1 {
		return fmt.Errorf("batch = %d: a batch needs at least one image", o.Batch)
	}
	if l.Len() == 0 {
		return fmt.Errorf("the training list is empty")
	}
	return nil
}

// set sets the list, as it is now, and the options.
func (u *batches) set(l *dataset.List, o Options) {
	u.options = o
	u.options.Keys = slices.Clone(o.Keys)
	u.list = l.Snapshot()
	u.norm = newNormalizer(l.Set)
}

// Steps returns the number of batches in an epoch.
func (u *batches) Steps(int) int {
	if u.whole {
		return u.list.Len() / u.options.Batch
	}
	return (u.list.Len() + u.options.Batch - 1) / u.options.Batch
}

// Batch implements Source.
func (u *batches) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	first, size := step*u.options.Batch, u.norm.size()
	n := min(u.options.Batch, u.list.Len()-first)
	if err := checkBatch(u, epoch, step, n, size, x, y); err != nil {
		return 0, err
	}
	order := u.order(epoch)
	for i := range n {
		draw := first + i
		pixels, err := u.list.Read(order[draw])
		if err != nil {
			return 0, err
		}
		u.norm.fill(x[i*size:(i+1)*size], pixels, u.options.view(epoch, draw, 0))
		y[i] = u.list.Labels()[order[draw]]
	}
	return n, nil
}

// checkBatch returns an error if a source has no such step, or if the buffers cannot
// hold n images of size floats.
func checkBatch(s Source, epoch, step, n, size int, x []float32, y []int32) error {
	if steps := s.Steps(epoch); epoch < 0 || step < 0 || step >= steps {
		return fmt.Errorf("there is no step %d of epoch %d: an epoch has %d", step, epoch, steps)
	}
	if len(x) < n*size || len(y) < n {
		return fmt.Errorf("buffers of %d floats and %d labels cannot hold %d images", len(x), len(y), n)
	}
	return nil
}

// shuffled returns an order that visits every image once, keyed by (Keys, epoch).
func (u *batches) shuffled(epoch int) []int {
	return keyed(u.options.Keys, "order", epoch).Perm(u.list.Len())
}

func (u *batches) order(epoch int) []int {
	if o := u.last.Load(); o != nil && o.epoch == epoch {
		return o.order
	}
	order := u.draw(epoch)
	u.last.Store(&epochOrder{epoch, order})
	return order
}

// view draws the crop and flip of a draw. number distinguishes the views of an image
// that is shown several times.
func (o Options) view(epoch, draw, number int) view {
	var v view
	if o.NoCrop && o.NoFlip {
		return v
	}
	r := keyed(o.Keys, "augment", epoch, draw, number)
	top, left, flip := r.IntN(2*padding+1), r.IntN(2*padding+1), r.IntN(2)
	if !o.NoCrop {
		v.top, v.left = top-padding, left-padding
	}
	v.flip = flip == 1 && !o.NoFlip
	return v
}

// keyed returns the random stream for a purpose and keys under a prefix of keys.
func keyed(prefix []any, purpose string, keys ...any) *rand.Rand {
	all := make([]any, 0, len(prefix)+1+len(keys))
	all = append(append(append(all, prefix...), purpose), keys...)
	return stream.New(all...)
}
