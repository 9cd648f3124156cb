package tasks

import (
	"slices"
	"testing"

	"longtail/experiments"
	"longtail/experiments/experimentstest"
	"longtail/paper"
	"longtail/results"
)

// Both tasks run: the trunk of pre-training is the start of fine-tuning, on the
// same images.
func TestMoCoTasks(t *testing.T) {
	p := experimentstest.Smoke(t, 100, experimentstest.Cell(paper.SourceControl, 100, 0, paper.MoCo))
	p.TestSet, p.Evaluations = 5, 1
	p.Contrast = experiments.Contrast{Recipe: experiments.Recipe{Epochs: 3, Batch: 8}, Queue: 16}
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1, Only: []string{"sweeps:CE + SSP (MoCo)"}})
	if err != nil {
		t.Fatal(err)
	}
	fine := experimentstest.Named(t, plan, paper.MoCo)
	i := slices.IndexFunc(plan.Tasks, func(o results.Task) bool { return o.Name == fine.Settings.Init })
	if i < 0 {
		t.Fatalf("no pre-training among %d tasks", len(plan.Tasks))
	}
	pretrain := plan.Tasks[i]
	store := results.Store(t.TempDir())
	for _, task := range []results.Task{pretrain, fine} {
		if err := results.Write(store.Path(task.Name, results.FileSettings), task); err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), store, task.Name, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	before, err := store.Result(pretrain.Name)
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Curve) != 3 || before.Curve[2].TrainLoss <= 0 || before.Cost.Images != pretrain.Images || before.Confusion != nil {
		t.Errorf("curve %+v, %d images, confusion %v", before.Curve, before.Cost.Images, before.Confusion)
	}
	after, err := store.Result(fine.Name)
	if err != nil {
		t.Fatal(err)
	}
	if after.Transferred == 0 || after.InitFingerprint != before.Fingerprint || after.Confusion == nil {
		t.Errorf("%d tensors taken, fingerprints %.8s and %.8s", after.Transferred, after.InitFingerprint, before.Fingerprint)
	}
}
