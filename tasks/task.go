// Package tasks computes one task of a plan: pre-training, a classifier,
// pseudo-labels, an embedding or a grid of theory. It starts from the task's
// settings and its parents' files in the store, and writes the result.
package tasks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/experiments"
	"longtail/internal/atomic"
	"longtail/internal/build"
	"longtail/internal/lock"
	"longtail/internal/machine"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// Options may differ between two runs of a task without changing its numbers.
type Options struct {
	CheckpointSteps int           // checkpoint after so many steps, besides every minute; 0: no
	Files           dataset.Files // where official data are
	NoWait          bool          // return lock.ErrBusy at once if another process has the task
	Report          func(Progress)
}

// Run computes one task of the store in this process, from its checkpoint if there
// is one, and writes its result. It leaves a finished task alone. It waits while
// another process has the task, unless NoWait is set.
func Run(ctx context.Context, store results.Store, name string, o Options) error {
	var task results.Task
	if err := results.Read(store.Path(name, results.FileSettings), &task); err != nil {
		return err
	}
	if got, err := experiments.Name(o.Files, task.Settings); err != nil {
		return err
	} else if got != name {
		return fmt.Errorf("task %.12s: its settings make it %.12s in this version of the program (other data, schema or numerics): run reproduce again", name, got)
	}
	var unlock func()
	var err error
	if o.NoWait {
		unlock, err = lock.Try(store.Dir(name))
	} else {
		unlock, err = lock.Wait(ctx, store.Dir(name))
	}
	if err != nil {
		return err
	}
	defer unlock()
	atomic.Clean(store.Dir(name), results.FileSettings, results.FileError) // runners write these without the lock
	before, _ := store.Result(name)                                        // the runner has moved a damaged one aside
	if before != nil && !store.Lacks(task) {
		return nil
	}
	if err := parentsDone(store, task); err != nil {
		return err
	}
	begun := begunOn(store, task)
	if before != nil {
		set, err := kernel.Select("", task.Settings.Exact)
		if err == nil && set.Name != before.Cost.KernelSet && begun != before.Cost.KernelSet {
			return fmt.Errorf("%s: %w", experiments.Describe(task.Settings), otherFiles(store, before, set.Name))
		}
		begun = before.Cost.KernelSet // recompute with the result's kernels
	}
	if o.Report == nil {
		o.Report = func(Progress) {}
	}
	r := &run{store: store, name: name, s: task.Settings, shared: task.Shared, o: o, begun: begun}
	r.result = &results.Result{Schema: results.SchemaVersion, Task: name, Settings: task.Settings}
	switch task.Settings.Kind {
	case results.KindTrain, results.KindPretrain:
		err = r.train(ctx)
	case results.KindPseudolabel:
		err = r.pseudolabel(ctx)
	case results.KindEmbed:
		err = r.embed(ctx)
	case results.KindTheory:
		err = r.theory(ctx)
	default:
		err = fmt.Errorf("task %.12s: unknown kind %q", name, task.Settings.Kind)
	}
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			if store.Has(name, results.FileState) {
				return fmt.Errorf("%s: %w with a checkpoint", experiments.Describe(task.Settings), ErrStopped)
			}
			return fmt.Errorf("%s: %w; it has no checkpoint and begins anew", experiments.Describe(task.Settings), ErrStopped)
		}
		return fmt.Errorf("%s: %w", experiments.Describe(task.Settings), err)
	}
	r.finishCost()
	if before != nil {
		if !sameNumbers(before, r.result) {
			for _, file := range []string{results.FileModel, results.FileLogits} {
				os.Remove(r.path(file))
			}
			store.DropState(name)
			return fmt.Errorf("%s: %w", experiments.Describe(task.Settings), otherFiles(store, before, r.result.Cost.KernelSet))
		}
	} else if err := results.Write(store.Path(name, results.FileResult), r.result); err != nil {
		return err
	}
	// Result and model are complete, so the checkpoint is of no further use. If it
	// cannot be removed now (on Windows somebody may be reading it), a runner will
	// remove it.
	store.DropState(name)
	store.DropForks(task)
	return nil
}

// parentsDone returns an error if a task starts from one that is not done, or whose file
// it reads is gone.
func parentsDone(store results.Store, task results.Task) error {
	reads := task.Settings.Reads()
	for _, parent := range task.Settings.Parents() {
		r, err := store.Result(parent)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !slices.Contains(reads, parent) || !store.Lacks(results.Task{Name: parent, Settings: r.Settings}):
			continue
		}
		return fmt.Errorf("%s: it starts from %s, which is not done: run task %s first", experiments.Describe(task.Settings), store.Dir(parent), results.ShortHash(parent))
	}
	return nil
}

// sameNumbers reports whether two results of a task agree: the stored one, and one
// computed again for its missing files.
func sameNumbers(a, b *results.Result) bool {
	labels := func(r *results.Result) []byte {
		if r.Pool == nil {
			return r.Predictions
		}
		return r.Pool.Labels
	}
	return bytes.Equal(labels(a), labels(b)) && slices.EqualFunc(a.Curve, b.Curve, func(x, y results.Metrics) bool { return x.TrainLoss == y.TrainLoss })
}

// otherFiles returns the error of a result whose files are gone and cannot be
// computed again here. Descendants of new files would not fit those of the first
// ones.
func otherFiles(store results.Store, r *results.Result, kernels string) error {
	if kernels == r.Cost.KernelSet {
		return fmt.Errorf("its result is there without the files that other tasks read, and computed again it came out otherwise, with the same kernels %s: bring the files to %s, or move %s away to compute the task anew",
			kernels, store.Dir(r.Task), store.Path(r.Task, results.FileResult))
	}
	return fmt.Errorf("its result, of kernels %s, is there without the files that other tasks read, and computed again with kernels %s they would be others: bring them to %s, set %s=%s where a machine has these, or move %s away to compute the task anew",
		r.Cost.KernelSet, kernels, store.Dir(r.Task), kernel.Variable, r.Cost.KernelSet, store.Path(r.Task, results.FileResult))
}

// ErrStopped is wrapped by the errors of tasks that were asked to stop. The same
// command resumes them from their checkpoint, or restarts those that have none.
var ErrStopped = errors.New("stopped")

// Progress is one line that a task process prints on its standard output.
type Progress struct {
	Step  int     `json:"step"`  // finished steps, since the task's start
	Steps int     `json:"steps"` // steps of the whole task
	Epoch int     `json:"epoch"` // 1-based, the current one
	Loss  float64 `json:"loss"`
	Note  string  `json:"note,omitempty"` // a message; no other field is set then
}

// run is one task in progress.
type run struct {
	store  results.Store
	name   string
	s      results.Settings
	shared *results.Shared
	begun  string // kernel set to continue with; "": none
	o      Options
	result *results.Result
	drawn  drawn // the relevant part of D_U, once drawn

	unlabeled *dataset.List // D_U of a task with SSL, once drawn; its labels are not used
}

func (r *run) path(file string) string { return r.store.Path(r.name, file) }

// keys returns the prefix of the task's random streams.
func (r *run) keys() []any {
	return []any{"longtail", r.s.Seed, r.s.Replicate, r.s.Stage}
}

// train computes a task of KindTrain or KindPretrain.
func (r *run) train(ctx context.Context) error {
	s := r.s
	if s.Frozen {
		if err := setup.CheckProbe(s.Rule); err != nil {
			return err
		}
	}
	set, sub, err := r.openSet()
	if err != nil {
		return err
	}
	switch {
	case s.Arch == results.ArchLogistic:
		return r.logistic(ctx, set, sub)
	case s.Target == results.TargetMoCo:
		return r.contrast(ctx, set, sub)
	}
	all, err := r.trainingList(set, sub)
	if err != nil {
		return err
	}
	data, err := setup.NewBatches(all, r.unlabeled, setup.Draw{
		Target: s.Target, Loss: s.Loss, Rule: s.Rule, SSL: s.SSL, Epochs: s.Epochs, Ahead: 2,
		Options: batches.Options{Batch: s.Batch, Keys: r.keys(), NoCrop: s.NoCrop},
	})
	if err != nil {
		return err
	}
	defer data.Close()
	test, err := data.Test(r.testPositions(set))
	if err != nil {
		return err
	}
	net, err := r.network(set, objective.Spec{Loss: data.Loss, Classes: data.Classes, Batch: s.Batch})
	if err != nil {
		return err
	}
	defer net.Close()
	net.Objective.SetCounts(data.Counts)
	net.Init(r.keys())
	if s.Init != "" || s.Frozen || s.Retrained {
		if r.result.Transferred, err = train.InitFrom(net.Trunk, r.store.Path(s.Init, results.FileModel)); err != nil {
			return err
		}
	}
	config, err := r.training(train.Config{
		Trunk: net.Trunk, Objective: net.Objective, Source: data.Source, Weights: data.Weights(), Test: test, WeightDecay: cmp.Or(s.WeightDecay, train.WeightDecay),
	})
	if err != nil {
		return err
	}
	if s.SSL != "" {
		method, done, err := net.SSL(s.SSL, s.Epsilon, r.keys())
		if err != nil {
			return err
		}
		defer done()
		config.Method = method
	}
	if s.Retrained {
		config.Method = train.RetrainHead(net.Trunk, net.Objective)
	}
	if r.shared != nil {
		config.ForkEpoch, config.ForkPath = r.shared.Epochs, r.path(results.FileFork)
		for _, name := range r.shared.With {
			config.Forks = append(config.Forks, train.Fork{Key: name, Path: r.store.Path(name, results.FileFork)})
		}
	}
	var out train.Outcome
	if s.Frozen { // a linear probe: how good the features of pre-training are (claims F3, P7)
		var images train.Images
		if images, err = batches.NewImages(set, set.Train, sub.Positions); err != nil {
			return err
		}
		config.WeightDecay = 0 // the recipe is ours
		out, err = net.Probe(ctx, images, config, r.keys())
	} else {
		out, err = train.Run(ctx, config)
	}
	if err != nil {
		return err
	}
	if s.Retrained { // as planned: images that only pass forward are no measure of training
		out.Images = 0
	}
	if err := train.SaveModel(r.path(results.FileModel), train.Model(config.Predictor()), s); err != nil {
		return err
	}
	if err := writeHalf(r.path(results.FileLogits), out.Logits, data.Classes); err != nil {
		return err
	}
	r.score(out, data.Classes, data.Imbalance)
	return nil
}

// training returns c with what every run takes from the task's settings and
// options.
func (r *run) training(c train.Config) (train.Config, error) {
	s := r.s
	schedule, err := train.ParseSchedule(s.Schedule)
	c.Schedule, c.Epochs, c.LR, c.Momentum, c.Evaluations = schedule, s.Epochs, cmp.Or(s.LR, train.LearningRate), train.Momentum, s.Evaluations
	c.Key, c.CheckpointPath, c.MetricsPath = r.name, r.path(results.FileState), r.path(results.FileMetrics)
	c.CheckpointEverySteps = r.o.CheckpointSteps
	c.Report = func(p train.Progress) {
		r.o.Report(Progress{Step: p.Step, Steps: p.Steps, Epoch: p.Epoch, Loss: p.Loss})
	}
	c.Note = func(text string) { r.o.Report(Progress{Note: text}) }
	return c, err
}

// score fills the result from a finished run.
func (r *run) score(out train.Outcome, classes int, how setup.Imbalance) {
	res := r.result
	predicted := score.Predict(out.Logits, classes, nil)
	res.Confusion = score.Confusion(out.Labels, predicted, classes)
	res.LastErrorPct = score.ErrorPct(res.Confusion)
	res.BestErrorPct, res.BestEpoch = out.BestErrorPct, out.BestEpoch
	res.PerClassErrorPct = score.PerClassErrorPct(res.Confusion)
	res.Predictions = convert[byte](predicted)
	r.keep(out)
	var afterDrop []float64
	for _, e := range out.Epochs {
		if e.TestErrorPct != nil && e.LR <= out.Epochs[len(out.Epochs)-1].LR {
			afterDrop = append(afterDrop, *e.TestErrorPct)
		}
	}
	res.TailMeanPct, res.TailSDPct = score.MeanSD(afterDrop)
	if r.s.Target == "" {
		recordImbalance(how, res)
		res.ManyErrorPct, res.MediumErrorPct, res.FewErrorPct = score.GroupErrorPct(res.PerClassErrorPct, res.LabeledCounts)
		res.LabelBias = new(score.LabelBias(res.Confusion))
		res.AdjustedErrorPct = new(score.ErrorPct(score.Confusion(out.Labels, how.Adjusted(out.Logits), classes)))
	} else {
		res.Classes = setup.Turns
	}
}

// recordImbalance records what the run's last epoch was weighted and sampled by.
func recordImbalance(m setup.Imbalance, r *results.Result) {
	r.ClassWeights, r.SamplerShares = m.Last(m.Counts)
	if loss, _ := objective.LossNamed(m.Loss); loss.Margins {
		r.Margins = objective.Margins(m.Counts)
	}
	if first := train.FirstDeferred(m.Epochs); first <= m.Epochs && m.Rule.Deferred() {
		r.DeferredFrom = first
	}
}

// keep records a finished run's curve and cost.
func (r *run) keep(out train.Outcome) {
	res := r.result
	for _, e := range out.Epochs {
		res.Curve = append(res.Curve, results.Metrics(e))
	}
	res.Cost.TrainSeconds, res.Cost.EvalSeconds, res.Cost.Images = out.TrainSeconds, out.EvalSeconds, out.Images
	if out.TrainSeconds > 0 {
		res.Cost.ImagesPerSec = float64(out.Images) / out.TrainSeconds
	}
	res.Cost.ForkedFrom, res.Cost.ForkedEpochs, res.Cost.ResumedAt, res.Cost.Restarted = out.ForkedFrom, out.ForkedEpochs, out.ResumedAt, out.Restarted
}

// begunOn returns the kernel set of a task's checkpoint. Without one that can be
// resumed here, it is that of a fork that another task left, preferably in this
// machine's kernels. It is "" without any.
func begunOn(store results.Store, t results.Task) string {
	set := train.KernelsOf(store.Path(t.Name, results.FileState), t.Name)
	if set != "" || t.Shared == nil {
		return set
	}
	mine, err := kernel.Select("", t.Settings.Exact)
	for _, other := range t.Shared.With {
		of := train.KernelsOf(store.Path(other, results.FileFork), other)
		if err == nil && of == mine.Name {
			return of
		}
		set = cmp.Or(set, of)
	}
	return set
}

// options returns the options of the task's network, except its batch. A task that
// was started with kernels that this machine has continues with them.
func (r *run) options(set *dataset.Set) (nn.Options[float32], error) {
	arch, err := nn.ParseArch(r.s.Arch)
	if err != nil {
		return nn.Options[float32]{}, err
	}
	kernels, err := kernel.Select("", r.s.Exact)
	if err == nil && r.begun != "" && r.begun != kernels.Name {
		r.o.Report(Progress{Note: fmt.Sprintf("goes on with kernels %s, as it or what it forks from began; with %s=%s it begins again", r.begun, kernel.Variable, kernels.Name)})
		kernels, err = kernel.Select(r.begun, false)
	}
	return nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W, Kernels: kernels, BNMomentum: r.s.BNMomentum}, err
}

func (r *run) network(set *dataset.Set, spec objective.Spec) (*setup.Network, error) {
	options, err := r.options(set)
	if err != nil {
		return nil, err
	}
	net, err := setup.NewNetwork(options, spec)
	if err == nil {
		r.result.Cost.KernelSet = net.Trunk.Kernels()
	}
	return net, err
}

// finishCost records what the numbers were computed with.
func (r *run) finishCost() {
	c := &r.result.Cost
	if set, err := kernel.Select("", false); c.KernelSet == "" && err == nil {
		c.KernelSet = set.Name
	}
	c.Threads, c.CPU, c.Go = runtime.GOMAXPROCS(0), machine.CPU(), runtime.Version()
	c.Revision = build.Revision()
	c.Finished = time.Now().UTC().Format(time.RFC3339)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	c.Modules = map[string]string{}
	for _, m := range info.Deps {
		if strings.HasPrefix(m.Path, "gonum.org/") || strings.HasPrefix(m.Path, "gorgonia.org/gorgonia") || strings.HasPrefix(m.Path, "gorgonia.org/tensor") {
			c.Modules[m.Path] = m.Version
		}
	}
}
