package tasks

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/x448/float16"
)

// Logits come back as NumPy rounds them: numpy.float16(x).astype("f4").
func TestHalf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := writeHalf(path, []float32{1, -2, 0.1, 65519, 65520, 2.9802322387695312e-08, 2.99e-08, 1.00146484375}, 4); err != nil {
		t.Fatal(err)
	}
	want := []float32{1, -2, 0.0999755859375, 65504, float32(math.Inf(1)), 0, 5.960464477539063e-08, 1.001953125}
	if x, cols, err := readHalf(path); err != nil || cols != 4 || !slices.Equal(x, want) {
		t.Error(x, cols, err)
	}
}

// Every number that float16 has comes back with its bits, NaN as NaN.
func TestEveryHalf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	want := make([]float32, 1<<16)
	for h := range want {
		want[h] = float16.Frombits(uint16(h)).Float32()
	}
	if err := writeHalf(path, want, 256); err != nil {
		t.Fatal(err)
	}
	got, _, err := readHalf(path)
	if err != nil {
		t.Fatal(err)
	}
	for h, x := range want {
		if math.Float32bits(got[h]) != math.Float32bits(x) && !(x != x && got[h] != got[h]) {
			t.Fatalf("%#04x: %v comes back as %v", h, x, got[h])
		}
	}
}
