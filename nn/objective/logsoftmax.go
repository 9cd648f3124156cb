package objective

import (
	"fmt"
	"hash"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"

	"longtail/nn/kernel"
)

// LogSoftmax is z − log Σ exp z over each row of z (rows×Classes).
//
// It is an operation of our own: gorgonia's LogSoftMax (tensor v0.9.24) takes
// the first row's first element into every row's maximum and leaves out the
// row's own, so that it overflows where the first logit leads by 88, and a
// row's last bits depend on another row.
func LogSoftmax(z *G.Node) (*G.Node, error) { return G.ApplyOp(logSoftmax{}, z) }

type logSoftmax struct{ base }

func (logSoftmax) Arity() int                           { return 1 }
func (logSoftmax) Type() hm.Type                        { return sameTypes(1) }
func (op logSoftmax) String() string                    { return "LogSoftmaxRows" }
func (op logSoftmax) WriteHash(h hash.Hash)             { fmt.Fprint(h, op.String()) }
func (op logSoftmax) Hashcode() uint32                  { return hashcode(op.String()) }
func (logSoftmax) DiffWRT(int) []bool                   { return []bool{true} }
func (op logSoftmax) Do(in ...G.Value) (G.Value, error) { return op.UsePreallocDo(like(in[0]), in...) }

func (logSoftmax) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(logSoftmaxGrad{}, out, grad)
	return G.Nodes{d}, err
}

func (op logSoftmax) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	cols := in[0].Shape()[1]
	switch z := in[0].Data().(type) {
	case []float32:
		logSoftmaxRows(out.Data().([]float32), z, cols)
	case []float64:
		logSoftmaxRows(out.Data().([]float64), z, cols)
	default:
		return nil, fmt.Errorf("%v: element type %T", op, z)
	}
	return out, nil
}

func logSoftmaxRows[T kernel.Float](out, z []T, cols int) {
	for ; len(z) >= cols; z, out = z[cols:], out[cols:] {
		top := z[0]
		for _, v := range z[1:cols] {
			top = max(top, v)
		}
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

// logSoftmaxGrad is the gradient by z from the output p and the gradient g by
// p: g − exp(p)·Σ g over each row.
type logSoftmaxGrad struct{ base }

func (logSoftmaxGrad) Arity() int               { return 2 }
func (logSoftmaxGrad) Type() hm.Type            { return sameTypes(2) }
func (op logSoftmaxGrad) String() string        { return "LogSoftmaxRowsGrad" }
func (op logSoftmaxGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, op.String()) }
func (op logSoftmaxGrad) Hashcode() uint32      { return hashcode(op.String()) }
func (op logSoftmaxGrad) Do(in ...G.Value) (G.Value, error) {
	return op.UsePreallocDo(like(in[0]), in...)
}

func (op logSoftmaxGrad) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	cols := in[0].Shape()[1]
	switch p := in[0].Data().(type) {
	case []float32:
		logSoftmaxGradRows(out.Data().([]float32), p, in[1].Data().([]float32), cols)
	case []float64:
		logSoftmaxGradRows(out.Data().([]float64), p, in[1].Data().([]float64), cols)
	default:
		return nil, fmt.Errorf("%v: element type %T", op, p)
	}
	return out, nil
}

func logSoftmaxGradRows[T kernel.Float](out, p, g []T, cols int) {
	for ; len(p) >= cols; p, g, out = p[cols:], g[cols:], out[cols:] {
		var sum float64
		for _, v := range g[:cols] {
			sum += float64(v)
		}
		for j, v := range g[:cols] {
			out[j] = T(float64(v) - float64(math.Exp(float64(p[j]))*sum))
		}
	}
}
