package dataset

import (
	"math"
	"sort"
)

// EffectiveBeta is β in the effective number of images (1 − βⁿ)/(1 − β). The released
// program uses this value for every data set.
const EffectiveBeta = 0.9999

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
func NewResampled(l *List, o Options) (*Resampled, error) {
	if err := o.check(l); err != nil {
		return nil, err
	}
	r := &Resampled{}
	r.set(l, o)
	classes, err := ByClass(r.list.labels, len(l.Set.Classes))
	if err != nil {
		return nil, err
	}
	r.shares = EffectiveShares(r.list.Counts())
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

// EffectiveShares returns the probability with which Resampled draws each class of a
// set with these counts: n_c·w_c over its sum, with w_c = (1 − β)/(1 − β^n_c). It is
// 0 for a class without images.
func EffectiveShares(counts []int) []float64 {
	shares, sum := make([]float64, len(counts)), 0.0
	for c, n := range counts {
		if n > 0 {
			shares[c] = float64(n) * (1 - EffectiveBeta) / (1 - math.Pow(EffectiveBeta, float64(n)))
			sum += shares[c]
		}
	}
	for c := range shares {
		shares[c] /= sum
	}
	return shares
}

// BalancedWeights returns the class-balanced weights of a loss (Cui et al. 2019): one
// over the effective number of each class's images, scaled to mean 1 as in the
// released program. A class without images has weight 0 and does not enter the mean.
func BalancedWeights(counts []int) []float64 {
	beta := EffectiveBeta // a variable: its 1 − β is rounded, unlike that of EffectiveShares; results depend on the bits of both
	w, sum, present := make([]float64, len(counts)), 0.0, 0
	for c, n := range counts {
		if n > 0 {
			w[c] = (1 - beta) / (1 - math.Pow(beta, float64(n)))
			sum += w[c]
			present++
		}
	}
	for c := range w {
		w[c] *= float64(present) / sum
	}
	return w
}
