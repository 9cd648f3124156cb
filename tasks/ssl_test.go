package tasks

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"longtail/dataset/batches"
	"longtail/experiments"
	"longtail/experiments/experimentstest"
	"longtail/nn/train"
	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

// Both tasks train, on the very D_U of the run with pseudo-labels; killed and
// taken up again they end with the same bits; the model that is kept is the one
// that was evaluated.
func TestSSLTasks(t *testing.T) {
	p := experimentstest.Smoke(t, 50,
		experimentstest.Cell("Table 1a", 50, 50, "CE"+paper.WithDU),
		experimentstest.Cell(paper.SourceControl, 50, 50, paper.MeanTeacher),
		experimentstest.Cell(paper.SourceControl, 50, 50, paper.VAT),
	)
	p.TestPerClass = 5
	p.WithDU = experiments.Recipe{Epochs: 1, Batch: 32}
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	pseudo := drawnOf(t, experimentstest.Named(t, plan, "CE"+paper.WithDU).Settings).Positions
	for _, method := range []string{paper.MeanTeacher, paper.VAT} {
		t.Run(method, func(t *testing.T) {
			task := experimentstest.Named(t, plan, method)
			if got := drawnOf(t, task.Settings).Positions; len(got) < 100 || !slices.Equal(got, pseudo) {
				t.Errorf("D_U is another than that of pseudo-labels: %d images and %d", len(got), len(pseudo))
			}
			run := func(steps int) (results.Store, *results.Result, []byte) {
				store := results.Store(t.TempDir())
				if steps > 0 {
					stop(t, store, task, steps)
				}
				r := compute(t, store, task, Options{})
				model, err := os.ReadFile(store.Path(task.Name, results.FileModel))
				if err != nil {
					t.Fatal(err)
				}
				return store, r, model
			}
			store, whole, model := run(0)
			if score.Sum(whole.UnlabeledCounts) != len(pseudo) || whole.PseudoCounts != nil || whole.Drawn != nil || score.Sum(whole.TrainCounts) != score.Sum(whole.LabeledCounts) {
				t.Errorf("counts: unlabeled %v, pseudo %v, trained on %v of %v", whole.UnlabeledCounts, whole.PseudoCounts, whole.TrainCounts, whole.LabeledCounts)
			}
			if whole.Cost.Images != task.Images || len(whole.Curve) != 1 {
				t.Errorf("%d images of %d in %d epochs, not one", whole.Cost.Images, task.Images, len(whole.Curve))
			}
			for _, e := range whole.Curve {
				if e.ConsistencyLoss == nil || !(*e.ConsistencyLoss > 0) || !(e.TrainLoss > 0) {
					t.Errorf("epoch %+v", e)
				}
			}
			const steps = 15 // of 27, after the ramp
			_, r, resumed := run(steps)
			if !slices.Equal(r.Cost.ResumedAt, []int{steps}) {
				t.Errorf("resumed at %v", r.Cost.ResumedAt)
			}
			if !bytes.Equal(resumed, model) || !slices.Equal(r.Predictions, whole.Predictions) || r.Curve[0].TrainLoss != whole.Curve[0].TrainLoss || *r.Curve[0].ConsistencyLoss != *whole.Curve[0].ConsistencyLoss {
				t.Errorf("stopped at step %d, the run ends with other bits", steps)
			}
			if got := predictions(t, store, task); !slices.Equal(got, whole.Predictions) {
				t.Error("the model that is kept is not the one that was evaluated")
			}
		})
	}
}

// predictions are those of a task's model for its test images.
func predictions(t *testing.T, store results.Store, task results.Task) []byte {
	t.Helper()
	r := &run{store: store, s: task.Settings, result: &results.Result{}}
	set, _, err := r.openSet()
	if err != nil {
		t.Fatal(err)
	}
	net, err := r.classifier(set, task.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	images, err := batches.NewImages(set, set.Test, r.testPositions(set))
	if err != nil {
		t.Fatal(err)
	}
	logits, _, err := train.Evaluate(t.Context(), net.Trunk, net.Objective, images)
	if err != nil {
		t.Fatal(err)
	}
	return convert[byte](score.Predict(logits, len(set.Classes), nil))
}
