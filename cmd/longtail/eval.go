package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"longtail/dataset"
	"longtail/internal/npy"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/train"
	"longtail/own"
	"longtail/results"
)

type evalCmd struct {
	Arch        string `placeholder:"NAME" help:"resnet8, resnet14, resnet20, resnet32, resnet44 or resnet56. Default: what the checkpoint says."`
	Checkpoint  string `required:"" placeholder:"FILE|DIR" type:"path" help:"Model: .pth, .th or .pth.tar of PyTorch, or one of longtail's; of a run's folder it is last.pth."`
	Data        string `xor:"images" placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Images and labels: the test images of a set, folder or CSV file (--all: every image), or all of a .npz file with images (uint8 N×H×W×3) and labels (int64 N)."`
	Unlabeled   string `xor:"images" placeholder:"FOLDER|FILE.csv|FILE.npz" help:"In place of --data: images without labels, all below a folder, the paths in the first column of a .csv file, or images of a .npz file. There is no error then, only predictions."`
	All         bool   `help:"Evaluate every image of a folder or CSV file, however it is divided: of images kept apart from training."`
	fileFlags   `embed:""`
	Exact       bool      `help:"Direct convolutions everywhere, to audit the fast ones: slower, other last bits."`
	Mean        []float64 `placeholder:"R,G,B" help:"Mean of the channels, pixels from 0 to 1. Default: the checkpoint's."`
	Std         []float64 `placeholder:"R,G,B" help:"Standard deviation of the channels. Default: the checkpoint's."`
	Predictions string    `placeholder:"FILE.csv" type:"path" help:"Also write a row an image: its file or number, the true class, the predicted one and its probability."`
	Logits      string    `placeholder:"FILE.npy" type:"path" help:"Also write the logits, float32 N×classes in the order of the images."`
	Features    string    `placeholder:"FILE.npy" type:"path" help:"Also write what the head sees of each image, float32 N×64 in the order of the images: for maps, neighbours and heads of one's own."`
	Batch       int       `default:"100" help:"Images a step; the numbers do not depend on it."`
	JSON        bool      `name:"json" help:"Print one JSON object."`

	apart bool // images that the run was trained on are refused
}

func (evalCmd) Help() string {
	return `Prints the top-1 error of a checkpoint, over all images and of each class.

--predictions FILE.csv has the columns image (the file below the folder, or the
number from 0 on), true (empty without labels), predicted and confidence, the
probability of the predicted class by softmax. Probabilities of the other classes
follow from --logits (of an LDAM head: times 30). An existing file is replaced if it
is one of predictions, or for --logits and --features a .npy file of float32 with
as many columns, or if it is empty; any other is refused.

The checkpoint knows the names of its classes, and the data's are matched by name:
a class may be missing, none may be new. Labels that are numbers (.npz, lists) are
taken as the checkpoint's numbers, unless its names are numbers themselves. An older
.pth takes the names from the result.json beside it, or where there is none compares
numbers.

Examples:
  longtail eval --checkpoint DIR/last.pth --data my-photos --predictions p.csv
  longtail eval --checkpoint DIR/last.pth --data kept-apart --all
  longtail eval --checkpoint DIR/last.pth --unlabeled new-photos --predictions p.csv
  longtail eval --arch resnet44 --checkpoint F.th --data D.npz \
    --mean .485,.456,.406 --std .229,.224,.225 --logits out.npy --json`
}

// evaluation is what eval prints.
type evaluation struct {
	ErrorPct         *float64   `json:"error_pct"` // null: no labels
	N                int        `json:"n"`
	BalancedErrorPct *float64   `json:"balanced_error_pct"`                 // mean of the classes that have images
	PerClassErrorPct []*float64 `json:"per_class_error_pct"`                // null: no image
	AdjustedErrorPct *float64   `json:"error_prior_adjusted_pct,omitempty"` // of a run's last.pth, once the log class shares it was trained on are off the logits
	PerClassAdjusted []*float64 `json:"per_class_error_prior_adjusted_pct,omitempty"`
	Classes          []string   `json:"classes"`             // names, in the order of their numbers
	Confusion        [][]int    `json:"confusion,omitempty"` // images by true class, then by predicted
	PredictedCounts  []int      `json:"predicted_counts"`
	Arch             string     `json:"arch"`
	Checkpoint       string     `json:"checkpoint"`
	Data             string     `json:"data"`
	DataMark         string     `json:"data_mark,omitempty"` // "unverified", "stand-in"
	KernelSet        string     `json:"kernel_set"`

	Skipped []dataset.Skipped `json:"skipped,omitempty"` // by --skip-broken

	trained []int // images of each class that the run beside the checkpoint was trained on; nil: not known
	seen    bool  // some of the images may have been trained on
}

func (c *evalCmd) Run(ctx context.Context) error {
	out, err := c.evaluate(ctx, c.images)
	if err != nil {
		return err
	}
	if out.seen {
		fmt.Fprintln(os.Stderr, "note:", cannotTell(c.Data, filepath.Dir(c.Checkpoint)))
	}
	if c.JSON {
		return writeJSON(os.Stdout, out)
	}
	return out.write(os.Stdout)
}

// opener returns the images for a model: a set of their shape, and they.
type opener func(train.About) (dataset.Set, dataset.Samples, error)

// once opens images once for all models of one size.
func once(open opener) opener {
	type images struct {
		set     dataset.Set
		samples dataset.Samples
	}
	opened := map[[2]int]images{}
	return func(about train.About) (dataset.Set, dataset.Samples, error) {
		size := [2]int{about.Height, about.Width}
		i, ok := opened[size]
		if !ok {
			var err error
			if i.set, i.samples, err = open(about); err != nil {
				return i.set, i.samples, err
			}
			later := i
			later.set.Notes = nil // are said once as well
			opened[size] = later
		}
		return i.set, i.samples, nil
	}
}

// evaluate classifies the images and writes what is asked for besides.
func (c *evalCmd) evaluate(ctx context.Context, open opener) (out evaluation, err error) {
	if err := c.check(); err != nil {
		return out, err
	}
	if c.Checkpoint, err = modelOf(c.Checkpoint); err != nil {
		return out, fmt.Errorf("--checkpoint %w", err)
	}
	model, about, err := c.readModel()
	if err != nil {
		return out, err
	}
	set, samples, err := open(about)
	if err != nil {
		return out, err
	}
	if err := own.SizeFits(c.Checkpoint, about, set.H, set.W, cmp.Or(c.Data, c.Unlabeled)); err != nil {
		return out, err
	}
	set.Mean, set.Std = about.Mean, about.Std
	m, err := own.NewClassifier(model, cmp.Or(c.Arch, about.Arch), set.H, set.W, min(c.Batch, samples.Len()), c.Exact)
	if err != nil {
		return out, err
	}
	defer m.Close()
	arrays := c.arrays(m)
	for _, a := range arrays {
		if err := a.mayReplace(); err != nil {
			return out, err
		}
	}
	if about.Classes == nil && c.Unlabeled == "" && areNumbers(set.Classes) { // numbers are what it knows
		for k := range m.Classes {
			about.Classes = append(about.Classes, strconv.Itoa(k))
		}
	}
	if c.Unlabeled == "" && len(about.Classes) == m.Classes {
		if samples.Labels, err = c.sameNames(about.Classes, &set, samples.Labels); err != nil {
			return out, err
		}
	}
	for i, y := range samples.Labels {
		if int(y) >= m.Classes {
			return out, fmt.Errorf("%s: label %d of image %d, but %s knows %d classes", c.Data, y, i, c.Checkpoint, m.Classes)
		}
	}
	if len(about.Classes) == m.Classes {
		set.Classes = about.Classes
	}
	for _, n := range set.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	settings, run := own.Beside(c.Checkpoint)
	if !slices.Equal(run.Classes, set.Classes) || len(run.TrainCounts) != len(set.Classes) {
		run.TrainCounts = nil // of other classes
	}
	known, err := c.tellTrained(&set, samples, settings)
	if err != nil {
		return out, err
	}
	logits, labels, err := m.Classify(ctx, &set, samples)
	var features []float32
	if err == nil && c.Features != "" {
		features, err = m.Features(ctx, &set, samples)
	}
	if err != nil && ctx.Err() != nil {
		return out, errors.New("stopped; nothing was written")
	}
	if err != nil {
		return out, err
	}
	if c.Unlabeled != "" {
		labels = nil
	}
	predicted, confidence := m.Predict(logits)
	for i, values := range [][]float32{logits, features} {
		if err := arrays[i].write(values, len(predicted)); err != nil {
			return out, err
		}
	}
	if c.Predictions != "" {
		if err := own.WritePredictions(c.Predictions, samples.Names, set.Classes, labels, predicted, confidence); err != nil {
			return out, err
		}
	}
	out = evaluation{N: len(predicted), PerClassErrorPct: make([]*float64, m.Classes), PredictedCounts: make([]int, m.Classes), Classes: set.Classes,
		Arch: m.Arch, Checkpoint: c.Checkpoint, Data: cmp.Or(c.Data, c.Unlabeled), DataMark: set.Mark, KernelSet: m.Trunk.Kernels(), Skipped: set.Skipped, trained: run.TrainCounts, seen: !known}
	for _, p := range predicted {
		out.PredictedCounts[p]++
	}
	if labels != nil {
		out.score(labels, predicted)
		if how := own.PriorsOf(c.Checkpoint, settings, run); how != nil {
			out.scoreAdjusted(labels, how.Adjusted(logits))
		}
	}
	return out, nil
}

// score fills in the errors of predictions whose labels are known.
func (e *evaluation) score(labels, predicted []int32) {
	e.Confusion = results.Confusion(labels, predicted, len(e.PredictedCounts))
	pct := results.ErrorPct(e.Confusion)
	e.ErrorPct, e.PerClassErrorPct = &pct, results.PerClassErrorPct(e.Confusion)
	e.BalancedErrorPct = results.BalancedErrorPct(e.PerClassErrorPct)
}

// scoreAdjusted fills in the errors that are left with adjusted predictions.
func (e *evaluation) scoreAdjusted(labels, adjusted []int32) {
	confusion := results.Confusion(labels, adjusted, len(e.PredictedCounts))
	pct := results.ErrorPct(confusion)
	e.AdjustedErrorPct, e.PerClassAdjusted = &pct, results.PerClassErrorPct(confusion)
}

// check refuses flags that cannot be meant, before anything is read.
func (c *evalCmd) check() error {
	if c.Data == "" && c.Unlabeled == "" {
		return usage.Errorf("images are needed: --data, or --unlabeled where they have no labels")
	}
	if c.Unlabeled != "" && c.All {
		return usage.Errorf("--all is of --data: of --unlabeled every image is taken")
	}
	if err := elsewhere(c.Data, "--cache", c.Cache); err != nil {
		return err
	}
	if c.Batch < 1 || c.Batch > 1<<16 {
		return usage.Errorf("--batch %d: a step takes from 1 to %d images", c.Batch, 1<<16)
	}
	if c.Arch != "" {
		if _, err := nn.ParseArch(c.Arch); err != nil {
			return usage.Errorf("--arch: %w", err)
		}
	}
	return c.checkOutputs()
}

// readModel reads the checkpoint, and what it, the files beside it and the flags
// say about it.
func (c *evalCmd) readModel() (*train.Stored, train.About, error) {
	model, err := train.ReadModel(c.Checkpoint)
	if err != nil {
		return nil, train.About{}, err
	}
	about, err := own.About(model)
	if err == nil {
		about.Classes, err = own.ClassesOf(c.Checkpoint, about)
	}
	if err == nil {
		about.Mean, about.Std, err = normalisation(c.Mean, c.Std, about)
	}
	return model, about, err
}

// arrays are the files of numbers that may be asked for, each with so many columns.
func (c *evalCmd) arrays(m *own.Classifier) []array {
	return []array{{"--logits", c.Logits, "logits", m.Classes}, {"--features", c.Features, "features", m.Trunk.Features()}}
}

type array struct {
	flag, file, kind string
	columns          int
}

// write leaves the values of n images.
func (a array) write(values []float32, n int) error {
	if a.file == "" {
		return nil
	}
	return results.WriteFile(a.file, npy.Encode(npy.Float32(values, n, a.columns)))
}

// mayReplace refuses a file that has another width than these values.
func (a array) mayReplace() error {
	if a.file == "" {
		return nil
	}
	return mayReplace(a.flag, a.file, fmt.Sprintf("%s of this model (.npy, float32 with %d columns)", a.kind, a.columns), isMatrix(a.columns))
}

// checkOutputs refuses files that would be lost, as far as it is known before
// anything is read.
func (c *evalCmd) checkOutputs() error {
	flags := map[string]string{} // by file
	for _, f := range [][2]string{{"--predictions", c.Predictions}, {"--logits", c.Logits}, {"--features", c.Features}} {
		flag, file := f[0], f[1]
		if other := flags[file]; file != "" && other != "" {
			return usage.Errorf("%s and %s are one file, %s: give two", other, flag, file)
		}
		flags[file] = flag
	}
	if c.Predictions == "" {
		return nil
	}
	return mayReplace("--predictions", c.Predictions, "predictions", isPredictions)
}

// tellTrained says which of the images the run beside a checkpoint was trained on;
// where they are to be kept apart from all training, that is an error. known is
// false where it cannot be told and may be. of are the run's settings.
func (c *evalCmd) tellTrained(set *dataset.Set, images dataset.Samples, of own.Settings) (known bool, err error) {
	if c.Unlabeled != "" || of.DataDigest == "" || slices.Contains(dataset.Known(), c.Data) {
		return true, nil
	}
	names, known := own.TrainedOn(c.Checkpoint, images)
	switch {
	case !known && c.apart && !slices.Contains(dataset.Known(), of.Data) && samePlace(of.Data, c.Data):
		return false, usage.Errorf("--data %s: %s was trained on these images; without --data its own test images count", c.Data, filepath.Dir(c.Checkpoint))
	case !known:
		return isArrays(c.Data) || of.DataDigest == set.Digest, nil
	case len(names) == 0:
	case c.apart:
		return true, usage.Errorf("--data %s: %s was trained on %d of its %d images (%s), pixel for pixel; give others, or leave --data out: the run's own test images count then", c.Data, filepath.Dir(c.Checkpoint), len(names), images.Len(), firstOf(names))
	default:
		fmt.Fprintf(os.Stderr, "note: %s was trained on %d of these %d images (%s), pixel for pixel: the error looks better than it is\n", c.Checkpoint, len(names), images.Len(), firstOf(names))
	}
	return true, nil
}

// samePlace reports whether two paths lead to one file or folder.
func samePlace(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// cannotTell is the note where images may have been trained on.
func cannotTell(data string, runs ...string) string {
	return fmt.Sprintf("%s is not what %s trained and tested on (data_digest in %s), and there is no %s to tell the images that were trained on: if these are the same photographs, with others added or in another form, some of them were; keep a test folder",
		data, firstOf(runs), results.FileSettings, own.FileTrained)
}

// firstOf lists names, at most three.
func firstOf(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// sameNames turns the numbers that set gives to classes into those of a
// checkpoint that knows the names: a folder that lacks a class, or has another
// one, counts otherwise. Labels that are numbers stay, unless the names are numbers
// as well, which may begin with 1.
func (c *evalCmd) sameNames(known []string, set *dataset.Set, labels []int32) ([]int32, error) {
	if set.Numbered && !(areNumbers(known) && areNumbers(set.Classes)) {
		return labels, nil
	}
	out := make([]int32, len(labels))
	for i, y := range labels {
		k := slices.Index(known, set.Classes[y])
		if k < 0 {
			return nil, fmt.Errorf("%s: %s does not know the class %q: it knows %.400q, the data have %.400q; name the classes alike, or train on these", c.Data, c.Checkpoint, set.Classes[y], known, set.Classes)
		}
		out[i] = int32(k)
	}
	return out, nil
}

// areNumbers reports whether all names of classes are numbers.
func areNumbers(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, err := strconv.Atoi(name); return err != nil })
}

// images returns the images to evaluate and a set of their shape. Image files
// are read at the size that the model was trained on, unless --side says another.
func (c *evalCmd) images(about train.About) (dataset.Set, dataset.Samples, error) {
	files := c.files()
	if files.Side == 0 && about.Height == about.Width {
		files.Side = about.Height
	}
	if c.Unlabeled != "" {
		set, err := files.OpenUnlabeled(c.Unlabeled, 0, 0)
		if err == nil {
			err = c.sideHeld(c.Unlabeled, set)
		}
		if err != nil {
			return dataset.Set{}, dataset.Samples{}, fmt.Errorf("--unlabeled: %w", err)
		}
		return *set, set.Train, nil
	}
	files.Whole, files.TestOnly = c.All, true
	set, err := openData(files, c.Data, "")
	if err == nil {
		err = c.sideHeld(c.Data, set)
	}
	if err != nil {
		return dataset.Set{}, dataset.Samples{}, err
	}
	if c.All && slices.Contains(dataset.Known(), c.Data) {
		return dataset.Set{}, dataset.Samples{}, usage.Errorf("--all: %s has its own test images; it is for folders and CSV files", c.Data)
	}
	if c.All || isArrays(c.Data) {
		return *set, set.Train, nil
	}
	if set.Test.Len() == 0 {
		return dataset.Set{}, dataset.Samples{}, usage.Errorf("--data: %s has no test images; --all evaluates all of it", c.Data)
	}
	return *set, set.Test, nil
}

// normalisation takes --mean and --std, or else what the checkpoint says.
func normalisation(mean, std []float64, about train.About) (m, s [3]float32, err error) {
	if len(mean) == 0 && len(std) == 0 {
		if about.Std == [3]float32{} {
			return m, s, usage.Errorf("--mean and --std are needed: the checkpoint does not say how its images were normalised")
		}
		return about.Mean, about.Std, nil
	}
	for _, v := range []struct {
		flag   string
		values []float64
		to     *[3]float32
	}{{"--mean", mean, &m}, {"--std", std, &s}} {
		if len(v.values) != 3 {
			return m, s, usage.Errorf("%s: %d numbers; give three, as .485,.456,.406, and both --mean and --std", v.flag, len(v.values))
		}
		for i, x := range v.values {
			v.to[i] = float32(x)
			if !(x > -1e6 && x < 1e6) || v.flag == "--std" && !(x > 1e-6) {
				return m, s, usage.Errorf("%s: %v is no mean or standard deviation of pixels from 0 to 1", v.flag, x)
			}
		}
	}
	return m, s, nil
}

// write prints an evaluation for people.
func (e evaluation) write(w io.Writer) error {
	if e.ErrorPct == nil {
		fmt.Fprintf(w, "%d images without labels (%s, %s)\n", e.N, e.Checkpoint, e.Arch)
		for c, n := range e.PredictedCounts {
			if n > 0 {
				fmt.Fprintf(w, "class %3d %7d images%s\n", c, n, beside(e.Classes, c))
			}
		}
		return nil
	}
	fmt.Fprintf(w, "error %.2f %% of %d images (%s, %s)\n", *e.ErrorPct, e.N, e.Checkpoint, e.Arch)
	if b := results.BalancedErrorPct(e.PerClassAdjusted); b != nil {
		fmt.Fprintf(w, "balanced error %.2f %% once the log class shares of training are off the logits\n", *b)
	}
	return writePerClass(w, e.PerClassErrorPct, e.Classes, e.trained)
}

// writePerClass prints the balanced error and a line a class, the first hundred,
// with the images it was trained on where they are known. Classes beyond names
// have none.
func writePerClass(w io.Writer, pct []*float64, names []string, trained []int) error {
	if b := results.BalancedErrorPct(pct); b != nil {
		fmt.Fprintf(w, "balanced error %.2f %% (the mean of the classes below)\n", *b)
	}
	for c, p := range pct {
		if c == 100 {
			fmt.Fprintf(w, "… and %d more classes (--json has all)\n", len(pct)-c)
			break
		}
		name := beside(names, c)
		if len(trained) == len(pct) {
			name = fmt.Sprintf("  trained on %d%s", trained[c], name)
		}
		if p == nil {
			fmt.Fprintf(w, "class %3d       – (no test image)%s\n", c, name)
			continue
		}
		fmt.Fprintf(w, "class %3d %7.2f %%%s\n", c, *p, name)
	}
	return nil
}

// beside is a class's name to stand behind its number; "" where it has no other.
func beside(names []string, c int) string {
	if c < len(names) && names[c] != fmt.Sprint(c) {
		return "  " + names[c]
	}
	return ""
}
