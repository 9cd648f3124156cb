package dataset

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// noLabel is the label of an image that has none, in batches of Beside.
const noLabel = -1

// Beside is a Source whose batches show unlabeled images beside labeled ones:
// the first half of a batch is labeled, the second has noLabel (two streams, as
// in Tarvainen and Valpola's program). Each half goes through its own list again
// and again, in an order keyed by (Keys, half, pass), whatever the epoch:
// batches are always full. An epoch has as many steps as one over both lists
// would have, so that a run is as long as one with pseudo-labels. Crops and
// flips are keyed by (Keys, epoch, draw, view). It is safe for concurrent use.
type Beside struct {
	halves  [2]endless // labeled, unlabeled
	options Options
	views   int
	norm    *normalizer
	steps   int
}

// endless is a list's images, again and again.
type endless struct {
	list  *List
	batch int
	name  string
	last  atomic.Pointer[epochOrder] // of a pass; only saves work
}

// NewBeside returns a source of the images in both lists as they are now, of
// Options.Batch images a batch, at least 2; if the number is odd, one more is
// labeled. Every batch is shown in so many views, one behind the other, each
// with crops and flips of its own; labels stand at the first alone.
func NewBeside(labeled, unlabeled *List, views int, o Options) (*Beside, error) {
	if err := o.check(labeled); err != nil {
		return nil, err
	}
	switch {
	case unlabeled.Len() == 0:
		return nil, fmt.Errorf("there are no unlabeled images")
	case unlabeled.Set.C != labeled.Set.C || unlabeled.Set.H != labeled.Set.H || unlabeled.Set.W != labeled.Set.W:
		return nil, fmt.Errorf("the unlabeled images are %d×%d×%d, the labeled ones %d×%d×%d",
			unlabeled.Set.C, unlabeled.Set.H, unlabeled.Set.W, labeled.Set.C, labeled.Set.H, labeled.Set.W)
	case views < 1:
		return nil, fmt.Errorf("%d views of a batch", views)
	case o.Batch < 2:
		return nil, fmt.Errorf("batch = %d: half of it is labeled and half is not, so it has at least 2 images", o.Batch)
	}
	o.Keys = slices.Clone(o.Keys)
	b := &Beside{options: o, views: views, norm: newNormalizer(labeled.Set), steps: (labeled.Len() + unlabeled.Len() + o.Batch - 1) / o.Batch}
	for i, l := range []*List{labeled, unlabeled} {
		h := &b.halves[i]
		h.list = l.fixed()
		h.batch, h.name = (o.Batch+1-i)/2, []string{"labelled order", "unlabeled order"}[i] // keys of streams: their spelling decides bits
	}
	return b, nil
}

// Steps returns the batches of an epoch.
func (b *Beside) Steps(int) int { return b.steps }

// Batch implements Source.
func (b *Beside) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n, size := b.options.Batch, b.norm.size()
	if err := holds(b, epoch, step, b.views*n, size, x, y); err != nil {
		return 0, err
	}
	at := 0
	for i := range b.halves {
		h := &b.halves[i]
		for k := range h.batch {
			image := h.image(b.options.Keys, (epoch*b.steps+step)*h.batch+k)
			pixels, err := h.list.images[image].read()
			if err != nil {
				return 0, err
			}
			for view := range b.views {
				row := view*n + at
				b.norm.fill(x[row*size:(row+1)*size], pixels, b.options.view(epoch, step*n+at, view))
				if y[row] = noLabel; i == 0 && view == 0 {
					y[row] = h.list.labels[image]
				}
			}
			at++
		}
	}
	return b.views * n, nil
}

// image is the place in the list of the stream's draw.
func (h *endless) image(keys []any, draw int) int {
	pass, at := draw/h.list.Len(), draw%h.list.Len()
	o := h.last.Load()
	if o == nil || o.epoch != pass {
		o = &epochOrder{pass, keyed(keys, h.name, pass).Perm(h.list.Len())}
		h.last.Store(o)
	}
	return o.order[at]
}
