package batches

import (
	"fmt"
	"slices"
	"sync/atomic"

	"longtail/dataset"
)

// noLabel is the label of an image without one, in batches of Beside.
const noLabel = -1

// Beside is a Source whose batches have labeled images in the first half and
// unlabeled ones, with noLabel, in the second. Tarvainen and Valpola's program has
// such two streams. Each half repeats its own list, in an order keyed by (Keys, half,
// pass), without regard to epochs: batches are always full. An epoch has as many
// steps as one over both lists, so that a run is as long as one with pseudo-labels.
// Crops and flips are keyed by (Keys, epoch, draw, view). It is safe for concurrent
// use.
type Beside struct {
	halves  [2]endless // labeled, unlabeled
	options Options
	views   int
	norm    *normalizer
	steps   int
}

// endless repeats the images of a list.
type endless struct {
	list  *dataset.List
	batch int
	name  string
	last  atomic.Pointer[epochOrder] // order of a pass; only a cache
}

// NewBeside returns a source of the images in both lists as they are now. A batch has
// Options.Batch images, at least 2; if the number is odd, the labeled half is larger
// by one. Each batch is shown in so many views, one after the other, each with its
// own crops and flips. Only the first view has labels.
func NewBeside(labeled, unlabeled *dataset.List, views int, o Options) (*Beside, error) {
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
	for i, l := range []*dataset.List{labeled, unlabeled} {
		h := &b.halves[i]
		h.list = l.Snapshot()
		h.batch, h.name = (o.Batch+1-i)/2, []string{"labelled order", "unlabeled order"}[i] // keys of random streams: the order depends on their spelling
	}
	return b, nil
}

// Steps returns the number of batches in an epoch.
func (b *Beside) Steps(int) int { return b.steps }

// Batch implements Source.
func (b *Beside) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n, size := b.options.Batch, b.norm.size()
	if err := checkBatch(b, epoch, step, b.views*n, size, x, y); err != nil {
		return 0, err
	}
	at := 0
	for i := range b.halves {
		h := &b.halves[i]
		for k := range h.batch {
			image := h.image(b.options.Keys, (epoch*b.steps+step)*h.batch+k)
			pixels, err := h.list.Read(image)
			if err != nil {
				return 0, err
			}
			for view := range b.views {
				row := view*n + at
				b.norm.fill(x[row*size:(row+1)*size], pixels, b.options.view(epoch, step*n+at, view))
				if y[row] = noLabel; i == 0 && view == 0 {
					y[row] = h.list.Labels()[image]
				}
			}
			at++
		}
	}
	return b.views * n, nil
}

// image returns the position in the list of the stream's given draw.
func (h *endless) image(keys []any, draw int) int {
	pass, at := draw/h.list.Len(), draw%h.list.Len()
	o := h.last.Load()
	if o == nil || o.epoch != pass {
		o = &epochOrder{pass, keyed(keys, h.name, pass).Perm(h.list.Len())}
		h.last.Store(o)
	}
	return o.order[at]
}
