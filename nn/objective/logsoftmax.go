package objective

import (
	"math"
	"slices"

	G "gorgonia.org/gorgonia"

	"longtail/nn/kernel"
)

// LogSoftmax returns z − log Σ exp z over each row of z (rows×Classes).
//
// It is our own operation, because gorgonia's LogSoftMax (tensor v0.9.24) is wrong.
// Every row's maximum there includes the first row's first element and leaves out
// the row's own. So it overflows where the first logit leads by 88, and a row's
// last bits depend on another row.
func LogSoftmax(z *G.Node) (*G.Node, error) { return G.ApplyOp(logSoftmax, z) }

var logSoftmax = &rowOp{
	name: "LogSoftmaxRows", arity: 1, of32: logSoftmaxRows[float32], of64: logSoftmaxRows[float64], byResult: true,
	grad: &rowOp{name: "LogSoftmaxRowsGrad", arity: 2, of32: logSoftmaxGradRows[float32], of64: logSoftmaxGradRows[float64]},
}

func logSoftmaxRows[T kernel.Float](out []T, in [][]T, cols int) {
	for z := in[0]; len(z) >= cols; z, out = z[cols:], out[cols:] {
		top := slices.Max(z[:cols])
		var sum float64
		for _, v := range z[:cols] {
			sum += math.Exp(float64(v - top))
		}
		l := math.Log(sum)
		for j, v := range z[:cols] {
			out[j] = T(float64(v-top) - l)
		}
	}
}

// logSoftmaxGradRows computes the gradient by z from the output p and the gradient
// g by p: g − exp(p)·Σ g over each row.
func logSoftmaxGradRows[T kernel.Float](out []T, in [][]T, cols int) {
	for p, g := in[0], in[1]; len(p) >= cols; p, g, out = p[cols:], g[cols:], out[cols:] {
		var sum float64
		for _, v := range g[:cols] {
			sum += float64(v)
		}
		for j, v := range g[:cols] {
			out[j] = T(float64(v) - float64(math.Exp(float64(p[j]))*sum))
		}
	}
}
