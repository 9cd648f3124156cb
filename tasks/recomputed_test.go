package tasks

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/dataset"
	"longtail/results"
	"longtail/score"
)

// What a result says of its run is held against what the run stored, predictions, logits
// and pseudo-labels: scores by the functions of score, which its own tests hold to
// numbers computed by hand, the rest by formulas written out here.

// near reports whether a number is there and is the one wanted.
func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

// checkClassifier computes the numbers of a classifier's result from its stored
// predictions and logits; weight is what each class weighed in its last epoch.
func checkClassifier(t *testing.T, what string, store results.Store, r *results.Result, weight func(n int) float64) {
	t.Helper()
	truth := labelsOf(r)
	const classes = 10
	want := *r
	want.Confusion = score.Confusion(truth, convert[int32](r.Predictions), classes)
	want.LastErrorPct = score.ErrorPct(want.Confusion)
	want.PerClassErrorPct = score.PerClassErrorPct(want.Confusion)
	want.ManyErrorPct, want.MediumErrorPct, want.FewErrorPct = score.GroupErrorPct(want.PerClassErrorPct, r.LabeledCounts)
	want.LabelBias = new(score.LabelBias(want.Confusion))
	if d := cmp.Diff(&want, r); d != "" || *r.LabelBias < .02 {
		t.Errorf("%s, label bias %v: %s", what, *r.LabelBias, d)
	}

	logits, _, err := readHalf(store.Path(r.Task, results.FileLogits))
	if err != nil {
		t.Fatal(err)
	}
	adjusted := 0.0
	for i, y := range truth {
		best, at := math.Inf(-1), int32(-1)
		for c := range classes {
			n := max(r.TrainCounts[c], 1)
			if v := float64(logits[i*classes+c]) - math.Log(float64(n)*weight(n)); v > best {
				best, at = v, int32(c)
			}
		}
		if at != y {
			adjusted++
		}
	}
	adjusted *= 100 / float64(len(truth))
	const rounding = .4 // percent: float16 decides some images
	if got := *r.AdjustedErrorPct; math.Abs(got-adjusted) > rounding {
		t.Errorf("%s: error %v with the priors taken off, stored %v; plain %v", what, adjusted, got, r.LastErrorPct)
	}

	var after []float64
	last := r.Curve[len(r.Curve)-1]
	for _, m := range r.Curve {
		if m.TestErrorPct != nil && m.LR == last.LR {
			after = append(after, *m.TestErrorPct)
		}
	}
	if len(after) != 1 || !near(r.TailMeanPct, after[0]) || r.TailSDPct != nil {
		t.Errorf("%s: evaluations at the last rate %v, stored mean %v", what, after, r.TailMeanPct)
	}
}

func TestResultsAreOfTheirPredictions(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	effective := func(n int) float64 { return (1 - .9999) / (1 - math.Pow(.9999, float64(n))) }
	plain := func(int) float64 { return 1 }

	name, base := runSmall(t, store, results.Settings{Kind: results.KindTrain, Rho: 50, NMax: 60, TestPerClass: 60, Rule: "drs", Epochs: 10})
	checkClassifier(t, "CE-DRS", store, base, effective) // drawn by n times the weight in its last epochs
	if base.DeferredFrom != 9 || len(base.SamplerShares) != 10 || base.ClassWeights != nil {
		t.Errorf("deferred from epoch %d, shares %v", base.DeferredFrom, base.SamplerShares)
	}
	for c, n := range base.TrainCounts {
		if got, want := base.SamplerShares[c]/base.SamplerShares[0], float64(n)*effective(n)/(float64(base.TrainCounts[0])*effective(base.TrainCounts[0])); math.Abs(got-want) > 1e-9 {
			t.Errorf("share of class %d over that of class 0: %v, want %v", c, got, want)
		}
	}

	labels, pool := runSmall(t, store, results.Settings{Kind: results.KindPseudolabel, Rho: 50, NMax: 60, Base: name, Pool: "fashion-mnist", PoolPerClass: 310})
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	truth := dataset.Pick(set.Pool.Labels, dataset.FirstPerClass(set.Pool.Labels, 310))
	said := convert[int32](pool.Pool.Labels)
	checkQuality := func(what string, q score.LabelQuality, truth, said []int32) {
		t.Helper()
		if d := cmp.Diff(score.Quality(truth, said, set.Ranks()), q); d != "" || cmp.Equal(q.Precision, q.Recall) {
			t.Errorf("%s: precision %v, recall %v: %s", what, q.Precision, q.Recall, d)
		}
	}
	checkQuality("the pool", pool.Pool.Quality, truth, said)
	m := score.Confusion(truth, said, 10)
	wrong, balanced, tested := score.ErrorPct(m), *score.BalancedErrorPct(score.PerClassErrorPct(m)), *score.BalancedErrorPct(base.PerClassErrorPct)
	if got := pool.Pool; got.ErrorPct != wrong || got.BalancedErrorPct != balanced || got.BaseErrorPct != tested || tested == balanced {
		t.Errorf("errors %v and %v on the pool, %v on the test set; want %v, %v, %v", got.ErrorPct, got.BalancedErrorPct, got.BaseErrorPct, wrong, balanced, tested)
	}

	with := results.Settings{Kind: results.KindTrain, Rho: 50, NMax: 60, TestPerClass: 60, Epochs: 5, Pool: "fashion-mnist", PoolPerClass: 310, Multiple: 5, RhoU: 50, Labels: labels}
	for rule, weight := range map[string]func(int) float64{"": plain, "reweight": effective} {
		with.Rule = rule
		_, r := runSmall(t, store, with)
		checkClassifier(t, "D_U "+rule, store, r, weight)
		at := drawnOf(t, r.Settings).Positions
		counts := append([]int{}, r.LabeledCounts...)
		for _, p := range at {
			counts[said[p]]++
		}
		for c, n := range counts {
			if r.TrainCounts[c] != n {
				t.Errorf("class %d: %d labels trained on, stored %d", c, n, r.TrainCounts[c])
			}
		}
		checkQuality("D_U", *r.Drawn, dataset.Pick(truth, at), dataset.Pick(said, at))
		if rule == "reweight" && math.Abs(r.ClassWeights[9]/r.ClassWeights[0]-effective(counts[9])/effective(counts[0])) > 1e-9 {
			t.Errorf("weights %v", r.ClassWeights)
		}
	}
}
