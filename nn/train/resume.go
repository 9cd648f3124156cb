package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"longtail/nn/checkpoint"
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

	Records      []Epoch `json:"records"`
	BestEpoch    int     `json:"best_epoch"` // 0: none yet
	BestErrorPct float64 `json:"best_error_pct"`
	TrainSeconds float64 `json:"train_seconds"`
	EvalSeconds  float64 `json:"eval_seconds"`
	ResumedAt    []int   `json:"resumed_at,omitempty"`
}

// Prefixes of a checkpoint's tensors.
const (
	modelPrefix    = "model/"
	velocityPrefix = "velocity/"
	bestPrefix     = "best/"
)

func prefixed(prefix string, ts []checkpoint.Tensor) []checkpoint.Tensor {
	out := slices.Clone(ts)
	for i := range out {
		out[i].Name = prefix + out[i].Name
	}
	return out
}

func unprefixed(prefix string, ts []checkpoint.Tensor) []checkpoint.Tensor {
	var out []checkpoint.Tensor
	for _, t := range ts {
		if name, ok := strings.CutPrefix(t.Name, prefix); ok {
			t.Name = name
			out = append(out, t)
		}
	}
	return out
}

// velocities lists the optimiser's state under its parameters' names.
func (r *run) velocities() []checkpoint.Tensor {
	var ts []checkpoint.Tensor
	for i, p := range r.sgd.params {
		ts = append(ts, checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: r.sgd.velocity[i]})
	}
	return ts
}

// save writes the checkpoint. Weights that are not finite are never written
// over a good checkpoint.
func (r *run) save() error {
	if r.c.CheckpointPath == "" {
		return nil
	}
	if err := r.finite(); err != nil {
		return err
	}
	meta, err := json.Marshal(r.state)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", r.c.CheckpointPath, err)
	}
	return checkpoint.Write(r.c.CheckpointPath, &checkpoint.File{Meta: meta, Tensors: slices.Concat(
		prefixed(modelPrefix, Model(r.c.Trunk, r.c.Objective)),
		prefixed(velocityPrefix, r.velocities()),
		prefixed(bestPrefix, r.best))})
}

// finite checks every weight and running statistic.
func (r *run) finite() error {
	for _, t := range Model(r.c.Trunk, r.c.Objective) {
		v, _ := t.Data.([]float32)
		for _, x := range v {
			if x64 := float64(x); math.IsNaN(x64) || math.IsInf(x64, 0) {
				return r.diverged(fmt.Sprintf("%s holds %v", t.Name, x))
			}
		}
	}
	return nil
}

// resume takes the run up where its checkpoint left it, if there is one. A
// checkpoint of another kernel set is left aside, because its run could not
// end with the same bits. One that is damaged, or of another task, is an error
// and stays as it is.
func (r *run) resume() error {
	if r.c.CheckpointPath == "" {
		return nil
	}
	f, err := checkpoint.Read(r.c.CheckpointPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal(f.Meta, &s); err != nil {
		return fmt.Errorf("%s: no checkpoint of a run (%v): delete it to start again", r.c.CheckpointPath, err)
	}
	mine := r.state
	if s.Key != mine.Key || s.Epochs != mine.Epochs || s.TotalSteps != mine.TotalSteps {
		return fmt.Errorf("%s: checkpoint of task %q with %d epochs and %d steps, not of %q with %d and %d: delete it to start again",
			r.c.CheckpointPath, s.Key, s.Epochs, s.TotalSteps, mine.Key, mine.Epochs, mine.TotalSteps)
	}
	if s.KernelSet != mine.KernelSet {
		r.restarted = fmt.Sprintf("the checkpoint was made with kernel set %s, this is %s", s.KernelSet, mine.KernelSet)
		return nil
	}
	if s.Epoch < 0 || s.Epoch > s.Epochs || s.Global < 0 || s.Global > s.TotalSteps || len(s.Records) != s.Epoch {
		return fmt.Errorf("%s: its epoch, step and records contradict each other: delete it to start again", r.c.CheckpointPath)
	}
	have := unprefixed(velocityPrefix, f.Tensors)
	if err := match(r.velocities(), have); err != nil {
		return fmt.Errorf("%s: velocities: %w", r.c.CheckpointPath, err)
	}
	if err := assign(Model(r.c.Trunk, r.c.Objective), unprefixed(modelPrefix, f.Tensors), r.c.Trunk); err != nil {
		return fmt.Errorf("%s: %w", r.c.CheckpointPath, err)
	}
	copyTensors(r.velocities(), have)
	r.best = unprefixed(bestPrefix, f.Tensors)
	r.state = s
	r.state.ResumedAt = append(r.state.ResumedAt, s.Global)
	return nil
}
