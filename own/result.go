package own

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"longtail/dataset"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// Files of a run's folder, in addition to those of package results.
const (
	FileLast         = "last.pth"
	FileBest         = "best.pth"
	FileTrained      = "trained-on.csv"    // the images that were trained on
	FilePseudoLabels = "pseudo-labels.csv" // only with pseudo-labels
	FilePseudoCounts = "pseudo-counts.csv"
	folderBase       = "base" // folder of the base classifier's run
)

// Result is the content of result.json. Errors are in percent, and null without test
// images.
type Result struct {
	ErrorPct         *float64   `json:"error_pct"` // of the last epoch
	BestErrorPct     *float64   `json:"best_error_pct"`
	BestEpoch        int        `json:"best_epoch,omitempty"`
	PerClassErrorPct []*float64 `json:"per_class_error_pct"` // null: class without test images
	AdjustedErrorPct *float64   `json:"error_prior_adjusted_pct"`
	PerClassAdjusted []*float64 `json:"per_class_error_prior_adjusted_pct,omitempty"`
	N                int        `json:"n"`                     // test images
	TestCounts       []int      `json:"test_counts,omitempty"` // test images of each class
	TestTrainedOn    int        `json:"test_images_trained_on,omitempty"`
	TrainCounts      []int      `json:"train_counts"`
	TrainErrorPct    float64    `json:"train_error_pct"` // of the last epoch, measured on its batches during training
	Transferred      int        `json:"transferred_tensors,omitempty"`
	ResumedAt        []int      `json:"resumed_at,omitempty"`
	TrainSeconds     float64    `json:"train_seconds"`
	ImagesPerSecond  float64    `json:"images_per_second"`
	KernelSet        string     `json:"kernel_set"`
	Program          string     `json:"program,omitempty"`   // the build that finished the run
	DataMark         string     `json:"data_mark,omitempty"` // "unverified", "stand-in"
	Classes          []string   `json:"classes"`             // names, in the order of their numbers

	Skipped   []dataset.Skipped `json:"skipped,omitempty"` // labeled and test images left out by --skip-broken
	Unlabeled *Unlabeled        `json:"unlabeled,omitempty"`
}

// Unlabeled is the part of result.json about the unlabeled images.
type Unlabeled struct {
	Images       int      `json:"images"`                   // all unlabeled images
	LeftOut      int      `json:"left_out,omitempty"`       // images below the threshold or without a label
	PseudoCounts []int    `json:"pseudo_counts,omitempty"`  // the other images by class; train_counts includes them
	Base         string   `json:"base,omitempty"`           // the base classifier's file
	PseudoLabels string   `json:"pseudo_labels,omitempty"`  // the file from which the labels were read
	BaseErrorPct *float64 `json:"base_error_pct,omitempty"` // of the base classifier, on the same test images

	Skipped []dataset.Skipped `json:"skipped,omitempty"` // left out by --skip-broken; not counted in Images
}

// score fills in the errors, times and speed of a finished run. how adjusts the
// logits.
func (r *Result) score(out train.Outcome, how setup.Imbalance) {
	r.TrainErrorPct = out.Epochs[len(out.Epochs)-1].TrainErrorPct
	r.ResumedAt, r.TrainSeconds = out.ResumedAt, out.TrainSeconds
	if out.TrainSeconds > 0 {
		r.ImagesPerSecond = float64(out.Images) / out.TrainSeconds
	}
	classes := len(how.Counts)
	r.PerClassErrorPct = make([]*float64, classes)
	if r.N = len(out.Labels); r.N == 0 {
		return
	}
	var pct, adjusted float64
	pct, r.PerClassErrorPct, r.TestCounts = score.Scores(out.Labels, score.Predict(out.Logits, classes, nil), classes)
	adjusted, r.PerClassAdjusted, _ = score.Scores(out.Labels, how.Adjusted(out.Logits), classes)
	r.ErrorPct, r.AdjustedErrorPct = &pct, &adjusted
	r.BestErrorPct, r.BestEpoch = new(out.BestErrorPct), out.BestEpoch
}

// write writes the result as JSON.
func (r Result) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return results.WriteFile(path, append(b, '\n'))
}

// Labeled returns the training images of each class without the pseudo-labeled ones.
func (r Result) Labeled() []int {
	counts := slices.Clone(r.TrainCounts)
	if r.Unlabeled != nil {
		for class, n := range r.Unlabeled.PseudoCounts {
			counts[class] -= n
		}
	}
	return counts
}

// complete reports whether the lists over classes have an entry for every class. It
// also requires that the overall error is given exactly if a class has one.
func (r Result) complete() bool {
	n := len(r.Classes)
	return n > 1 && len(r.PerClassErrorPct) == n && len(r.TrainCounts) == n && (r.PerClassAdjusted == nil || len(r.PerClassAdjusted) == n) && (r.TestCounts == nil || len(r.TestCounts) == n) && (r.Unlabeled == nil || len(r.Unlabeled.PseudoCounts) <= n) &&
		(r.ErrorPct == nil) == (score.BalancedErrorPct(r.PerClassErrorPct) == nil)
}

// runOfModel reads the settings and result beside a model's file. A file that is
// missing, damaged or of another program gives zero values.
func runOfModel(model string) (s Settings, r Result) {
	s, _ = readFile[Settings](filepath.Join(filepath.Dir(model), results.FileSettings), "")
	r, _ = readFile[Result](filepath.Join(filepath.Dir(model), results.FileResult), "")
	return s, r
}

// readFile reads a JSON file of a run. If it is damaged, the error names the remedy
// and v is zero.
func readFile[T any](path, remedy string) (v T, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return *new(T), fmt.Errorf("%s: it is damaged (%w); %s", path, err, remedy)
	}
	return v, nil
}

// priorsOf returns how the run of a last.pth handled its classes. It is nil without
// such a run, or if the file does not give the scale of its logits. Other files of a
// run may hold weights of other epochs.
func priorsOf(model *train.Stored, s Settings, r Result) *setup.Imbalance {
	about := model.About
	if filepath.Base(model.Path) != FileLast || r.TrainCounts == nil || about.Scale == 0 {
		return nil
	}
	how, err := setup.NewImbalance(about.Loss, s.Rule, s.Epochs, r.TrainCounts)
	if err != nil {
		return nil
	}
	how.Scale, how.Priors = about.Scale, about.Priors
	return &how
}
