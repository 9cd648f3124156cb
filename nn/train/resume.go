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

// state is a run's state besides its tensors, stored as a checkpoint's meta.
type state struct {
	Key        string `json:"key"`
	KernelSet  string `json:"kernel_set"`
	Epochs     int    `json:"epochs"`
	TotalSteps int    `json:"total_steps"`

	Epoch  int   `json:"epoch"`  // 0-based, the current one; Epochs when all are finished
	Step   int   `json:"step"`   // finished steps of that epoch
	Global int   `json:"global"` // finished steps since the start
	Images int64 `json:"images"` // trained on since the start

	// Sums over the current epoch.
	LossSum float64 `json:"loss_sum"` // of loss × images
	Wrong   int     `json:"wrong"`
	Seen    int     `json:"seen"`
	LR      float64 `json:"lr"` // of the last step
	Seconds float64 `json:"seconds"`
	// The second term of a Semi.
	TermSum   float64 `json:"consistency_sum,omitempty"` // of term × unlabeled images
	Unlabeled int     `json:"unlabeled,omitempty"`       // number of those images

	Records      []Epoch `json:"records"`
	BestEpoch    int     `json:"best_epoch"` // 0: none yet
	BestErrorPct float64 `json:"best_error_pct"`
	TrainSeconds float64 `json:"train_seconds"`
	EvalSeconds  float64 `json:"eval_seconds"`
	ResumedAt    []int   `json:"resumed_at,omitempty"`
	Restarted    string  `json:"restarted,omitempty"`   // why a checkpoint was not used
	ForkedFrom   string  `json:"forked_from,omitempty"` // key of the run whose first epochs this one continues
	ForkedEpochs int     `json:"forked_epochs,omitempty"`
}

// Name prefixes of a checkpoint's tensors.
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

// velocities returns the optimizer's state under its parameters' names.
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

// write writes a checkpoint to path. Weights that are not finite are an error and
// never overwrite a good checkpoint.
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

// finite checks every weight and running statistic. It includes those of the
// method, as a key or teacher network sees its own batches.
func (r *run) finite() error {
	name, _, x := notFinite(slices.Concat(Model(r.c.Trunk, r.c.Objective), r.c.Method.State()))
	if name == "" {
		return nil
	}
	return r.diverged(fmt.Sprintf("%s holds %v", name, x), remedyAfter(r.loss))
}

// otherKernels is the error of a checkpoint from another kernel set. A run resumed
// from it would not end with its own bits.
type otherKernels struct{ path, set, mine string }

func (e otherKernels) Error() string {
	return fmt.Sprintf("%s: made with other kernels: set %s, this is %s", e.path, e.set, e.mine)
}

// unfit is the error of a checkpoint that belongs to another run or contradicts
// itself.
type unfit struct{ error }

func (e unfit) Unwrap() error { return e.error }

// resume continues from the run's checkpoint if there is one, or from another run's
// after their shared epochs. It renames a checkpoint of another kernel set, unless
// SameKernels, and uses one of this set that was renamed before. A damaged
// checkpoint or one of another task is an error and stays as it is.
func (r *run) resume() error {
	if r.c.CheckpointPath != "" {
		err := r.loadCheckpoint(r.c.CheckpointPath, r.c.Key, func(state) bool { return true })
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

// stored returns the state in the checkpoint at path if it belongs to the run with
// that key, otherwise an empty one.
func stored(path, key string) (s state) {
	f, err := checkpoint.Read(path)
	if err != nil || json.Unmarshal(f.Meta, &s) != nil || s.Key != key {
		return state{}
	}
	return s
}

// KernelsOf returns the kernels with which the run with that key can resume, with
// its own bits, from the checkpoint at path. They may not be this machine's
// fastest. It returns "" if there is no such checkpoint, the machine does not run
// its kernels, or the environment chooses the kernels.
func KernelsOf(path, key string) string {
	if os.Getenv(kernel.Variable) != "" {
		return ""
	}
	s := stored(path, key)
	if set, err := kernel.Select(s.KernelSet, false); err != nil || set.Name != s.KernelSet {
		return ""
	}
	return s.KernelSet
}

// Reached returns the share of its steps that the run with that key has done in the
// checkpoint at path. It is 0 if the run would restart with those kernels or those
// of KernelsOf.
func Reached(path, key, kernelSet string) float64 {
	s := stored(path, key)
	if s.KernelSet != kernelSet && KernelsOf(path, key) == "" || s.Global < 0 || s.Global > s.TotalSteps {
		return 0
	}
	return float64(s.Global) / float64(max(s.TotalSteps, 1))
}

// fork continues from the first checkpoint of Config.Forks that exists and is
// valid. Its cost until then belongs to the other run.
func (r *run) fork() {
	for _, f := range r.c.Forks {
		err := r.loadCheckpoint(f.Path, f.Key, func(s state) bool { return s.Epoch == r.c.ForkEpoch && s.Step == 0 })
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

// leaveFork writes the checkpoint from which other runs continue, before the first
// step after the shared epochs.
func (r *run) leaveFork() error {
	s := r.state
	if r.c.ForkPath == "" || r.c.ForkEpoch == 0 || s.Epoch != r.c.ForkEpoch || s.Step != 0 || s.ForkedFrom != "" {
		return nil
	}
	return r.write(r.c.ForkPath)
}

// loadCheckpoint loads the checkpoint at path, of the run with that key, into the run's
// network and state. fits must accept its state. On an error nothing is changed.
func (r *run) loadCheckpoint(path, key string, fits func(state) bool) error {
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
