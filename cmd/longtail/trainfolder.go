package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/lock"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/train"
	"longtail/results"
)

// Files of a run's folder, besides those of results.
const (
	fileLast = "last.pth"
	fileBest = "best.pth"
)

// turns are the classes of --target rotation.
var turns = []string{"0°", "90°", "180°", "270°"}

// trainSettings decide every bit of a run (on one kernel set).
type trainSettings struct {
	Data        string     `json:"data"`
	Test        string     `json:"test,omitempty"`
	DataDigest  string     `json:"data_digest"`
	Rho         float64    `json:"rho,omitempty"`
	NMax        int        `json:"n_max,omitempty"`
	DataSeed    int        `json:"data_seed,omitempty"`
	Mean        [3]float32 `json:"mean"`
	Std         [3]float32 `json:"std"`
	Height      int        `json:"height,omitempty"` // for people: the digest decides
	Width       int        `json:"width,omitempty"`
	Arch        string     `json:"arch"`
	Target      string     `json:"target"`
	Loss        string     `json:"loss"`
	Rule        string     `json:"rule"`
	Epochs      int        `json:"epochs"`
	Batch       int        `json:"batch"`
	Queue       int        `json:"queue,omitempty"` // of MoCo
	LR          float64    `json:"lr"`
	Schedule    string     `json:"schedule"`
	Momentum    float64    `json:"momentum"`
	WeightDecay float64    `json:"weight_decay"`
	NoFlip      bool       `json:"no_flip,omitempty"`
	NoCrop      bool       `json:"no_crop,omitempty"`
	BNMomentum  float64    `json:"bn_momentum,omitempty"` // 0: 0.1
	Seed        int        `json:"seed"`
	Stage       string     `json:"stage,omitempty"` // in the keys of random streams
	Init        string     `json:"init,omitempty"`
	InitSHA256  string     `json:"init_sha256,omitempty"`
	Freeze      bool       `json:"freeze,omitempty"`
	Exact       bool       `json:"exact,omitempty"`
	Numerics    int        `json:"numerics"`

	// With --unlabeled. Without --base the settings above decide the base.
	Unlabeled       string  `json:"unlabeled,omitempty"`
	UnlabeledDigest string  `json:"unlabeled_digest,omitempty"`
	Omega           float64 `json:"omega,omitempty"`
	Threshold       float64 `json:"threshold,omitempty"`
	Base            string  `json:"base,omitempty"`
	BaseSHA256      string  `json:"base_sha256,omitempty"`
	PseudoLabels    string  `json:"pseudo_labels,omitempty"`
	LabelsSHA256    string  `json:"pseudo_labels_sha256,omitempty"`
	SSL             string  `json:"ssl,omitempty"`
	Epsilon         float64 `json:"epsilon,omitempty"`
}

// trainResult is result.json. Errors are null without test images.
type trainResult struct {
	ErrorPct         *float64   `json:"error_pct"` // of the last epoch
	BestErrorPct     *float64   `json:"best_error_pct"`
	BestEpoch        int        `json:"best_epoch,omitempty"`
	PerClassErrorPct []*float64 `json:"per_class_error_pct"` // null: no test image
	AdjustedErrorPct *float64   `json:"error_prior_adjusted_pct"`
	PerClassAdjusted []*float64 `json:"per_class_error_prior_adjusted_pct,omitempty"`
	N                int        `json:"n"` // test images
	TrainCounts      []int      `json:"train_counts"`
	TrainErrorPct    float64    `json:"train_error_pct"` // of the last epoch, as the batches came
	Transferred      int        `json:"transferred_tensors,omitempty"`
	ResumedAt        []int      `json:"resumed_at,omitempty"`
	TrainSeconds     float64    `json:"train_seconds"`
	ImagesPerSecond  float64    `json:"images_per_second"`
	KernelSet        string     `json:"kernel_set"`
	DataMark         string     `json:"data_mark,omitempty"` // "unverified", "stand-in"
	Classes          []string   `json:"classes"`             // names, in the order of their numbers

	Skipped   []dataset.Skipped `json:"skipped,omitempty"` // labelled and test images, by --skip-broken
	Unlabeled *unlabeledResult  `json:"unlabeled,omitempty"`
}

func (c *trainCmd) path(file string) string { return filepath.Join(c.Out, file) }

// describeRun returns the settings of a run on so many labelled images.
func (c *trainCmd) describeRun(set, unlabeled *dataset.Set, images int) (trainSettings, error) {
	s := trainSettings{
		Data: c.Data, Test: c.Test, DataDigest: set.Digest, Rho: c.Rho, NMax: c.NMax, DataSeed: c.DataSeed, Mean: set.Mean, Std: set.Std, Height: set.H, Width: set.W,
		Arch: c.Arch, Target: c.Target, Loss: c.Loss, Rule: c.Rule, Epochs: c.Epochs, Batch: c.batch(), Queue: c.queue(images), LR: c.learningRate(), Schedule: c.scheduleName(),
		Momentum: c.Momentum, WeightDecay: c.weightDecay(), NoFlip: c.NoFlip, NoCrop: c.NoCrop, Seed: c.Seed, Stage: c.stage(), Init: c.Init, Freeze: c.Freeze, Exact: c.Exact,
		Numerics: experiments.NumericsVersion,
	}
	if c.BNMomentum != nn.DefaultBNMomentum {
		s.BNMomentum = c.BNMomentum
	}
	var err error
	if c.Init != "" {
		if s.InitSHA256, err = fileSHA256(c.Init); err != nil {
			return s, fmt.Errorf("--init: %w", err)
		}
	}
	if unlabeled == nil {
		return s, nil
	}
	s.Unlabeled, s.UnlabeledDigest = c.Unlabeled, unlabeled.Digest
	if s.SSL, s.Epsilon = c.ssl(), c.epsilon(set.H, set.W); s.SSL != "" {
		return s, nil
	}
	s.Omega, s.Threshold, s.Base, s.PseudoLabels = c.Omega, c.Threshold, c.Base, c.PseudoLabels
	if c.PseudoLabels != "" {
		if s.LabelsSHA256, err = fileSHA256(c.PseudoLabels); err != nil {
			return s, fmt.Errorf("--pseudo-labels: %w", err)
		}
	}
	if c.Base != "" {
		if s.BaseSHA256, err = fileSHA256(c.Base); err != nil {
			return s, fmt.Errorf("--base: %w", err)
		}
	}
	return s, nil
}

// fileSHA256 is a file's checksum in hexadecimal.
func fileSHA256(path string) (string, error) {
	b, err := os.ReadFile(path)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

// finished reports, and says, whether the folder holds this run's result. A
// folder that holds another run is an error.
func (c *trainCmd) finished(s trainSettings) (bool, error) {
	var old trainSettings
	b, err := os.ReadFile(c.path(results.FileSettings))
	_, noResult := os.Stat(c.path(results.FileResult))
	switch {
	case errors.Is(err, os.ErrNotExist) && noResult == nil:
		return false, usage.Errorf("--out %s: it holds a result without settings; choose another folder", c.Out)
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case json.Unmarshal(b, &old) != nil:
		return false, fmt.Errorf("%s is damaged; choose another folder, or delete this one", c.path(results.FileSettings))
	case old.pathless() != s.pathless():
		return false, usage.Errorf("--out %s: it holds a run with other settings (%s); choose another folder, or delete this one",
			c.Out, strings.Join(differing(old.pathless(), s.pathless()), ", "))
	case noResult == nil:
		fmt.Fprintf(os.Stderr, "%s is finished already\n", c.Out)
		return true, nil
	}
	return false, nil
}

// claim makes the folder this run's own until release is called, and returns the
// key of its checkpoints.
func (c *trainCmd) claim(s trainSettings) (key string, release func(), err error) {
	if release, err = lock.Try(c.Out); err != nil {
		if who, _, _ := lock.State(c.Out); who != nil && errors.Is(err, lock.ErrBusy) {
			return "", nil, fmt.Errorf("--out %s: process %d on %s trains in this folder; wait for its end, or choose another folder", c.Out, who.PID, who.Host)
		}
		return "", nil, fmt.Errorf("--out: %w; wait, or choose another folder", err)
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	identity, err := json.Marshal(s.pathless())
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(identity)
	key = hex.EncodeToString(sum[:])
	if c.Base == "" {
		s.BaseSHA256 = "" // follows from the other settings
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(c.path(results.FileSettings)); err == nil {
		return key, release, nil // finished has looked at it
	}
	return key, release, results.WriteFile(c.path(results.FileSettings), append(text, '\n'))
}

// pathless leaves out where files lie and how large images are: their digests
// say what they are, and older runs know no size.
func (s trainSettings) pathless() trainSettings {
	s.Test, s.Init, s.Unlabeled, s.Base, s.PseudoLabels = "", "", "", "", ""
	s.Height, s.Width = 0, 0
	if !slices.Contains(dataset.Known(), s.Data) {
		s.Data = ""
	}
	return s
}

// differing names the settings in which two runs differ.
func differing(a, b trainSettings) []string {
	var names []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if x.Field(i).Interface() != y.Field(i).Interface() {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// score fills the result from a finished run.
func (r *trainResult) score(out train.Outcome, how experiments.Imbalance) {
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
	confusion := results.Confusion(out.Labels, results.Predict(out.Logits, classes, nil), classes)
	last, best := results.ErrorPct(confusion), out.BestErrorPct
	free := results.Confusion(out.Labels, how.Adjusted(out.Logits), classes)
	adjusted := results.ErrorPct(free)
	r.ErrorPct, r.BestErrorPct, r.BestEpoch, r.AdjustedErrorPct = &last, &best, out.BestEpoch, &adjusted
	r.PerClassErrorPct, r.PerClassAdjusted = results.PerClassErrorPct(confusion), results.PerClassErrorPct(free)
}

// write leaves the result as JSON.
func (r trainResult) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return results.WriteFile(path, append(b, '\n'))
}

// print shows result.json.
func (c *trainCmd) print() error {
	b, err := os.ReadFile(c.path(results.FileResult))
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := os.Stdout.Write(b)
		return err
	}
	var r trainResult
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("%s: %w", c.path(results.FileResult), err)
	}
	if u := r.Unlabeled; u != nil && u.BaseErrorPct != nil {
		fmt.Printf("base classifier: error %.2f %% of the same test images\n", *u.BaseErrorPct)
	}
	if c.Target == experiments.TargetMoCo {
		fmt.Printf("in the last epoch %.1f %% of the views were nearer to another image's key than to their own; go on with --init %s\n", r.TrainErrorPct, c.path(fileLast))
		return nil
	}
	if r.ErrorPct == nil {
		fmt.Printf("training error %.2f %%; there were no test images\n", r.TrainErrorPct)
		return nil
	}
	images := "test images"
	if c.Target == experiments.TargetRotation {
		images, r.Classes, r.TrainCounts = "turned images", turns, nil
	}
	fmt.Printf("error %.2f %% of %d %s after the last epoch; best %.2f %% after epoch %d; %.2f %% with the last epoch's priors taken off\n",
		*r.ErrorPct, r.N, images, *r.BestErrorPct, r.BestEpoch, *r.AdjustedErrorPct)
	return writePerClass(os.Stdout, r.PerClassErrorPct, r.Classes, r.TrainCounts)
}
