package objective

import (
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
)

func init() { RegisterHead("normed", Head{Params: normedParams, Logits: normedLogits}) }

// normedParams has one matrix, stored Features×Classes (the transpose of the linear
// head's), and no bias. It is uniform in ±1, then every class's column is scaled to
// length 1 (the head of LDAM's program, Cao et al. 2019).
func normedParams(features, classes int) []Param {
	return []Param{{Name: "fc.weight", Shape: []int{features, classes}, Transposed: true, Init: func(r *rand.Rand, v []float64) {
		for i := range v {
			v[i] = 2*r.Float64() - 1
		}
		column := make([]float64, features)
		for c := range classes {
			for j := range column {
				column[j] = v[j*classes+c]
			}
			length := norm(column)
			for j := range column {
				v[j*classes+c] /= length
			}
		}
	}}}
}

// normedLogits returns the cosines between a row's features and each class's
// weights. LDAM's scale belongs to the loss.
func normedLogits(features *G.Node, params []*G.Node) (*G.Node, error) {
	x, err := NormalizeRows(features)
	if err != nil {
		return nil, err
	}
	w, err := NormalizeRows(params[0])
	if err != nil {
		return nil, err
	}
	w, err = G.Transpose(w)
	if err != nil {
		return nil, err
	}
	return G.Mul(x, w)
}
