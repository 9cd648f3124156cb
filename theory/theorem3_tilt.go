package theory

import "math"

// Tilted3 is a law of (A, C) under which training sets often err, for importance
// sampling of the expected error where its own law hardly ever produces errors.
// Under it A and C are ScalePos and ScaleNeg times their original values.
type Tilted3 struct {
	Negative           bool // for the error on negatives; otherwise on positives
	ScalePos, ScaleNeg float64
	// LogBound is the log of a bound on each weighted contribution, including the
	// prior: the Chernoff bound of that part of the error.
	LogBound float64

	rate, logMGF float64
}

// LogWeight returns the log likelihood ratio of the model to the tilted law at a
// training set with threshold b.
func (w Tilted3) LogWeight(b float64) float64 { return w.logMGF - float64(w.rate*b) }

// Tilts returns the two exponential tilts, for the error on positives and on
// negatives, at the saddle points of their exact laws.
func (m Theorem3) Tilts() [2]Tilted3 {
	np, nn, d := float64(m.NPos), float64(m.NNeg), float64(m.D)
	missPos, missNeg := m.margins()
	var out [2]Tilted3
	for i, v := range [2]gammaSum{missPos, missNeg} {
		s := v.saddle()
		k, _ := v.exponent(s, 0)
		prior := ln(m.PPos)
		rate := -s // the law of B is tilted by exp(rate·B)
		if i == 1 {
			prior, rate = math.Log1p(-m.PPos), s
		}
		x, y := -rate/np, -rate*m.Beta/nn
		out[i] = Tilted3{
			Negative: i == 1, ScalePos: 1 / (1 + x), ScaleNeg: 1 / (1 + y),
			LogBound: prior + k, rate: rate,
			logMGF: -float64(d*np/2*math.Log1p(x)) - float64(d*nn/2*math.Log1p(y)),
		}
	}
	return out
}
