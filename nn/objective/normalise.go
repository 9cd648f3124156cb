package objective

import (
	"fmt"
	"hash"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"

	"longtail/nn/kernel"
)

// normFloor is the least length that a row is divided by (paper-spec 3.1).
const normFloor = 1e-12

// NormaliseRows divides each row of x by its Euclidean length, or by 1e-12 if
// that is larger; the gradient goes through the length.
//
// It is an operation of our own because the quotient written out has no
// gradient at a row of zeros, where gorgonia's square root gives 0·∞.
func NormaliseRows(x *G.Node) (*G.Node, error) { return G.ApplyOp(normaliseRows{}, x) }

type normaliseRows struct{ base }

func (normaliseRows) Arity() int               { return 1 }
func (normaliseRows) Type() hm.Type            { return sameTypes(1) }
func (op normaliseRows) String() string        { return "NormaliseRows" }
func (op normaliseRows) WriteHash(h hash.Hash) { fmt.Fprint(h, op.String()) }
func (op normaliseRows) Hashcode() uint32      { return hashcode(op.String()) }
func (normaliseRows) DiffWRT(int) []bool       { return []bool{true} }
func (op normaliseRows) Do(in ...G.Value) (G.Value, error) {
	return op.UsePreallocDo(like(in[0]), in...)
}

func (normaliseRows) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(normaliseRowsGrad{}, in[0], grad)
	return G.Nodes{d}, err
}

func (op normaliseRows) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	cols := in[0].Shape()[1]
	switch x := in[0].Data().(type) {
	case []float32:
		normalise(out.Data().([]float32), x, cols)
	case []float64:
		normalise(out.Data().([]float64), x, cols)
	default:
		return nil, fmt.Errorf("%v: element type %T", op, x)
	}
	return out, nil
}

func normalise[T kernel.Float](out, x []T, cols int) {
	for ; len(x) >= cols; x, out = x[cols:], out[cols:] {
		length := max(norm(x[:cols]), normFloor)
		for j, v := range x[:cols] {
			out[j] = T(float64(v) / length)
		}
	}
}

// normaliseRowsGrad is the gradient by x from x and the gradient g by the unit
// rows u: (g − u·(u·g)) / ‖x‖, and g / 1e-12 where the floor holds.
type normaliseRowsGrad struct{ base }

func (normaliseRowsGrad) Arity() int               { return 2 }
func (normaliseRowsGrad) Type() hm.Type            { return sameTypes(2) }
func (op normaliseRowsGrad) String() string        { return "NormaliseRowsGrad" }
func (op normaliseRowsGrad) WriteHash(h hash.Hash) { fmt.Fprint(h, op.String()) }
func (op normaliseRowsGrad) Hashcode() uint32      { return hashcode(op.String()) }
func (op normaliseRowsGrad) Do(in ...G.Value) (G.Value, error) {
	return op.UsePreallocDo(like(in[0]), in...)
}

func (op normaliseRowsGrad) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	cols := in[0].Shape()[1]
	switch x := in[0].Data().(type) {
	case []float32:
		normaliseGrad(out.Data().([]float32), x, in[1].Data().([]float32), cols)
	case []float64:
		normaliseGrad(out.Data().([]float64), x, in[1].Data().([]float64), cols)
	default:
		return nil, fmt.Errorf("%v: element type %T", op, x)
	}
	return out, nil
}

func normaliseGrad[T kernel.Float](out, x, g []T, cols int) {
	for ; len(x) >= cols; x, g, out = x[cols:], g[cols:], out[cols:] {
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

// norm is the Euclidean length.
func norm[T kernel.Float](x []T) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
