package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ClopperPearson is the exact two-sided interval for a probability of which k
// of n independent trials were successes (Clopper and Pearson 1934): it misses
// the truth with probability at most alpha, alpha/2 on either side. It needs
// 0 ≤ k ≤ n and 0 < alpha < 1, else both limits are NaN; n = 0 gives [0, 1].
func ClopperPearson(k, n int64, alpha float64) (lo, hi float64) {
	if k < 0 || k > n || !(alpha > 0 && alpha < 1) {
		return math.NaN(), math.NaN()
	}
	if n == 0 {
		return 0, 1
	}
	x, m := float64(k), float64(n)
	lo, hi = 0, 1
	// Where all trials agree the limit has a closed form.
	extreme := -math.Expm1(math.Log(alpha/2) / m)
	switch k {
	case 0:
		hi = extreme
	case n:
		lo = 1 - extreme
	}
	if k > 0 && k < n {
		lo = bisect(0, x/m, func(p float64) bool { return upperTail(x, m, p) >= alpha/2 })
		hi = bisect(x/m, 1, func(p float64) bool { return lowerTail(x, m, p) < alpha/2 })
	}
	return lo, hi
}

// upperTail is P(Bin(n, p) ≥ k) for k ≥ 1.
func upperTail(k, n, p float64) float64 { return mathext.RegIncBeta(k, n-k+1, p) }

// lowerTail is P(Bin(n, p) ≤ k) for k < n.
func lowerTail(k, n, p float64) float64 {
	if p < 1e-8 {
		// 1 − p would lose p's digits; the Poisson law is off by a relative kp.
		return mathext.GammaIncRegComp(k+1, -n*math.Log1p(-p))
	}
	return mathext.RegIncBeta(n-k, k+1, 1-p)
}

// bisect is the point of [lo, hi] where test turns from false to true, to the
// last bit.
func bisect(lo, hi float64, test func(float64) bool) float64 {
	for {
		mid := lo + float64((hi-lo)/2)
		if mid <= lo || mid >= hi {
			return hi
		}
		if test(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
}
