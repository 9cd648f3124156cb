package train

import (
	"errors"
	"math"

	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/kernel"
	"longtail/nn/objective"
)

// ErrNotFinite is wrapped by the error of a run whose loss or weights became
// NaN or infinite.
var ErrNotFinite = errors.New("training diverged")

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// notFinite returns the first element that is NaN or infinite, its position and its
// tensor's name, which is "" if there is none.
func notFinite(ts []checkpoint.Tensor) (name string, place int, x float32) {
	for _, t := range ts {
		v, _ := t.Data.([]float32)
		for i, x := range v {
			if !isFinite(float64(x)) {
				return t.Name, i, x
			}
		}
	}
	return "", 0, 0
}

// gradient computes the loss of n images x (n×3×H×W) with labels y and, unless
// it is not finite, the Grad of every parameter of trunk and head.
func gradient[T kernel.Float](t *nn.Trunk[T], o *objective.Objective[T], x []T, y []int32, n int) (float64, error) {
	loss, dFeatures, err := o.Step(t.Forward(x, n, true), y, n)
	if err == nil && isFinite(loss) {
		t.Backward(dFeatures)
	}
	return loss, err
}

// Step does one training step on n images x (n×3×H×W) with labels y: gradients, and
// an update at learning rate lr. It returns the loss before the update. If that is
// not finite, nothing is updated and the error is ErrNotFinite.
func Step[T kernel.Float](t *nn.Trunk[T], o *objective.Objective[T], s *SGD[T], x []T, y []int32, n int, lr float64) (float64, error) {
	loss, err := gradient(t, o, x, y, n)
	if err == nil && !isFinite(loss) {
		err = ErrNotFinite
	}
	if err == nil {
		s.Step(lr)
	}
	return loss, err
}

// Params returns the parameters of trunk and head in PyTorch's order.
func Params[T kernel.Float](t *nn.Trunk[T], o *objective.Objective[T]) []nn.Param[T] {
	return append(append([]nn.Param[T]{}, t.Params()...), o.Params()...)
}
