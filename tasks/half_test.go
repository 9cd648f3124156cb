package tasks

import (
	"math"
	"path/filepath"
	"slices"
	"testing"
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
