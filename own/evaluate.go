package own

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"longtail/dataset"
	"longtail/internal/plural"
	"longtail/internal/usage"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
)

// Model is a stored model, and what its file, the run's files beside it and the user
// say of it. About.Mean and Std are those of its images.
type Model struct {
	Stored *train.Stored
	About  train.About
}

// Images are what a model is evaluated on.
type Images struct {
	Name    string      // as it was given
	Set     dataset.Set // their shape and the names of their classes
	Samples dataset.Samples
	List    bool // of a .npz file: they are no division of anything
	NoLabel bool
	Apart   bool // from all training: one that the run beside the model was trained on is an error
}

// MaxConfusion is the most classes of which an Evaluation has the confusion matrix: that of
// iNaturalist's 8,142 would be 66 million numbers, nearly all of them 0.
const MaxConfusion = 1000

// Evaluation is what a model says of images; its JSON names are a contract.
type Evaluation struct {
	ErrorPct         *float64   `json:"error_pct"` // null: no labels
	N                int        `json:"n"`
	BalancedErrorPct *float64   `json:"balanced_error_pct"`                 // mean of the classes that have images
	PerClassErrorPct []*float64 `json:"per_class_error_pct"`                // null: no image
	TestCounts       []int      `json:"test_counts,omitempty"`              // images of each class
	AdjustedErrorPct *float64   `json:"error_prior_adjusted_pct,omitempty"` // of a run's last.pth, once the log class shares of the last phase are off the logits
	PerClassAdjusted []*float64 `json:"per_class_error_prior_adjusted_pct,omitempty"`
	Classes          []string   `json:"classes"`             // names, in the order of their numbers
	Confusion        [][]int    `json:"confusion,omitempty"` // images by true class, then by predicted; nil: no labels, or more than MaxConfusion classes
	PredictedCounts  []int      `json:"predicted_counts"`
	Arch             string     `json:"arch"`
	Checkpoint       string     `json:"checkpoint"`
	Data             string     `json:"data"`
	DataMark         string     `json:"data_mark,omitempty"` // "unverified", "stand-in"
	KernelSet        string     `json:"kernel_set"`
	TrainedOn        *int       `json:"trained_on,omitempty"` // images that the model was trained on; nil: not known, or not asked

	Skipped []dataset.Skipped `json:"skipped,omitempty"` // by --skip-broken

	Trained          []int     `json:"-"` // images of each class that the run beside the model was trained on; nil: not known
	Untold           bool      `json:"-"` // whether some of the images were trained on cannot be told
	Labels           []int32   `json:"-"` // nil: there are none
	Predicted        []int32   `json:"-"`
	Confidence       []float64 `json:"-"` // the probability of the predicted class
	Logits, Features []float32 `json:"-"` // images×classes, images×64, if asked for
}

// EvaluateOptions change no error.
type EvaluateOptions struct {
	Arch  string // "": what the model says
	Batch int
	Exact bool
	Log   *os.File // of notes, and of how far it is

	Logits, Features bool // are kept: of many images and classes they are large
}

// Evaluate classifies images. The model knows the names of its classes, and the
// images' are matched by name.
func (m Model) Evaluate(ctx context.Context, of Images, o EvaluateOptions) (e Evaluation, err error) {
	set, samples, path := of.Set, of.Samples, m.Stored.Path
	if err := sizeFits(path, m.About, set.H, set.W, of.Name); err != nil {
		return e, err
	}
	readSparingly(samples.Lazy != nil)
	set.Mean, set.Std = m.About.Mean, m.About.Std
	c, err := m.compile(cmp.Or(o.Arch, m.About.Arch), &set, min(o.Batch, samples.Len()), o.Exact, o.Log)
	if err != nil {
		return e, err
	}
	defer c.Close()
	if err := m.matchClasses(&set, &samples, of, c.classes); err != nil {
		return e, err
	}
	for _, n := range set.Notes {
		fmt.Fprintln(o.Log, "note:", n)
	}
	settings, run := beside(path)
	if !slices.Equal(run.Classes, set.Classes) || len(run.TrainCounts) != len(set.Classes) {
		run.TrainCounts = nil // of other classes
	}
	trainedOn, known, err := m.tellTrained(&set, samples, of, settings, o.Log)
	if err != nil {
		return e, err
	}
	e = Evaluation{Classes: set.Classes, Arch: c.arch, Checkpoint: path, Data: of.Name, DataMark: set.Mark, KernelSet: c.Trunk.Kernels(),
		TrainedOn: trainedOn, Skipped: set.Skipped, Trained: run.TrainCounts, Untold: !known}
	how := priorsOf(m.Stored, settings, run)
	var adjusted []int32
	if o.Logits { // grown by append, the last copy would hold both
		e.Logits = make([]float32, 0, samples.Len()*len(set.Classes))
	}
	if o.Features {
		e.Features = make([]float32, 0, samples.Len()*c.Trunk.Features())
	}
	e.Predicted, e.Confidence, e.Labels, err = c.classify(ctx, &set, samples, func(features, logits []float32) {
		if how != nil && !of.NoLabel {
			adjusted = append(adjusted, how.Adjusted(logits)...)
		}
		if o.Logits {
			e.Logits = append(e.Logits, logits...)
		}
		if o.Features {
			e.Features = append(e.Features, features...)
		}
	})
	if err != nil {
		return e, fmt.Errorf("%s: %w", path, err)
	}
	e.N, e.PerClassErrorPct, e.PredictedCounts = len(e.Predicted), make([]*float64, c.classes), make([]int, c.classes)
	for _, p := range e.Predicted {
		e.PredictedCounts[p]++
	}
	if of.NoLabel {
		e.Labels = nil
		return e, nil
	}
	e.score(adjusted)
	return e, nil
}

// score fills in the errors of predictions whose labels are known, and of the adjusted
// ones; nil: it is not known how the run met its classes.
func (e *Evaluation) score(adjusted []int32) {
	classes := len(e.PredictedCounts)
	var pct float64
	pct, e.PerClassErrorPct, e.TestCounts = score.Scores(e.Labels, e.Predicted, classes)
	e.ErrorPct, e.BalancedErrorPct = &pct, score.BalancedErrorPct(e.PerClassErrorPct)
	if classes <= MaxConfusion {
		e.Confusion = score.Confusion(e.Labels, e.Predicted, classes)
	}
	if adjusted != nil {
		pct, perClass, _ := score.Scores(e.Labels, adjusted, classes)
		e.AdjustedErrorPct, e.PerClassAdjusted = &pct, perClass
	}
}

// matchClasses gives the images' labels the numbers that the model has for their
// classes, and the set the model's names.
func (m Model) matchClasses(set *dataset.Set, samples *dataset.Samples, of Images, classes int) (err error) {
	names := m.About.Classes
	if names == nil && !of.NoLabel && areNumbers(set.Classes) { // numbers are what it knows
		for k := range classes {
			names = append(names, strconv.Itoa(k))
		}
	}
	if !of.NoLabel && len(names) == classes {
		if samples.Labels, err = m.sameNames(names, set, samples.Labels, of.Name); err != nil {
			return err
		}
	}
	for i, y := range samples.Labels {
		if int(y) >= classes {
			return fmt.Errorf("%s: label %d of image %d, but %s knows %d classes", of.Name, y, i, m.Stored.Path, classes)
		}
	}
	if len(names) == classes {
		set.Classes = names
	}
	return nil
}

// sameNames turns the numbers that set gives to classes into those of a
// model that knows the names: a folder that lacks a class, or has another
// one, counts otherwise. Labels that are numbers stay, unless the names are numbers
// as well, which may begin with 1.
func (m Model) sameNames(known []string, set *dataset.Set, labels []int32, name string) ([]int32, error) {
	if set.Numbered && !(areNumbers(known) && areNumbers(set.Classes)) {
		return labels, nil
	}
	out := make([]int32, len(labels))
	for i, y := range labels {
		k := slices.Index(known, set.Classes[y])
		if k < 0 {
			return nil, fmt.Errorf("%s: %s does not know the class %q: it knows %s, the data have %s; name the classes alike, or train on these%s", name, m.Stored.Path, set.Classes[y], plural.Names(known), plural.Names(set.Classes), dataset.Accents(set.Classes[y], known))
		}
		out[i] = int32(k)
	}
	return out, nil
}

// areNumbers reports whether all names of classes are numbers.
func areNumbers(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, err := strconv.Atoi(name); return err != nil })
}

// tellTrained says which of the images the run beside a model was trained on, and
// counts them (nil: they are not looked through); where they are to be kept apart from
// all training, that is an error. known is false where it cannot be told and may be,
// and that is not said here.
func (m Model) tellTrained(set *dataset.Set, images dataset.Samples, of Images, run Settings, log io.Writer) (n *int, known bool, err error) {
	model := m.Stored.Path
	switch {
	case of.NoLabel || dataset.Named(of.Name):
		return nil, true, nil
	case run.DataDigest == "":
		if m.Stored.Meta == nil { // or else of a task, which trains on named sets
			fmt.Fprintf(log, "note: which of these images %s was trained on cannot be told: the %s and %s of its run are not both beside it\n", model, results.FileSettings, FileTrained)
		}
		return nil, true, nil
	}
	names, known := trainedOn(model, images)
	if known {
		count := len(names)
		n = &count
	}
	switch {
	case !known && of.Apart && !dataset.Named(run.Data) && samePlace(run.Data, of.Name):
		return nil, false, usage.Errorf("--data %s: %s was trained on these images; without --data its own test images count", of.Name, filepath.Dir(model))
	case !known:
		ofNamed := of.List && dataset.Named(run.Data) // whose images are not listed
		return nil, ofNamed || run.DataDigest == set.Digest, nil
	case len(names) == 0:
	case of.Apart:
		return n, true, usage.Errorf("--data %s: %s was trained on %d of its %d images (%s), pixel for pixel; give others, or leave --data out: the run's own test images count then", of.Name, filepath.Dir(model), len(names), images.Len(), firstOf(names))
	default:
		fmt.Fprintf(log, "note: %s was trained on %d of these %d images (%s), pixel for pixel: the error looks better than it is\n", model, len(names), images.Len(), firstOf(names))
	}
	return n, true, nil
}

// samePlace reports whether two paths lead to one file or folder.
func samePlace(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// CannotTell is the note of an Evaluation that is Untold.
func CannotTell(data string, runs ...string) string {
	return fmt.Sprintf("%s is not what %s trained and tested on (data_digest in %s), and which images were trained on cannot be told (there is no %s beside the model, or these images are of another size or too many to be held in memory): if these are the same photographs, with others added or in another form, some of them were; keep a test folder",
		data, firstOf(runs), results.FileSettings, FileTrained)
}

// firstOf lists names, at most three.
func firstOf(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// Evaluate puts the errors of a method's runs on images, by last.pth of each, in the
// place of those that they have. images opens them for a model's size. untold are the
// runs that may have been trained on some.
func (m Method) Evaluate(ctx context.Context, images func(train.About) (Images, error), log *os.File) (untold []string, err error) {
	for i := range m.Runs {
		r := &m.Runs[i]
		model, err := ReadModel(filepath.Join(r.Dir, FileLast))
		if err != nil {
			return nil, err
		}
		if model.About.Std == [3]float32{} {
			return nil, fmt.Errorf("%s does not say how its images were normalized", model.Stored.Path)
		}
		of, err := images(model.About)
		if err != nil {
			return nil, err
		}
		e, err := model.Evaluate(ctx, of, EvaluateOptions{Batch: 100, Log: log})
		if err != nil {
			return nil, err
		}
		if !slices.Equal(e.Classes, r.Result.Classes) {
			return nil, fmt.Errorf("%s names other classes than the run beside it", e.Checkpoint)
		}
		if e.Untold {
			untold = append(untold, r.Dir)
		}
		r.Result.ErrorPct, r.Result.PerClassErrorPct, r.Result.PerClassAdjusted = e.ErrorPct, e.PerClassErrorPct, e.PerClassAdjusted
		r.Result.N, r.Result.TestCounts, r.Result.TestTrainedOn = e.N, e.TestCounts, 0 // Apart
	}
	return untold, nil
}

// readStored reads a model. Of a finished run that has lost it, it says how to have it
// again: train finds such a run finished.
func readStored(path string) (*train.Stored, error) {
	s, err := train.ReadModel(path)
	if file := filepath.Base(path); err != nil && (file == FileLast || file == FileBest) {
		switch settings, run := beside(path); {
		case settings.DataDigest == "" || run.KernelSet == "":
		case file == FileBest && run.ErrorPct == nil:
			err = fmt.Errorf("%w; its run had no test images to choose it by: it has %s alone", err, FileLast)
		default:
			err = fmt.Errorf("%w; with %s deleted, the command that trained it makes it again", err, filepath.Join(filepath.Dir(path), results.FileResult))
		}
	}
	return s, err
}

// ReadModel reads a model and what it and the files beside it say of it.
func ReadModel(path string) (m Model, err error) {
	if m.Stored, err = readStored(path); err != nil {
		return m, err
	}
	if m.About, err = About(m.Stored); err == nil {
		err = classifies(path, m.About)
	}
	return m, err
}
