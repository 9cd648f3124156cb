package theory

import "math"

// LogBinomialPMF returns ln P(B = k) for B ~ Bin(n, p), with an error of about
// 1e-13, relative if it is above 1, for n up to 1e9. p = 0 and p = 1 are proper
// laws; k outside 0…n has probability 0. The method is Loader's saddle-point
// expansion (C. Loader, Fast and accurate computation of binomial probabilities,
// 2000).
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
		return float64(n) * ln(p)
	}
	x, m := float64(k), float64(n)
	return stirlingCorrection(m) - stirlingCorrection(x) - stirlingCorrection(m-x) -
		deviance(x, float64(m*p)) - deviance(m-x, float64(m*(1-p))) +
		float64(0.5*(math.Log(m/(m-x))-math.Log(2*math.Pi*x)))
}

// deviance returns x·ln(x/m) + m − x without cancellation for x near m.
func deviance(x, m float64) float64 {
	if m < x/2 {
		log := math.Log(x / m)
		if math.IsInf(log, 1) {
			log = math.Log(x) - ln(m)
		}
		return float64(x*log) - (x - m)
	}
	return x * logExcess((m-x)/x)
}
