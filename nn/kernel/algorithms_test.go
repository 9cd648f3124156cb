package kernel

import "testing"

// Every stride-1 convolution of the networks at 32×32 and 28×28 is Winograd's, the
// stem and those of stride 2 are direct, and small maps are as the rule says.
func TestChoice(t *testing.T) {
	for c, want := range map[Conv]Algorithm{
		{16, 16, 32, 32, 1}: Winograd, {32, 32, 16, 16, 1}: Winograd, {64, 64, 8, 8, 1}: Winograd,
		{16, 16, 28, 28, 1}: Winograd, {32, 32, 14, 14, 1}: Winograd, {64, 64, 7, 7, 1}: Winograd,
		{3, 16, 32, 32, 1}: Direct, {16, 32, 32, 32, 2}: Direct,
		{16, 16, 40, 24, 1}: Winograd, // full tiles
		{16, 16, 5, 9, 1}:   Direct,   // 45 of 96 pixels
		{16, 16, 6, 9, 1}:   Winograd, // 54 of 96
		{16, 16, 3, 64, 1}:  Direct,   // no full tile
	} {
		if got := Chosen("avx2", c); got != want {
			t.Errorf("%+v: %v, want %v", c, got, want)
		}
		if got := Chosen("avx2-exact", c); got != Direct {
			t.Errorf("exact, %+v: %v", c, got)
		}
	}
}
