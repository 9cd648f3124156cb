package setup

import (
	"slices"
	"testing"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/nn/train"
)

// Images of D_U keep their class and get the weight; the labeled ones weigh 1.
func TestMixture(t *testing.T) {
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	all := NewMixture(set, 2)
	labeled, unlabeled := []int{0, 1, 2}, []int{3, 4}
	if err := all.List.Append(set.Train, labeled, nil); err != nil {
		t.Fatal(err)
	}
	if err := all.AddUnlabeled(set.Train, unlabeled, []int32{3, 7}); err != nil {
		t.Fatal(err)
	}
	counts := all.Counts()
	total := 0
	for _, n := range counts {
		total += n
	}
	if total != 5 || counts[3] < 1 || counts[7] < 1 {
		t.Errorf("counts %v", counts)
	}
	source, err := batches.NewUniform(all.List, batches.Options{Batch: 8})
	if err != nil {
		t.Fatal(err)
	}
	x, y, w := make([]float32, 8*3*28*28), make([]int32, 8), make([]float32, 8)
	n, err := all.weighted(source).(train.Weighted).BatchWeighted(0, 0, x, y, w)
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

// A weight of 1 is none: the batches stay as they are.
func TestPlainMixture(t *testing.T) {
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	for _, omega := range []float64{0, 1} {
		all := NewMixture(set, omega)
		if err := all.List.Append(set.Train, []int{0, 1, 2}, nil); err != nil {
			t.Fatal(err)
		}
		source, err := batches.NewUniform(all.List, batches.Options{Batch: 8})
		if err != nil {
			t.Fatal(err)
		}
		if all.weighted(source) != train.Source(source) {
			t.Errorf("ω = %v: batches are weighted", omega)
		}
	}
}
