package theory

import "math"

// LogProb is the natural logarithm of a probability, so that values far below the
// smallest float64 can be represented. −Inf is probability 0.
type LogProb float64

// Value returns the probability; it underflows to 0 below 5e-324.
func (l LogProb) Value() float64 { return math.Exp(float64(l)) }

// Log10 returns the decimal logarithm of the probability.
func (l LogProb) Log10() float64 { return float64(float64(l) / math.Ln10) }
