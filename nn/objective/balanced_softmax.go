package objective

import G "gorgonia.org/gorgonia"

func init() {
	RegisterLoss("balanced-softmax", Loss{Priors: true, Mean: WeightedMean, Rows: balancedSoftmax})
}

// balancedSoftmax is the cross-entropy of the logits plus the log class shares (Ren et
// al. 2020), which is the logit-adjusted loss of Menon et al. (2021) with τ = 1. The
// logits alone are of classes that are equally frequent.
func balancedSoftmax(in Inputs) (*G.Node, error) {
	z, err := G.Add(in.Logits, in.LogPrior)
	if err != nil {
		return nil, err
	}
	in.Logits = z
	return crossEntropy(in)
}
