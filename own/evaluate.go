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

// Model is a stored model with what its file, the files beside it and the user say of
// it. About.Mean and Std are those of the images to evaluate.
type Model struct {
	Stored *train.Stored
	About  train.About
}

// Images are the images on which a model is evaluated.
type Images struct {
	Name    string      // as given by the user
	Set     dataset.Set // gives the images' shape and the names of their classes
	Samples dataset.Samples
	List    bool // the images of a .npz file, which has no division into training and test
	NoLabel bool
	Apart   bool // an image that the run beside the model was trained on is an error
}

// MaxConfusion is the largest number of classes for which an Evaluation has a
// confusion matrix. That of iNaturalist's 8,142 would be 66 million numbers, nearly
// all of them 0.
const MaxConfusion = 1000

// Evaluation is the result of a model on images; its JSON names are a contract.
type Evaluation struct {
	ErrorPct         *float64   `json:"error_pct"` // null: no labels
	N                int        `json:"n"`
	BalancedErrorPct *float64   `json:"balanced_error_pct"`                 // mean over the classes that have images
	PerClassErrorPct []*float64 `json:"per_class_error_pct"`                // null: class without images
	TestCounts       []int      `json:"test_counts,omitempty"`              // images of each class
	AdjustedErrorPct *float64   `json:"error_prior_adjusted_pct,omitempty"` // log class shares of the last phase subtracted from the logits; only for a run's last.pth
	PerClassAdjusted []*float64 `json:"per_class_error_prior_adjusted_pct,omitempty"`
	Classes          []string   `json:"classes"`             // names, in the order of their numbers
	Confusion        [][]int    `json:"confusion,omitempty"` // images by true class, then by predicted; nil: no labels, or more than MaxConfusion classes
	PredictedCounts  []int      `json:"predicted_counts"`
	Arch             string     `json:"arch"`
	Checkpoint       string     `json:"checkpoint"`
	Data             string     `json:"data"`
	DataMark         string     `json:"data_mark,omitempty"` // "unverified", "stand-in"
	KernelSet        string     `json:"kernel_set"`
	TrainedOn        *int       `json:"trained_on,omitempty"` // how many of the images the model was trained on; nil: not known, or not asked

	Skipped []dataset.Skipped `json:"skipped,omitempty"` // images left out by --skip-broken

	Trained          []int     `json:"-"` // training images of each class of the run beside the model; nil: not known
	Untold           bool      `json:"-"` // it is unknown whether some of the images were trained on
	Labels           []int32   `json:"-"` // nil: no labels
	Predicted        []int32   `json:"-"`
	Confidence       []float64 `json:"-"` // probability of the predicted class
	Logits, Features []float32 `json:"-"` // images×classes, images×64, if asked for
}

// EvaluateOptions are the options of Evaluate. None changes an error.
type EvaluateOptions struct {
	Arch  string // "": as the model says
	Batch int
	Exact bool
	Log   *os.File // gets notes and the progress

	Logits, Features bool // keep them: they are large for many images and classes
}

// Evaluate classifies images and compares the predictions with their labels. It
// matches the images' classes with the model's by name if the model gives names.
func (m Model) Evaluate(ctx context.Context, of Images, o EvaluateOptions) (e Evaluation, err error) {
	set, samples, path := of.Set, of.Samples, m.Stored.Path
	if err := checkSize(path, m.About, set.H, set.W, of.Name); err != nil {
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
	settings, run := runOfModel(path)
	if !slices.Equal(run.Classes, set.Classes) || len(run.TrainCounts) != len(set.Classes) {
		run.TrainCounts = nil // the run has other classes
	}
	trainedOn, known, err := m.countTrainedOn(&set, samples, of, settings, o.Log)
	if err != nil {
		return e, err
	}
	e = Evaluation{Classes: set.Classes, Arch: c.arch, Checkpoint: path, Data: of.Name, DataMark: set.Mark, KernelSet: c.Trunk.Kernels(),
		TrainedOn: trainedOn, Skipped: set.Skipped, Trained: run.TrainCounts, Untold: !known}
	how := priorsOf(m.Stored, settings, run)
	var adjusted []int32
	if o.Logits { // allocated once: append would hold two copies while it grows
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

// score fills in the errors of the predictions, whose labels are known, and of the
// prior-adjusted predictions; nil: there are none.
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

// matchClasses renumbers the images' labels by the model's classes and gives the set
// the model's names. A label that the model does not know is an error.
func (m Model) matchClasses(set *dataset.Set, samples *dataset.Samples, of Images, classes int) (err error) {
	names := m.About.Classes
	if names == nil && !of.NoLabel && areNumbers(set.Classes) { // such a model only knows numbers
		for k := range classes {
			names = append(names, strconv.Itoa(k))
		}
	}
	if !of.NoLabel && len(names) == classes {
		if samples.Labels, err = m.matchNames(names, set, samples.Labels, of.Name); err != nil {
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

// matchNames returns the labels with the numbers of a model that knows the class
// names known. The numbers differ if a folder lacks a class or has another one.
// Labels given as numbers stay, unless both lists of names are numbers, which may
// begin with 1.
func (m Model) matchNames(known []string, set *dataset.Set, labels []int32, name string) ([]int32, error) {
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

// areNumbers reports whether all class names are numbers.
func areNumbers(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, err := strconv.Atoi(name); return err != nil })
}

// countTrainedOn returns how many of the images the run beside a model was trained
// on; nil: not counted. If of.Apart is set, any such image is an error. Otherwise it
// logs a note if there are some, or if no run is described beside the model. If known
// is false some images may be such, and the caller has to say so.
func (m Model) countTrainedOn(set *dataset.Set, images dataset.Samples, of Images, run Settings, log io.Writer) (n *int, known bool, err error) {
	model := m.Stored.Path
	switch {
	case of.NoLabel || dataset.Named(of.Name):
		return nil, true, nil
	case run.DataDigest == "":
		if m.Stored.Meta == nil { // otherwise of a task, which trains on named sets
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
		ofNamed := of.List && dataset.Named(run.Data) // FileTrained does not list images of named sets
		return nil, ofNamed || run.DataDigest == set.Digest, nil
	case len(names) == 0:
	case of.Apart:
		return n, true, usage.Errorf("--data %s: %s was trained on %d of its %d images (%s), pixel for pixel; give others, or leave --data out: the run's own test images count then", of.Name, filepath.Dir(model), len(names), images.Len(), firstOf(names))
	default:
		fmt.Fprintf(log, "note: %s was trained on %d of these %d images (%s), pixel for pixel: the error looks better than it is\n", model, len(names), images.Len(), firstOf(names))
	}
	return n, true, nil
}

// samePlace reports whether two paths lead to the same file or folder.
func samePlace(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// CannotTell returns the note for Evaluations that are Untold.
func CannotTell(data string, runs ...string) string {
	return fmt.Sprintf("%s is not what %s trained and tested on (data_digest in %s), and which images were trained on cannot be told (there is no %s beside the model, or these images are of another size or too many to be held in memory): if these are the same photographs, with others added or in another form, some of them were; keep a test folder",
		data, firstOf(runs), results.FileSettings, FileTrained)
}

// firstOf returns at most three names, separated by commas.
func firstOf(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// Evaluate replaces the errors of a method's runs by those of their last.pth on other
// images. images opens these at a model's size. untold lists the folders of runs that
// may have been trained on some of them.
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
		r.Result.N, r.Result.TestCounts, r.Result.TestTrainedOn = e.N, e.TestCounts, 0 // the images are Apart
	}
	return untold, nil
}

// readStored reads a model. If a finished run has lost its model, the error says how
// to restore it, because train would find the run finished.
func readStored(path string) (*train.Stored, error) {
	s, err := train.ReadModel(path)
	if file := filepath.Base(path); err != nil && (file == FileLast || file == FileBest) {
		switch settings, run := runOfModel(path); {
		case settings.DataDigest == "" || run.KernelSet == "":
		case file == FileBest && run.ErrorPct == nil:
			err = fmt.Errorf("%w; its run had no test images to choose it by: it has %s alone", err, FileLast)
		default:
			err = fmt.Errorf("%w; with %s deleted, the command that trained it makes it again", err, filepath.Join(filepath.Dir(path), results.FileResult))
		}
	}
	return s, err
}

// ReadModel reads a model and what its file and the files beside it say of it. A
// model without classes is an error.
func ReadModel(path string) (m Model, err error) {
	if m.Stored, err = readStored(path); err != nil {
		return m, err
	}
	if m.About, err = About(m.Stored); err == nil {
		err = checkClassifies(path, m.About)
	}
	return m, err
}
