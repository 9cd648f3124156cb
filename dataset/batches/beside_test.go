package batches

import (
	"slices"
	"testing"

	"longtail/dataset"
)

// Each half goes through its whole list before it begins again, across batches
// and epochs; labels are the labeled list's, and noLabel; a second view is of
// the same images, without labels.
func TestBesideGoesThroughBothLists(t *testing.T) {
	labeled, unlabeled := numberedList(t, []int{3, 4}), numberedList(t, []int{11, 12})
	o := Options{Batch: 5, Keys: []any{"test"}, NoCrop: true, NoFlip: true}
	b, err := NewBeside(labeled, unlabeled, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewBeside(labeled, unlabeled, 2, o)
	if err != nil {
		t.Fatal(err)
	}
	if b.Steps(0) != 6 { // 30 images in batches of 5
		t.Fatalf("%d steps", b.Steps(0))
	}
	x, y := make([]float32, 5*12), make([]int32, 5)
	x2, y2 := make([]float32, 2*5*12), make([]int32, 2*5)
	var seen [2][]int
	for epoch := range 7 {
		for step := range 6 {
			if n, err := b.Batch(epoch, step, x, y); n != 5 || err != nil {
				t.Fatal(n, err)
			}
			for i := range 5 {
				image, half := int(x[i*12]+.5), 0
				if i >= 3 {
					half = 1
				}
				want := int32(noLabel)
				if half == 0 {
					want = labeled.Labels()[image]
				}
				if y[i] != want {
					t.Fatalf("row %d has label %d, want %d", i, y[i], want)
				}
				seen[half] = append(seen[half], image)
			}
		}
	}
	for half, n := range []int{7, 23} {
		var orders [][]int
		for pass := seen[half]; len(pass) >= n; pass = pass[n:] {
			sorted := slices.Clone(pass[:n])
			slices.Sort(sorted)
			for i, image := range sorted {
				if image != i {
					t.Fatalf("half %d: a pass shows %v", half, pass[:n])
				}
			}
			orders = append(orders, pass[:n])
		}
		if len(orders) < 3 || slices.Equal(orders[0], orders[1]) {
			t.Errorf("half %d: orders %v", half, orders)
		}
	}
	b.Batch(6, 5, x, y)
	if n, err := two.Batch(6, 5, x2, y2); n != 10 || err != nil {
		t.Fatal(n, err)
	}
	if !slices.Equal(x, x2[:60]) || !slices.Equal(x, x2[60:]) || !slices.Equal(y, y2[:5]) || slices.Max(y2[5:]) != noLabel {
		t.Error("the second view is of other images, or has labels")
	}
}

// Two views of one batch differ in crops and flips alone.
func TestBesideViews(t *testing.T) {
	set := open(t, "fashion-mnist")
	l := dataset.NewList(set)
	if err := l.Append(set.Train, []int{1, 2, 3, 4, 5, 6}, nil); err != nil {
		t.Fatal(err)
	}
	size := 3 * set.H * set.W
	x := make([]float32, 2*8*size)
	b, err := NewBeside(l, l, 2, Options{Batch: 8, Keys: []any{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Batch(3, 1, x, make([]int32, 16)); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if slices.Equal(x[i*size:(i+1)*size], x[(8+i)*size:(9+i)*size]) { // 1 in 162
			t.Errorf("image %d is cut alike in both views", i)
		}
	}
}

func TestBesideRefuses(t *testing.T) {
	l := numberedList(t, []int{2, 2})
	large := dataset.Samples{Set: "large", C: 1, H: 3, W: 2, Pixels: make([]uint8, 6), Labels: []int32{0}}
	other := dataset.NewList(&dataset.Set{ID: "large", Classes: l.Set.Classes, C: 1, H: 3, W: 2})
	if err := other.Append(large, large.Positions(), nil); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"no unlabeled": func() error { _, err := NewBeside(l, dataset.NewList(l.Set), 1, Options{Batch: 4}); return err },
		"other size":   func() error { _, err := NewBeside(l, other, 1, Options{Batch: 4}); return err },
		"no view":      func() error { _, err := NewBeside(l, l, 0, Options{Batch: 4}); return err },
		"batch of one": func() error { _, err := NewBeside(l, l, 1, Options{Batch: 1}); return err },
		"step": func() error {
			b, err := NewBeside(l, l, 1, Options{Batch: 4})
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.Batch(0, 2, make([]float32, 4*12), make([]int32, 4))
			return err
		},
	} {
		if try() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
