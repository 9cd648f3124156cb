package experiments

import (
	"slices"

	"longtail/dataset"
	"longtail/nn/train"
)

// omegaSource gives images of D_U the weight ω in the loss: the paper's
// L(D_L) + ω·L(D_U), where at ω = 1 every image of either part weighs the same
// (paper-spec 4.6). Its list holds the classes of D_U behind those of the
// labelled set.
type omegaSource struct {
	train.Source
	classes int
	omega   float32
}

// apart is a set whose lists can hold the classes of D_U apart.
func apart(s *dataset.Set) *dataset.Set {
	wide := *s
	wide.Classes = slices.Concat(s.Classes, s.Classes)
	return &wide
}

// BatchWeighted implements train.Weighted.
func (s omegaSource) BatchWeighted(epoch, step int, x []float32, y []int32, w []float32) (int, error) {
	n, err := s.Batch(epoch, step, x, y)
	if err != nil {
		return n, err
	}
	for i, label := range y[:n] {
		if w[i] = 1; int(label) >= s.classes {
			y[i], w[i] = label-int32(s.classes), s.omega
		}
	}
	return n, nil
}

// folded are the counts of such a list by class.
func folded(counts []int, classes int) []int {
	out := slices.Clone(counts[:classes])
	for c, n := range counts[classes:] {
		out[c] += n
	}
	return out
}
