package objective

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"longtail/nn/kernel"
)

// rowOp is our own operation on the rows of matrices of one shape, which the result
// has too.
type rowOp struct {
	name  string
	arity int
	of32  func(out []float32, in [][]float32, cols int)
	of64  func(out []float64, in [][]float64, cols int)
	// grad is the operation for the gradient by the only argument; nil if there is
	// none. It takes the argument, or with byResult the result, and the gradient by
	// the result.
	grad     *rowOp
	byResult bool
}

func (op *rowOp) Arity() int            { return op.arity }
func (op *rowOp) String() string        { return op.name }
func (op *rowOp) WriteHash(h hash.Hash) { fmt.Fprint(h, op.name) }
func (*rowOp) ReturnsPtr() bool         { return false }
func (*rowOp) CallsExtern() bool        { return false }
func (*rowOp) OverwritesInput() int     { return -1 }

func (op *rowOp) Hashcode() uint32 {
	h := fnv.New32a()
	op.WriteHash(h)
	return h.Sum32()
}

// Type returns a → … → a.
func (op *rowOp) Type() hm.Type {
	a := hm.TypeVariable('a')
	ts := make([]hm.Type, op.arity+1)
	for i := range ts {
		ts[i] = a
	}
	return hm.NewFnType(ts...)
}

func (op *rowOp) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	s, ok := in[0].(tensor.Shape)
	if !ok || s.Dims() != 2 {
		return nil, fmt.Errorf("%s needs a matrix, not shape %v", op.name, in[0])
	}
	return s.Clone(), nil
}

func (op *rowOp) DiffWRT(inputs int) []bool {
	by := make([]bool, inputs)
	for i := range by {
		by[i] = op.grad != nil
	}
	return by
}

func (op *rowOp) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	at := in[0]
	if op.byResult {
		at = out
	}
	d, err := G.ApplyOp(op.grad, at, grad)
	return G.Nodes{d}, err
}

func (op *rowOp) Do(in ...G.Value) (G.Value, error) {
	out := tensor.New(tensor.WithShape(in[0].Shape().Clone()...), tensor.Of(in[0].Dtype()))
	return op.UsePreallocDo(out, in...)
}

func (op *rowOp) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	cols := in[0].Shape()[1]
	switch to := out.Data().(type) {
	case []float32:
		op.of32(to, elements[float32](in), cols)
	case []float64:
		op.of64(to, elements[float64](in), cols)
	default:
		return nil, fmt.Errorf("%s: element type %T", op.name, to)
	}
	return out, nil
}

// elements returns the elements of values, which have the result's type.
func elements[T kernel.Float](in []G.Value) [][]T {
	data := make([][]T, len(in))
	for i, v := range in {
		data[i] = v.Data().([]T)
	}
	return data
}

// Scale multiplies every element of x by a constant.
func Scale(x *G.Node, by float64) (*G.Node, error) {
	if x.Dtype() == tensor.Float32 {
		return G.HadamardProd(x, G.NewConstant(float32(by)))
	}
	return G.HadamardProd(x, G.NewConstant(by))
}
