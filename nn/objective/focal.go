package objective

import G "gorgonia.org/gorgonia"

func init() { RegisterLoss("focal", Loss{Mean: PlainMean, Rows: focal}) }

// focal returns (1 − e^−a)·a for each row, where a is the weighted cross-entropy. γ
// is 1 and the class weight is inside the exponent, as in the released program; Lin
// et al. (2017) have it outside.
func focal(in Inputs) (*G.Node, error) {
	ce, err := crossEntropy(in)
	if err != nil {
		return nil, err
	}
	minusA, err := Scale(G.Must(G.HadamardProd(in.Weight, ce)), -1)
	if err != nil {
		return nil, err
	}
	return G.HadamardProd(G.Must(G.Expm1(minusA)), minusA) // (e^−a − 1)·(−a)
}
