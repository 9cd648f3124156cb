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
