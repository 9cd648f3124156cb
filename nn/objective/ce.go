package objective

import G "gorgonia.org/gorgonia"

func init() { RegisterLoss("ce", Loss{Mean: WeightedMean, Rows: crossEntropy}) }

// crossEntropy returns −log softmax(z)_y for each row (CE of Tables 1 and 2).
func crossEntropy(in Inputs) (*G.Node, error) {
	p, err := LogSoftmax(in.Logits)
	if err != nil {
		return nil, err
	}
	at, err := AtLabel(p, in.Labels)
	if err != nil {
		return nil, err
	}
	return G.Neg(at)
}

// AtLabel returns the element at the label from each row of x (rows×Classes).
func AtLabel(x, labels *G.Node) (*G.Node, error) {
	picked, err := G.HadamardProd(labels, x)
	if err != nil {
		return nil, err
	}
	return G.Sum(picked, 1)
}
