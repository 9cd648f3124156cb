package tasks

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
	r := &run{s: results.Settings{Target: results.TargetRotation}, result: &results.Result{}} // without an imbalance
	r.score(out, 2, setup.Imbalance{})
	got := r.result
	if got.LastErrorPct != 50 || got.BestErrorPct != 20 || got.BestEpoch != 2 {
		t.Errorf("last %v, best %v in epoch %d", got.LastErrorPct, got.BestErrorPct, got.BestEpoch)
	}
	if !near(got.TailMeanPct, 35) || !near(got.TailSDPct, 15*math.Sqrt2) {
		t.Error("mean and SD at the last rate are not those of 20 and 50")
	}
}

// near reports whether a number is there and is the one wanted.
func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

// What a result says of six predictions for three classes, by hand: of the second and the
// third class one image each is taken for the first. With the priors of the run's last
// epoch taken off, the third image is right; where neither weights nor sampler nearly
// balance, the first two are wrong, too.
func TestImbalanceOfARun(t *testing.T) {
	out := train.Outcome{
		Epochs: []train.Epoch{{Epoch: 10, LR: .1, TestErrorPct: new(30.0)}},
		Logits: []float32{
			1, 0, 0,
			2, 1, 0,
			1, .998, -2,
			0, 2, 0,
			4, 0, 0,
			0, 0, 1,
		},
		Labels: []int32{0, 0, 1, 1, 2, 2},
	}
	for _, c := range []struct {
		rule            string
		adjusted        float64
		from            int
		shares, weights []float64
	}{
		{"", 50, 0, nil, nil},
		{"drs", 100. / 6, 9, []float64{0.3346659858, 0.3329995243, 0.3323344899}, nil},
		{"drw", 100. / 6, 9, nil, []float64{0.1588935750, 0.4743071043, 2.3667993207}},
	} {
		how, err := setup.NewImbalance("", c.rule, 10, []int{150, 50, 10})
		if err != nil {
			t.Fatal(err)
		}
		r := &run{result: &results.Result{LabeledCounts: []int{101, 20, 19}}}
		r.score(out, 3, how)
		got := r.result
		if math.Abs(got.LastErrorPct-100./3) > 1e-9 || !near(got.TailMeanPct, 30) || got.TailSDPct != nil || !near(got.ManyErrorPct, 0) || !near(got.MediumErrorPct, 50) || !near(got.FewErrorPct, 50) || !near(got.LabelBias, 1./3) {
			t.Errorf("%s: %+v", c.rule, got)
		}
		if d := cmp.Diff([][]int{{2, 0, 0}, {1, 1, 0}, {1, 0, 1}}, got.Confusion); d != "" || string(got.Predictions) != "\x00\x00\x00\x01\x00\x02" {
			t.Errorf("%s: predictions %v, %s", c.rule, got.Predictions, d)
		}
		if !near(got.AdjustedErrorPct, c.adjusted) {
			t.Errorf("%s: error %v with the priors taken off, want %v", c.rule, *got.AdjustedErrorPct, c.adjusted)
		}
		if d := cmp.Diff([][]float64{c.shares, c.weights}, [][]float64{got.SamplerShares, got.ClassWeights}, cmpopts.EquateApprox(0, 1e-9)); d != "" || got.DeferredFrom != c.from {
			t.Errorf("%s: deferred from epoch %d: %s", c.rule, got.DeferredFrom, d)
		}
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
