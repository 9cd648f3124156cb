package batches

import (
	"sort"

	"longtail/dataset"
)

// Resampled is a Source that draws as many images per epoch as its list holds, with
// replacement. An image's weight is one over the effective number of its class's
// images (Cui et al. 2019), which is nearly, not exactly, balanced. Draws are keyed
// by (Keys, epoch), crops and flips by (Keys, epoch, draw), so that an image drawn
// twice has two crops. It is safe for concurrent use.
type Resampled struct {
	batches
	shares []float64
}

// NewResampled returns a source of the images in l as they are now.
func NewResampled(l *dataset.List, o Options) (*Resampled, error) {
	if err := o.check(l); err != nil {
		return nil, err
	}
	r := &Resampled{}
	r.set(l, o)
	classes, err := dataset.ByClass(r.list.Labels(), len(l.Set.Classes))
	if err != nil {
		return nil, err
	}
	r.shares = dataset.EffectiveShares(r.list.Counts())
	below := make([]float64, len(r.shares)) // below[c] is the total share of the classes up to c
	sum, last := 0.0, 0
	for c, share := range r.shares {
		sum += share
		below[c] = sum
		if share > 0 {
			last = c
		}
	}
	r.draw = func(epoch int) []int {
		g := keyed(r.options.Keys, "resample", epoch)
		out := make([]int, r.list.Len())
		for i := range out {
			at := g.Float64() * sum
			c := min(sort.Search(len(below), func(c int) bool { return below[c] > at }), last)
			out[i] = classes[c][g.IntN(len(classes[c]))]
		}
		return out
	}
	return r, nil
}
