package experiments

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"longtail/dataset"
	"longtail/internal/cpu"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// TaskOptions are what may differ between two runs of a task without changing
// its numbers.
type TaskOptions struct {
	CheckpointSteps int           // besides CheckpointTime; 0: none
	CheckpointTime  time.Duration // 0: a minute
	Report          func(Progress)
}

// RunTask computes one task of the store in this process, from its checkpoint
// if there is one, and writes its result. A task that is done is left alone.
// Another process that has the task is waited for.
func RunTask(ctx context.Context, store results.Store, name string, o TaskOptions) error {
	var task results.Task
	if err := results.Read(store.Path(name, results.FileSettings), &task); err != nil {
		return err
	}
	if got, err := Name(task.Settings); err != nil {
		return err
	} else if got != name {
		return fmt.Errorf("task %.12s: its settings make it %.12s in this version of the program (other data, schema or numerics): run reproduce again", name, got)
	}
	unlock, err := lock(store, name)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := store.Result(name); err == nil && (!hasModel(task.Settings) || exists(store.Path(name, results.FileModel))) {
		return nil
	}
	if o.Report == nil {
		o.Report = func(Progress) {}
	}
	r := &taskRun{ctx: ctx, store: store, name: name, s: task.Settings, o: o}
	r.result = &results.Result{Schema: results.SchemaVersion, Task: name, Settings: task.Settings}
	switch task.Settings.Kind {
	case results.KindTrain, results.KindPretrain:
		err = r.train()
	case results.KindPseudolabel:
		err = r.pseudolabel()
	case results.KindTheory:
		err = r.theory()
	default:
		err = fmt.Errorf("task %.12s: unknown kind %q", name, task.Settings.Kind)
	}
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return fmt.Errorf("%s: %w", Describe(task.Settings), ErrStopped)
		}
		return fmt.Errorf("%s: %w", Describe(task.Settings), err)
	}
	r.finishCost()
	if err := results.Write(store.Path(name, results.FileResult), r.result); err != nil {
		return err
	}
	// Result and model are written whole: the checkpoint is of no further use.
	if err := os.Remove(store.Path(name, results.FileState)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// taskRun is one task in progress.
type taskRun struct {
	ctx    context.Context
	store  results.Store
	name   string
	s      results.Settings
	o      TaskOptions
	result *results.Result
}

func (r *taskRun) path(file string) string { return r.store.Path(r.name, file) }

// keys is the prefix of the task's random streams.
func (r *taskRun) keys(stage string) []any {
	return []any{"longtail", r.s.Seed, r.s.Replicate, r.s.Stage + stage}
}

// openSet opens the task's data and notes what they are.
func (r *taskRun) openSet() (*dataset.Set, error) {
	set, err := dataset.Open(r.s.Data)
	if err != nil {
		return nil, err
	}
	r.result.Classes, r.result.DataDigest, r.result.DataMark = set.Classes, set.Digest, set.Mark
	r.result.Grade = results.GradePaper
	if set.StandsFor != "" {
		r.result.Grade = results.GradeStandIn
	}
	return set, nil
}

// trainingList builds the labelled long-tailed set and, with pseudo-labels,
// D_U behind it.
func (r *taskRun) trainingList(set *dataset.Set) (*dataset.List, error) {
	s := r.s
	sub, err := dataset.LongTail{Rho: s.Rho, Imbalance: s.Imbalance, NMax: s.NMax, DataSeed: s.DataSeed}.Select(set)
	if err != nil {
		return nil, err
	}
	list := dataset.NewList(set)
	if err := list.Append(set.Train, sub.Positions, nil); err != nil {
		return nil, err
	}
	r.result.LabelledCounts = sub.Counts
	if s.Labels != "" {
		labeller, err := r.store.Result(s.Labels)
		if err != nil {
			return nil, fmt.Errorf("the pseudo-labels: %w", err)
		}
		pool := make([]int32, len(labeller.Pool.Labels))
		for i, y := range labeller.Pool.Labels {
			pool[i] = int32(y)
		}
		images := r.pool(set)
		if len(pool) != images.Len() {
			return nil, fmt.Errorf("the pseudo-labels are for %d images, the pool has %d", len(pool), images.Len())
		}
		drawn, err := sub.Draw(dataset.Unlabeled{Multiple: s.Multiple, RhoU: s.RhoU}, images)
		if err != nil {
			return nil, err
		}
		picked := dataset.Pick(pool, drawn.Positions)
		if err := list.Append(images, drawn.Positions, picked); err != nil {
			return nil, err
		}
		r.result.UnlabeledCounts = drawn.Counts
		quality := results.Quality(dataset.Pick(images.Labels, drawn.Positions), picked, set.Ranks())
		r.result.Drawn = &quality
	}
	r.result.TrainCounts = list.Counts()
	return list, nil
}

// pool is the unlabeled pool at the task's scale; its labels only shape ρ_U.
func (r *taskRun) pool(set *dataset.Set) dataset.Samples {
	if r.s.PoolSet == 0 {
		return set.Pool
	}
	return set.Pool.At(set.Pool.FirstPerClass(r.s.PoolSet))
}

// testPositions are the test images of the task's scale; nil: all.
func (r *taskRun) testPositions(set *dataset.Set) []int {
	if r.s.TestSet == 0 {
		return nil
	}
	return set.Test.FirstPerClass(r.s.TestSet)
}

// train is the task of kinds train and pretrain.
func (r *taskRun) train() error {
	s := r.s
	set, err := r.openSet()
	if err != nil {
		return err
	}
	if s.Arch == archLogistic {
		return r.logistic(set)
	}
	list, err := r.trainingList(set)
	if err != nil {
		return err
	}
	how, err := NewImbalance(s.Loss, s.Rule, s.Epochs, list.Counts())
	if err != nil {
		return err
	}
	source, err := how.Source(list, dataset.Options{Batch: s.Batch, Keys: r.keys("")})
	if err != nil {
		return err
	}
	images, err := dataset.NewImages(set, set.Test, r.testPositions(set))
	if err != nil {
		return err
	}
	var test train.Images = images
	classes := len(set.Classes)
	if s.Target == TargetRotation {
		classes = dataset.Rotations
		if source, err = dataset.NewRotated(source, set.H, r.keys("")); err != nil {
			return err
		}
		if test, err = dataset.NewRotatedImages(images, r.keys("")); err != nil {
			return err
		}
	}
	net, err := r.network(set, objective.Spec{Loss: how.Loss, Classes: classes, Batch: s.Batch})
	if err != nil {
		return err
	}
	defer net.Close()
	var weights func(epoch int) []float64
	if s.Target == "" { // counts and weights are of labels
		net.objective.SetCounts(how.Counts)
		weights = how.Weights()
	}
	net.trunk.Init(stream.New(append(r.keys(""), "init", "trunk")...))
	net.objective.Init(stream.New(append(r.keys(""), "init", "head")...))
	if s.Init != "" {
		if r.result.Transferred, err = train.InitFrom(net.trunk, r.store.Path(s.Init, results.FileModel)); err != nil {
			return err
		}
	}
	schedule, err := train.ParseSchedule(s.Schedule)
	if err != nil {
		return err
	}
	lr := s.LR
	if lr == 0 {
		lr = 0.1
	}
	out, err := train.Run(r.ctx, train.Config{
		Trunk: net.trunk, Objective: net.objective, Height: set.H, Width: set.W, Source: source, Weights: weights, Test: test,
		Epochs: s.Epochs, LR: lr, Schedule: schedule, Momentum: 0.9, WeightDecay: 2e-4, Evaluations: s.Evaluations,
		Key: r.name, KernelSet: kernel.Best().Name,
		CheckpointPath: r.path(results.FileState), MetricsPath: r.path(results.FileMetrics),
		CheckpointEverySteps: r.o.CheckpointSteps, CheckpointEvery: r.o.CheckpointTime,
		Report: func(p train.Progress) { r.o.Report(Progress{p.Step, p.Steps, p.Epoch, p.Loss}) },
	})
	if err != nil {
		return err
	}
	if err := train.SaveModel(r.path(results.FileModel), train.Model(net.trunk, net.objective), s); err != nil {
		return err
	}
	r.score(out, classes, how)
	return nil
}

// score fills the result from a finished run.
func (r *taskRun) score(out train.Outcome, classes int, how Imbalance) {
	res := r.result
	predicted := results.Predict(out.Logits, classes, nil)
	res.Confusion = results.Confusion(out.Labels, predicted, classes)
	res.LastErrorPct = results.ErrorPct(res.Confusion)
	res.BestErrorPct, res.BestEpoch = out.BestErrorPct, out.BestEpoch
	res.PerClassErrorPct = results.PerClassErrorPct(res.Confusion)
	res.Predictions = make([]byte, len(predicted))
	for i, p := range predicted {
		res.Predictions[i] = byte(p)
	}
	var afterDrop []float64
	for _, e := range out.Epochs {
		res.Curve = append(res.Curve, results.Metrics{
			Epoch: e.Epoch, Step: e.Step, LR: e.LR, TrainLoss: e.TrainLoss, TrainErrorPc: e.TrainErrorPct, TestErrorPct: e.TestErrorPct, Seconds: e.Seconds,
		})
		if e.TestErrorPct != nil && e.LR <= out.Epochs[len(out.Epochs)-1].LR {
			afterDrop = append(afterDrop, *e.TestErrorPct)
		}
	}
	res.TailMeanPct, res.TailSDPct = results.MeanSD(afterDrop)
	if r.s.Target == "" {
		res.ManyErrorPct, res.MediumErrorPct, res.FewErrorPct = results.GroupErrorPct(res.PerClassErrorPct, res.LabelledCounts)
		bias := results.LabelBias(res.Confusion)
		res.LabelBias = &bias
		adjusted := results.ErrorPct(results.Confusion(out.Labels, results.Predict(out.Logits, classes, how.LogPriors()), classes))
		res.AdjustedErrorPct = &adjusted
	} else {
		res.Classes = []string{"0°", "90°", "180°", "270°"}
	}
	res.Cost.TrainSeconds, res.Cost.EvalSeconds, res.Cost.Images = out.TrainSeconds, out.EvalSeconds, out.Images
	if out.TrainSeconds > 0 {
		res.Cost.ImagesPerSec = float64(out.Images) / out.TrainSeconds
	}
	res.Cost.ResumedAt = out.ResumedAt
}

// pseudolabel labels the whole pool by the base classifier's last epoch:
// evaluation mode, no augmentation, no threshold (specification 4.6).
func (r *taskRun) pseudolabel() error {
	set, err := r.openSet()
	if err != nil {
		return err
	}
	const batch = 128
	classes := len(set.Classes)
	base, err := train.ReadModel(r.store.Path(r.s.Base, results.FileModel))
	if err != nil {
		return fmt.Errorf("the base classifier: %w", err)
	}
	head, _, err := base.Head()
	if err != nil {
		return fmt.Errorf("the base classifier: %w", err)
	}
	net, err := r.network(set, objective.Spec{Head: head, Loss: "ce", Classes: classes, Batch: batch})
	if err != nil {
		return err
	}
	defer net.Close()
	if err := base.Fill(net.trunk, net.objective); err != nil {
		return fmt.Errorf("the base classifier: %w", err)
	}
	images, err := dataset.NewImages(set, r.pool(set), nil)
	if err != nil {
		return err
	}
	started := time.Now()
	logits, truth, err := train.Evaluate(r.ctx, net.trunk, net.objective, images, set.H, set.W)
	if err != nil {
		return err
	}
	predicted := results.Predict(logits, classes, nil)
	labels := make([]byte, len(predicted))
	for i, p := range predicted {
		labels[i] = byte(p)
	}
	r.result.Pool = &results.PoolLabels{
		Labels:   labels,
		ErrorPct: results.ErrorPct(results.Confusion(truth, predicted, classes)),
		Quality:  results.Quality(truth, predicted, set.Ranks()),
	}
	r.result.Cost.EvalSeconds = time.Since(started).Seconds()
	return nil
}

func (r *taskRun) network(set *dataset.Set, spec objective.Spec) (*network, error) {
	arch, err := nn.ParseArch(r.s.Arch)
	if err != nil {
		return nil, err
	}
	return newNetwork(arch, set.H, set.W, spec)
}

// finishCost notes what the numbers were computed with.
func (r *taskRun) finishCost() {
	c := &r.result.Cost
	c.KernelSet, c.Threads, c.CPU, c.Go = kernel.Best().Name, runtime.GOMAXPROCS(0), cpu.Model(), runtime.Version()
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
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" && s.Value == "true" {
			c.Revision = strings.TrimSpace(c.Revision + " " + strings.Replace(s.Value, "true", "(modified)", 1))
		}
	}
}
