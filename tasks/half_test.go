package tasks

import (
	"math"
	"path/filepath"
	"testing"
)

func TestHalf(t *testing.T) {
	for _, c := range []struct {
		x    float32
		want uint16 // as NumPy 1.24 rounds, numpy.float16(x).view("u2")
	}{
		{0, 0}, {1, 0x3c00}, {-2, 0xc000}, {65504, 0x7bff}, {65519, 0x7bff}, {65520, 0x7c00}, {-1e9, 0xfc00},
		{6.103515625e-05, 0x0400}, {5.960464477539063e-08, 0x0001}, {2.98e-08, 0x0000}, {2.9802322387695312e-08, 0x0000}, {2.99e-08, 0x0001},
		{0.1, 0x2e66}, {1.00048828125, 0x3c00}, {1.00146484375, 0x3c02}, {-0.333251953125, 0xb555}, {6.1e-05, 0x03ff},
	} {
		if got := toHalf(c.x); got != c.want {
			t.Errorf("%v is %#04x, want %#04x", c.x, got, c.want)
		}
	}
	for h := range 1 << 16 { // every number that float16 has comes back
		x := fromHalf(uint16(h))
		if got := toHalf(x); x == x && got != uint16(h) {
			t.Fatalf("%#04x → %v → %#04x", h, x, got)
		}
	}
	if x := fromHalf(toHalf(float32(math.NaN()))); x == x {
		t.Error("NaN is", x)
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := writeHalf(path, []float32{1, 2, 3, 4, 5, 6}, 3); err != nil {
		t.Fatal(err)
	}
	if x, cols, err := readHalf(path); err != nil || cols != 3 || len(x) != 6 || x[4] != 5 {
		t.Error(x, cols, err)
	}
}
