package objective

import (
	"math"

	G "gorgonia.org/gorgonia"

	"longtail/nn/kernel"
)

// normFloor is the least length by which a row is divided (PyTorch's F.normalize).
const normFloor = 1e-12

// NormalizeRows divides each row of x by its Euclidean length, or by 1e-12 if that
// is larger. The gradient goes through the length.
//
// It is our own operation, because the written-out quotient has no gradient at a
// row of zeros, where gorgonia's square root gives 0·∞.
func NormalizeRows(x *G.Node) (*G.Node, error) { return G.ApplyOp(normalizeRows, x) }

var normalizeRows = &rowOp{
	name: "NormalizeRows", arity: 1, of32: normalize[float32], of64: normalize[float64],
	grad: &rowOp{name: "NormalizeRowsGrad", arity: 2, of32: normalizeGrad[float32], of64: normalizeGrad[float64]},
}

func normalize[T kernel.Float](out []T, in [][]T, cols int) {
	for x := in[0]; len(x) >= cols; x, out = x[cols:], out[cols:] {
		length := max(norm(x[:cols]), normFloor)
		for j, v := range x[:cols] {
			out[j] = T(float64(v) / length)
		}
	}
}

// normalizeGrad computes the gradient by x from x and the gradient g by the unit
// rows u: (g − u·(u·g)) / ‖x‖, or g / 1e-12 where the floor applies.
func normalizeGrad[T kernel.Float](out []T, in [][]T, cols int) {
	for x, g := in[0], in[1]; len(x) >= cols; x, g, out = x[cols:], g[cols:], out[cols:] {
		length, along := norm(x[:cols]), 0.0
		if length >= normFloor {
			for j, v := range x[:cols] {
				along += float64(v) * float64(g[j])
			}
			along /= length * length
		}
		length = max(length, normFloor)
		for j, v := range x[:cols] {
			out[j] = T((float64(g[j]) - float64(float64(v)*along)) / length)
		}
	}
}

// norm returns the Euclidean length.
func norm[T kernel.Float](x []T) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
