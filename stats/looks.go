package stats

import (
	"math"
	"math/bits"
)

// LookLevel is the part alpha/2ʲ of alpha that the j-th look may spend, j from
// 1: however many looks there are, together they spend less than alpha.
func LookLevel(alpha float64, look int) float64 { return math.Ldexp(alpha, -look) }

// Look is the number j of the look that n units allow when looks are taken at
// 1, 2, 4, … units: the first look at or after n.
func Look(n int64) int {
	if n <= 1 {
		return 1
	}
	return 1 + bits.Len64(uint64(n-1))
}
