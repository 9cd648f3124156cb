package own

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"reflect"
	"strings"

	"longtail/dataset"
	"longtail/internal/plural"
	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// Settings determine every bit of a run on one kernel set.
type Settings struct {
	Data        string     `json:"data"`
	Test        string     `json:"test,omitempty"`
	DataDigest  string     `json:"data_digest"`
	Rho         float64    `json:"rho,omitempty"`
	NMax        int        `json:"n_max,omitempty"`
	DataSeed    int        `json:"data_seed,omitempty"`
	Mean        [3]float32 `json:"mean"`
	Std         [3]float32 `json:"std"`
	Height      int        `json:"height,omitempty"` // for people: the digest determines it
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
	Stage       string     `json:"stage,omitempty"` // part of the keys of random streams
	Init        string     `json:"init,omitempty"`
	InitSHA256  string     `json:"init_sha256,omitempty"`
	Frozen      bool       `json:"freeze,omitempty"`
	Retrained   bool       `json:"retrain,omitempty"`
	Exact       bool       `json:"exact,omitempty"`
	Numerics    int        `json:"numerics"`
	Program     string     `json:"program,omitempty"` // build that began the run, for people; losses are identified by name only

	// Only with unlabeled images. Without Base the settings above determine the base classifier.
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

// ScheduleStep is the paper's Schedule: warm-up, drops after 80 and 90 %.
const ScheduleStep = "step"

// Stage names a run's stage in a training of several stages; "" if the run is all of
// it. goesOn: the run starts from a model (--init). retrained: it re-trains that one's head.
func Stage(target string, goesOn, retrained bool) string {
	if retrained {
		return "retrain"
	}
	var parts []string
	if target != setup.TargetLabels {
		parts = append(parts, target)
	}
	if goesOn {
		parts = append(parts, "init")
	}
	return strings.Join(parts, ", ")
}

// keys returns the prefix of the keys of all random streams of the run. It includes
// the stage, so that pre-training and fine-tuning with one seed share no order, crops
// or flips.
func (s Settings) keys() []any {
	if s.Stage != "" {
		return []any{"longtail train", s.Seed, s.Stage}
	}
	return []any{"longtail train", s.Seed}
}

func (s Settings) schedule() (train.Schedule, error) {
	name := s.Schedule
	if name == ScheduleStep {
		name = ""
	}
	return train.ParseSchedule(name)
}

// withoutPaths returns the settings without paths and image sizes, which the digests
// determine, and without the build, for which there is a note.
func (s Settings) withoutPaths() Settings {
	s.Test, s.Init, s.Unlabeled, s.Base, s.PseudoLabels = "", "", "", "", ""
	s.Height, s.Width, s.Program = 0, 0, ""
	if !dataset.Named(s.Data) {
		s.Data = ""
	}
	return s
}

// withoutSeeds returns the settings that replicates share: all but the seeds, and the
// models and labels of which each may have its own.
func (s Settings) withoutSeeds() Settings {
	s = s.withoutPaths()
	s.Seed, s.DataSeed = 0, 0
	for _, sum := range []*string{&s.InitSHA256, &s.BaseSHA256, &s.LabelsSHA256} {
		if *sum != "" {
			*sum = "of its own"
		}
	}
	return s
}

// replicate returns the seeds by which runs of two methods are paired.
func (s Settings) replicate() [2]int { return [2]int{s.DataSeed, s.Seed} }

// differing returns the JSON names of the settings in which two runs differ.
func differing(a, b Settings) []string {
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

// rates describes the learning rate: its maximum, and each epoch from which it has
// fallen to a fifth or less of the last one named.
func (s Settings) rates(schedule train.Schedule, source train.Source) string {
	steps, rate := source.Steps(0), make([]float64, s.Epochs) // every epoch has this many steps
	top := 0
	for e := range rate {
		rate[e] = s.LR * schedule(train.Position{Epoch: e + 1, Epochs: s.Epochs, Step: (e + 1) * steps, Steps: s.Epochs * steps})
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

// deferred describes when a deferred rule begins; "" for a rule that applies from the
// start.
func (s Settings) deferred() string {
	if rule, err := train.ParseRule(s.Rule); err != nil || !rule.Deferred() {
		return ""
	}
	first := train.FirstDeferred(s.Epochs)
	if first > s.Epochs {
		enough := s.Epochs
		for train.FirstDeferred(enough) > enough {
			enough++
		}
		return fmt.Sprintf("\nnote: --rule %s begins after 80 %% of the epochs, and %d are too few: it is never applied; take %d or more", s.Rule, s.Epochs, enough)
	}
	return fmt.Sprintf("; rule %s begins with epoch %d", s.Rule, first)
}

// fewSteps returns a note if the batch is too large for so many images, "" otherwise.
// The paper's schedule counts in epochs, which then have too few steps.
func (s Settings) fewSteps(images int) string {
	const enough, least = 10, 8
	steps := func(batch int) int { return (images + batch - 1) / batch }
	step := 1                    // batches are multiples of this
	if s.Rule == "class-aware" { // whole batches
		steps = func(batch int) int { return images / batch }
	}
	if s.Target == results.TargetMoCo {
		steps, step = func(batch int) int { return images / batch }, train.MoCoGroups
	}
	batch := s.Batch
	for batch > least && steps(batch) < enough {
		batch = max(batch/2/step*step, least)
	}
	if batch == s.Batch {
		return ""
	}
	return fmt.Sprintf("\nnote: batch %d for %d images makes few steps, %d in %s: take a smaller one (--batch %d)", s.Batch, images, steps(s.Batch)*s.Epochs, plural.Of(s.Epochs, "epoch"), batch)
}

// FileSHA256 returns a file's SHA-256 in hexadecimal.
func FileSHA256(path string) (string, error) {
	b, err := os.ReadFile(path)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}
