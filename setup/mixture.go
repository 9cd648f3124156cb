package setup

import (
	"slices"

	"longtail/dataset"
	"longtail/nn/train"
)

// Mixture is the training set of a run: labeled images, then pseudo-labeled ones
// with the weight ω in the loss. This is the paper's L(D_L) + ω·L(D_U). At ω = 1
// every image of either part weighs the same, as in the released program.
type Mixture struct {
	List    *dataset.List // with ω, the classes of D_U follow those of the set
	classes int
	omega   float64
}

// NewMixture returns an empty mixture with the classes of set; omega 0 is 1. With
// any other omega, samplers that draw by class treat a class of D_U as separate.
func NewMixture(set *dataset.Set, omega float64) Mixture {
	if omega == 1 {
		omega = 0
	}
	m := Mixture{dataset.NewList(set), len(set.Classes), omega}
	if omega != 0 {
		wide := *set
		wide.Classes = slices.Concat(set.Classes, set.Classes)
		m.List = dataset.NewList(&wide)
	}
	return m
}

// AddUnlabeled appends images of D_U and the labels to train on, one per position.
func (m Mixture) AddUnlabeled(from dataset.Samples, positions []int, labels []int32) error {
	if m.omega != 0 {
		labels = slices.Clone(labels)
		for i := range labels {
			labels[i] += int32(m.classes)
		}
	}
	return m.List.Append(from, positions, labels)
}

// Counts returns the labels of each class, pseudo-labels counted as given.
func (m Mixture) Counts() []int {
	all := m.List.Counts()
	out := slices.Clone(all[:m.classes])
	for c, n := range all[m.classes:] {
		out[c] += n
	}
	return out
}

// weighted returns s, a source of the mixture's list, with ω in its batches.
func (m Mixture) weighted(s train.Source) train.Source {
	if m.omega == 0 {
		return s
	}
	return omegaSource{s, m.classes, float32(m.omega)}
}

// omegaSource gives images of D_U their class and the weight ω.
type omegaSource struct {
	train.Source
	classes int
	omega   float32
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
