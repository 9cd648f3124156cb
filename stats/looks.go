package stats

import (
	"math"
	"math/bits"
)

// LookLevel returns the part alpha/2ʲ of alpha that the j-th look may spend, j from
// 1. However many looks there are, together they spend less than alpha.
func LookLevel(alpha float64, look int) float64 { return math.Ldexp(alpha, -look) }

// Look returns the number of the first look at or after n units, if looks are taken
// at 1, 2, 4, … units.
func Look(n int64) int {
	if n <= 1 {
		return 1
	}
	return 1 + bits.Len64(uint64(n-1))
}
