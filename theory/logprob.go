package theory

import "math"

// LogProb is the natural logarithm of a probability, so that values far below the
// smallest float64 can be represented. −Inf is probability 0.
type LogProb float64

// Value returns the probability; it underflows to 0 below 5e-324.
func (l LogProb) Value() float64 { return math.Exp(float64(l)) }

// Log10 returns the decimal logarithm of the probability.
func (l LogProb) Log10() float64 { return float64(float64(l) / math.Ln10) }

// ln returns the natural logarithm, also below the least normal float64, where
// amd64's math.Log is wrong.
func ln(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// LogAddExp returns ln(eᵃ + eᵇ). Either may be −Inf.
func LogAddExp(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(a, 0) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// log1mExp returns ln(1 − eˣ) for x ≤ 0, accurate at both ends (Mächler 2012). It
// is NaN for x > 0.
func log1mExp(x float64) float64 {
	if x > -math.Ln2 {
		return math.Log(-math.Expm1(x))
	}
	return math.Log1p(-math.Exp(x))
}

// logSum adds numbers given as logarithms. Its zero is logSum{top: −Inf}.
type logSum struct{ top, sum float64 }

func (s *logSum) add(v float64) {
	if v <= s.top {
		if v > s.top-745 {
			s.sum += math.Exp(v - s.top)
		}
		return
	}
	s.sum = float64(s.sum*math.Exp(s.top-v)) + 1
	s.top = v
}

// addFalling adds f(from), f(from+step), … up to f(to). It stops where a
// log-concave sequence has become negligible for good.
func (s *logSum) addFalling(from, to, step int, f func(int) float64) {
	last := math.Inf(-1)
	for k := from; (to-k)*step >= 0; k += step {
		v := f(k)
		s.add(v)
		if v < last && v < s.top-37 || math.IsInf(v, -1) && !math.IsInf(s.top, -1) {
			return
		}
		last = v
	}
}

func (s *logSum) log() float64 { return s.top + math.Log(s.sum) }

// sumLogConcave returns ln Σ exp f(k) over lo ≤ k ≤ hi for a log-concave sequence,
// summed outward from start.
func sumLogConcave(start, lo, hi int, f func(int) float64) float64 {
	acc := logSum{top: math.Inf(-1)}
	acc.addFalling(start, hi, 1, f)
	acc.addFalling(start-1, lo, -1, f)
	return acc.log()
}
