package objective

import (
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
)

func init() { RegisterHead("linear", Head{Params: linearParams, Logits: linearLogits}) }

// linearParams has weights normal with variance 2/fan-in and biases uniform in
// ±1/√fan-in (the released program; the bias is PyTorch's).
func linearParams(features, classes int) []Param {
	fan := float64(features)
	return []Param{
		{Name: "fc.weight", Shape: []int{classes, features}, Transposed: true, Init: func(r *rand.Rand, v []float64) {
			for i := range v {
				v[i] = r.NormFloat64() * math.Sqrt(2/fan)
			}
		}},
		{Name: "fc.bias", Shape: []int{classes}, Init: func(r *rand.Rand, v []float64) {
			for i := range v {
				v[i] = (2*r.Float64() - 1) / math.Sqrt(fan)
			}
		}},
	}
}

// linearLogits returns features·Wᵀ + b.
func linearLogits(features *G.Node, params []*G.Node) (*G.Node, error) {
	z, err := G.Mul(features, params[0])
	if err != nil {
		return nil, err
	}
	return G.BroadcastAdd(z, params[1], nil, []byte{0})
}
