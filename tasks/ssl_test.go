package tasks

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/experiments/experimentstest"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/paper"
	"longtail/results"
	"longtail/setup"
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
	p.TestSet = 5
	p.WithDU = experiments.Recipe{Epochs: 1, Batch: 32}
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	pseudo := drawnBy(t, experimentstest.Named(t, plan, "CE"+paper.WithDU).Settings)
	for _, method := range []string{paper.MeanTeacher, paper.VAT} {
		t.Run(method, func(t *testing.T) {
			task := experimentstest.Named(t, plan, method)
			if got := drawnBy(t, task.Settings); len(got) < 100 || !slices.Equal(got, pseudo) {
				t.Errorf("D_U is another than that of pseudo-labels: %d images and %d", len(got), len(pseudo))
			}
			run := func(stop int) (*results.Result, []byte) {
				store := results.Store(t.TempDir())
				if err := results.Write(store.Path(task.Name, results.FileSettings), task); err != nil {
					t.Fatal(err)
				}
				if stop > 0 {
					ctx, cancel := context.WithCancel(t.Context())
					err := Run(ctx, store, task.Name, Options{Report: func(p Progress) {
						if p.Step == stop {
							cancel()
						}
					}})
					if !errors.Is(err, ErrStopped) {
						t.Fatalf("stopped at step %d: %v", stop, err)
					}
				}
				if err := Run(t.Context(), store, task.Name, Options{}); err != nil {
					t.Fatal(err)
				}
				r, err := store.Result(task.Name)
				if err != nil {
					t.Fatal(err)
				}
				model, err := os.ReadFile(store.Path(task.Name, results.FileModel))
				if err != nil {
					t.Fatal(err)
				}
				return r, model
			}
			whole, model := run(0)
			if results.Sum(whole.UnlabeledCounts) != len(pseudo) || whole.PseudoCounts != nil || whole.Drawn != nil || results.Sum(whole.TrainCounts) != results.Sum(whole.LabelledCounts) {
				t.Errorf("counts: unlabeled %v, pseudo %v, trained on %v of %v", whole.UnlabeledCounts, whole.PseudoCounts, whole.TrainCounts, whole.LabelledCounts)
			}
			if whole.Cost.Images != task.Images || len(whole.Curve) != 1 {
				t.Errorf("%d images of %d in %d epochs, not one", whole.Cost.Images, task.Images, len(whole.Curve))
			}
			for _, e := range whole.Curve {
				if e.ConsistencyLoss == nil || !(*e.ConsistencyLoss > 0) || !(e.TrainLoss > 0) {
					t.Errorf("epoch %+v", e)
				}
			}
			const stop = 15 // of 27, after the ramp
			r, resumed := run(stop)
			if !slices.Equal(r.Cost.ResumedAt, []int{stop}) {
				t.Errorf("resumed at %v", r.Cost.ResumedAt)
			}
			if !bytes.Equal(resumed, model) || !slices.Equal(r.Predictions, whole.Predictions) || r.Curve[0].TrainLoss != whole.Curve[0].TrainLoss || *r.Curve[0].ConsistencyLoss != *whole.Curve[0].ConsistencyLoss {
				t.Errorf("stopped at step %d, the run ends with other bits", stop)
			}
			if got := predictions(t, task.Settings, model); !slices.Equal(got, whole.Predictions) {
				t.Error("the model that is kept is not the one that was evaluated")
			}
		})
	}
}

// drawnBy is where in the pool the D_U of a task lies.
func drawnBy(t *testing.T, s results.Settings) []int {
	t.Helper()
	if s.SSL == "" {
		s.PoolLabels, s.Labels = "true", "" // what is drawn does not depend on the labels
	}
	r := &run{s: s, result: &results.Result{}}
	set, sub, err := r.openSet()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.trainingList(set, sub); err != nil {
		t.Fatal(err)
	}
	if s.SSL != "" && r.unlabeled.Len() != len(r.drawn.positions) {
		t.Errorf("%d images without labels, %d drawn", r.unlabeled.Len(), len(r.drawn.positions))
	}
	return r.drawn.positions
}

// predictions are those of a model file for the task's test images.
func predictions(t *testing.T, s results.Settings, model []byte) []byte {
	t.Helper()
	path := t.TempDir() + "/model.ckpt"
	if err := os.WriteFile(path, model, 0o644); err != nil {
		t.Fatal(err)
	}
	stored, err := train.ReadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Files{}.Open(s.Data)
	if err != nil {
		t.Fatal(err)
	}
	arch, err := nn.ParseArch(s.Arch)
	if err != nil {
		t.Fatal(err)
	}
	net, err := setup.NewNetwork(nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W}, objective.Spec{Loss: "ce", Classes: len(set.Classes), Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	if err := stored.Fill(net.Trunk, net.Objective); err != nil {
		t.Fatal(err)
	}
	images, err := dataset.NewImages(set, set.Test, dataset.FirstPerClass(set.Test.Labels, s.TestSet))
	if err != nil {
		t.Fatal(err)
	}
	_, logits, _, err := train.Evaluate(t.Context(), net.Trunk, net.Objective, images)
	if err != nil {
		t.Fatal(err)
	}
	return asBytes(results.Predict(logits, len(set.Classes), nil))
}
