package own

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/machine"
	"longtail/internal/plural"
	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// Training is a run to be trained.
type Training struct {
	Settings
	Dir          string // the run's folder
	Set          *dataset.Set
	Positions    []int        // of the images of Set.Train that are trained on
	UnlabeledSet *dataset.Set // unlabeled images at the size of Set; nil: none
	BaseSettings Settings     // of the base classifier; it is trained first, in Dir, if pseudo-labels need one and neither Base nor PseudoLabels is given

	CheckpointEvery int  // steps, in addition to every minute; 0: only every minute
	Cached          bool // resized images that are read from files are cached
	Looked          bool // every image was read once (--skip-broken)
	Log             *os.File
}

// run is a Training in progress, with what each stage leaves for the next.
type run struct {
	Training
	schedule train.Schedule
	result   Result

	all       setup.Mixture // labeled images, then pseudo-labeled ones
	pseudo    *pseudoLabels // nil: none
	sslImages *dataset.List // unlabeled images for SSL; nil: none
	batches   *setup.Batches
	test      train.Images // nil: none
	net       *setup.Network
}

// Train trains the network and writes the run's folder. A finished run stays as it
// is. An interrupted one continues from its checkpoint.
func (t Training) Train(ctx context.Context) error {
	done, err := t.finished()
	if err != nil {
		return err
	}
	t.noteBuild()
	if done {
		fmt.Fprintf(t.Log, "%s is finished already\n", t.Dir)
		return nil
	}
	r := &run{Training: t, result: Result{Program: t.Program, DataMark: t.Set.Mark, Classes: t.Set.Classes, Skipped: t.Set.Skipped}}
	readSparingly(r.lazy())
	if r.schedule, err = t.schedule(); err != nil {
		return err
	}
	r.all = setup.NewMixture(t.Set, t.Omega)
	if err := r.all.List.Append(t.Set.Train, t.Positions, nil); err != nil {
		return err
	}
	if t.Target == results.TargetMoCo {
		return r.trainMoCo(ctx)
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
	// After all checks, so that a refused command leaves no folder.
	key, release, err := r.claim()
	if err != nil {
		return err
	}
	defer release()
	if r.pseudo != nil {
		if err := r.writePseudo(); err != nil {
			return err
		}
	}
	if err := r.listTrained(); err != nil {
		return err
	}
	r.printSummary()
	return r.train(ctx, key)
}

func (t Training) path(file string) string { return filepath.Join(t.Dir, file) }

// addUnlabeled prepares the unlabeled images: for SSL as they are, otherwise with
// pseudo-labels.
func (r *run) addUnlabeled(ctx context.Context) (err error) {
	switch {
	case r.UnlabeledSet == nil:
		return nil
	case r.SSL != "":
		r.sslImages, r.result.Unlabeled, err = r.listUnlabeled()
		return err
	}
	if r.pseudo, err = r.label(ctx); err != nil {
		return err
	}
	r.result.Unlabeled = &r.pseudo.Unlabeled
	return r.all.AddUnlabeled(r.UnlabeledSet.Train, r.pseudo.kept, dataset.Pick(r.pseudo.labels, r.pseudo.kept))
}

// listUnlabeled returns the unlabeled images as a list for SSL, and logs what is
// unusual about them.
func (r *run) listUnlabeled() (*dataset.List, *Unlabeled, error) {
	r.noteUnlabeled()
	n := r.UnlabeledSet.Train.Len()
	fmt.Fprintf(r.Log, "half of every batch: %d unlabeled images (--ssl %s)\n", n, r.SSL)
	l := dataset.NewList(r.Set)
	err := l.Append(r.UnlabeledSet.Train, r.UnlabeledSet.Train.Positions(), make([]int32, n))
	return l, &Unlabeled{Images: n, Skipped: r.UnlabeledSet.Skipped}, err
}

// lazy reports whether training images are read from their files when needed.
func (r *run) lazy() bool {
	return r.Set.Train.Lazy != nil || r.UnlabeledSet != nil && r.UnlabeledSet.Train.Lazy != nil
}

// readSparingly makes the garbage collector run early if images are read from their
// files. Each image leaves its file and pixels behind. By default a program keeps as
// much garbage as it has in use: gigabytes for large images, which noteMemory does
// not count.
func readSparingly(lazy bool) {
	if lazy && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(10)
	}
}

// draw creates the batches and the test images.
func (r *run) draw() (err error) {
	r.batches, err = setup.NewBatches(r.all, r.sslImages, setup.Draw{
		Target: r.Target, Loss: r.Loss, Rule: r.Rule, SSL: r.SSL, Epochs: r.Epochs, Ahead: r.ahead(),
		Options: batches.Options{Batch: r.Batch, Keys: r.keys(), NoFlip: r.NoFlip, NoCrop: r.NoCrop},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", r.Data, err)
	}
	r.result.TrainCounts = r.all.Counts()
	if r.Target == results.TargetRotation {
		r.result.Classes = setup.Turns
	}
	if r.Set.Test.Len() > 0 {
		r.test, err = r.batches.Test(nil)
	}
	return err
}

// compile creates the network with its initial weights.
func (r *run) compile() error {
	arch, err := nn.ParseArch(r.Arch)
	if err != nil {
		return usage.Error{Err: err}
	}
	images := r.batches.Size
	inputs := images * (1 + r.batches.Ahead)
	switch r.SSL {
	case results.SSLMeanTeacher: // two networks, two views
		images, inputs = 2*images, 2*inputs
	case results.SSLVAT: // the perturbed images and their gradient
		inputs += 2 * images
	}
	if !r.Frozen { // of a probe, the trunk keeps no activations
		r.noteMemory(arch, images, inputs)
	}
	r.net, err = setup.NewNetwork(
		nn.Options[float32]{Arch: arch, Height: r.Set.H, Width: r.Set.W, Exact: r.Exact, BNMomentum: r.BNMomentum},
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
	fmt.Fprintf(r.Log, "%d tensors of the trunk taken from %s\n", r.result.Transferred, r.Init)
	return nil
}

// freeMemory returns the machine's free memory in bytes; tests replace it.
var freeMemory = machine.FreeMemory

// noteMemory logs a note if a training step needs more memory than is free, because
// the system may then kill the program silently. images counts those in a step of all
// networks together, inputs those in batches held or made ahead.
func (r *run) noteMemory(arch nn.Arch, images, inputs int) {
	need := arch.StepMemory(r.Set.H, r.Set.W, images) + int64(inputs)*int64(4*dataset.Channels*r.Set.H*r.Set.W)
	if free := freeMemory(); free > 0 && need > free {
		fmt.Fprintf(r.Log, "note: a step on %d images of %d×%d pixels takes about %.1f GB of memory, and %.1f GB are free: the system may end the program; take a smaller --batch or --side\n",
			images, r.Set.H, r.Set.W, float64(need)/1e9, float64(free)/1e9)
	}
}

// initFrom fills the trunk from the model Init and returns the number of tensors
// used.
func (r *run) initFrom(trunk *nn.Trunk[float32]) (int, error) {
	model, err := readStored(r.Init)
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	about, err := About(model)
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	used, err := model.FillTrunk(trunk)
	if err != nil && about.Arch != "" && about.Arch != r.Arch {
		return 0, usage.Errorf("--init: it holds a %s, and --arch is %s: give both alike (%w)", about.Arch, r.Arch, err)
	}
	if err != nil {
		return 0, fmt.Errorf("--init: %w", err)
	}
	return used, r.checkInit(about)
}

// checkInit logs how the images differ from those that the model Init was trained on.
// A frozen trunk on images of another size is an error, whether probed or re-trained.
func (r *run) checkInit(about train.About) error {
	if about.Height == 0 { // a file of the trunk only
		of, _ := runOfModel(r.Init)
		about.Height, about.Width = of.Height, of.Width
	}
	if err := checkSize("--init "+r.Init, about, r.Set.H, r.Set.W, r.Data); err != nil && (r.Frozen || r.Retrained) {
		return err
	} else if err != nil {
		fmt.Fprintln(r.Log, "note:", err)
	}
	if about.Std == [3]float32{} {
		r.noteNormalization("--init", r.Init)
	} else if about.Mean != r.Set.Mean || about.Std != r.Set.Std {
		fmt.Fprintf(r.Log, "note: --init %s took mean %.3f and standard deviation %.3f for its images, for those of %s they are %.3f and %.3f\n",
			r.Init, about.Mean, about.Std, r.Data, r.Set.Mean, r.Set.Std)
	}
	return nil
}

// noteNormalization logs that a model's images may have been normalized differently.
func (r *run) noteNormalization(flag, model string) {
	fmt.Fprintf(r.Log, "note: %s %s does not say how its images were normalized: mean %.3f and standard deviation %.3f of %s are used\n", flag, model, r.Set.Mean, r.Set.Std, r.Data)
}

// NormalizedAs returns the set with the mean and standard deviation that a model was
// trained with. If the model's file does not give them, it returns the set itself.
func NormalizedAs(model string, set *dataset.Set) (*dataset.Set, error) {
	m, err := readStored(model)
	if err != nil {
		return nil, err
	}
	about, err := About(m)
	if err != nil || about.Std == [3]float32{} {
		return set, err
	}
	as := *set
	as.Mean, as.Std = about.Mean, about.Std
	return &as, nil
}

// printSummary logs what the run is and what is unusual about its images. The caller,
// which opened the sets, has printed their notes.
func (r *run) printSummary() {
	r.noteLeak()
	r.noteLazy()
	if r.test == nil {
		fmt.Fprintf(r.Log, "no test images: all of %s are trained on, and the errors of %s will be null\n", r.Data, results.FileResult)
	}
	what := fmt.Sprintf("%s, rule %s: %d images in %d classes (%s)", r.Loss, r.Rule, r.all.List.Len(), len(r.Set.Classes), shortened(r.result.TrainCounts))
	switch {
	case r.Target == results.TargetRotation:
		what = fmt.Sprintf("rotation prediction: %d images", r.all.List.Len())
	case r.Frozen:
		what = "a linear probe, " + what
	case r.Retrained:
		what = "a new head on the frozen trunk (cRT), " + what
	}
	fmt.Fprintf(r.Log, "%s, %s, %s of batch %d\nlearning rate %s%s%s\n",
		r.Arch, what, plural.Of(r.Epochs, "epoch"), r.Batch, r.rates(r.schedule, r.batches.Source), r.deferred(), r.fewSteps(r.batches.Epoch))
}

// noteLazy logs a note if images are decoded anew in every epoch.
func (r *run) noteLazy() {
	if !r.lazy() || r.Cached {
		return
	}
	n := r.Set.Train.Len() + r.Set.Test.Len()
	if r.UnlabeledSet != nil {
		n += r.UnlabeledSet.Train.Len()
	}
	unread, first := ", and one that cannot be read ends the run when it is met", ", and reads all before the first step"
	if r.Looked {
		unread = ""
	}
	if r.Rho != 0 { // most are left out
		first = ""
	}
	fmt.Fprintf(r.Log, "note: images are decoded anew in every epoch%s; --cache FOLDER keeps them resized, in %.1f GB%s\n", unread,
		float64(dataset.CacheSize(n, r.Set.C*r.Set.H*r.Set.W))/1e9, first)
}

// ahead returns how many batches are made ahead. Images that must be decoded need one
// batch per thread.
func (r *run) ahead() int {
	if r.lazy() {
		return max(2, runtime.GOMAXPROCS(0))
	}
	return 2
}

// shortened lists the first dozen counts.
func shortened(counts []int) string {
	const most = 12
	text := strings.Trim(fmt.Sprint(counts[:min(len(counts), most)]), "[]")
	if len(counts) > most {
		text += " …"
	}
	return text
}

// config returns the configuration that all kinds of runs share.
func (r *run) config(key string) train.Config {
	return train.Config{
		Epochs: r.Epochs, LR: r.LR, Schedule: r.schedule, Momentum: r.Momentum, WeightDecay: r.WeightDecay,
		Key: key, SameKernels: true, CheckpointPath: r.path(results.FileState), MetricsPath: r.path(results.FileMetrics), CheckpointEverySteps: r.CheckpointEvery,
	}
}

// train trains, then writes the models and the result.
func (r *run) train(ctx context.Context, key string) error {
	config := r.config(key)
	config.Trunk, config.Objective, config.Source, config.Weights, config.Test = r.net.Trunk, r.net.Objective, r.batches.Source, r.batches.Weights(), r.test
	if r.sslImages != nil {
		method, done, err := r.net.SSL(r.SSL, r.Epsilon, r.keys())
		if err != nil {
			return err
		}
		defer done()
		config.Method = method
	}
	if r.Retrained {
		config.Method = train.RetrainHead(r.net.Trunk, r.net.Objective)
	}
	var out train.Outcome
	var err error
	if r.Frozen {
		out, err = r.probe(ctx, config)
	} else {
		out, err = r.fit(ctx, config, r.batches.Epoch)
	}
	if err != nil {
		return err
	}
	about := train.About{Arch: r.Arch, Epoch: r.Epochs, Mean: r.Set.Mean, Std: r.Set.Std, Height: r.Set.H, Width: r.Set.W, Classes: r.result.Classes, Loss: r.Loss, Scale: r.batches.Scale, Priors: r.batches.Priors}
	if r.test != nil {
		about.BestAccuracyPct = 100 - out.BestErrorPct
		best := about
		best.Epoch = out.BestEpoch
		if err := train.WriteTorch(r.path(FileBest), out.Best, best); err != nil {
			return err
		}
	}
	if err := train.WriteTorch(r.path(FileLast), train.Model(config.Predictor()), about); err != nil {
		return err
	}
	r.result.score(out, r.batches.Imbalance)
	return r.result.write(r.path(results.FileResult))
}

// stoppedError is the error of a run whose context ended, worded for people. It wraps
// the context's error.
type stoppedError struct {
	text  string
	cause error
}

func (t stoppedError) Error() string { return t.text }
func (t stoppedError) Unwrap() error { return t.cause }

// fit trains and shows the progress. images is the number of images in an epoch.
func (r *run) fit(ctx context.Context, config train.Config, images int) (train.Outcome, error) {
	meter := progress.New(r.Log, float64(r.Epochs*images), 0)
	defer meter.Close()
	begun := false
	config.Report = func(p train.Progress) {
		if !begun {
			meter.Skip(float64(p.Images))
			begun = true
		}
		label := fmt.Sprintf("epoch %d of %d", p.Epoch, p.Epochs)
		if p.Loss > 0 {
			label += fmt.Sprintf(", loss %.3f", p.Loss)
		}
		meter.Set(float64(p.Images), label)
	}
	out, err := train.Run(ctx, config)
	if stopped, ok := errors.AsType[*train.Interrupted](err); ok {
		return out, stoppedError{fmt.Sprintf("%s; what was done is kept in %s, and the same command goes on from there", stopped.Where(), r.path(results.FileState)), err}
	}
	return out, err
}

// probe trains only the head of config, on features of the training images without
// augmentation.
func (r *run) probe(ctx context.Context, c train.Config) (out train.Outcome, err error) {
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = stoppedError{"stopped; a probe takes minutes and keeps nothing: the same command begins again", ctx.Err()}
		}
	}()
	images, err := batches.NewImages(r.Set, r.Set.Train, r.Positions)
	if err != nil {
		return out, err
	}
	n := images.Len()
	if c.Test != nil {
		n += c.Test.Len()
	}
	meter := progress.New(r.Log, float64(n), 0)
	defer meter.Close()
	if c.Test != nil {
		c.Test = watched{c.Test, meter, images.Len()}
	}
	out, err = r.net.Probe(ctx, watched{images, meter, 0}, c, r.keys())
	out.Images = int64(c.Epochs * images.Len())
	return out, err
}

// trainMoCo pre-trains by MoCo and writes the trunk. It ignores the set's test
// images.
func (r *run) trainMoCo(ctx context.Context) error {
	images := r.all.List
	if images.Len() < r.Batch {
		return fmt.Errorf("%s: %d images are fewer than --batch %d: MoCo shows whole batches alone; take a smaller one", r.Data, images.Len(), r.Batch)
	}
	arch, err := nn.ParseArch(r.Arch)
	if err != nil {
		return usage.Error{Err: err}
	}
	group, ahead := r.Batch/train.MoCoGroups, setup.MoCoAhead(r.ahead(), r.Batch, r.Set)
	r.noteMemory(arch, r.Batch+group, 2*r.Batch*(1+ahead)+group)
	m, err := setup.NewMoCo(images, nn.Options[float32]{Arch: arch, Exact: r.Exact}, r.Batch, r.Queue, ahead, r.keys())
	if err != nil {
		return fmt.Errorf("%s: %w", r.Data, err)
	}
	defer m.Close()
	r.result.TrainCounts, r.result.KernelSet = images.Counts(), m.Trunk.Kernels()
	key, release, err := r.claim()
	if err != nil {
		return err
	}
	defer release()
	if err := r.listTrained(); err != nil {
		return err
	}
	r.noteLazy()
	fmt.Fprintf(r.Log, "%s, MoCo: %d images, two views each, %s of batch %d, queue %d\nlearning rate %s%s\n",
		r.Arch, images.Len(), plural.Of(r.Epochs, "epoch"), r.Batch, r.Queue, r.rates(r.schedule, m.Source), r.fewSteps(images.Len()))
	config := r.config(key)
	config.Trunk, config.Method, config.Source = m.Trunk, m.Method, m.Source
	out, err := r.fit(ctx, config, 2*(images.Len()/r.Batch*r.Batch))
	if err != nil {
		return err
	}
	if err := train.WriteTorch(r.path(FileLast), train.Model(m.Trunk, nil), train.About{Arch: r.Arch, Epoch: r.Epochs, Mean: r.Set.Mean, Std: r.Set.Std}); err != nil {
		return err
	}
	out.Images /= 2 // each image has two views
	r.result.score(out, setup.Imbalance{})
	return r.result.write(r.path(results.FileResult))
}
