package tasks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/dataset"
	"longtail/results"
	"longtail/score"
)

// What results say of pseudo-labels is held against those that are stored, by the functions
// of score, which its own tests hold to numbers computed by hand.
func TestQualityIsOfTheLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	name, base := runSmall(t, store, results.Settings{Kind: results.KindTrain, Rho: 50, NMax: 60, TestPerClass: 60, Rule: "drs", Epochs: 10})
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
	_, r := runSmall(t, store, with)
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
}
