package experiments

import (
	"slices"
	"testing"

	"longtail/dataset"
	"longtail/nn/train"
	"longtail/results"
)

// ω weighs D_U in the loss and changes nothing else: at ω = 1 written out the
// run is the plain one bit for bit, at 2 another, and the counts are those of
// the plain run.
func TestOmega(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for a second")
	}
	store := results.Store(t.TempDir())
	run := func(omega float64) *results.Result {
		_, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 1,
			Pool: "fashion-mnist", PoolLabels: "true", Multiple: 1, RhoU: 1, Omega: omega})
		return r
	}
	plain, one, two := run(0), run(1), run(2)
	for c, n := range plain.TrainCounts {
		if one.TrainCounts[c] != n || two.TrainCounts[c] != n {
			t.Errorf("counts %v, %v, %v", plain.TrainCounts, one.TrainCounts, two.TrainCounts)
		}
	}
	loss := func(r *results.Result) float64 { return r.Curve[0].TrainLoss }
	if loss(one) != loss(plain) || one.LastErrorPct != plain.LastErrorPct {
		t.Errorf("ω = 1: loss %v and error %v, plain %v and %v", loss(one), one.LastErrorPct, loss(plain), plain.LastErrorPct)
	}
	if loss(two) == loss(plain) {
		t.Error("ω = 2 changes nothing")
	}
}

// Images of D_U keep their class and get the weight; the labelled ones weigh 1.
func TestMixture(t *testing.T) {
	set, err := dataset.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	all := NewMixture(set, 2)
	labelled, unlabeled := []int{0, 1, 2}, []int{3, 4}
	if err := all.List.Append(set.Train, labelled, nil); err != nil {
		t.Fatal(err)
	}
	if err := all.AddUnlabeled(set.Train, unlabeled, []int32{3, 7}); err != nil {
		t.Fatal(err)
	}
	counts := all.Counts()
	if sum(counts) != 5 || counts[3] < 1 || counts[7] < 1 {
		t.Errorf("counts %v", counts)
	}
	source, err := dataset.NewUniform(all.List, dataset.Options{Batch: 8})
	if err != nil {
		t.Fatal(err)
	}
	x, y, w := make([]float32, 8*3*28*28), make([]int32, 8), make([]float32, 8)
	n, err := all.Weighted(source).(train.Weighted).BatchWeighted(0, 0, x, y, w)
	if err != nil || n != 5 {
		t.Fatal(n, err)
	}
	heavy := []int32{}
	for i := range n {
		switch w[i] {
		case 2:
			heavy = append(heavy, y[i])
		case 1:
		default:
			t.Errorf("weight %v", w[i])
		}
	}
	if slices.Sort(heavy); !slices.Equal(heavy, []int32{3, 7}) {
		t.Errorf("weight 2 for classes %v", heavy)
	}
}
