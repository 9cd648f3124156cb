package tasks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"longtail/experiments"
	"longtail/experiments/experimentstest"
	"longtail/nn/kernel"
	"longtail/paper"
	"longtail/results"
)

// pinnedNumbers are training losses of tiny tasks on the portable kernels, to six
// digits: of the last epoch, and of the consistency term where there is one. They
// stand for all constants that are no settings: momentum, weight decay, rates,
// temperatures, crops, colors.
var pinnedNumbers = map[string]string{
	"LDAM-DRW":                     "9.4887",
	"rotation pre-training":        "1.24068",
	"CE from pre-training":         "1.52726",
	"linear probe of pre-training": "81.2119",
	"classifier re-training":       "2.50032",
	"CE + D_U@5x, ρ_U=50, without labels: mean-teacher": "1.72963 0.0136999",
	"CE + D_U@5x, ρ_U=50, without labels: vat":          "1.87268 0.117908",
	"MoCo pre-training":                                 "3.43029",
}

// The numbers of a task are decided by its name. Where they change, so must
// NumericsVersion, unless the change was a mistake.
func TestNumbersArePinned(t *testing.T) {
	if testing.Short() {
		t.Skip("trains on the portable kernels, which takes minutes under the race detector")
	}
	t.Setenv(kernel.Variable, "portable")
	if set, err := kernel.Select("", false); err != nil || set.Name != "portable" {
		t.Skipf("this build fuses multiplication and addition (%v, %v): its last digits are others", set, err)
	}
	p := experimentstest.Smoke(t, 50,
		experimentstest.Cell("Table 2", 50, 0, "LDAM-DRW"),
		experimentstest.Cell("README", 50, 0, "CE(Uniform)"+paper.WithSSP),
		experimentstest.Cell(paper.SourceControl, 50, 50, paper.MeanTeacher),
		experimentstest.Cell(paper.SourceControl, 50, 50, paper.VAT),
		experimentstest.Cell(paper.SourceControl, 50, 0, paper.LinearProbe),
		experimentstest.Cell(paper.SourceControl, 50, 0, "CE"+paper.WithSSP+paper.WithCRT),
	)
	p.TestPerClass, p.Evaluations = 1, 1
	p.Supervised = experiments.Recipe{Epochs: 2, Batch: 16}
	p.WithDU = experiments.Recipe{Epochs: 1, Batch: 10}
	p.Contrast = experiments.Contrast{Recipe: experiments.Recipe{Epochs: 1, Batch: 32}, Queue: 64}
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1, Only: []string{"block1"}})
	if err != nil {
		t.Fatal(err)
	}
	// MoCo's cell is at ρ = 100 alone.
	p.Blocks, p.Sets = [][]paper.Key{{experimentstest.Cell(paper.SourceControl, 100, 0, paper.MoCo)}}, experimentstest.Smoke(t, 100).Sets
	contrast, err := experiments.Expand(p, results.Selection{Seeds: 1, Only: []string{"block1"}})
	if err != nil {
		t.Fatal(err)
	}
	contrast.Tasks = slices.DeleteFunc(contrast.Tasks, func(t results.Task) bool { return t.Settings.Target != results.TargetMoCo })
	store := results.Store(t.TempDir())
	seen := map[string]bool{}
	for _, task := range append(plan.Tasks, contrast.Tasks...) {
		if task.Settings.Kind != results.KindTrain && task.Settings.Kind != results.KindPretrain {
			continue
		}
		r := compute(t, store, task, Options{})
		if r.Cost.Images != task.Images || task.Settings.Target == results.TargetMoCo && r.Confusion != nil {
			t.Errorf("%s: %d images of %d, confusion %v", experiments.Describe(task.Settings), r.Cost.Images, task.Images, r.Confusion)
		}
		last := r.Curve[len(r.Curve)-1]
		got := fmt.Sprintf("%.6g", last.TrainLoss)
		if last.ConsistencyLoss != nil {
			got += fmt.Sprintf(" %.6g", *last.ConsistencyLoss)
		}
		what, _, _ := strings.Cut(experiments.Describe(task.Settings), ", fashion-mnist")
		seen[what] = true
		if want := pinnedNumbers[what]; got != want {
			t.Errorf("%q: %q, // was %q", what, got, want)
		}
	}
	for what := range pinnedNumbers {
		if !seen[what] {
			t.Errorf("%q was not computed", what)
		}
	}
}
