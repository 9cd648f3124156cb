package simulate

import (
	"math"

	"longtail/theory"
)

// errorTable gives err(B) of Theorem 3 by cubic interpolation, to a relative
// 1e-8, over the range that B leaves with probability below 1e-12, and exactly
// outside it. It spares logarithm and exponential where it can: nodes are even
// in B where the range is narrow, else in ln B, and hold err where neighbours
// differ little, else ln err.
type errorTable struct {
	model      theory.Theorem3
	lo, scale  float64 // of the node coordinate, B or ln B; scale is nodes per unit
	logB, logE bool
	values     []float64
}

const errorCells = 4096

func newErrorTable(m theory.Theorem3) errorTable {
	const rare = -28
	mid := math.Log(m.Midpoint())
	edge := func(sign float64, tail func(float64) theory.LogProb) float64 {
		near, far := 0.0, 1e-6
		for tail(math.Exp(mid+float64(sign*far))) > rare {
			near, far = far, 2*far
		}
		for range 12 { // the edge itself does not matter
			if half := (near + far) / 2; tail(math.Exp(mid+float64(sign*half))) > rare {
				near = half
			} else {
				far = half
			}
		}
		return mid + float64(sign*far)
	}
	lo, hi := edge(-1, m.ThresholdBelow), edge(1, m.ThresholdAbove)
	t := errorTable{model: m, logB: hi-lo > 1, values: make([]float64, errorCells+3)}
	if !t.logB {
		lo, hi = math.Exp(lo), math.Exp(hi)
	}
	step := (hi - lo) / errorCells
	t.lo, t.scale = lo-step, 1/step // one node beyond either end
	widest := 0.0
	for i := range t.values {
		b := t.lo + float64(float64(i)*step)
		if t.logB {
			b = math.Exp(b)
		}
		t.values[i] = float64(m.Error(math.Max(b, 0)))
		if i > 0 {
			widest = math.Max(widest, math.Abs(t.values[i]-t.values[i-1]))
		}
	}
	t.logE = !(widest < 0.03)
	if !t.logE {
		for i, v := range t.values {
			t.values[i] = math.Exp(v)
		}
	}
	return t
}

// at is err(b).
func (t *errorTable) at(b float64) float64 {
	x := b
	if t.logB {
		x = math.Log(b)
	}
	x = float64((x - t.lo) * t.scale)
	if !(x >= 1 && x < errorCells+1) {
		return t.model.Error(b).Value()
	}
	i := int(x)
	x -= float64(i)
	// Lagrange through nodes i−1 … i+2.
	p, q, r, s := t.values[i-1], t.values[i], t.values[i+1], t.values[i+2]
	c1 := r - p/3 - q/2 - s/6
	c2 := (p+r)/2 - q
	c3 := (s-p)/6 + (q-r)/2
	e := q + float64(x*(c1+float64(x*(c2+float64(x*c3)))))
	if t.logE {
		return math.Exp(e)
	}
	return e
}
