package objective

import G "gorgonia.org/gorgonia"

func init() {
	RegisterLoss("balanced-softmax", Loss{Priors: true, Mean: WeightedMean, Rows: balancedSoftmax})
}

// balancedSoftmax returns the cross-entropy of the logits plus the log class shares
// (Ren et al. 2020). It is the logit-adjusted loss of Menon et al. (2021) with τ =
// 1. The logits alone assume equally frequent classes.
func balancedSoftmax(in Inputs) (*G.Node, error) {
	z, err := G.Add(in.Logits, in.LogPrior)
	if err != nil {
		return nil, err
	}
	in.Logits = z
	return crossEntropy(in)
}
