package theory

import (
	"math"
	"testing"
)

func TestBinomialPMF(t *testing.T) {
	// Source: mpmath 1.3 at 60 digits, by loggamma; p is the float64.
	for _, c := range []struct {
		k, n    int
		p, want float64
	}{
		{0, 1, 0.5, -0.69314718055994530942},
		{3, 7, 0.25, -1.7542633116773818866},
		{50, 100, 0.5, -2.5308764039771049327},
		{16, 16, 0.9, -1.6857682505252204249},
		{15, 17, 0.001, -98.705675299663170527},
		{500123, 1000000, 0.5, -7.1638048516740659362},
		{999990, 1000000, 0.99999, -2.07855664311089163},
		{1, 1000000, 1e-06, -0.99999949999983333325},
		{400000, 1000000, 0.5, -20142.626686587129046},
		{700000000, 1000000000, 0.7, -10.500247577859036198},
		{18, 1000000000, 1e-08, -4.9489135571402314223},
		{17, 40, 0.3, -3.4621706872756238793},
		{1, 1, 5e-324, -744.44007192138126231},
		{3, 3, 5e-324, -2233.3202157641437869},
		{1, 2, 5e-324, -743.746924740821317},
		{2, 5, 1e-310, -1425.3001725633142845},
		{7, 40, 5e-324, -5194.3394921135583725},
	} {
		got := LogBinomialPMF(c.k, c.n, c.p)
		// 1 − p is rounded once, which counts n times.
		if e := math.Abs(got - c.want); !(e < 1e-13*(10+math.Abs(c.want))) {
			t.Errorf("ln P(Bin(%d, %g) = %d) = %.17g, want %.17g", c.n, c.p, c.k, got, c.want)
		}
	}
	inf := math.Inf(-1)
	for _, c := range []struct {
		k, n    int
		p, want float64
	}{
		{0, 5, 0, 0}, {1, 5, 0, inf}, {5, 5, 1, 0}, {4, 5, 1, inf}, {0, 0, 0, 0}, {0, 0, 1, 0}, {0, 0, 0.5, 0}, {-1, 5, 0.5, inf}, {6, 5, 0.5, inf},
	} {
		if got := LogBinomialPMF(c.k, c.n, c.p); got != c.want {
			t.Errorf("ln P(Bin(%d, %g) = %d) = %g, want %g", c.n, c.p, c.k, got, c.want)
		}
	}
	for _, p := range []float64{1e-9, 0.3, 0.999} {
		f := func(k int) float64 { return LogBinomialPMF(k, 3000, p) }
		if s := sumLogConcave(int(3000*p), 0, 3000, f); math.Abs(s) > 1e-12 {
			t.Errorf("p = %g: probabilities add up to e^%g", p, s)
		}
	}
}
