package tasks

import (
	"math"
	"strings"
	"testing"

	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// The best evaluation and the spread of the last ones, of a run whose last epoch is
// neither its best nor alone at its rate.
func TestScoreOfARun(t *testing.T) {
	out := train.Outcome{
		Epochs: []train.Epoch{
			{Epoch: 1, LR: .1, TestErrorPct: new(70.0)}, {Epoch: 2, LR: .001, TestErrorPct: new(20.0)},
			{Epoch: 3, LR: .001}, {Epoch: 4, LR: .001, TestErrorPct: new(50.0)},
		},
		BestEpoch: 2, BestErrorPct: 20,
		Logits: []float32{1, 0, 1, 0}, Labels: []int32{0, 1},
	}
	r := &run{s: results.Settings{Target: setup.TargetRotation}, result: &results.Result{}} // without an imbalance
	r.score(out, 2, setup.Imbalance{})
	got := r.result
	if got.LastErrorPct != 50 || got.BestErrorPct != 20 || got.BestEpoch != 2 {
		t.Errorf("last %v, best %v in epoch %d", got.LastErrorPct, got.BestErrorPct, got.BestEpoch)
	}
	if !near(got.TailMeanPct, 35) || !near(got.TailSDPct, 15*math.Sqrt2) {
		t.Error("mean and SD at the last rate are not those of 20 and 50")
	}
}

// The model that is kept is the last epoch's, not the best on the test set: labels
// and what starts from it would be chosen by that set. Where nothing is learned the
// first of the equal epochs is the best.
func TestLastModelIsKept(t *testing.T) {
	store := results.Store(t.TempDir())
	name, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 2, LR: 1e-12, BNMomentum: 1e-12})
	last := r.Curve[1]
	if r.BestEpoch != 1 {
		t.Fatalf("epoch %d is the best, by %v and %v %%: this tells nothing", r.BestEpoch, *r.Curve[0].TestErrorPct, *last.TestErrorPct)
	}
	model, err := train.ReadModel(store.Path(name, results.FileModel))
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, x := range model.Tensors {
		if steps, ok := x.Data.([]int64); ok && strings.HasSuffix(x.Name, ".num_batches_tracked") {
			if said++; steps[0] != int64(last.Step) {
				t.Errorf("%s is %d after %d steps", x.Name, steps[0], last.Step)
			}
		}
	}
	if said == 0 {
		t.Error("the model does not say how many batches it saw")
	}
}

// Seed and replicate reach what is random in training, the data seed the choice of
// images, and neither the other.
func TestSeedsReachTraining(t *testing.T) {
	store := results.Store(t.TempDir())
	losses := map[float64]string{}
	var plain string // fingerprint
	for _, c := range []struct {
		what   string
		s      results.Settings
		images bool // other ones
	}{
		{"plain", results.Settings{}, false},
		{"another seed", results.Settings{Seed: 1}, false},
		{"another replicate", results.Settings{Replicate: 1}, false},
		{"another data seed", results.Settings{DataSeed: 1}, true},
	} {
		c.s.Kind, c.s.Epochs = results.KindTrain, 1
		_, r := runSmall(t, store, c.s)
		if was, ok := losses[r.Curve[0].TrainLoss]; ok {
			t.Errorf("%s trains as %s does", c.what, was)
		}
		losses[r.Curve[0].TrainLoss] = c.what
		if plain == "" {
			plain = r.Fingerprint
		}
		if (r.Fingerprint != plain) != c.images {
			t.Errorf("%s: images %.12s, plain %.12s", c.what, r.Fingerprint, plain)
		}
	}
}
