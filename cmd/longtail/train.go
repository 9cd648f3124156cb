package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/build"
	"longtail/internal/shell"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/own"
	"longtail/paper"
	"longtail/results"
	"longtail/setup"
)

type trainCmd struct {
	Data      string `required:"" placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Training images: a named set, a folder of class folders, a CSV file of path,label, or a .npz file with images (uint8 N×H×W×3) and labels (int64 N)."`
	Test      string `placeholder:"FILE.npz" help:"Test images for FILE.npz, all of which is trained on. Without it nothing is evaluated. Named sets, folders and CSV files have their own test images."`
	fileFlags `embed:"" set:"side=32; 224 for ImageNet-LT and iNaturalist"`
	Rho       float64 `default:"0" help:"Cut the long-tailed subset of this imbalance ratio: class sizes fall exponentially in the order of the classes (of your own images by name, sorted as text, or by value if all labels are numbers). 0: all training images. Your own images stay normalized by all of them."`
	NMax      int     `name:"n-max" default:"0" help:"With --rho: images of the first class, which is the largest. 0: the paper's; of your own images all training images of that class."`
	DataSeed  int     `default:"0" help:"With --rho: selects the subset."`

	Arch        string   `default:"resnet32" help:"${archs}: the networks for CIFAR of He et al."`
	Target      string   `default:"labels" enum:"labels,rotation,moco" help:"labels, or self-supervised pre-training to start from with --init: rotation predicts how an image was rotated, moco contrasts two views of an image with other images."`
	Loss        string   `default:"ce" help:"${losses}. balanced-softmax adds the log class shares to the logits in training (logit adjustment). ldam has its own (normalized) head."`
	Rule        string   `default:"" help:"What is done about the imbalance: ${rules} (see above). Default: none; class-aware with --retrain."`
	Exact       bool     `help:"Use direct convolution throughout: slower, and the last bits differ."`
	Epochs      int      `default:"0" help:"Passes over the training images. 0: 200; 10 with --retrain."`
	Batch       int      `default:"0" help:"Images per step. 0: 128; 256 with --unlabeled, as in the paper, and for moco."`
	Queue       int      `default:"0" help:"For moco: number of keys of earlier steps, a multiple of the batch. 0: 4096, or a third of the images if that is less."`
	LR          float64  `name:"lr" default:"0" help:"Base learning rate. 0: 0.1; for moco 0.03 at batch 256, with --retrain 0.2 at batch 512, both proportional to the batch."`
	Schedule    string   `default:"" help:"step (warm-up, drops after 80 and 90 %; the default), pre2021 (step without its second drop), linear (warm-up, then straight down to 0), cosine-plain (from the base rate; the default of moco and --retrain) or cosine (the released program's, an epoch ahead: its last epoch trains nothing)."`
	Momentum    float64  `default:"0.9" help:"Momentum of SGD."`
	WeightDecay *float64 `placeholder:"DECAY" help:"Weight decay of all parameters. Default: 2e-4; for moco 1e-4, as in the paper."`
	NoFlip      bool     `help:"Do not flip images."`
	NoCrop      bool     `help:"Do not pad and crop images."`
	BNMomentum  float64  `name:"bn-momentum" default:"${bn_momentum}" help:"Weight of a batch in the running statistics of batch normalization. With small batches, 0.1 makes the test error jump; 0.1·batch/128 averages over as many images as in the paper."`
	Seed        int      `default:"0" help:"Seed of initialization, order and augmentation."`
	Seeds       int      `default:"0" placeholder:"N" help:"Train N replicates, with the seeds from --seed on, each in a folder of DIR named after its seed (see compare). With --rho, replicate r (from 0) is trained on the subset of --data-seed + r: to add replicates later, raise --seed and --data-seed alike. Default: one run, in DIR."`
	Init        string   `placeholder:"FILE|DIR" type:"path" help:"Start from the trunk of this model, without its head. Given the folder of a run or of a task of reproduce, its last model is used; given a folder of --seeds, that of the run with the same seed."`
	Freeze      bool     `help:"With --init: a linear probe. Train only the head, on the trunk's features of the images without augmentation. They must have the size of those of --init, and are normalized in the same way."`
	Retrain     bool     `help:"With --init: classifier re-training (cRT, Kang et al. 2020). Train a new head on the frozen trunk, on augmented images; only its running statistics go on moving. Size and normalization are as with --freeze."`

	unlabeledFlags `embed:""`
	sslFlags       `embed:""`

	Out             string `required:"" placeholder:"DIR" type:"path" help:"Folder of the run. The same command resumes it."`
	CheckpointEvery int    `default:"0" hidden:"" placeholder:"STEPS" help:"Also checkpoint every STEPS steps (always once a minute)."`
	JSON            bool   `name:"json" help:"Print result.json."`
}

func (trainCmd) Help() string {
	return `The defaults are those of the paper's Tables 1 and 2 (of cRT with --retrain). DIR receives settings.json, metrics.jsonl (one line per
epoch), state.ckpt, result.json, last.pth and best.pth (PyTorch reads both) and, for
your own images, trained-on.csv, by which eval and compare recognize images that were
trained on. best.pth is selected on the test images, by the error over all of them,
among the evaluated epochs, at most 200; report last.pth. Without test images, and with
moco, there is no best.pth; a linear probe (--freeze) keeps no state.ckpt. Every image
of a .npz file is trained on; without --test the errors in result.json are null. A
folder or CSV file is split by the rule that data describe prints.

Training time is images × epochs × seeds, divided by the images per second that
bench train measures. Ctrl-C or a power cut lose at most a minute of training: the same
command resumes and ends with the same bits. An evaluation that is cut off begins again,
and so does the labeling of unlabeled images, which every resume repeats. A run cannot
be resumed on another kernel set (see LONGTAIL_KERNELS). docs/own-images.md goes through
it step by step, docs/results.md lists the fields of result.json.

Rules (--rule):
  none         every image once per epoch, all with the same weight
  reweight     class-balanced weights in the loss, in all epochs
  drw          the same weights, but only after 80 % of the epochs
  resample     class-balanced sampling, in all epochs
  drs          the same sampling, but only after 80 % of the epochs
  class-aware  the classes in turn, four images of each

With --unlabeled it trains as the paper does with D_U: a base classifier labels every
unlabeled image, then a new network is trained on both. The base is --base; without
it, the same command without --unlabeled is run first, in DIR/base. --pseudo-labels
uses labels made elsewhere, or corrected by hand, instead. DIR then also receives
pseudo-labels.csv and pseudo-counts.csv: inspect them before trusting the result.
With --ssl the unlabeled images have no labels: half of every batch is unlabeled, and
virtual adversarial training or a mean teacher uses them.

Examples:
  longtail train --data D.npz --test T.npz --arch resnet20 --loss ldam \
    --rule drw --epochs 40 --seed 1 --out DIR
  longtail train --data my-photos/ --arch resnet20 --side 64 --out DIR
  longtail train --data my-photos/ --unlabeled more-photos/ --out DIR
  longtail train --data D.npz --target rotation --out SSP    (or moco)
  longtail train --data D.npz --test T.npz --init SSP --out DIR2
  longtail train --data D.npz --test T.npz --init DIR2 --retrain --out DIR3
  longtail train --data my-photos/ --seeds 3 --out DIR4      (see compare)`
}

func (c *trainCmd) Run(ctx context.Context) error {
	switch {
	case c.Seeds < 0:
		return usage.Errorf("--seeds %d: how many replicates, or 0 for one run in --out", c.Seeds)
	case c.Seeds > 0:
		return c.replicates(ctx)
	}
	if err := c.single(ctx); err != nil {
		return err
	}
	if err := c.print(); err != nil {
		return err
	}
	c.printNext()
	return nil
}

// printNext prints, after pre-training, the command that trains a classifier from it.
func (c *trainCmd) printNext() {
	if c.JSON || c.Target == setup.TargetLabels {
		return
	}
	fmt.Println("go on with:", asCalled(c.next()))
}

// next returns the command that trains a classifier from this pre-training: on the same
// images, with every flag that differs from its default. MoCo's batch, rate, schedule and
// decay are those of its own loss.
func (c *trainCmd) next() string {
	s := "longtail train"
	value := func(flag, value string) {
		if value != "" {
			s += " " + flag + " " + shell.Quote(value)
		}
	}
	number := func(flag string, n, standard float64) {
		if n != standard {
			s += " " + flag + " " + strconv.FormatFloat(n, 'f', -1, 64)
		}
	}
	whether := func(flag string, given bool) {
		if given {
			s += " " + flag
		}
	}
	value("--data", c.Data)
	value("--test", c.Test)
	value("--data-dir", c.DataDir)
	whether("--allow-unverified", c.AllowUnverified)
	number("--side", float64(c.Side), 0)
	whether("--skip-broken", c.SkipBroken)
	value("--cache", c.Cache)
	number("--rho", c.Rho, 0)
	number("--n-max", float64(c.NMax), 0)
	number("--data-seed", float64(c.DataSeed), 0)
	value("--arch", c.Arch)
	number("--epochs", float64(c.epochs()), float64(paper.Supervised.Epochs))
	number("--momentum", c.Momentum, train.Momentum)
	if c.Target != results.TargetMoCo {
		number("--batch", float64(c.Batch), 0)
		number("--lr", c.LR, 0)
		value("--schedule", c.Schedule)
		number("--weight-decay", c.weightDecay(), train.WeightDecay)
	}
	number("--bn-momentum", c.BNMomentum, nn.DefaultBNMomentum)
	whether("--no-flip", c.NoFlip)
	whether("--no-crop", c.NoCrop)
	whether("--exact", c.Exact)
	number("--seed", float64(c.Seed), 0)
	number("--seeds", float64(c.Seeds), 0)
	value("--init", c.Out)
	value("--out", c.Out+"-tuned")
	return s
}

// single trains one network.
func (c *trainCmd) single(ctx context.Context) error {
	if err := c.models(); err != nil {
		return err
	}
	set, more, err := c.open(ctx)
	if err != nil {
		return err
	}
	t, err := c.training(set, more)
	if err != nil {
		return err
	}
	return t.Train(ctx)
}

// models sets --init and --base to the files of their models. It returns an error if
// they or that of --pseudo-labels are missing, before images are read for long.
func (c *trainCmd) models() (err error) {
	seed := strconv.Itoa(c.Seed)
	if c.Init, err = modelIn(c.Init, seed); err != nil {
		return fmt.Errorf("--init %w", err)
	}
	if c.Base, err = modelIn(c.Base, seed); err != nil {
		return fmt.Errorf("--base %w", err)
	}
	if c.PseudoLabels == "" {
		return nil
	}
	if _, err := os.Stat(c.PseudoLabels); err != nil {
		return fmt.Errorf("--pseudo-labels %w", missing(c.PseudoLabels, err))
	}
	return nil
}

// training returns a run on opened images.
func (c *trainCmd) training(set, more *dataset.Set) (t own.Training, err error) {
	if c.Freeze || c.Retrain { // the trunk knows only its own normalization
		if set, err = own.NormalizedAs(c.Init, set); err != nil {
			return t, fmt.Errorf("--init: %w", err)
		}
	}
	t = own.Training{Dir: c.Out, Set: set, UnlabeledSet: more, CheckpointEvery: c.CheckpointEvery, Cached: c.Cache != "", Looked: c.SkipBroken, Log: os.Stderr}
	if t.Positions, err = c.positions(set); err != nil {
		return t, err
	}
	if t.Settings, err = c.settings(set, more, len(t.Positions)); err != nil || more == nil {
		return t, err
	}
	base := *c
	base.unlabeledFlags = unlabeledFlags{Omega: 1}
	t.BaseSettings, err = base.settings(set, nil, len(t.Positions))
	return t, err
}

// settings returns the settings of a run on this many labeled images; unlabeled may be
// nil.
func (c *trainCmd) settings(set, unlabeled *dataset.Set, images int) (own.Settings, error) {
	s := own.Settings{
		Data: c.Data, Test: c.Test, DataDigest: set.Digest, Rho: c.Rho, NMax: c.NMax, DataSeed: c.DataSeed, Mean: set.Mean, Std: set.Std, Height: set.H, Width: set.W,
		Arch: c.Arch, Target: c.Target, Loss: c.Loss, Rule: c.rule(), Epochs: c.epochs(), Batch: c.batch(), Queue: c.queue(images), LR: c.learningRate(), Schedule: c.scheduleName(),
		Momentum: c.Momentum, WeightDecay: c.weightDecay(), NoFlip: c.NoFlip, NoCrop: c.NoCrop, Seed: c.Seed, Stage: own.Stage(c.Target, c.Init != "", c.Retrain), Init: c.Init, Frozen: c.Freeze, Retrained: c.Retrain, Exact: c.Exact,
		Numerics: experiments.NumericsVersion, Program: build.Digest(),
	}
	if c.BNMomentum != nn.DefaultBNMomentum {
		s.BNMomentum = c.BNMomentum
	}
	sum := func(flag, path string, to *string) (err error) {
		if path == "" {
			return nil
		}
		if *to, err = own.FileSHA256(path); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		return nil
	}
	if err := sum("--init", c.Init, &s.InitSHA256); err != nil || unlabeled == nil {
		return s, err
	}
	s.Unlabeled, s.UnlabeledDigest = c.Unlabeled, unlabeled.Digest
	if s.SSL, s.Epsilon = c.ssl(), c.epsilon(set.H, set.W); s.SSL != "" {
		return s, nil
	}
	s.Omega, s.Threshold, s.Base, s.PseudoLabels = c.Omega, c.Threshold, c.Base, c.PseudoLabels
	if err := sum("--pseudo-labels", c.PseudoLabels, &s.LabelsSHA256); err != nil {
		return s, err
	}
	return s, sum("--base", c.Base, &s.BaseSHA256)
}

// batch returns the number of images per step.
func (c *trainCmd) batch() int {
	switch {
	case c.Batch != 0:
		return c.Batch
	case c.Unlabeled != "" || c.Target == results.TargetMoCo:
		return 256
	}
	return 128
}

func (c *trainCmd) epochs() int {
	if c.Epochs == 0 && c.Retrain {
		return setup.RetrainEpochs
	}
	return cmp.Or(c.Epochs, paper.Supervised.Epochs)
}

func (c *trainCmd) rule() string {
	if c.Rule == "" && c.Retrain {
		return setup.RetrainRule
	}
	return cmp.Or(c.Rule, "none")
}

func (c *trainCmd) learningRate() float64 {
	switch {
	case c.LR != 0:
		return c.LR
	case c.Target == results.TargetMoCo:
		return setup.MoCoRate(c.batch())
	case c.Retrain:
		return setup.RetrainRate(c.batch())
	}
	return train.LearningRate
}

func (c *trainCmd) weightDecay() float64 {
	switch {
	case c.WeightDecay != nil:
		return *c.WeightDecay
	case c.Target == results.TargetMoCo:
		return setup.MoCoWeightDecay
	}
	return train.WeightDecay
}

func (c *trainCmd) scheduleName() string {
	switch {
	case c.Schedule != "":
		return c.Schedule
	case c.Target == results.TargetMoCo:
		return "cosine-plain"
	case c.Retrain:
		return setup.RetrainSchedule
	}
	return own.ScheduleStep
}

// draws reports whether --rule draws images by class.
func (c *trainCmd) draws() bool {
	rule, err := train.ParseRule(c.rule())
	return err == nil && rule.Draws()
}

// check returns an error if flags are invalid or exclude each other.
func (c *trainCmd) check() error {
	switch {
	case c.Epochs < 0:
		return fmt.Errorf("--epochs %d: at least 1, or 0 for the default", c.Epochs)
	case c.Batch < 0 || c.Batch > 1<<16:
		return fmt.Errorf("--batch %d: from 1 to %d, or 0 for the paper's", c.Batch, 1<<16)
	case !(c.LR >= 0 && c.LR < 1e6):
		return fmt.Errorf("--lr %v: above 0 and below 1e6, or 0 for the default", c.LR)
	case !(c.Momentum >= 0 && c.Momentum < 1):
		return fmt.Errorf("--momentum %v: from 0 to below 1", c.Momentum)
	case !(c.weightDecay() >= 0 && c.weightDecay() < 1e3):
		return fmt.Errorf("--weight-decay %v: from 0 to below 1000", c.weightDecay())
	case !(c.BNMomentum > 0 && c.BNMomentum <= 1):
		return fmt.Errorf("--bn-momentum %v: above 0 and at most 1", c.BNMomentum)
	case c.CheckpointEvery < 0:
		return fmt.Errorf("--checkpoint-every %d: it must not be negative", c.CheckpointEvery)
	case c.Target == results.TargetRotation && (c.Loss != "ce" || c.rule() != "none" || c.Freeze || c.Retrain):
		return errors.New("--target rotation is trained with plain cross-entropy: no --loss, --rule, --freeze or --retrain")
	case c.Freeze && (c.BNMomentum != nn.DefaultBNMomentum || c.NoFlip || c.NoCrop || c.CheckpointEvery != 0):
		return errors.New("--freeze leaves the trunk of --init and the images as they are, and takes minutes: no --bn-momentum, --no-flip, --no-crop or --checkpoint-every")
	case c.Freeze && c.Retrain:
		return errors.New("--freeze and --retrain both train a new head: on features computed once, or on augmented images; give one of them")
	case (c.Freeze || c.Retrain) && c.Init == "":
		return errors.New("--freeze and --retrain need --init: a trunk to freeze")
	case c.Rho != 0 && !(c.Rho >= 1):
		return fmt.Errorf("--rho %v: the ratio of the largest class to the smallest is at least 1", c.Rho)
	case c.NMax < 0:
		return fmt.Errorf("--n-max %d: at least 1, or 0 for the default", c.NMax)
	case c.Rho == 0 && (c.NMax != 0 || c.DataSeed != 0):
		return errors.New("--n-max and --data-seed need --rho")
	}
	if err := errors.Join(c.checkUnlabeled(), c.checkSSL(), c.checkMoCo()); err != nil {
		return err
	}
	if !slices.Contains(objective.LossNames(), c.Loss) {
		return fmt.Errorf("--loss %s: there are %s", c.Loss, strings.Join(objective.LossNames(), ", "))
	}
	if _, err := train.ParseRule(c.rule()); err != nil {
		return fmt.Errorf("--rule: %w", err)
	}
	if c.Freeze {
		if err := setup.CheckProbe(c.rule()); err != nil {
			return fmt.Errorf("--freeze: %w", err)
		}
	}
	if _, err := nn.ParseArch(c.Arch); err != nil {
		return fmt.Errorf("--arch: %w", err)
	}
	if names := append([]string{own.ScheduleStep}, train.ScheduleNames()...); !slices.Contains(names, c.scheduleName()) {
		return fmt.Errorf("--schedule %s: there are %s", c.Schedule, strings.Join(names, ", "))
	}
	if c.Schedule == "cosine" && c.epochs() == 1 {
		return errors.New("--schedule cosine runs its last epoch at rate 0, so a single epoch would train nothing: take --schedule cosine-plain or more --epochs")
	}
	return nil
}

// open checks the flags and returns the images, and the unlabeled ones; nil: there
// are none.
func (c *trainCmd) open(ctx context.Context) (set, more *dataset.Set, err error) {
	if err := c.check(); err != nil {
		return nil, nil, usage.Error{Err: err}
	}
	if err := errors.Join(checkOutsideClasses(c.Data, "--out", c.Out), checkOutsideClasses(c.Data, "--cache", c.Cache)); err != nil {
		return nil, nil, err
	}
	files := c.files()
	files.Ready = c.Rho == 0 // with --rho, most images are not trained on
	if set, err = openData(ctx, files, c.Data, c.Test); err == nil {
		err = c.checkSide(c.Data, set)
	}
	if err == nil {
		more, err = c.openUnlabeled(ctx, set)
	}
	if ctx.Err() != nil {
		err = errors.New("stopped; nothing was trained")
	}
	if err != nil {
		return nil, nil, err
	}
	c.printNotes(set, more)
	return set, more, nil
}

// printNotes prints what is odd about the images and the network, once for all runs.
func (c *trainCmd) printNotes(set, more *dataset.Set) {
	for _, n := range set.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	if more != nil {
		for _, n := range more.Notes {
			fmt.Fprintln(os.Stderr, "note: --unlabeled:", n)
		}
	}
	recipe := map[string]string{
		"imagenet-lt":   "Table 3 (--epochs 90 --batch 128 --lr 0.2 --schedule cosine --weight-decay 5e-4",
		"inaturalist18": "Table 4 (--epochs 90 --batch 100 --lr 0.2 --schedule cosine --weight-decay 1e-4",
	}[set.ID]
	if c.Retrain {
		recipe = ""
		if second := map[string]string{"imagenet-lt": "Table 3 has --batch 512 --schedule cosine --weight-decay 5e-4", "inaturalist18": "Table 4 has --epochs 30 --batch 512 --schedule cosine --weight-decay 1e-4"}[set.ID]; second != "" {
			fmt.Fprintf(os.Stderr, "note: the defaults are ours; cRT of %s\n", second)
		}
	}
	if recipe != "" && c.Target == setup.TargetLabels && !c.Freeze {
		fmt.Fprintf(os.Stderr, "note: the defaults are those of Tables 1 and 2; there are flags for the rates of %s, and for CE (Balanced) --rule class-aware), and none for its networks and crops\n", recipe)
	}
	if !slices.Contains(nn.ArchNames, c.Arch) {
		fmt.Fprintf(os.Stderr, "note: %s here is the CIFAR network of He et al. (2016, section 4.2: 16, 32 and 64 channels) with that depth, not a network of ImageNet that is called alike\n", c.Arch)
	}
}

// positions returns the positions of the training images that are trained on.
func (c *trainCmd) positions(set *dataset.Set) ([]int, error) {
	if c.Rho != 0 {
		sub, err := dataset.LongTail{Rho: c.Rho, NMax: c.NMax, DataSeed: c.DataSeed}.Select(set)
		if err != nil {
			return nil, usage.Error{Err: err}
		}
		return sub.Positions, nil
	}
	return set.Train.Positions(), nil
}

func (c *trainCmd) path(file string) string { return filepath.Join(c.Out, file) }

// print prints result.json, with --json as it is, otherwise as text.
func (c *trainCmd) print() error {
	b, err := os.ReadFile(c.path(results.FileResult))
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := os.Stdout.Write(b)
		return err
	}
	var r own.Result
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("%s: %w", c.path(results.FileResult), err)
	}
	if u := r.Unlabeled; u != nil && u.BaseErrorPct != nil {
		fmt.Printf("base classifier: error %.2f %% of the same test images\n", *u.BaseErrorPct)
	}
	if c.Target == results.TargetMoCo {
		fmt.Printf("in the last epoch %.1f %% of the views were nearer to another image's key than to their own\n", r.TrainErrorPct)
		return nil
	}
	if r.ErrorPct == nil {
		fmt.Printf("training error %.2f %%; there were no test images\n", r.TrainErrorPct)
		return nil
	}
	images, adjusted := "test images", fmt.Sprintf("; %.2f %% with the log class shares subtracted from the logits", *r.AdjustedErrorPct)
	if c.Target == results.TargetRotation {
		images, adjusted, r.Classes, r.TrainCounts = "turned images", "", setup.Turns, nil // every turn has as many
	}
	fmt.Printf("error %.2f %% of %d %s after the last epoch; best %.2f %% after epoch %d%s\n", *r.ErrorPct, r.N, images, *r.BestErrorPct, r.BestEpoch, adjusted)
	writePerClass(os.Stdout, r.PerClassErrorPct, r.TestCounts, r.Classes, r.TrainCounts)
	return nil
}
