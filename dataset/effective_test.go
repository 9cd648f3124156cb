package dataset

import (
	"math"
	"testing"
)

// Every value of the table in paper-spec 4.3 (CIFAR-10-LT, ρ = 100).
func TestEffectiveSharesTable(t *testing.T) {
	want := []float64{.11929, .10864, .10255, .09902, .09693, .09570, .09497, .09453, .09426, .09411}
	for c, s := range EffectiveShares([]int{5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50}) {
		if math.Abs(s-want[c]) > 5.1e-6 {
			t.Errorf("share %d is %.6f, want %.5f", c, s, want[c])
		}
	}
	if s := EffectiveShares([]int{3, 0, 3}); s[0] != .5 || s[1] != 0 || s[2] != .5 {
		t.Errorf("with an empty class: %v", s)
	}
}

// Every value of the table in paper-spec 4.2.
func TestBalancedWeightsTable(t *testing.T) {
	for rho, want := range map[float64][]float64{
		100: {.05061, .07690, .12113, .19504, .31881, .52459, .86835, 1.44263, 2.40922, 3.99272},
		50:  {.08903, .12668, .18526, .27606, .41675, .63441, .96953, 1.48945, 2.29226, 3.52058},
		10:  {.29234, .35837, .44419, .55554, .69969, .88578, 1.12657, 1.43752, 1.84148, 2.35852},
	} {
		counts, err := Counts(10, 5000, rho, "")
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for c, w := range BalancedWeights(counts) {
			sum += w
			if math.Abs(w-want[c]) > 5.1e-6 {
				t.Errorf("ρ = %v: weight %d is %.6f, want %.5f", rho, c, w, want[c])
			}
		}
		if math.Abs(sum-10) > 1e-12 {
			t.Errorf("ρ = %v: the weights sum to %v, want 10", rho, sum)
		}
	}
	if w := BalancedWeights([]int{30, 0, 30}); math.Abs(w[0]-1) > 1e-15 || w[1] != 0 || w[2] != w[0] {
		t.Errorf("with an empty class: %v", w)
	}
}
