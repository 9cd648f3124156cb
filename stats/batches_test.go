package stats

import (
	"math"
	"testing"
)

func TestBatches(t *testing.T) {
	x := []float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}
	var all, left, right Batches
	for i, v := range x {
		all.Add(v)
		if i < 4 {
			left.Add(v)
		} else {
			right.Add(v)
		}
	}
	left.Merge(right)
	left.Merge(Batches{})
	approx(t, "mean", all.Mean, 4, 1e-15)
	approx(t, "merged mean", left.Mean, 4, 1e-15)
	approx(t, "squares", all.M2, 56, 1e-14)
	approx(t, "merged squares", left.M2, 56, 1e-14)
	lo, hi := all.Interval(0.05)
	h := 2.2281388519649385 * math.Sqrt(56.0/10/11) // t quantile for 10 degrees of freedom
	approx(t, "lower", lo, 4-h, 1e-9)
	approx(t, "upper", hi, 4+h, 1e-9)
	if lo, hi := (Batches{N: 1, Mean: 3}).Interval(0.05); !math.IsInf(lo, -1) || !math.IsInf(hi, 1) {
		t.Errorf("one batch gives [%g, %g]", lo, hi)
	}
}

// Closed forms for one and two degrees of freedom, tables and, far out, mpmath 1.3
// (findroot on the integral of the density, 30 digits) for the others.
func TestStudentQuantile(t *testing.T) {
	for _, c := range []struct{ tail, dof, want float64 }{
		{0.025, 1, 12.7062047361747},
		{0.025, 2, 4.30265272974946},
		{0.025, 4, 2.77644510519779},
		{0.025, 10, 2.22813885199},
		{0.025, 1000, 1.96233908082641},
		{0.005, 2, 9.92484320091829},
		{0.05, 10, 1.81246112281168},
		{0.4, 3, 0.276670662333},
		{1e-6, 2, (1 - 2e-6) / math.Sqrt(2*(1-1e-6)*1e-6)}, // (1−2p)/√(2p(1−p))
		{5e-07, 2, 999.99925},
		{5e-07, 63, 5.42002967104},
		{1e-12, 200, 7.50324765707},
		{1e-10, 100000, 6.36200041984},
	} {
		approx(t, "quantile", StudentQuantile(c.tail, c.dof), c.want, 1e-6)
	}
	if q := StudentQuantile(0.7, 3); !math.IsNaN(q) {
		t.Errorf("a tail of 0.7 gives %g", q)
	}
}
