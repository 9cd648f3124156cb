package theory

import "math"

// LogBinomialPMF is ln P(B = k) for B ~ Bin(n, p), with an error of some
// 1e-13, of its size where that is above 1, for n up to 1e9. p = 0 and p = 1 are proper laws; k outside 0…n
// has probability 0. The method is Loader's saddle-point expansion (C. Loader,
// Fast and accurate computation of binomial probabilities, 2000).
func LogBinomialPMF(k, n int, p float64) float64 {
	switch {
	case k < 0 || k > n:
		return math.Inf(-1)
	case p == 0 || p == 1:
		if (k == 0) == (p == 0) && (k == n) == (p == 1) {
			return 0
		}
		if n == 0 {
			return 0
		}
		return math.Inf(-1)
	case k == 0:
		return float64(n) * math.Log1p(-p)
	case k == n:
		return float64(n) * math.Log(p)
	}
	x, m := float64(k), float64(n)
	return stirlingError(n) - stirlingError(k) - stirlingError(n-k) -
		deviance(x, float64(m*p)) - deviance(m-x, float64(m*(1-p))) +
		float64(0.5*(math.Log(m/(m-x))-math.Log(2*math.Pi*x)))
}

// deviance is x·ln(x/m) + m − x without cancellation for x near m.
func deviance(x, m float64) float64 {
	d := x - m
	if math.Abs(d) >= 0.1*(x+m) {
		return float64(x*math.Log(x/m)) - d
	}
	// x·ln(x/m) with v = (x−m)/(x+m): ln(x/m) = 2·atanh(v).
	v := d / (x + m)
	sum, term, v2 := d*v, 2*x*v, v*v
	for j := 3; ; j += 2 {
		term *= v2
		next := sum + term/float64(j)
		if next == sum {
			return sum
		}
		sum = next
	}
}

// stirlingError is ln k! − ln(√(2πk)·(k/e)ᵏ).
func stirlingError(k int) float64 {
	if k < len(stirlingTable) {
		return stirlingTable[k]
	}
	x := float64(k)
	x2 := x * x
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-(1.0/1188)/x2)/x2)/x2)/x2) / x
}

// Source: mpmath 1.3, log(factorial(k)) − (k+½)·log(k) + k − log(2π)/2, for k = 1…19; entry 0 is never used.
var stirlingTable = [...]float64{
	0,
	0.08106146679532725822,
	0.041340695955409294094,
	0.027677925684998339149,
	0.020790672103765093112,
	0.016644691189821192163,
	0.013876128823070747999,
	0.011896709945891770095,
	0.010411265261972096497,
	0.0092554621827127329177,
	0.0083305634333628712565,
	0.007573675487951840795,
	0.0069428401072095298657,
	0.0064089941880042070684,
	0.0059513701127588477356,
	0.005554733551962801371,
	0.0052076559196096404407,
	0.0049013959484347378607,
	0.0046291537493340285924,
	0.0043855602492323242683,
}
