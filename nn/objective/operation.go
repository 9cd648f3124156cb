package objective

import (
	"fmt"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// base is what our own operations on matrices answer alike: the result has the
// shape of the first argument.
type base struct{}

func (base) ReturnsPtr() bool     { return false }
func (base) CallsExtern() bool    { return false }
func (base) OverwritesInput() int { return -1 }
func (base) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	s, ok := in[0].(tensor.Shape)
	if !ok || s.Dims() != 2 {
		return nil, fmt.Errorf("an operation on rows needs a matrix, not shape %v", in[0])
	}
	return s.Clone(), nil
}

// sameTypes is the type a → … → a of a function of n arguments.
func sameTypes(n int) hm.Type {
	a := hm.TypeVariable('a')
	ts := make([]hm.Type, n+1)
	for i := range ts {
		ts[i] = a
	}
	return hm.NewFnType(ts...)
}

func like(v G.Value) G.Value {
	return tensor.New(tensor.WithShape(v.Shape().Clone()...), tensor.Of(v.Dtype()))
}

func hashcode(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

// Scale multiplies every element of x by a constant.
func Scale(x *G.Node, by float64) (*G.Node, error) {
	if x.Dtype() == tensor.Float32 {
		return G.HadamardProd(x, G.NewConstant(float32(by)))
	}
	return G.HadamardProd(x, G.NewConstant(by))
}
