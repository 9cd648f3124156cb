package tasks

import (
	"path/filepath"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/internal/testdata"
	"longtail/results"
	"longtail/score"
)

// A run with D_U on official files: CIFAR-10 with its held-out images and
// irrelevant ones of CIFAR-100, on a small network.
func TestHeldOutPoolOfCIFAR10(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 340 MB")
	}
	files := dataset.Files{Dir: filepath.Dir(testdata.Rebuilt(t, "cifar-10-batches-bin"))}
	testdata.Rebuilt(t, "cifar-100-binary")
	store := results.Store(t.TempDir())
	run := func(s results.Settings) (string, *results.Result) {
		s.Data, s.Arch, s.Rho, s.NMax, s.DataSeed = "cifar10", "resnet8", 50, 100, 1
		if s.Kind == results.KindTrain {
			s.TestPerClass, s.Epochs, s.Batch, s.Evaluations = 5, 1, 32, 1
		}
		task := named(t, s) // names need no files
		write(t, store, task)
		if err := Run(t.Context(), store, task.Name, Options{}); err == nil || !strings.Contains(err.Error(), "--data-dir") {
			t.Errorf("without files: %v", err)
		}
		return task.Name, compute(t, store, task, Options{Files: files})
	}
	base, r := run(results.Settings{Kind: results.KindTrain})
	if r.DataMark != "" || r.Grade != results.GradeStandIn { // too few steps for more
		t.Errorf("mark %q, grade %q", r.DataMark, r.Grade)
	}
	labels, pool := run(results.Settings{Kind: results.KindPseudolabel, Base: base, Pool: dataset.PoolHeldOut, PoolPerClass: 120, Irrelevant: "cifar100"})
	if p := pool.Pool; len(p.Labels) != 1200 || len(p.Irrelevant) != 65*500 || pool.PoolMark != "held-out" {
		t.Errorf("%d and %d labels of pool %q", len(p.Labels), len(p.Irrelevant), pool.PoolMark)
	}
	_, mixed := run(results.Settings{Kind: results.KindTrain, Pool: dataset.PoolHeldOut, PoolPerClass: 120, Multiple: 5, RhoU: 1,
		Irrelevant: "cifar100", IrrelevantPct: 60, Labels: labels})
	relevant, other := score.Sum(mixed.UnlabeledCounts), score.Sum(mixed.IrrelevantCounts)
	if n := 5 * score.Sum(mixed.LabeledCounts); relevant < n*2/5-10 || relevant > n*2/5 || other < n*3/5-1 || other > n*3/5+1 {
		t.Errorf("%d relevant and %d irrelevant images of %d", relevant, other, n)
	}
}
