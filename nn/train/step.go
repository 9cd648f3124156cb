package train

import (
	"errors"
	"math"

	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
)

// ErrNotFinite is wrapped by the error of a run whose loss or weights became
// NaN or infinite.
var ErrNotFinite = errors.New("training diverged")

// Step is one training step on n images x (n×3×H×W) with labels y: forward,
// loss, backward, update at learning rate lr. It returns the loss before the
// update. If that is not finite nothing is updated and the error is
// ErrNotFinite.
func Step[T kernel.Float](t *nn.Trunk[T], o *objective.Objective[T], s *SGD[T], x []T, y []int32, n int, lr float64) (float64, error) {
	loss, dFeatures, err := o.Step(t.Forward(x, n, true), y, n)
	if err != nil {
		return loss, err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, ErrNotFinite
	}
	t.Backward(dFeatures)
	s.Step(lr)
	return loss, nil
}

// Params returns the parameters of trunk and head, in the order in which
// PyTorch lists them.
func Params[T kernel.Float](t *nn.Trunk[T], o *objective.Objective[T]) []nn.Param[T] {
	return append(append([]nn.Param[T]{}, t.Params()...), o.Params()...)
}
