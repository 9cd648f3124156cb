package batches

import (
	"math"
	"slices"
	"testing"

	"longtail/dataset"
)

// numberedList is a list whose image i has every pixel equal to i.
func numberedList(t *testing.T, counts []int) *dataset.List {
	t.Helper()
	set := &dataset.Set{ID: "numbered", Classes: make([]string, len(counts)), C: 1, H: 2, W: 2, Std: [3]float32{1. / 255, 1. / 255, 1. / 255}}
	s := dataset.Samples{Set: set.ID, C: 1, H: 2, W: 2}
	for c, n := range counts {
		for range n {
			i := uint8(len(s.Labels))
			s.Labels = append(s.Labels, int32(c))
			s.Pixels = append(s.Pixels, i, i, i, i)
		}
	}
	l := dataset.NewList(set)
	if err := l.Append(s, s.Positions(), nil); err != nil {
		t.Fatal(err)
	}
	return l
}

// Draws follow the shares between classes and are even within one; images keep
// their labels; an empty class in the middle is never drawn.
func TestResampledFollowsItsShares(t *testing.T) {
	counts := []int{120, 0, 6, 30}
	l := numberedList(t, counts)
	r, err := NewResampled(l, Options{Batch: 64, Keys: []any{"test"}, NoCrop: true, NoFlip: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps(0) != 3 {
		t.Fatalf("%d steps", r.Steps(0))
	}
	x, y := make([]float32, 64*3*4), make([]int32, 64)
	drawn, byImage, total := make([]int, len(counts)), make([]int, l.Len()), 0
	for epoch := range 400 {
		images := 0
		for step := range r.Steps(epoch) {
			n, err := r.Batch(epoch, step, x, y)
			if err != nil {
				t.Fatal(err)
			}
			images += n
			for i := range n {
				image := int(math.Round(float64(x[i*12])))
				if l.Labels()[image] != y[i] {
					t.Fatalf("image %d has label %d, drawn with %d", image, l.Labels()[image], y[i])
				}
				drawn[y[i]]++
				byImage[image]++
			}
		}
		if images != l.Len() {
			t.Fatalf("epoch of %d images, the list has %d", images, l.Len())
		}
		total += images
	}
	within := func(what string, got int, p float64) {
		if sd := math.Sqrt(float64(total) * p * (1 - p)); math.Abs(float64(got)-float64(total)*p) > 5*sd {
			t.Errorf("%s: drawn %d times of %d, expected %.0f ± %.0f", what, got, total, float64(total)*p, sd)
		}
	}
	for c, share := range r.shares {
		within("class", drawn[c], share)
	}
	for i, n := range byImage {
		c := l.Labels()[i]
		within("image", n, r.shares[c]/float64(counts[c]))
	}
}

// An image that is drawn twice is cut and flipped anew.
func TestResampledCutsAnew(t *testing.T) {
	set := open(t, "fashion-mnist")
	l := dataset.NewList(set)
	if err := l.Append(set.Train, upTo(8), nil); err != nil {
		t.Fatal(err)
	}
	r, err := NewResampled(l, Options{Batch: 8, Keys: []any{"pure"}})
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, 8*3*28*28), make([]int32, 8)
	if _, err := r.Batch(0, 0, x, y); err != nil {
		t.Fatal(err)
	}
	order, size, twice := r.order(0), 3*28*28, 0
	for i := range order {
		if l.Labels()[order[i]] != y[i] {
			t.Fatalf("draw %d has label %d", i, y[i])
		}
		for j := range i {
			if order[i] == order[j] && !slices.Equal(x[i*size:(i+1)*size], x[j*size:(j+1)*size]) {
				twice++
			}
		}
	}
	if twice == 0 {
		t.Error("no image was drawn twice and cut differently")
	}
}

// What is drawn is another thing in another replicate, not its crops alone.
func TestDrawsDependOnTheKeys(t *testing.T) {
	l := numberedList(t, []int{20, 10, 4})
	draws := func(replicate int) (resampled, aware []int) {
		o := Options{Batch: 8, Keys: []any{"test", replicate}}
		r, err := NewResampled(l, o)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewClassAware(l, o)
		if err != nil {
			t.Fatal(err)
		}
		return r.draw(0), c.draw(0)
	}
	r0, c0 := draws(0)
	r1, c1 := draws(1)
	if slices.Equal(r0, r1) || slices.Equal(c0, c1) {
		t.Errorf("two replicates draw the same: resampled %v and %v, class-aware %v and %v", r0, r1, c0, c1)
	}
}
