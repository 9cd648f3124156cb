package theory

import "math"

// LogProb is the natural logarithm of a probability, so that values far below
// the smallest float64 keep their meaning. −Inf is probability 0.
type LogProb float64

// Value is the probability itself; it underflows to 0 below 5e-324.
func (l LogProb) Value() float64 { return math.Exp(float64(l)) }

// Log10 is the decimal logarithm of the probability.
func (l LogProb) Log10() float64 { return float64(float64(l) / math.Ln10) }
