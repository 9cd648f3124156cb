package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/progress"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

type trainCmd struct {
	Data      string `required:"" placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Training images: a named set, a folder of class folders, a CSV file of path,label, or a .npz file with images (uint8 N×H×W×3) and labels (int64 N)."`
	Test      string `placeholder:"FILE.npz" help:"Test images beside FILE.npz, all of which are trained on. Without it nothing is evaluated. Sets, folders and CSV files bring their own."`
	fileFlags `embed:""`
	Rho       float64 `default:"0" help:"Cut the long-tailed subset of this imbalance ratio. 0: all training images."`
	NMax      int     `name:"n-max" default:"0" help:"With --rho: images of the largest class. 0: the paper's, or all."`
	DataSeed  int     `default:"0" help:"With --rho: selects the subset."`

	Arch        string   `default:"resnet32" help:"resnet8, resnet14, resnet20, resnet32, resnet44 or resnet56."`
	Target      string   `default:"labels" enum:"labels,rotation,moco" help:"labels, or self-supervised pre-training, from which --init goes on: rotation tells how far an image is turned, moco tells two views of an image from other images."`
	Loss        string   `default:"ce" help:"${losses}. ldam brings its normed head."`
	Rule        string   `default:"none" help:"${rules}: weights or resampling, always or (drw, drs) after 80 % of the epochs, where the step schedule drops; class-aware draws the classes in turn, four images of each."`
	Exact       bool     `help:"Direct convolutions everywhere, to audit the fast ones: slower, other last bits."`
	Epochs      int      `default:"200" help:"Passes over the training images."`
	Batch       int      `default:"0" help:"Images a step. 0: 128, and 256 where --unlabeled images are among them, as in the paper, and for moco."`
	Queue       int      `default:"0" help:"Of moco: keys of earlier steps, a multiple of the batch. 0: 4096, or a third of the images."`
	LR          float64  `name:"lr" default:"0" help:"Base learning rate. 0: 0.1, and for moco 0.03 at a batch of 256, in proportion to it."`
	Schedule    string   `default:"" help:"step (warm-up, drops after 80 and 90 %; the default), ${schedules} (the default of moco is cosine-plain)."`
	Momentum    float64  `default:"0.9" help:"Of SGD."`
	WeightDecay *float64 `placeholder:"DECAY" help:"On every parameter. 2e-4 unless said otherwise, and for moco 1e-4, as in the paper."`
	NoFlip      bool     `help:"Do not flip images."`
	NoCrop      bool     `help:"Do not pad and crop images."`
	BNMomentum  float64  `name:"bn-momentum" default:"${bn_momentum}" help:"A batch's share in the running statistics of batch normalisation. In small batches 0.1 makes the test error jitter: 0.1·batch/128 covers as many images as the paper's."`
	Seed        int      `default:"0" help:"Governs initialisation, order and augmentation."`
	Init        string   `placeholder:"FILE" type:"path" help:"Start from the trunk of this model; its head is left out."`
	Freeze      bool     `help:"With --init: a linear probe. Train the head alone, on the trunk's features of the images as they are."`

	unlabeledFlags `embed:""`
	sslFlags       `embed:""`

	Out             string `required:"" placeholder:"DIR" type:"path" help:"Folder of the run. The same command goes on with it."`
	CheckpointEvery int    `default:"0" placeholder:"STEPS" help:"Checkpoint every so many steps besides every minute."`
	JSON            bool   `name:"json" help:"Print result.json."`
}

func (trainCmd) Help() string {
	return `Trains one network by the paper's recipe. DIR gets settings.json, metrics.jsonl
(a line an epoch), state.ckpt, result.json, last.pth and best.pth (PyTorch reads
both). best.pth is chosen by the test images; report last.pth. Of a .npz file every image is trained on;
without --test the errors in result.json are null. A folder or CSV file is divided
by the rule that data describe prints. Ctrl-C or a power cut lose at most a
minute: the same command goes on and ends with the same bits. docs/own-images.md
goes through it step by step, docs/results.md lists the fields of result.json.

With --unlabeled it trains as the paper does with D_U: a base classifier names the
class of every unlabeled image, then a new network is trained on both. The base is
--base, or else the same command without --unlabeled is run first, in DIR/base.
DIR gets pseudo-labels.csv and pseudo-counts.csv as well: look at them first. With
--ssl the unlabeled images have no labels: half of every batch is of them, and
virtual adversarial training or a mean teacher makes use of them.

Examples:
  longtail train --data D.npz --test T.npz --arch resnet20 --loss ldam \
    --rule drw --epochs 40 --seed 1 --out DIR
  longtail train --data my-photos/ --arch resnet20 --side 64 --out DIR
  longtail train --data my-photos/ --unlabeled more-photos/ --out DIR
  longtail train --data D.npz --target rotation --out SSP    (or moco)
  longtail train --data D.npz --test T.npz --init SSP/last.pth --out DIR2`
}

func (c *trainCmd) Run(ctx context.Context) error {
	if err := c.run(ctx); err != nil {
		return err
	}
	return c.print()
}

// run trains the network and leaves its folder. One that is finished stays as it
// is.
func (c *trainCmd) run(ctx context.Context) error {
	schedule, err := c.check()
	if err != nil {
		return usageError{err}
	}
	set, positions, err := c.images()
	if err != nil {
		return err
	}
	unlabeled, err := c.openUnlabeled(set)
	if err != nil {
		return err
	}
	settings, err := c.settings(set, unlabeled, len(positions))
	if err != nil {
		return err
	}
	if done, err := c.finished(settings); done || err != nil {
		return err
	}
	all := experiments.NewMixture(set, c.omega())
	if err := all.List.Append(set.Train, positions, nil); err != nil {
		return err
	}
	if c.Target == experiments.TargetMoCo {
		return c.contrast(ctx, set, all.List, settings, schedule)
	}
	result := trainResult{DataMark: set.Mark, Classes: set.Classes, Skipped: set.Skipped}
	var pseudo *pseudoLabels
	var without *dataset.List // unlabeled images of --ssl
	switch {
	case c.ssl() != "":
		if without, result.Unlabeled, err = c.without(set, unlabeled); err != nil {
			return err
		}
	case unlabeled != nil:
		if pseudo, err = c.label(ctx, set, unlabeled, all.Counts()); err != nil {
			return err
		}
		if err := all.AddUnlabeled(unlabeled.Train, pseudo.kept, dataset.Pick(pseudo.labels, pseudo.kept)); err != nil {
			return err
		}
		settings.BaseSHA256, result.Unlabeled = pseudo.baseSHA256, &pseudo.unlabeledResult
	}
	labels, batch, shown := all.Counts(), min(c.batch(), all.List.Len()), all.List.Len()
	targets := labels
	if c.Target == experiments.TargetRotation { // every turn is as frequent
		targets = slices.Repeat([]int{all.List.Len()}, dataset.Rotations)
		result.Classes = turns
	}
	how, err := experiments.NewImbalance(c.Loss, c.Rule, c.Epochs, targets)
	if err != nil {
		return usageError{err}
	}
	keys := c.keys()
	options := dataset.Options{Batch: c.batch(), Keys: keys, NoFlip: c.NoFlip, NoCrop: c.NoCrop}
	var source train.Source
	if without != nil {
		source, err = experiments.NewSSLSource(c.ssl(), all.List, without, options)
	} else {
		source, err = how.Source(all.List, options)
	}
	if err != nil {
		return err
	}
	if without != nil { // batches are always full
		batch, shown = c.batch(), source.Steps(0)*c.batch()
	}
	arch, err := nn.ParseArch(c.Arch)
	if err != nil {
		return usageError{err}
	}
	compile := nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W, Batch: batch, Mode: kernel.ModeOf(c.Exact), BNMomentum: c.BNMomentum}
	trunk, err := nn.NewTrunk(compile)
	if err != nil {
		return err
	}
	defer trunk.Close()
	obj, err := objective.New[float32](objective.Spec{Loss: c.Loss, Features: trunk.Features(), Classes: len(targets), Batch: batch})
	if err != nil {
		return fmt.Errorf("%s: %w", c.Data, err)
	}
	defer obj.Close()
	obj.SetCounts(how.Counts)
	trunk.Init(stream.New(append(keys, "init", "trunk")...))
	obj.Init(stream.New(append(keys, "init", "head")...))
	result.TrainCounts, result.KernelSet = labels, trunk.Kernels()
	if c.Target == experiments.TargetRotation && set.H != set.W {
		return fmt.Errorf("%s: images of %d×%d cannot be turned: they must be square", c.Data, set.H, set.W)
	}
	if c.Init != "" {
		if result.Transferred, err = c.initFrom(trunk); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%d tensors of the trunk taken from %s\n", result.Transferred, c.Init)
	}
	var test train.Images
	if set.Test.Len() > 0 {
		images, err := dataset.NewImages(set, set.Test, nil)
		if err != nil {
			return err
		}
		test = images
		if c.Target == experiments.TargetRotation {
			if test, err = dataset.NewRotatedImages(images, keys); err != nil {
				return err
			}
		}
	}
	if c.Target == experiments.TargetRotation {
		if source, err = dataset.NewRotated(source, set.H, keys); err != nil {
			return err
		}
	}
	lazy := set.Train.Lazy != nil || unlabeled != nil && unlabeled.Train.Lazy != nil
	if lazy {
		ahead := dataset.NewAhead(source, runtime.GOMAXPROCS(0), experiments.SSLViews(c.ssl())*batch, set.H, set.W)
		defer ahead.Close()
		source = ahead
	}
	source = all.Weighted(source)
	// Last, so that a command that is refused leaves no folder.
	key, release, err := c.claim(settings)
	if err != nil {
		return err
	}
	defer release()
	if pseudo != nil {
		if err := pseudo.write(c.Out, set.Classes); err != nil {
			return err
		}
	}
	for _, n := range set.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	c.noteLeak(set, positions)
	if lazy && c.Cache == "" {
		n := set.Train.Len() + set.Test.Len()
		if unlabeled != nil {
			n += unlabeled.Train.Len()
		}
		fmt.Fprintf(os.Stderr, "note: images are decoded anew in every epoch; --cache FOLDER keeps them resized, in %.1f GB\n",
			float64(dataset.CacheSize(n, set.C*set.H*set.W))/1e9)
	}
	if test == nil {
		fmt.Fprintf(os.Stderr, "no test images: all of %s are trained on, and the errors of %s will be null\n", c.Data, results.FileResult)
	}
	fmt.Fprintf(os.Stderr, "%s, %s, rule %s: %d images in %d classes (%s), %d epochs of batch %d\nlearning rate %s%s\n",
		c.Arch, c.Loss, c.Rule, all.List.Len(), len(set.Classes), counts(labels), c.Epochs, c.batch(), c.rates(schedule, source), c.deferred())
	config := train.Config{
		Trunk: trunk, Objective: obj, Source: source, Weights: how.Weights(), Test: test, Height: set.H, Width: set.W,
		Epochs: c.Epochs, LR: c.learningRate(), Schedule: schedule, Momentum: c.Momentum, WeightDecay: c.weightDecay(),
		Key: key, CheckpointPath: c.path(results.FileState), MetricsPath: c.path(results.FileMetrics), CheckpointEverySteps: c.CheckpointEvery,
	}
	if without != nil {
		method, done, err := c.method(compile, trunk, obj, keys)
		if err != nil {
			return err
		}
		defer done()
		config.Method = method
	}
	var out train.Outcome
	if c.Freeze {
		out, err = probe(ctx, config, set, positions, keys)
	} else {
		out, err = c.fit(ctx, config, shown)
	}
	if c.Freeze && err != nil && ctx.Err() != nil {
		return errors.New("stopped; a probe takes minutes and keeps nothing: the same command begins again")
	}
	if err != nil {
		return err
	}
	if out.Restarted != "" {
		fmt.Fprintf(os.Stderr, "the run began again: %s\n", out.Restarted)
	}
	about := train.About{Arch: c.Arch, Epoch: c.Epochs, Mean: set.Mean, Std: set.Std, Height: set.H, Width: set.W, Classes: result.Classes}
	if test != nil {
		about.BestAccuracyPct = 100 - out.BestErrorPct
		best := about
		best.Epoch = out.BestEpoch
		if err := train.WriteTorch(c.path(fileBest), out.Best, best); err != nil {
			return err
		}
	}
	if err := train.WriteTorch(c.path(fileLast), train.Model(config.Predictor()), about); err != nil {
		return err
	}
	result.score(out, how)
	return result.write(c.path(results.FileResult))
}

// initFrom fills the trunk from --init and returns how many tensors were used.
func (c *trainCmd) initFrom(trunk *nn.Trunk[float32]) (int, error) {
	model, err := train.ReadModel(c.Init)
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	used, err := model.FillTrunk(trunk)
	if about, _ := describe(model); err != nil && about.Arch != "" && about.Arch != c.Arch {
		return 0, usageError{fmt.Errorf("--init: it holds a %s, and --arch is %s: give both alike (%w)", about.Arch, c.Arch, err)}
	}
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	return used, nil
}

// stage is what this run is of a training in stages; "" where it is all of it.
func (c *trainCmd) stage() string {
	var parts []string
	if c.Target != "labels" {
		parts = append(parts, c.Target)
	}
	if c.Init != "" {
		parts = append(parts, "init")
	}
	return strings.Join(parts, ", ")
}

// keys begin the keys of every random stream of the run. The stage is among them
// so that pre-training and what goes on from it, at one seed, share no order, crops
// or flips (design section 1).
func (c *trainCmd) keys() []any {
	if stage := c.stage(); stage != "" {
		return []any{"longtail train", c.Seed, stage}
	}
	return []any{"longtail train", c.Seed}
}

// batch is the number of images a step.
func (c *trainCmd) batch() int {
	switch {
	case c.Batch != 0:
		return c.Batch
	case c.Unlabeled != "" || c.Target == experiments.TargetMoCo:
		return 256
	}
	return 128
}

func (c *trainCmd) learningRate() float64 {
	if c.LR == 0 && c.Target == experiments.TargetMoCo {
		return experiments.MoCoRate(c.batch())
	}
	return cmp.Or(c.LR, .1)
}

func (c *trainCmd) weightDecay() float64 {
	switch {
	case c.WeightDecay != nil:
		return *c.WeightDecay
	case c.Target == experiments.TargetMoCo:
		return experiments.MoCoWeightDecay
	}
	return 2e-4
}

func (c *trainCmd) scheduleName() string {
	if c.Schedule == "" && c.Target == experiments.TargetMoCo {
		return "cosine-plain"
	}
	return cmp.Or(c.Schedule, "step")
}

// draws reports whether --rule draws images by class.
func (c *trainCmd) draws() bool {
	rule, err := train.ParseRule(c.Rule)
	return err == nil && rule.Draws()
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
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		said, kept := strings.CutSuffix(err.Error(), ": "+ctx.Err().Error())
		if !kept { // the checkpoint could not be written
			return out, err
		}
		return out, fmt.Errorf("%s; what was done is kept in %s, and the same command goes on from there", said, c.path(results.FileState))
	}
	return out, err
}

// probe trains the head of c alone, on the features of the set's training
// images at the given positions, without augmentation.
func probe(ctx context.Context, c train.Config, set *dataset.Set, positions []int, keys []any) (train.Outcome, error) {
	images, err := dataset.NewImages(set, set.Train, positions)
	if err != nil {
		return train.Outcome{}, err
	}
	features, labels, err := train.Features(ctx, c.Trunk, images)
	if err != nil {
		return train.Outcome{}, err
	}
	epochs, err := train.Probe(ctx, train.ProbeConfig{
		Objective: c.Objective, Features: features, Labels: labels, Epochs: c.Epochs, LR: c.LR, Schedule: c.Schedule,
		Weights: c.Weights, Momentum: c.Momentum, WeightDecay: c.WeightDecay, Keys: keys, MetricsPath: c.MetricsPath,
	})
	out := train.Outcome{Epochs: epochs, Images: int64(c.Epochs * images.Len())}
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

// check looks at the flags and returns the schedule.
func (c *trainCmd) check() (train.Schedule, error) {
	switch {
	case c.Epochs < 1:
		return nil, fmt.Errorf("--epochs %d: at least 1", c.Epochs)
	case c.Batch < 0 || c.Batch > 1<<16:
		return nil, fmt.Errorf("--batch %d: from 1 to %d, or 0 for the paper's", c.Batch, 1<<16)
	case !(c.LR >= 0 && c.LR < 1e6):
		return nil, fmt.Errorf("--lr %v: it must be above 0, or 0 for the default", c.LR)
	case !(c.Momentum >= 0 && c.Momentum < 1):
		return nil, fmt.Errorf("--momentum %v: from 0 to below 1", c.Momentum)
	case !(c.weightDecay() >= 0 && c.weightDecay() < 1e3):
		return nil, fmt.Errorf("--weight-decay %v: it must not be negative", c.weightDecay())
	case !(c.BNMomentum > 0 && c.BNMomentum <= 1):
		return nil, fmt.Errorf("--bn-momentum %v: above 0 and at most 1", c.BNMomentum)
	case c.CheckpointEvery < 0:
		return nil, fmt.Errorf("--checkpoint-every %d: it must not be negative", c.CheckpointEvery)
	case c.Target == experiments.TargetRotation && (c.Loss != "ce" || c.Rule != "none" || c.Freeze):
		return nil, errors.New("--target rotation is trained with plain cross-entropy: no --loss, --rule or --freeze")
	case c.Freeze && c.BNMomentum != nn.DefaultBNMomentum:
		return nil, errors.New("--freeze leaves the running statistics of --init as they are: no --bn-momentum")
	case c.Freeze && c.Init == "":
		return nil, errors.New("--freeze needs --init: a trunk to freeze")
	case c.Freeze && c.draws():
		return nil, fmt.Errorf("--freeze: a probe visits each image once an epoch; rule %s draws them", c.Rule)
	case c.Rho == 0 && (c.NMax != 0 || c.DataSeed != 0):
		return nil, errors.New("--n-max and --data-seed need --rho")
	}
	if err := errors.Join(c.checkUnlabeled(), c.checkSSL(), c.checkContrast()); err != nil {
		return nil, err
	}
	if !slices.Contains(objective.LossNames(), c.Loss) {
		return nil, fmt.Errorf("--loss %s: there are %s", c.Loss, strings.Join(objective.LossNames(), ", "))
	}
	if _, err := train.ParseRule(c.Rule); err != nil {
		return nil, fmt.Errorf("--rule: %w", err)
	}
	if _, err := nn.ParseArch(c.Arch); err != nil {
		return nil, fmt.Errorf("--arch: %w", err)
	}
	name := c.scheduleName()
	if name == "step" {
		name = ""
	}
	s, err := train.ParseSchedule(name)
	if err != nil {
		return nil, fmt.Errorf("--schedule %s: there are step, %s", c.Schedule, strings.Join(train.ScheduleNames(), ", "))
	}
	return s, nil
}

// images reads the data: a set, and which of its training images are trained on.
func (c *trainCmd) images() (set *dataset.Set, positions []int, err error) {
	if set, err = openData(c.files(), c.Data, c.Test); err != nil {
		return nil, nil, err
	}
	if err := c.sideHeld(c.Data, set); err != nil {
		return nil, nil, err
	}
	if len(set.Classes) < 2 {
		return nil, nil, fmt.Errorf("%s: all labels are 0: a classifier needs two classes", c.Data)
	}
	if c.Rho != 0 {
		sub, err := dataset.LongTail{Rho: c.Rho, NMax: c.NMax, DataSeed: c.DataSeed}.Select(set)
		if err != nil {
			return nil, nil, usageError{err}
		}
		return set, sub.Positions, nil
	}
	positions = make([]int, set.Train.Len())
	for i := range positions {
		positions[i] = i
	}
	return set, positions, nil
}

// rates says in words how the learning rate goes: to its height, and where it
// has fallen to a fifth or less.
func (c *trainCmd) rates(schedule train.Schedule, source train.Source) string {
	steps, rate := source.Steps(0), make([]float64, c.Epochs) // as many steps in every epoch
	top := 0
	for e := range rate {
		rate[e] = c.learningRate() * schedule(train.Position{Epoch: e + 1, Epochs: c.Epochs, Step: (e + 1) * steps, Steps: c.Epochs * steps})
		if rate[e] > rate[top] {
			top = e
		}
	}
	text, last := fmt.Sprintf("%.3g in epoch %d", rate[top], top+1), rate[top]
	for e := top; e < len(rate); e++ {
		if rate[e] <= last/5 && last > 0 {
			text += fmt.Sprintf(", %.3g from epoch %d", rate[e], e+1)
			last = rate[e]
		}
	}
	return text
}

// deferred says when a rule begins that does not from the start.
func (c *trainCmd) deferred() string {
	first := train.FirstDeferred(c.Epochs)
	switch {
	case c.Rule != "drw" && c.Rule != "drs":
		return ""
	case first > c.Epochs:
		enough := c.Epochs
		for train.FirstDeferred(enough) > enough {
			enough++
		}
		return fmt.Sprintf("\nnote: --rule %s begins after 80 %% of the epochs, and %d are too few: it is never applied; take %d or more", c.Rule, c.Epochs, enough)
	}
	return fmt.Sprintf("; rule %s begins with epoch %d", c.Rule, first)
}

// counts lists images a class, shortened.
func counts(n []int) string {
	const most = 12
	parts := make([]string, 0, most)
	for c, k := range n {
		if c == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprint(k))
	}
	return strings.Join(parts, " ")
}
