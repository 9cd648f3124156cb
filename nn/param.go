package nn

import "longtail/nn/kernel"

// Param is a named tensor of a network under PyTorch's name and in PyTorch's
// layout: convolution weights Out×In×Kh×Kw, linear weights Out×In.
type Param[T kernel.Float] struct {
	Name  string
	Shape []int
	Value []T
	Grad  []T // of the last backward pass; nil for a buffer, which is not trained
}
