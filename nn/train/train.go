// Package train trains a trunk with an objective: the loop over epochs and steps,
// the optimizer, learning rates, evaluation and transfer of weights. Checkpoints
// resume at any step with the bits of an uninterrupted run.
package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// Source yields training batches. Epochs and steps count from 0. Batch is a pure
// function of (epoch, step), so there is no hidden state to checkpoint.
type Source interface {
	// Steps returns the number of batches of an epoch.
	Steps(epoch int) int
	// Batch fills x (N×3×H×W, normalized) and y, and returns the number of images. The
	// last batch of an epoch may be short.
	Batch(epoch, step int, x []float32, y []int32) (n int, err error)
}

// Weighted is a Source whose images have unequal weights in the loss.
type Weighted interface {
	Source
	// BatchWeighted is Batch and also fills w with the weight of each image.
	BatchWeighted(epoch, step int, x []float32, y []int32, w []float32) (n int, err error)
}

// Config is one training run. Trunk and Objective hold the initial weights.
type Config struct {
	Trunk     *nn.Trunk[float32]
	Objective *objective.Objective[float32] // nil: the method has its own, and Test must be nil
	Method    Method                        // nil: supervised
	Source    Source                        // batches hold at most as many images as the method takes
	Weights   func(epoch int) []float64     // class weights of an epoch (1-based); nil, or returning nil: all 1
	Test      Images                        // nil: never evaluated

	Epochs      int
	LR          float64  // base learning rate
	Schedule    Schedule // nil: the paper's
	Momentum    float64
	WeightDecay float64
	Evaluations int // of the test set, at most one per epoch; 0: 200

	// Key identifies the run of a checkpoint; another key is an error. A checkpoint of
	// another kernel set than the trunk's restarts the run and is kept as
	// CheckpointPath.SET. With SameKernels it is an error as well.
	Key         string
	SameKernels bool

	CheckpointPath       string // "": none
	CheckpointEverySteps int    // besides every minute; 0: only every minute
	MetricsPath          string // one JSON line per epoch; "": none

	// Runs that differ only after the first ForkEpoch epochs share those. The first of
	// them leaves a checkpoint of that moment at its ForkPath. One that finds none at
	// its CheckpointPath continues from another's, with the bits of a run from the
	// start. A fork that cannot be used is left as it is.
	ForkEpoch int    // 0: nothing is shared
	ForkPath  string // "": no checkpoint is left for others
	Forks     []Fork // what others may have left; the first valid one is used

	Note   func(string)   // called with the reason why an existing checkpoint is not used; may be nil
	Report func(Progress) // called after every step and at the start; may be nil

	now func() time.Time // the clock of checkpoints; nil: the machine's
}

// Fork is a checkpoint that the run with that key leaves at its ForkPath.
type Fork struct{ Key, Path string }

// Progress is how far a run has come. Epoch is the current one (1-based), Step the
// finished steps of Steps in the whole run, Loss that of the last step.
type Progress struct {
	Epoch, Epochs, Step, Steps int
	Loss                       float64
	Images                     int64 // trained on since the start of the run, or since its fork
}

// Outcome is the result of a finished run, besides the weights in its network.
type Outcome struct {
	Epochs       []Epoch
	BestEpoch    int                 // 1-based: the first with the lowest test error; 0 without a test set
	BestErrorPct float64             // of that epoch
	Best         []checkpoint.Tensor // its weights, for SaveModel
	Logits       []float32           // of the test set after the last epoch, images×classes
	Labels       []int32             // of the test set
	TrainSeconds float64             // of steps and their batches, over all resumed parts; in a fork without the shared epochs
	EvalSeconds  float64             // likewise
	Images       int64               // trained on, likewise
	ForkedFrom   string              // key of the run whose first epochs this one continued; "": none
	ForkedEpochs int                 // number of those epochs
	ResumedAt    []int               // finished steps at each resume
	Restarted    string              // why an existing checkpoint was not used, or ""
}

// Interrupted is the error of a run whose context ended, after its checkpoint was
// written.
type Interrupted struct {
	Epoch, Epochs, Step, Steps int // as in Progress
	Cause                      error
}

// Where returns how far the run came.
func (e *Interrupted) Where() string {
	return fmt.Sprintf("stopped in epoch %d of %d after step %d of %d", e.Epoch, e.Epochs, e.Step, e.Steps)
}

func (e *Interrupted) Error() string { return e.Where() + ": " + e.Cause.Error() }
func (e *Interrupted) Unwrap() error { return e.Cause }

// run is a run in progress.
type run struct {
	c      Config
	state  state
	sgd    *SGD[float32]
	best   []checkpoint.Tensor
	logits []float32 // of the last evaluation
	labels []int32
	saved  time.Time
	loss   float64 // of the last step of this process; 0 before

	x []float32
	y []int32
	w []float32 // of a Weighted source
}

// batch fetches one batch and sets the objective's image weights, if the source has
// them.
func (r *run) batch() (n int, err error) {
	s, weighted := r.c.Source.(Weighted)
	if !weighted {
		return r.c.Source.Batch(r.state.Epoch, r.state.Step, r.x, r.y)
	}
	if r.w == nil {
		r.w = make([]float32, len(r.y))
	}
	n, err = s.BatchWeighted(r.state.Epoch, r.state.Step, r.x, r.y, r.w)
	if err == nil && n >= 0 && n <= len(r.w) {
		r.c.Objective.SetShares(r.w[:n])
	}
	return n, err
}

// Run trains to the end and returns the outcome. It resumes from a checkpoint that
// it finds. If ctx ends first, it writes a checkpoint and returns an error that
// wraps ctx's. If the loss or a weight is NaN or infinite, the error wraps
// ErrNotFinite and names epoch, step and learning rate; the last good checkpoint
// stays.
func Run(ctx context.Context, c Config) (Outcome, error) {
	if c.Trunk == nil || c.Source == nil || c.Objective == nil && (c.Method == nil || c.Test != nil) {
		return Outcome{}, errors.New("train: a trunk, an objective and a source are needed")
	}
	if c.Method == nil {
		c.Method = supervised{c.Trunk, c.Objective}
	}
	if c.Epochs < 1 {
		return Outcome{}, fmt.Errorf("train: %d epochs: at least 1 is needed", c.Epochs)
	}
	if c.Schedule == nil {
		c.Schedule = stepSchedule
	}
	if c.Evaluations == 0 {
		c.Evaluations = 200
	}
	if c.now == nil {
		c.now = time.Now
	}
	batch := c.Method.Batch()
	r := &run{c: c, sgd: NewSGD(c.Method.Params(), c.Momentum, c.WeightDecay),
		x: make([]float32, batch*c.Trunk.ImageLen()), y: make([]int32, batch), saved: c.now()}
	r.state = state{Key: c.Key, KernelSet: c.Trunk.Kernels(), Epochs: c.Epochs}
	for e := range c.Epochs {
		r.state.TotalSteps += c.Source.Steps(e)
	}
	if err := r.resume(); err != nil {
		return Outcome{}, err
	}
	if c.MetricsPath != "" {
		if err := writeMetrics(c.MetricsPath, r.state.Records); err != nil {
			return Outcome{}, err
		}
	}
	r.report(0)
	for r.state.Epoch < c.Epochs {
		if err := r.epoch(ctx); err != nil {
			return Outcome{}, err
		}
	}
	if err := r.finish(ctx); err != nil {
		return Outcome{}, err
	}
	s := r.state
	return Outcome{Epochs: s.Records, BestEpoch: s.BestEpoch, BestErrorPct: s.BestErrorPct, Best: r.best,
		Logits: r.logits, Labels: r.labels, TrainSeconds: s.TrainSeconds, EvalSeconds: s.EvalSeconds,
		Images: s.Images, ForkedFrom: s.ForkedFrom, ForkedEpochs: s.ForkedEpochs, ResumedAt: s.ResumedAt, Restarted: s.Restarted}, nil
}

// epoch does the rest of the current epoch and records it.
func (r *run) epoch(ctx context.Context) error {
	s := &r.state
	if err := r.leaveFork(); err != nil {
		return err
	}
	setClassWeights(r.c.Objective, r.c.Weights, s.Epoch+1)
	for steps := r.c.Source.Steps(s.Epoch); s.Step < steps; {
		if ctx.Err() != nil {
			return r.interrupted(ctx)
		}
		if err := r.step(); err != nil {
			return err
		}
		every := r.c.CheckpointEverySteps
		if (every > 0 && s.Global%every == 0) || r.c.now().Sub(r.saved) >= time.Minute {
			if err := r.save(); err != nil {
				return err
			}
			r.saved = r.c.now()
		}
	}
	if s.Seen == 0 {
		return fmt.Errorf("train: epoch %d has no training images", s.Epoch+1)
	}
	record := Epoch{Epoch: s.Epoch + 1, Step: s.Global, LR: s.LR, TrainLoss: s.LossSum / float64(s.Seen),
		TrainErrorPct: 100 * float64(s.Wrong) / float64(s.Seen), Seconds: s.Seconds}
	if s.Unlabeled > 0 {
		record.ConsistencyLoss = new(s.TermSum / float64(s.Unlabeled))
	}
	if r.c.Test != nil && evaluated(record.Epoch, r.c.Epochs, r.c.Evaluations) {
		if err := r.evaluate(ctx); err != nil {
			return err
		}
		pct := ErrorPct(r.logits, r.labels, r.c.Objective.Spec().Classes)
		record.TestErrorPct = &pct
		if s.BestEpoch == 0 || pct < s.BestErrorPct {
			s.BestEpoch, s.BestErrorPct, r.best = record.Epoch, pct, clone(Model(r.c.Predictor()))
		}
	}
	s.Records = append(s.Records, record)
	s.Epoch++
	s.Step, s.LossSum, s.Wrong, s.Seen, s.Seconds = 0, 0, 0, 0, 0
	s.TermSum, s.Unlabeled = 0, 0
	if r.c.MetricsPath != "" {
		return appendMetrics(r.c.MetricsPath, record)
	}
	return nil
}

// setClassWeights sets the class weights of an epoch (1-based); weights may be nil.
func setClassWeights(o *objective.Objective[float32], weights func(epoch int) []float64, epoch int) {
	if weights == nil {
		return
	}
	w := make([]float32, o.Spec().Classes)
	for c := range w {
		w[c] = 1
	}
	for c, v := range weights(epoch) {
		w[c] = float32(v)
	}
	o.SetWeights(w)
}

// step trains on one batch.
func (r *run) step() error {
	s, start := &r.state, time.Now()
	n, err := r.batch()
	if err == nil && (n < 1 || n > len(r.y)) {
		err = fmt.Errorf("%d images, expected 1 to %d", n, len(r.y))
	}
	if err != nil {
		return fmt.Errorf("batch of epoch %d, step %d: %w", s.Epoch+1, s.Step+1, err)
	}
	at := Position{Epoch: s.Epoch + 1, Epochs: s.Epochs, Step: s.Global + 1, Steps: s.TotalSteps}
	s.LR = r.c.LR * r.c.Schedule(at)
	loss, wrong, err := r.c.Method.Gradient(at, r.x, r.y, n)
	if err == nil && !isFinite(loss) {
		err = ErrNotFinite
	}
	if err == nil {
		r.sgd.Step(s.LR)
		r.c.Method.Moved(at)
	}
	s.Step++
	s.Global++
	switch {
	case errors.Is(err, ErrNotFinite):
		remedy := remedyAfter(r.loss)
		if s.Global == 1 {
			remedy = "no weight has moved yet: look at the loss, and at what the run starts from"
		}
		return r.diverged(fmt.Sprintf("the loss is %v", loss), remedy)
	case err != nil:
		return fmt.Errorf("epoch %d, step %d: %w", s.Epoch+1, s.Global, err)
	}
	seen, images := n, n
	if m, is := r.c.Method.(Semi); is {
		labeled, unlabeled, term := m.Term()
		seen, images = labeled, labeled+unlabeled
		s.TermSum += term * float64(unlabeled)
		s.Unlabeled += unlabeled
	}
	r.loss = loss
	s.LossSum += loss * float64(seen)
	s.Wrong += wrong
	s.Seen += seen
	s.Images += int64(images)
	took := time.Since(start).Seconds()
	s.Seconds += took
	s.TrainSeconds += took
	r.report(loss)
	return nil
}

// evaluate computes the test set's logits and labels. If interrupted, resuming
// finishes the epoch.
func (r *run) evaluate(ctx context.Context) (err error) {
	start := time.Now()
	trunk, head := r.c.Predictor()
	r.logits = nil // frees those of another epoch: both may not fit into memory
	r.logits, r.labels, err = Evaluate(ctx, trunk, head, r.c.Test)
	r.state.EvalSeconds += time.Since(start).Seconds()
	switch {
	case err != nil && ctx.Err() != nil:
		return r.interrupted(ctx)
	case errors.Is(err, errOutput):
		return r.diverged(err.Error(), smallerRate)
	}
	return err
}

// finish checks the final weights and evaluates them if a resumed run has not. It
// rewrites the metrics, of which a system crash could lose lines, and writes the
// checkpoint of a finished run.
func (r *run) finish(ctx context.Context) error {
	if err := r.finite(); err != nil {
		return err
	}
	if r.c.Test != nil && r.logits == nil {
		if err := r.evaluate(ctx); err != nil {
			return err
		}
	}
	if r.c.MetricsPath != "" {
		if err := writeMetrics(r.c.MetricsPath, r.state.Records); err != nil {
			return err
		}
	}
	return r.save()
}

// interrupted writes a checkpoint and returns where the run stopped.
func (r *run) interrupted(ctx context.Context) error {
	if err := r.save(); err != nil {
		return fmt.Errorf("stopped without a checkpoint: %w", err)
	}
	return &Interrupted{min(r.state.Epoch+1, r.state.Epochs), r.state.Epochs, r.state.Global, r.state.TotalSteps, ctx.Err()}
}

const smallerRate = "try a smaller learning rate"

// remedyAfter returns the remedy for numbers that are not finite after a step with the
// given loss. Too large a learning rate shows in the loss first. After an ordinary loss
// the gradient may have been NaN, which no step checks.
func remedyAfter(loss float64) string {
	const ordinary = 100
	if loss < ordinary {
		return smallerRate + "; or, if the loss is your own, its gradient is not finite: go test ./nn/objective -run TestGradients"
	}
	return smallerRate
}

func (r *run) diverged(what, remedy string) error {
	s := r.state
	kept := "there is no checkpoint"
	if r.c.CheckpointPath != "" {
		kept = "the last good checkpoint, if any, stays in " + r.c.CheckpointPath
	}
	return fmt.Errorf("%w in epoch %d of %d at step %d, learning rate %.4g: %s; %s; %s",
		ErrNotFinite, min(s.Epoch+1, s.Epochs), s.Epochs, s.Global, s.LR, what, kept, remedy)
}

func (r *run) report(loss float64) {
	if s := r.state; r.c.Report != nil {
		r.c.Report(Progress{Epoch: min(s.Epoch+1, s.Epochs), Epochs: s.Epochs, Step: s.Global, Steps: s.TotalSteps, Loss: loss, Images: s.Images})
	}
}
