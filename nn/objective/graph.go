package objective

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"longtail/nn"
	"longtail/nn/kernel"
)

// graph is one compiled expression with its input nodes' backing slices and, after
// a run, its outputs.
type graph[T kernel.Float] struct {
	vm       G.VM
	features []T   // rows×Features
	params   [][]T // in the graph's own layout

	labels, weight, coefficient []T // training only: rows×Classes one-hot, rows, rows
	margin, logPrior            []T // training a loss with Margins, with Priors only: rows×Classes
	dLogits                     []T // Pull only: rows×Classes

	logits, loss G.Value
	gradients    []G.Value // of the features, then of each parameter
}

// input returns an input node of the graph and its backing slice.
func input[T kernel.Float](g *G.ExprGraph, name string, shape ...int) (*G.Node, []T) {
	v := make([]T, size(shape))
	t := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))
	return G.NodeFromAny(g, t, G.WithName(name)), v
}

// inputs returns the nodes of rows×width features and of the parameters.
func (c *graph[T]) inputs(g *G.ExprGraph, rows, width int, stored []Param) (features *G.Node, params []*G.Node) {
	features, c.features = input[T](g, "features", rows, width)
	for _, p := range stored {
		n, v := input[T](g, p.Name, p.graphShape()...)
		params, c.params = append(params, n), append(c.params, v)
	}
	return features, params
}

// differentiate adds the gradients of number by features and parameters to the
// graph, to be read after a run.
func (c *graph[T]) differentiate(number, features *G.Node, params []*G.Node) error {
	gradients, err := G.Grad(number, append([]*G.Node{features}, params...)...)
	if err != nil {
		return fmt.Errorf("differentiating: %w", err)
	}
	G.Read(number, &c.loss)
	c.gradients = make([]G.Value, len(gradients))
	for i, n := range gradients {
		G.Read(n, &c.gradients[i])
	}
	return nil
}

// load copies parameters to the graph. They are not shared, because gorgonia's
// operations may write to their inputs.
func (c *graph[T]) load(stored []Param, params []nn.Param[T]) {
	for i, p := range stored {
		toGraph(p, c.params[i], params[i].Value)
	}
}

func (c *graph[T]) run() error {
	c.vm.Reset()
	if err := c.vm.RunAll(); err != nil {
		return fmt.Errorf("objective: %w", err)
	}
	return nil
}

// unload copies the gradients of the last run to the parameters' Grad.
func (c *graph[T]) unload(stored []Param, params []nn.Param[T]) {
	for i, p := range stored {
		toStored(p, params[i].Grad, c.gradients[i+1].Data().([]T))
	}
}

// newParams returns parameters of zeros. Those that are not trained have no Grad.
func newParams[T kernel.Float](stored []Param, trained bool) []nn.Param[T] {
	var params []nn.Param[T]
	for _, p := range stored {
		made := nn.Param[T]{Name: p.Name, Shape: p.Shape, Value: make([]T, size(p.Shape))}
		if trained {
			made.Grad = make([]T, len(made.Value))
		}
		params = append(params, made)
	}
	return params
}

// draw draws new values for every parameter, in order.
func draw[T kernel.Float](r *rand.Rand, stored []Param, params []nn.Param[T]) {
	for i, p := range stored {
		v := make([]float64, len(params[i].Value))
		p.Init(r, v)
		for j, x := range v {
			params[i].Value[j] = T(x)
		}
	}
}

func scalar[T kernel.Float](v G.Value) float64 {
	switch x := v.Data().(type) {
	case T:
		return float64(x)
	case []T:
		return float64(x[0])
	}
	panic(fmt.Sprintf("objective: a loss of type %T", v.Data()))
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
