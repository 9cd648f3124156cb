package kernel

import "testing"

// TestTable requires one row for every stride-1 convolution of the networks at
// 32×32 and 28×28, in every set, and the stated rule elsewhere.
func TestTable(t *testing.T) {
	for _, set := range []string{"portable", "avx2", "avx512"} {
		for _, size := range []int{32, 28} {
			for stage, channels := range []int{16, 32, 64} {
				side, found := size>>stage, 0
				for _, r := range table[set] {
					if r.in == channels && r.out == channels && r.h == side && r.w == side {
						found++
					}
				}
				if found != 1 {
					t.Errorf("%s: %d rows for %d channels of %d×%d pixels", set, found, channels, side, side)
				}
			}
		}
		for c, want := range map[Conv]Algorithm{
			{3, 16, 32, 32, 1}:  Direct,   // the stem
			{16, 32, 32, 32, 2}: Direct,   // stride 2
			{16, 16, 40, 24, 1}: Winograd, // full tiles
			{16, 16, 5, 9, 1}:   Direct,   // 45 of 96 pixels
			{16, 16, 6, 9, 1}:   Winograd, // 54 of 96
			{16, 16, 3, 64, 1}:  Direct,   // no full tile
		} {
			for _, p := range []Pass{Forward, BackwardData, BackwardWeights} {
				if got := choose(set, c, p); got != want {
					t.Errorf("%s, %+v, %v: %v, want %v", set, c, p, got, want)
				}
			}
		}
	}
}
