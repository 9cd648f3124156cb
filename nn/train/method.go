package train

import (
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// Method defines what a run does with a batch.
type Method interface {
	// Batch returns the largest number of images in a step.
	Batch() int
	// Params returns the trained parameters, always the same tensors.
	Params() []nn.Param[float32]
	// Gradient fills the Grad of every parameter from n images x (n×3×H×W) with labels
	// y. It returns their mean loss and how many of them are predicted wrongly. A loss
	// that is not finite is returned, not an error.
	Gradient(at Position, x []float32, y []int32, n int) (loss float64, wrong int, err error)
	// Moved is called after the optimizer has moved the parameters.
	Moved(at Position)
	// State returns the tensors that later steps depend on and that neither Model nor
	// the optimizer holds. They are float32 or int64, have unique names, share the
	// method's memory and go through checkpoints.
	State() []checkpoint.Tensor
}

// checker is a Method that rejects State values, other than names and shapes, that
// no run produces.
type checker interface {
	Check(state []checkpoint.Tensor) error
}

// supervised is the method of training on labels alone.
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

// retrained is supervised on the head alone.
type retrained struct{ supervised }

// RetrainHead returns the method of classifier re-training (cRT, Kang et al. 2020; the
// second stage of cRT in Tables 3 and 4): only the head is trained, on batches as in any
// run. The trunk stays in training mode: its batch normalization uses the statistics of
// the batch and goes on averaging them. Its weights have no gradient and no weight decay.
func RetrainHead(t *nn.Trunk[float32], o *objective.Objective[float32]) Method {
	return retrained{supervised{t, o}}
}

func (m retrained) Params() []nn.Param[float32] { return m.objective.Params() }

func (m retrained) Gradient(_ Position, x []float32, y []int32, n int) (loss float64, wrong int, err error) {
	loss, _, err = m.objective.Step(m.trunk.Forward(x, n, true), y, n)
	return loss, m.objective.Wrong(), err
}
