package simulate

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"longtail/theory"
)

// aliasTable draws value(B) for B ~ Bin(n, p) in constant time by Walker's alias
// method with Vose's construction (1991). For fixed n and p that is several times
// faster than a general binomial sampler. Values of probability below e⁻⁵⁰ relative
// to the mode are left out.
type aliasTable struct {
	cells []aliasCell
}

type aliasCell struct {
	keep   uint64     // the cell's own value is drawn if the fraction is below keep
	values [2]float64 // alias, own
}

// newAliasTable tabulates the law of value(B) for B ~ Bin(n, p).
func newAliasTable(n int, p float64, value func(k int) float64) aliasTable {
	mode := int(math.Min(float64(n), math.Floor((float64(n)+1)*p)))
	top := theory.LogBinomialPMF(mode, n, p)
	// walk returns the weights on one side of the mode, outward.
	walk := func(step int) (weights []float64) {
		for k := mode + step; k >= 0 && k <= n; k += step {
			w := theory.LogBinomialPMF(k, n, p) - top
			if w < -50 {
				break
			}
			weights = append(weights, math.Exp(w))
		}
		return weights
	}
	below := walk(-1)
	first := mode - len(below)
	slices.Reverse(below)
	weights := append(append(below, 1), walk(1)...)
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	m := len(weights)
	t := aliasTable{make([]aliasCell, m)}
	scaled := make([]float64, m)
	var small, large []int
	for i, w := range weights {
		scaled[i] = w / sum * float64(m)
		v := value(first + i)
		t.cells[i] = aliasCell{math.MaxUint64, [2]float64{v, v}}
		if scaled[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		t.cells[s].keep = uint64(math.Min(math.Ldexp(scaled[s], 64), math.MaxUint64-2047))
		t.cells[s].values[0] = t.cells[l].values[1]
		scaled[l] -= 1 - scaled[s]
		if scaled[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	return t
}

// draw returns one value and uses one 64-bit output. Its product with the table's
// length gives the cell and the fraction within it.
func (t aliasTable) draw(src *rand.PCG) float64 {
	hi, lo := bits.Mul64(src.Uint64(), uint64(len(t.cells)))
	c := &t.cells[hi]
	_, own := bits.Sub64(lo, c.keep, 0) // 1 where lo < keep: no branch to mispredict
	return c.values[own&1]
}
