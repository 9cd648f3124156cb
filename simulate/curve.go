package simulate

import (
	"math"

	"longtail/theory"
)

// curve returns exp(f(b)) for a smooth f. On a range of b > 0 it uses cubic
// interpolation, to a relative 1e-8; outside it is exact. It avoids logarithm and
// exponential where it can: nodes are even in b if the range is narrow, otherwise
// in ln b, and hold exp(f) if neighbors differ little, otherwise f.
type curve struct {
	f          func(b float64) float64
	lo, scale  float64 // of the node coordinate, b or ln b; scale is nodes per unit
	logB, logE bool
	values     []float64
}

const curveCells = 4096

func newCurve(f func(b float64) float64, lo, hi float64) curve {
	t := curve{f: f, logB: hi > math.E*lo, values: make([]float64, curveCells+3)}
	if t.logB {
		lo, hi = math.Log(lo), math.Log(hi)
	}
	step := (hi - lo) / curveCells
	t.lo, t.scale = lo-step, 1/step // one node beyond each end
	widest, least := 0.0, 0.0
	for i := range t.values {
		b := t.lo + float64(float64(i)*step)
		if t.logB {
			b = math.Exp(b)
		}
		t.values[i] = f(math.Max(b, 0))
		least = math.Min(least, t.values[i])
		if i > 0 {
			widest = math.Max(widest, math.Abs(t.values[i]-t.values[i-1]))
		}
	}
	t.logE = !(widest < 0.03 && least > -600)
	if !t.logE {
		for i, v := range t.values {
			t.values[i] = math.Exp(v)
		}
	}
	return t
}

// interpolate returns exp(f(b)) or, if the nodes hold it, f(b). ok reports whether
// b is in the range.
func (t *curve) interpolate(b float64) (v float64, ok bool) {
	x := b
	if t.logB {
		x = math.Log(b)
	}
	x = float64((x - t.lo) * t.scale)
	if !(x >= 1 && x < curveCells+1) {
		return 0, false
	}
	i := int(x)
	x -= float64(i)
	// Lagrange through nodes i−1 … i+2.
	p, q, r, s := t.values[i-1], t.values[i], t.values[i+1], t.values[i+2]
	c1 := r - p/3 - q/2 - s/6
	c2 := (p+r)/2 - q
	c3 := (s-p)/6 + (q-r)/2
	return q + float64(x*(c1+float64(x*(c2+float64(x*c3))))), true
}

// at returns exp(f(b)).
func (t *curve) at(b float64) float64 {
	v, ok := t.interpolate(b)
	switch {
	case !ok:
		return math.Exp(t.f(b))
	case t.logE:
		return math.Exp(v)
	}
	return v
}

// log returns f(b).
func (t *curve) log(b float64) float64 {
	v, ok := t.interpolate(b)
	switch {
	case !ok:
		return t.f(b)
	case t.logE:
		return v
	}
	return math.Log(v)
}

// errorCurve is err(B) of Theorem 3, tabulated over a range outside which B lies
// with probability below 1e-12.
func errorCurve(m theory.Theorem3) curve {
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
		return math.Exp(mid + float64(sign*far))
	}
	return newCurve(func(b float64) float64 { return float64(m.Error(b)) }, edge(-1, m.ThresholdBelow), edge(1, m.ThresholdAbove))
}
