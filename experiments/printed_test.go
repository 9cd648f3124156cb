package experiments

import (
	"cmp"
	"math"
	"testing"

	"longtail/dataset"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/paper"
)

// What the paper's settings are said to be is what profile paper runs.
func TestPrintedSettingsAreThoseThatRun(t *testing.T) {
	p, err := ProfileNamed("paper")
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := train.ParseSchedule(p.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	for printed, runs := range map[paper.Recipe]Recipe{paper.Supervised: p.Supervised, paper.WithUnlabeled: p.WithDU} {
		if got := (paper.Recipe{Epochs: runs.Epochs, Batch: runs.Batch, LR: cmp.Or(runs.LR, .1)}); got != printed || runs.BNMomentum != 0 {
			t.Errorf("runs %+v, printed %+v", runs, printed)
		}
		// As the released program's log shows the rates.
		for epoch, want := range map[int]float64{1: .02, 3: .06, 5: .1, 6: .1, 160: .1, 161: 1e-3, 180: 1e-3, 181: 1e-5, 200: 1e-5} {
			at := train.Position{Epoch: epoch, Epochs: runs.Epochs, Step: epoch * 10, Steps: runs.Epochs * 10}
			if got := printed.LR * schedule(at); math.Abs(got-want) > 1e-15 {
				t.Errorf("batch %d, epoch %d: rate %v, want %v", runs.Batch, epoch, got, want)
			}
		}
	}
	for name, source := range p.Sets {
		if about, err := dataset.Describe(source.Data); err != nil || about.NMax != source.NMax {
			t.Errorf("%s: n_max %d, the data set's is %d (%v)", name, source.NMax, about.NMax, err)
		}
	}
	if dataset.EffectiveBeta != paper.Beta || objective.LDAMScale != paper.LDAMScale || objective.Margins([]int{7, 9})[0] != paper.LDAMMargin {
		t.Errorf("β %v, scale %v, margins %v", dataset.EffectiveBeta, objective.LDAMScale, objective.Margins([]int{7, 9}))
	}
	focal, err := objective.New[float64](objective.Spec{Loss: "focal", Features: 2, Classes: 2, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer focal.Close()
	for _, p := range focal.Params() {
		clear(p.Value) // both classes are as probable
	}
	loss, _, err := focal.Step([]float64{1, 1, 1, 1}, []int32{0, 1}, 2)
	if want := math.Pow(.5, paper.FocalGamma) * math.Ln2; err != nil || math.Abs(loss-want) > 1e-12 {
		t.Errorf("focal loss %v at probability 1/2, want %v (%v)", loss, want, err)
	}
}
