package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// trainRun is a run in progress: what each of its stages leaves for the next.
type trainRun struct {
	*trainCmd
	schedule  train.Schedule
	set       *dataset.Set
	positions []int        // images of set.Train that are trained on
	unlabeled *dataset.Set // nil: none
	settings  trainSettings
	result    trainResult

	all     experiments.Mixture // labelled images, and pseudo-labelled ones behind them
	pseudo  *pseudoLabels       // nil: none
	without *dataset.List       // unlabeled images of --ssl; nil: none
	batches *experiments.Batches
	test    train.Images // nil: none
	net     *experiments.Network
}

// run trains the network and leaves its folder. One that is finished stays as it
// is.
func (c *trainCmd) run(ctx context.Context) error {
	r, err := c.open()
	if err != nil {
		return err
	}
	if done, err := c.finished(r.settings); done || err != nil {
		return err
	}
	if c.Target == experiments.TargetMoCo {
		return r.contrast(ctx)
	}
	if err := r.addUnlabeled(ctx); err != nil {
		return err
	}
	if err := r.draw(); err != nil {
		return err
	}
	defer r.batches.Close()
	if err := r.compile(); err != nil {
		return err
	}
	defer r.net.Close()
	// Last, so that a command that is refused leaves no folder.
	key, release, err := c.claim(r.settings)
	if err != nil {
		return err
	}
	defer release()
	if r.pseudo != nil {
		if err := r.pseudo.write(c.Out, r.set.Classes); err != nil {
			return err
		}
	}
	r.say()
	return r.train(ctx, key)
}

// open reads flags and images.
func (c *trainCmd) open() (*trainRun, error) {
	r := &trainRun{trainCmd: c}
	var err error
	if r.schedule, err = c.check(); err != nil {
		return nil, usage.Error{Err: err}
	}
	if r.set, r.positions, err = c.images(); err != nil {
		return nil, err
	}
	if r.unlabeled, err = c.openUnlabeled(r.set); err != nil {
		return nil, err
	}
	if r.settings, err = c.describeRun(r.set, r.unlabeled, len(r.positions)); err != nil {
		return nil, err
	}
	r.result = trainResult{DataMark: r.set.Mark, Classes: r.set.Classes, Skipped: r.set.Skipped}
	r.all = experiments.NewMixture(r.set, c.omega())
	return r, r.all.List.Append(r.set.Train, r.positions, nil)
}

// addUnlabeled makes unlabeled images ready: with --ssl as they are, else with
// the labels of a base classifier.
func (r *trainRun) addUnlabeled(ctx context.Context) (err error) {
	switch {
	case r.unlabeled == nil:
		return nil
	case r.ssl() != "":
		r.without, r.result.Unlabeled, err = r.listUnlabeled(r.set, r.unlabeled)
		return err
	}
	if r.pseudo, err = r.label(ctx, r.set, r.unlabeled, r.all.Counts()); err != nil {
		return err
	}
	r.settings.BaseSHA256, r.result.Unlabeled = r.pseudo.baseSHA256, &r.pseudo.unlabeledResult
	return r.all.AddUnlabeled(r.unlabeled.Train, r.pseudo.kept, dataset.Pick(r.pseudo.labels, r.pseudo.kept))
}

// lazy reports whether images are read from their files as they are needed.
func (r *trainRun) lazy() bool {
	return r.set.Train.Lazy != nil || r.unlabeled != nil && r.unlabeled.Train.Lazy != nil
}

// draw makes the batches and the test images.
func (r *trainRun) draw() (err error) {
	ahead := 2
	if r.lazy() {
		ahead = max(ahead, runtime.GOMAXPROCS(0))
	}
	r.batches, err = experiments.NewBatches(r.all, r.without, experiments.Draw{
		Target: r.Target, Loss: r.Loss, Rule: r.Rule, SSL: r.ssl(), Epochs: r.Epochs, Ahead: ahead,
		Options: dataset.Options{Batch: r.batch(), Keys: r.keys(), NoFlip: r.NoFlip, NoCrop: r.NoCrop},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", r.Data, err)
	}
	r.result.TrainCounts = r.all.Counts()
	if r.Target == experiments.TargetRotation {
		r.result.Classes = turns
	}
	if r.set.Test.Len() > 0 {
		r.test, err = r.batches.Test(nil)
	}
	return err
}

// compile makes the network with its initial weights.
func (r *trainRun) compile() error {
	arch, err := nn.ParseArch(r.Arch)
	if err != nil {
		return usage.Error{Err: err}
	}
	r.net, err = experiments.NewNetwork(
		nn.Options[float32]{Arch: arch, Height: r.set.H, Width: r.set.W, Mode: kernel.ModeOf(r.Exact), BNMomentum: r.BNMomentum},
		objective.Spec{Loss: r.Loss, Classes: r.batches.Classes, Batch: r.batches.Size})
	if err != nil {
		return fmt.Errorf("%s: %w", r.Data, err)
	}
	r.net.Objective.SetCounts(r.batches.Counts)
	r.net.Init(r.keys())
	r.result.KernelSet = r.net.Trunk.Kernels()
	if r.Init == "" {
		return nil
	}
	if r.result.Transferred, err = r.initFrom(r.net.Trunk); err != nil {
		r.net.Close()
		return err
	}
	fmt.Fprintf(os.Stderr, "%d tensors of the trunk taken from %s\n", r.result.Transferred, r.Init)
	return nil
}

// say tells what the run is, and what is odd about its images.
func (r *trainRun) say() {
	for _, n := range r.set.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	r.noteLeak(r.set, r.positions)
	if r.lazy() && r.Cache == "" {
		n := r.set.Train.Len() + r.set.Test.Len()
		if r.unlabeled != nil {
			n += r.unlabeled.Train.Len()
		}
		fmt.Fprintf(os.Stderr, "note: images are decoded anew in every epoch; --cache FOLDER keeps them resized, in %.1f GB\n",
			float64(dataset.CacheSize(n, r.set.C*r.set.H*r.set.W))/1e9)
	}
	if r.test == nil {
		fmt.Fprintf(os.Stderr, "no test images: all of %s are trained on, and the errors of %s will be null\n", r.Data, results.FileResult)
	}
	fmt.Fprintf(os.Stderr, "%s, %s, rule %s: %d images in %d classes (%s), %d epochs of batch %d\nlearning rate %s%s\n",
		r.Arch, r.Loss, r.Rule, r.all.List.Len(), len(r.set.Classes), counts(r.result.TrainCounts), r.Epochs, r.batch(), r.rates(r.schedule, r.batches.Source), r.deferred())
}

// config is what all runs have in common.
func (r *trainRun) config(key string) train.Config {
	return train.Config{
		Height: r.set.H, Width: r.set.W,
		Epochs: r.Epochs, LR: r.learningRate(), Schedule: r.schedule, Momentum: r.Momentum, WeightDecay: r.weightDecay(),
		Key: key, CheckpointPath: r.path(results.FileState), MetricsPath: r.path(results.FileMetrics), CheckpointEverySteps: r.CheckpointEvery,
	}
}

// train is the training itself. It leaves models and result.
func (r *trainRun) train(ctx context.Context, key string) error {
	config := r.config(key)
	config.Trunk, config.Objective, config.Source, config.Weights, config.Test = r.net.Trunk, r.net.Objective, r.batches.Source, r.batches.Weights(), r.test
	if r.without != nil {
		method, done, err := r.net.SSL(r.ssl(), r.epsilon(r.set.H, r.set.W), r.keys())
		if err != nil {
			return err
		}
		defer done()
		config.Method = method
	}
	var out train.Outcome
	var err error
	if r.Freeze {
		out, err = r.probe(ctx, config)
	} else {
		out, err = r.fit(ctx, config, r.batches.Epoch)
	}
	if err != nil {
		return err
	}
	if out.Restarted != "" {
		fmt.Fprintf(os.Stderr, "the run began again: %s\n", out.Restarted)
	}
	about := train.About{Arch: r.Arch, Epoch: r.Epochs, Mean: r.set.Mean, Std: r.set.Std, Height: r.set.H, Width: r.set.W, Classes: r.result.Classes}
	if r.test != nil {
		about.BestAccuracyPct = 100 - out.BestErrorPct
		best := about
		best.Epoch = out.BestEpoch
		if err := train.WriteTorch(r.path(fileBest), out.Best, best); err != nil {
			return err
		}
	}
	if err := train.WriteTorch(r.path(fileLast), train.Model(config.Predictor()), about); err != nil {
		return err
	}
	r.result.score(out, r.batches.Imbalance)
	return r.result.write(r.path(results.FileResult))
}

// initFrom fills the trunk from --init and returns how many tensors were used.
func (c *trainCmd) initFrom(trunk *nn.Trunk[float32]) (int, error) {
	model, err := train.ReadModel(c.Init)
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	used, err := model.FillTrunk(trunk)
	if about, _ := describe(model); err != nil && about.Arch != "" && about.Arch != c.Arch {
		return 0, usage.Errorf("--init: it holds a %s, and --arch is %s: give both alike (%w)", about.Arch, c.Arch, err)
	}
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	return used, nil
}

// fit trains and shows how far it is.
func (c *trainCmd) fit(ctx context.Context, config train.Config, images int) (train.Outcome, error) {
	meter := progress.New(os.Stderr, float64(c.Epochs*images), 0)
	defer meter.Close()
	var label string
	var labelled time.Time // a new label is a new line where there is no terminal
	config.Report = func(p train.Progress) {
		if label == "" {
			meter.Skip(float64(p.Images))
		}
		if label == "" || time.Since(labelled) >= time.Minute {
			label, labelled = fmt.Sprintf("epoch %d of %d", p.Epoch, p.Epochs), time.Now()
			if p.Loss > 0 {
				label += fmt.Sprintf(", loss %.3f", p.Loss)
			}
		}
		meter.Set(float64(p.Images), label)
	}
	out, err := train.Run(ctx, config)
	if stopped := (*train.Interrupted)(nil); errors.As(err, &stopped) {
		return out, fmt.Errorf("%s; what was done is kept in %s, and the same command goes on from there", stopped.Where(), c.path(results.FileState))
	}
	return out, err
}

// probe trains the head of config alone, on the features of the training images,
// without augmentation.
func (r *trainRun) probe(ctx context.Context, c train.Config) (out train.Outcome, err error) {
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = errors.New("stopped; a probe takes minutes and keeps nothing: the same command begins again")
		}
	}()
	images, err := dataset.NewImages(r.set, r.set.Train, r.positions)
	if err != nil {
		return out, err
	}
	features, labels, err := train.Features(ctx, c.Trunk, images)
	if err != nil {
		return out, err
	}
	epochs, err := train.Probe(ctx, train.ProbeConfig{
		Objective: c.Objective, Features: features, Labels: labels, Epochs: c.Epochs, LR: c.LR, Schedule: c.Schedule,
		Weights: c.Weights, Momentum: c.Momentum, WeightDecay: c.WeightDecay, Keys: r.keys(), MetricsPath: c.MetricsPath,
	})
	out = train.Outcome{Epochs: epochs, Images: int64(c.Epochs * images.Len())}
	if err != nil || c.Test == nil {
		return out, err
	}
	for _, e := range epochs {
		out.TrainSeconds += e.Seconds
	}
	if out.Logits, out.Labels, err = train.Evaluate(ctx, c.Trunk, c.Objective, c.Test, c.Height, c.Width); err != nil {
		return out, err
	}
	// Nothing was chosen by the test images: the last epoch is the only one.
	out.BestEpoch, out.Best = c.Epochs, train.Model(c.Trunk, c.Objective)
	out.BestErrorPct = train.ErrorPct(out.Logits, out.Labels, c.Objective.Spec().Classes)
	return out, nil
}
