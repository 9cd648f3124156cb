package dataset

import (
	"slices"
	"strings"
	"testing"
)

func TestAppendRefuses(t *testing.T) {
	s, digits := open(t, "fashion-mnist"), open(t, "mnist")
	l := NewList(s)
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"digits as garments", l.Append(digits.Pool, upTo(1), nil), "give their pseudo-labels"},
		{"labels and positions", l.Append(s.Pool, upTo(2), make([]int32, 1)), "1 labels for 2 images"},
		{"position", l.Append(s.Train, []int{5000}, nil), "position 5000 is outside the 5000"},
		{"label", l.Append(s.Train, []int{0}, []int32{10}), "label 10"},
		{"shape", l.Append(Samples{Set: "odd", C: 1, H: 2, W: 3, Labels: []int32{0}, Pixels: make([]uint8, 6)}, []int{0}, []int32{0}), "1×2×3"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, c.err, c.want)
		}
	}
	if l.Len() != 0 {
		t.Errorf("%d images of refused ones are in the list", l.Len())
	}
}

func TestSnapshotStays(t *testing.T) {
	s := open(t, "fashion-mnist")
	l := NewList(s)
	if err := l.Append(s.Train, []int{3, 1}, []int32{7, 2}); err != nil {
		t.Fatal(err)
	}
	then := l.Snapshot()
	if err := l.Append(s.Pool, []int{0}, nil); err != nil {
		t.Fatal(err)
	}
	if then.Len() != 2 || !slices.Equal(then.Labels(), []int32{7, 2}) || l.Len() != 3 {
		t.Errorf("%d images in the snapshot, %d in the list", then.Len(), l.Len())
	}
	if px, err := then.Read(1); err != nil || !slices.Equal(px, s.Train.Image(1)) {
		t.Errorf("image 1: %v", err)
	}
}
