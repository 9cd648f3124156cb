package setup

import (
	"cmp"
	"math"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/score"
)

// Imbalance is how a run handles class imbalance: by its loss, and by a rule for
// weights and sampling.
type Imbalance struct {
	Loss   string
	Rule   train.Rule
	Epochs int
	Counts []int // labels per class of the training set, pseudo-labels counted as given

	Scale  float64 // of the logits in the loss's softmax
	Priors bool    // the loss's softmax contains the class shares
}

// NewImbalance parses the names of a loss and a rule; "" is cross-entropy and no
// rule. An unknown rule is an error.
func NewImbalance(loss, rule string, epochs int, counts []int) (Imbalance, error) {
	r, err := train.ParseRule(rule)
	loss = cmp.Or(loss, "ce")
	known, _ := objective.LossNamed(loss)
	return Imbalance{loss, r, epochs, counts, known.Scale, known.Priors}, err
}

// source returns the run's source of batches from l.
func (m Imbalance) source(l *dataset.List, o batches.Options) (train.Source, error) {
	if m.Rule.ClassAware {
		return batches.NewClassAware(l, o)
	}
	plain, err := batches.NewUniform(l, o)
	if err != nil || m.Rule.Resample == train.Never {
		return plain, err
	}
	resampled, err := batches.NewResampled(l, o)
	if err != nil {
		return nil, err
	}
	return m.Rule.Source(m.Epochs, plain, resampled), nil
}

// Weights returns the class weights of each epoch, for train.Config.
func (m Imbalance) Weights() func(epoch int) []float64 {
	return m.Rule.Weights(m.Epochs, dataset.BalancedWeights(m.Counts))
}

// Last returns the class weights of the run's last epoch and the class shares by
// which its sampler draws. counts are images per class. Each is nil where there is
// none.
func (m Imbalance) Last(counts []int) (weights, shares []float64) {
	if m.Rule.Reweight.In(m.Epochs, m.Epochs) {
		weights = dataset.BalancedWeights(counts)
	}
	if !m.Rule.ClassAware && m.Rule.Resample.In(m.Epochs, m.Epochs) { // as source has it
		shares = dataset.EffectiveShares(counts)
	}
	return weights, shares
}

// Adjusted returns the predictions of logits (n×classes) after subtracting the log
// priors.
func (m Imbalance) Adjusted(logits []float32) []int32 {
	return score.Predict(logits, len(m.Counts), m.logPriors())
}

// logPriors returns what logit adjustment (Menon et al. 2021) subtracts from the
// head's output. It is the log of each class's weight in the last epoch: w_c times
// n_c, or times the sampler's share. An unlabeled image counts as one, whatever its
// ω in the loss; so does a class without images. LDAM's softmax multiplies its
// cosines by 30, so they need a thirtieth. A loss with priors handles n_c in its own
// softmax, so only what weights or sampler add remains.
func (m Imbalance) logPriors() []float64 {
	counts, out := make([]int, len(m.Counts)), make([]float64, len(m.Counts))
	for c, n := range m.Counts {
		counts[c] = max(n, 1)
	}
	weights, shares := m.Last(counts)
	for c, n := range counts {
		switch {
		case m.Rule.ClassAware: // every class is drawn equally often
		case shares != nil:
			out[c] = math.Log(shares[c])
		default:
			out[c] = math.Log(float64(n))
		}
		if weights != nil {
			out[c] += math.Log(weights[c])
		}
		if m.Priors {
			out[c] -= math.Log(float64(n))
		}
		out[c] /= m.Scale
	}
	return out
}
