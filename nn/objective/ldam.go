package objective

import (
	"math"

	G "gorgonia.org/gorgonia"
)

func init() {
	RegisterLoss("ldam", Loss{Head: "normed", Scale: LDAMScale, Margins: true, Mean: WeightedMean, Rows: ldam})
}

// LDAM's constants (Cao et al. 2019, values of the released program).
const (
	ldamMargin = 0.5 // of the smallest class
	LDAMScale  = 30  // factor of every logit in training
)

// ldam returns the cross-entropy of 30·(cosine − margin) for each row, with the
// margin only at the row's own label (Cao et al. 2019). Evaluation uses the plain
// cosines.
func ldam(in Inputs) (*G.Node, error) {
	z, err := G.Sub(in.Logits, in.Margin)
	if err != nil {
		return nil, err
	}
	if z, err = Scale(z, LDAMScale); err != nil {
		return nil, err
	}
	in.Logits = z
	return crossEntropy(in)
}

// Margins returns LDAM's margins, 0.5·(n_min/n_c)^¼, from the training set's class
// counts. A class without images has margin 0, as no row can have its label.
func Margins(counts []int) []float64 {
	least := math.MaxInt
	for _, n := range counts {
		if n > 0 {
			least = min(least, n)
		}
	}
	m := make([]float64, len(counts))
	for c, n := range counts {
		if n > 0 {
			m[c] = ldamMargin * math.Pow(float64(least)/float64(n), .25)
		}
	}
	return m
}
