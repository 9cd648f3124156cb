package train

import (
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// Method is what a run does with a batch.
type Method interface {
	// Batch returns the most images of a step.
	Batch() int
	// Params returns what is trained, always the same tensors.
	Params() []nn.Param[float32]
	// Gradient fills the Grad of every parameter from n images x (n×3×H×W) with
	// labels y, and returns their mean loss and how many of them are taken for
	// something else. A loss that is not finite is returned as such.
	Gradient(at Position, x []float32, y []int32, n int) (loss float64, wrong int, err error)
	// Moved is called when the optimizer has moved the parameters.
	Moved(at Position)
	// State lists what later steps depend on and neither Model nor the optimizer
	// holds: tensors of float32 or int64 that share the method's memory, under
	// names of their own. They go through checkpoints.
	State() []checkpoint.Tensor
}

// checker is a Method that knows values of its State, beside names and shapes,
// which no run leaves.
type checker interface {
	Check(state []checkpoint.Tensor) error
}

// supervised is the method of labels alone.
type supervised struct {
	trunk     *nn.Trunk[float32]
	objective *objective.Objective[float32]
}

func (m supervised) Batch() int                  { return m.objective.Spec().Batch }
func (m supervised) Params() []nn.Param[float32] { return Params(m.trunk, m.objective) }
func (m supervised) Moved(Position)              {}
func (m supervised) State() []checkpoint.Tensor  { return nil }

func (m supervised) Gradient(_ Position, x []float32, y []int32, n int) (loss float64, wrong int, err error) {
	loss, err = gradient(m.trunk, m.objective, x, y, n)
	return loss, m.objective.Wrong(), err
}
