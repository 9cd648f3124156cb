package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"longtail/nn/checkpoint"
	"longtail/nn/kernel"
)

// state is what a run has besides its tensors, as a checkpoint's meta holds it.
type state struct {
	Key        string `json:"key"`
	KernelSet  string `json:"kernel_set"`
	Epochs     int    `json:"epochs"`
	TotalSteps int    `json:"total_steps"`

	Epoch  int   `json:"epoch"`  // 0-based, the one in progress; Epochs when all are finished
	Step   int   `json:"step"`   // steps of it that are finished
	Global int   `json:"global"` // steps finished since the start
	Images int64 `json:"images"` // trained on since the start

	// Sums of the epoch in progress.
	LossSum float64 `json:"loss_sum"` // of loss × images
	Wrong   int     `json:"wrong"`
	Seen    int     `json:"seen"`
	LR      float64 `json:"lr"` // of the last step
	Seconds float64 `json:"seconds"`
	// Of the second term of a Semi.
	TermSum   float64 `json:"consistency_sum,omitempty"` // of term × images without labels
	Unlabeled int     `json:"unlabeled,omitempty"`       // those images

	Records      []Epoch `json:"records"`
	BestEpoch    int     `json:"best_epoch"` // 0: none yet
	BestErrorPct float64 `json:"best_error_pct"`
	TrainSeconds float64 `json:"train_seconds"`
	EvalSeconds  float64 `json:"eval_seconds"`
	ResumedAt    []int   `json:"resumed_at,omitempty"`
	Restarted    string  `json:"restarted,omitempty"`   // why a checkpoint was not used
	ForkedFrom   string  `json:"forked_from,omitempty"` // key of the run whose first epochs this one went on from
	ForkedEpochs int     `json:"forked_epochs,omitempty"`
}

// Prefixes of a checkpoint's tensors.
const (
	modelPrefix    = "model/"
	velocityPrefix = "velocity/"
	bestPrefix     = "best/"
	methodPrefix   = "method/"
)

func prefixed(prefix string, ts []checkpoint.Tensor) []checkpoint.Tensor {
	out := slices.Clone(ts)
	for i := range out {
		out[i].Name = prefix + out[i].Name
	}
	return out
}

// velocities lists the optimizer's state under its parameters' names.
func (r *run) velocities() []checkpoint.Tensor {
	var ts []checkpoint.Tensor
	for i, p := range r.sgd.params {
		ts = append(ts, checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: r.sgd.velocity[i]})
	}
	return ts
}

// save writes the checkpoint.
func (r *run) save() error {
	if r.c.CheckpointPath == "" {
		return nil
	}
	return r.write(r.c.CheckpointPath)
}

// write puts a checkpoint at path. Weights that are not finite are never
// written over a good one.
func (r *run) write(path string) error {
	if err := r.finite(); err != nil {
		return err
	}
	meta, err := json.Marshal(r.state)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return checkpoint.Write(path, &checkpoint.File{Meta: meta, Tensors: slices.Concat(
		prefixed(modelPrefix, Model(r.c.Trunk, r.c.Objective)),
		prefixed(velocityPrefix, r.velocities()),
		prefixed(bestPrefix, r.best),
		prefixed(methodPrefix, r.c.Method.State()))})
}

// finite checks every weight and running statistic, of the method as well: a
// key or teacher network sees batches of its own.
func (r *run) finite() error {
	name, _, x := notFinite(slices.Concat(Model(r.c.Trunk, r.c.Objective), r.c.Method.State()))
	if name == "" {
		return nil
	}
	return r.diverged(fmt.Sprintf("%s holds %v", name, x), smallerRate)
}

// otherKernels is the error of a checkpoint of another kernel set: a run that went
// on from it could not end with its own bits.
type otherKernels struct{ path, set, mine string }

func (e otherKernels) Error() string {
	return fmt.Sprintf("%s: made with other kernels: set %s, this is %s", e.path, e.set, e.mine)
}

// unfit is the error of a checkpoint that is another run's, or contradicts itself.
type unfit struct{ error }

func (e unfit) Unwrap() error { return e.error }

// resume takes the run up where its checkpoint left it, if there is one, or
// goes on from another's after the epochs that both share. A checkpoint of
// another kernel set is put aside, unless SameKernels, and one of this set that was
// put aside is taken up. One that is damaged, or of another task, is an error and
// stays as it is.
func (r *run) resume() error {
	if r.c.CheckpointPath != "" {
		err := r.takeUp(r.c.CheckpointPath, r.c.Key, func(state) bool { return true })
		other, is := err.(otherKernels)
		aside := func(set string) string { return r.c.CheckpointPath + "." + set }
		back := func() bool { return os.Rename(aside(r.state.KernelSet), r.c.CheckpointPath) == nil }
		switch {
		case err == nil:
			r.state.ResumedAt = append(r.state.ResumedAt, r.state.Global)
			return nil
		case is && r.c.SameKernels:
			return fmt.Errorf("%w: set %s=%s to go on from it, or delete it to start again", err, kernel.Variable, other.set)
		case is:
			if err := os.Rename(r.c.CheckpointPath, aside(other.set)); err != nil {
				return fmt.Errorf("cannot put a checkpoint of other kernels aside: %w", err)
			}
			if back() {
				return r.resume()
			}
			r.note("the run begins again: %v (kept as %s)", err, aside(other.set))
			r.fork()
			r.state.Restarted = err.Error()
			return nil
		case errors.As(err, new(unfit)):
			return fmt.Errorf("%w: delete it to start again", err)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		case back():
			return r.resume()
		}
	}
	r.fork()
	return nil
}

// stored returns the state in the checkpoint at path, if it is of the run with that
// key; otherwise none.
func stored(path, key string) (s state) {
	f, err := checkpoint.Read(path)
	if err != nil || json.Unmarshal(f.Meta, &s) != nil || s.Key != key {
		return state{}
	}
	return s
}

// KernelsOf returns the kernels with which the run with that key can go on from the
// checkpoint at path with its own bits, though they may not be this machine's
// fastest. "": there is no such checkpoint, the machine does not run its kernels, or
// the environment says which to take.
func KernelsOf(path, key string) string {
	if os.Getenv(kernel.Variable) != "" {
		return ""
	}
	s := stored(path, key)
	if set, err := kernel.Select(s.KernelSet, kernel.Auto); err != nil || set.Name != s.KernelSet {
		return ""
	}
	return s.KernelSet
}

// Reached returns which share of its steps the checkpoint at path holds for the
// run with that key on those kernels, or on those that KernelsOf returns; 0 if the
// run would begin anew.
func Reached(path, key, kernelSet string) float64 {
	s := stored(path, key)
	if s.KernelSet != kernelSet && KernelsOf(path, key) == "" || s.Global < 0 || s.Global > s.TotalSteps {
		return 0
	}
	return float64(s.Global) / float64(max(s.TotalSteps, 1))
}

// fork goes on from the first checkpoint of Config.Forks that is there and
// good. What it cost to get there is that run's, not this one's.
func (r *run) fork() {
	for _, f := range r.c.Forks {
		err := r.takeUp(f.Path, f.Key, func(s state) bool { return s.Epoch == r.c.ForkEpoch && s.Step == 0 })
		switch {
		case err == nil:
			s := &r.state
			s.Key, s.ForkedFrom, s.ForkedEpochs, s.ResumedAt, s.Restarted = r.c.Key, f.Key, s.Epoch, nil, ""
			s.TrainSeconds, s.EvalSeconds, s.Images = 0, 0, 0
			return
		case !errors.Is(err, fs.ErrNotExist):
			r.note("the first %d epochs are not taken over: %v", r.c.ForkEpoch, err)
		}
	}
}

// leaveFork writes the checkpoint for other runs at the moment from which they
// go on: before the first step after the shared epochs.
func (r *run) leaveFork() error {
	s := r.state
	if r.c.ForkPath == "" || r.c.ForkEpoch == 0 || s.Epoch != r.c.ForkEpoch || s.Step != 0 || s.ForkedFrom != "" {
		return nil
	}
	return r.write(r.c.ForkPath)
}

// takeUp makes the run's network and state those of the checkpoint at path, of
// the run with that key at a moment that fits. On an error nothing is changed.
func (r *run) takeUp(path, key string, fits func(state) bool) error {
	f, err := checkpoint.Read(path)
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal(f.Meta, &s); err != nil {
		return unfit{fmt.Errorf("%s: no checkpoint of a run (%v)", path, err)}
	}
	mine := r.state
	if s.Key != key || s.Epochs != mine.Epochs || s.TotalSteps != mine.TotalSteps {
		return unfit{fmt.Errorf("%s: checkpoint of task %q with %d epochs and %d steps, not of %q with %d and %d",
			path, s.Key, s.Epochs, s.TotalSteps, key, mine.Epochs, mine.TotalSteps)}
	}
	if s.KernelSet != mine.KernelSet {
		return otherKernels{path, s.KernelSet, mine.KernelSet}
	}
	if !r.possible(s) || !fits(s) {
		return unfit{fmt.Errorf("%s: its epoch, step and records contradict each other", path)}
	}
	have := checkpoint.KeepPrefix(f.Tensors, velocityPrefix)
	if err := match(r.velocities(), have); err != nil {
		return unfit{fmt.Errorf("%s: velocities: %w", path, err)}
	}
	method := checkpoint.KeepPrefix(f.Tensors, methodPrefix)
	if err := match(r.c.Method.State(), method); err != nil {
		return unfit{fmt.Errorf("%s: the method's state: %w", path, err)}
	}
	if m, ok := r.c.Method.(checker); ok {
		if err := m.Check(method); err != nil {
			return unfit{fmt.Errorf("%s: the method's state: %w", path, err)}
		}
	}
	best := checkpoint.KeepPrefix(f.Tensors, bestPrefix)
	if s.BestEpoch > 0 {
		if err := match(Model(r.c.Predictor()), best); err != nil {
			return unfit{fmt.Errorf("%s: the best epoch's network: %w", path, err)}
		}
	}
	if err := assign(Model(r.c.Trunk, r.c.Objective), checkpoint.KeepPrefix(f.Tensors, modelPrefix), r.c.Trunk); err != nil {
		return unfit{fmt.Errorf("%s: %w", path, err)}
	}
	copyTensors(r.velocities(), have)
	copyTensors(r.c.Method.State(), method)
	r.best = best
	r.state = s
	return nil
}

// possible reports whether epoch, steps and records of a stored state agree.
func (r *run) possible(s state) bool {
	if s.Epoch < 0 || s.Epoch > s.Epochs || len(s.Records) != s.Epoch {
		return false
	}
	before, steps := 0, 0
	for e := range s.Epoch {
		before += r.c.Source.Steps(e)
	}
	if s.Epoch < s.Epochs {
		steps = r.c.Source.Steps(s.Epoch)
	}
	return s.Step >= 0 && s.Step <= steps && s.Global == before+s.Step
}

func (r *run) note(format string, args ...any) {
	if r.c.Note != nil {
		r.c.Note(fmt.Sprintf(format, args...))
	}
}
