package theory

import "math"

const logSqrt2Pi = 0.91893853320467274178032973640562 // ln √(2π)

// NormalCDF returns Φ(x), with full relative accuracy in the lower tail down to
// the smallest float64.
func NormalCDF(x float64) float64 {
	if x < -36 {
		return math.Exp(LogNormalCDF(x))
	}
	return 0.5 * math.Erfc(-x/math.Sqrt2)
}

// LogNormalCDF returns ln Φ(x). Its relative error is a few units in the last
// place for every x, −1e150 included. ln(1 − Φ(x)) is LogNormalCDF(−x).
func LogNormalCDF(x float64) float64 {
	switch {
	case x > 0:
		return math.Log1p(-0.5 * math.Erfc(x/math.Sqrt2))
	case x > -12:
		return math.Log(0.5 * math.Erfc(-x/math.Sqrt2))
	}
	return LogNormalDensity(x) + math.Log(millsRatio(-x))
}

// LogNormalDensity returns ln φ(x) of the standard normal distribution.
func LogNormalDensity(x float64) float64 { return float64(-0.5*x*x) - logSqrt2Pi }

// millsRatio returns (1 − Φ(x))/φ(x) for x ≥ 12, by its continued fraction
// 1/(x + 1/(x + 2/(x + 3/…))) (Abramowitz and Stegun 26.2.14).
func millsRatio(x float64) float64 {
	f := x
	for k := 24; k >= 1; k-- {
		f = x + float64(k)/f
	}
	return 1 / f
}

// erfcx returns exp(x²)·erfc(x), the scaled complementary error function. It does
// not underflow for large x; below −26.6 it is +Inf.
func erfcx(x float64) float64 {
	if x < 9 {
		// exp(x²), corrected for the rounding error of x².
		sq := x * x
		return math.Exp(sq) * (1 + math.FMA(x, x, -sq)) * math.Erfc(x)
	}
	return math.Sqrt2 / math.Sqrt(math.Pi) * millsRatio(float64(x*math.Sqrt2))
}
