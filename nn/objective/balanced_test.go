package objective

import (
	"math"
	"testing"
)

// Label counts of CIFAR-10-LT (paper-spec 2.1).
var cifarCounts = map[string][]int{
	"100": {5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50},
	"50":  {5000, 3237, 2096, 1357, 878, 568, 368, 238, 154, 100},
	"10":  {5000, 3871, 2997, 2320, 1796, 1391, 1077, 834, 645, 500},
}

// Every value of the table in paper-spec 4.2.
func TestBalancedWeightsTable(t *testing.T) {
	for rho, want := range map[string][]float64{
		"100": {.05061, .07690, .12113, .19504, .31881, .52459, .86835, 1.44263, 2.40922, 3.99272},
		"50":  {.08903, .12668, .18526, .27606, .41675, .63441, .96953, 1.48945, 2.29226, 3.52058},
		"10":  {.29234, .35837, .44419, .55554, .69969, .88578, 1.12657, 1.43752, 1.84148, 2.35852},
	} {
		sum := 0.0
		for c, w := range BalancedWeights(cifarCounts[rho], BalancedBeta) {
			sum += w
			if math.Abs(w-want[c]) > 5.1e-6 {
				t.Errorf("ρ = %s: weight %d is %.6f, want %.5f", rho, c, w, want[c])
			}
		}
		if math.Abs(sum-10) > 1e-12 {
			t.Errorf("ρ = %s: the weights sum to %v, want 10", rho, sum)
		}
	}
}

// With β = 0 every weight is 1, so that a deferred rule begins as plain
// training (paper-spec 8, trap 8). A class without images does not count.
func TestBalancedWeightsAtTheEnds(t *testing.T) {
	for c, w := range BalancedWeights(cifarCounts["100"], 0) {
		if w != 1 {
			t.Errorf("β = 0: weight %d is %v", c, w)
		}
	}
	if w := BalancedWeights([]int{30, 0, 30}, BalancedBeta); math.Abs(w[0]-1) > 1e-15 || w[1] != 0 || w[2] != w[0] {
		t.Errorf("with an empty class: %v", w)
	}
}

// Every margin that paper-spec 4.1 prints.
func TestMarginsTable(t *testing.T) {
	for rho, want := range map[string][]float64{
		"100": {.15811, .17970, .20424, .23209, .26383, .29977, .34068, .38722, .44050, .5},
		"50":  {.18803, 9: .5},
		"10":  {.28117, 9: .5},
	} {
		for c, m := range Margins(cifarCounts[rho]) {
			if want[c] != 0 && math.Abs(m-want[c]) > 5.1e-6 {
				t.Errorf("ρ = %s: margin %d is %.6f, want %.5f", rho, c, m, want[c])
			}
		}
	}
	if m := Margins([]int{16, 0, 1}); m[0] != .25 || m[1] != 0 || m[2] != .5 {
		t.Errorf("with an empty class: %v", m)
	}
}
