package experiments

import (
	"math"
	"testing"

	"longtail/paper"
	"longtail/results"
	"longtail/setup"
)

// The cost of MoCo counts whole batches alone, trained on once and embedded
// once more; its learning rate falls with the batch.
func TestMoCoPlan(t *testing.T) {
	p, err := ProfileNamed("smoke")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Expand(p, results.Selection{Seeds: 1, Only: []string{"sweeps:CE + SSP (MoCo)"}})
	if err != nil {
		t.Fatal(err)
	}
	var pretrain, fine results.Task
	for _, task := range plan.Tasks {
		switch {
		case task.Settings.Target == results.TargetMoCo:
			pretrain = task
		case task.Settings.Init != "":
			fine = task
		}
	}
	if pretrain.Name == "" || fine.Settings.Init != pretrain.Name {
		t.Fatalf("no pre-training among %d tasks", len(plan.Tasks))
	}
	n := fine.Images / int64(fine.Settings.Epochs)
	if want := 2 * (n / 16 * 16); pretrain.Images != want || pretrain.Evals != want || n%16 == 0 {
		t.Errorf("%d images trained on, %d embedded; want %d of each for %d labeled ones", pretrain.Images, pretrain.Evals, want, n)
	}
	s := pretrain.Settings
	if s.Kind != results.KindPretrain || s.Target != results.TargetMoCo || s.Queue != 64 || s.Stage != "pretrain" || math.Abs(s.LR-.03*16/256) > 1e-15 {
		t.Errorf("settings %+v", s)
	}
	if got := setup.MoCoRate(momentumContrast.Batch); got != .03 {
		t.Errorf("learning rate %g at batch 256, want .03", got)
	}
	for _, none := range []Contrast{{}, {Recipe{Epochs: 3, Batch: 512}, 512}} { // not said; larger than the set
		p.Contrast = none
		plan, err := Expand(p, results.Selection{Seeds: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range plan.Cells {
			if c.Method == paper.MoCo && (c.Task != "" || c.Reason == "") {
				t.Errorf("%+v is planned: %q, %q", none, c.Task, c.Reason)
			}
		}
	}
}
