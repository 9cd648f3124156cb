package objective

import (
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"

	"longtail/nn/kernel"
)

// Head turns features into logits.
type Head struct {
	// Params returns the parameters for the given sizes, in the order of their nodes
	// and of their random draws.
	Params func(features, classes int) []Param
	// Logits returns the expression for the logits (rows×Classes) from features
	// (rows×Features) and the parameters' nodes.
	Logits func(features *G.Node, params []*G.Node) (*G.Node, error)
}

// Param describes one parameter of a head.
type Param struct {
	Name       string
	Shape      []int                           // as stored, PyTorch's layout
	Transposed bool                            // the expression uses the transposed matrix
	Init       func(r *rand.Rand, v []float64) // fills v, in the stored layout
}

var heads = map[string]Head{}

// ClassesOf returns the number of classes of the named head from the shape of one
// of its stored matrices. It is 0 if the name or shape does not determine it. An
// empty matrix is rejected, because its other side may have any length whatever the
// file's size.
func ClassesOf(head, name string, shape []int) int {
	const features, classes = 2, 3 // distinct, so that they can be told apart
	h, known := heads[head]
	if !known || len(shape) < 2 || slices.Min(shape) < 1 {
		return 0
	}
	for _, p := range h.Params(features, classes) {
		if at := slices.Index(p.Shape, classes); at >= 0 && p.Name == name && len(p.Shape) == len(shape) {
			return shape[at]
		}
	}
	return 0
}

// RegisterHead registers a head under its name. It is called from init.
func RegisterHead(name string, h Head) { register(heads, name, h) }

// graphShape returns the shape of the parameter's node.
func (p Param) graphShape() []int {
	if p.Transposed {
		return []int{p.Shape[1], p.Shape[0]}
	}
	return p.Shape
}

// toGraph copies a parameter from its stored layout to its node's.
func toGraph[T kernel.Float](p Param, node, stored []T) {
	if !p.Transposed {
		copy(node, stored)
		return
	}
	transpose(node, stored, p.Shape[0], p.Shape[1])
}

// toStored copies a parameter or its gradient from its node's layout to the stored
// one.
func toStored[T kernel.Float](p Param, stored, node []T) {
	if !p.Transposed {
		copy(stored, node)
		return
	}
	transpose(stored, node, p.Shape[1], p.Shape[0])
}

// transpose writes the transpose of src, rows×cols, to dst.
func transpose[T kernel.Float](dst, src []T, rows, cols int) {
	for i := range rows {
		for j := range cols {
			dst[j*rows+i] = src[i*cols+j]
		}
	}
}
