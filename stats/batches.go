package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Batches collects independent batch means of equal size for a t interval of their
// common mean. The zero value is empty.
type Batches struct {
	N    int64   // batches
	Mean float64 // of the batch means
	M2   float64 // sum of their squared deviations
}

// Add adds one batch mean (Welford 1962).
func (b *Batches) Add(x float64) {
	b.N++
	d := x - b.Mean
	b.Mean += d / float64(b.N)
	b.M2 += float64(d * (x - b.Mean))
}

// Merge adds another collection (Chan, Golub and LeVeque 1979). The bits of the
// result depend on the order of merging.
func (b *Batches) Merge(c Batches) {
	if c.N == 0 {
		return
	}
	n := float64(b.N + c.N)
	d := c.Mean - b.Mean
	b.M2 += c.M2 + float64(d*d*(float64(b.N)*float64(c.N)/n))
	b.Mean += float64(d * float64(c.N) / n)
	b.N += c.N
}

// StandardError returns the standard error of Mean, +Inf for fewer than two
// batches.
func (b Batches) StandardError() float64 {
	if b.N < 2 {
		return math.Inf(1)
	}
	return math.Sqrt(b.M2 / float64(b.N-1) / float64(b.N))
}

// Interval returns the two-sided Student interval at level 1 − alpha. For fewer
// than two batches it is the whole line.
func (b Batches) Interval(alpha float64) (lo, hi float64) {
	if b.N < 2 {
		return math.Inf(-1), math.Inf(1)
	}
	h := float64(StudentQuantile(alpha/2, float64(b.N-1)) * b.StandardError())
	return b.Mean - h, b.Mean + h
}

// StudentQuantile returns the t that a Student variable with dof degrees of freedom
// exceeds with probability tail, for 0 < tail ≤ ½.
func StudentQuantile(tail, dof float64) float64 {
	if !(tail > 0 && tail <= 0.5 && dof > 0) {
		return math.NaN()
	}
	// x = ν/(ν+t²): P(|T| > t) = I_x(ν/2, ½). In y = t²/(ν+t²) small t keep their digits.
	exceeds := func(t float64) float64 {
		t2 := float64(t * t)
		if t2 < dof {
			return float64((1 - mathext.RegIncBeta(0.5, dof/2, t2/(dof+t2))) / 2)
		}
		return mathext.RegIncBeta(dof/2, 0.5, dof/(dof+t2)) / 2
	}
	hi := 1.0
	for exceeds(hi) > tail {
		hi *= 2
	}
	if tail == 0.5 {
		return 0
	}
	return root(0, hi, func(t float64) float64 { return math.Log(exceeds(t)) - math.Log(tail) })
}
