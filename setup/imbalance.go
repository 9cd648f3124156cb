package setup

import (
	"cmp"
	"math"

	"longtail/dataset"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// Imbalance is how a run meets the imbalance of its classes: by its loss, and
// by a rule for weights and sampling over the run.
type Imbalance struct {
	Loss   string
	Rule   train.Rule
	Epochs int
	Counts []int // labels of the set that is trained on, pseudo-labels counted as given

	Scale  float64 // of the logits in the loss's softmax
	Priors bool    // the loss has the classes' shares in its softmax
}

// NewImbalance reads the names of settings: loss "" is cross-entropy, rule ""
// none.
func NewImbalance(loss, rule string, epochs int, counts []int) (Imbalance, error) {
	r, err := train.ParseRule(rule)
	loss = cmp.Or(loss, "ce")
	known, _ := objective.LossNamed(loss)
	return Imbalance{loss, r, epochs, counts, known.Scale, known.Priors}, err
}

// source returns the run's batches of l.
func (m Imbalance) source(l *dataset.List, o dataset.Options) (train.Source, error) {
	if m.Rule.ClassAware {
		return dataset.NewClassAware(l, o)
	}
	plain, err := dataset.NewUniform(l, o)
	if err != nil || m.Rule.Resample == train.Never {
		return plain, err
	}
	resampled, err := dataset.NewResampled(l, o)
	if err != nil {
		return nil, err
	}
	return m.Rule.Source(m.Epochs, plain, resampled), nil
}

// Weights returns the class weights of each epoch, for train.Config.
func (m Imbalance) Weights() func(epoch int) []float64 {
	return m.Rule.Weights(m.Epochs, dataset.BalancedWeights(m.Counts))
}

// Last returns the class weights of the run's last epoch and the shares by which its
// sampler draws, for so many images of each class; nil where there are none.
func (m Imbalance) Last(counts []int) (weights, shares []float64) {
	if m.Rule.Reweight.In(m.Epochs, m.Epochs) {
		weights = dataset.BalancedWeights(counts)
	}
	if m.Rule.Resample.In(m.Epochs, m.Epochs) {
		shares = dataset.EffectiveShares(counts)
	}
	return weights, shares
}

// Adjusted returns the predictions of logits (n×classes) once the log priors are
// off them.
func (m Imbalance) Adjusted(logits []float32) []int32 {
	return results.Predict(logits, len(m.Counts), m.logPriors())
}

// logPriors are what logit adjustment (Menon et al. 2021) subtracts from the head's
// output: the log of the weight that each class had in the last epoch, log(w_c·n_c)
// or the sampler's shares. An unlabeled image counts as one
// whatever its ω in the loss. LDAM's cosines stand for 30 times as much in its
// softmax. A class without an image counts as one image. A loss with priors takes
// care of n_c itself, in its softmax: only what weights or sampler add is left.
func (m Imbalance) logPriors() []float64 {
	counts, out := make([]int, len(m.Counts)), make([]float64, len(m.Counts))
	for c, n := range m.Counts {
		counts[c] = max(n, 1)
		out[c] = math.Log(float64(counts[c]))
	}
	weights, shares := m.Last(counts)
	for c, w := range weights {
		out[c] += math.Log(w)
	}
	if m.Rule.ClassAware { // every class is drawn as often
		clear(out)
	}
	for c, share := range shares {
		out[c] = math.Log(share)
	}
	for c, n := range counts {
		if m.Priors {
			out[c] -= math.Log(float64(n))
		}
		out[c] /= m.Scale
	}
	return out
}
