package train

import (
	"longtail/nn"
	"longtail/nn/kernel"
)

// The paper's base learning rate, momentum, and weight decay on every parameter.
const (
	LearningRate = 0.1
	Momentum     = 0.9
	WeightDecay  = 2e-4
)

// SGD is stochastic gradient descent with momentum as PyTorch defines it,
// without dampening or Nesterov, as in the released program: g ← g + wd·p; v ← μ·v + g;
// p ← p − lr·v. The velocity starts at 0, so the first step has v = g, and it
// holds no learning rate, so it persists when the rate drops. Weight decay acts
// on every parameter: batch normalization, biases and head included.
type SGD[T kernel.Float] struct {
	momentum, weightDecay float64
	params                []nn.Param[T]
	velocity              [][]T
}

// NewSGD returns the optimizer of params, with velocities 0.
func NewSGD[T kernel.Float](params []nn.Param[T], momentum, weightDecay float64) *SGD[T] {
	s := &SGD[T]{momentum: momentum, weightDecay: weightDecay, params: params}
	for _, p := range params {
		s.velocity = append(s.velocity, make([]T, len(p.Value)))
	}
	return s
}

// Step moves every parameter by its gradient at learning rate lr.
func (s *SGD[T]) Step(lr float64) {
	for i, p := range s.params {
		kernel.Descend(p.Value, p.Grad, s.velocity[i], T(lr), T(s.momentum), T(s.weightDecay))
	}
}
