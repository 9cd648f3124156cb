package theory

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Source: paper-spec 1.1.4, worked values.
var theorem1Worked = []struct {
	m                      Theorem1
	delta                  float64
	exact, printed, single float64
}{
	{Theorem1{1, -1, 1, 0.9, 0.7, 50, 50}, 0.2, 0.113849, 4.1662, 0.735759},
	{Theorem1{1, -1, 1, 0.9, 0.7, 100, 100}, 0.3, 7.95552e-4, 1.2771, 0.022218},
	{Theorem1{1, -1, 1, 0.9, 0.7, 500, 500}, 0.2, 5.72781e-7, 0.263711, 9.07999e-5},
	{Theorem1{1, -1, 1, 0.95, 0.6, 900, 100}, 0.3, 3.23415e-5, 0.601268, 6.07078e-4},
	{Theorem1{1, -1, 1, 0.95, 0.6, 990, 10}, 0.5, 0.0237287, 2.30141, 0.168326},
	{Theorem1{3, -3, 1, 0.5, 0.5, 200, 200}, 0.5, 1.54531e-3, 1.17157, 0.0134759},
	{Theorem1{1, -1, 1, 0.5, 0.5, 1000, 1000}, 0.1, 1.56416e-3, 1.09186, 0.0134759},
	{Theorem1{1, -1, 1, 0.5, 0.5, 2000, 2000}, 0.1, 7.72988e-6, 0.263711, 9.07999e-5},
	{Theorem1{1, -1, 1, 1, 1, 50, 50}, 0.3, 2.69980e-3, 2.68458, 0.210798},
}

func TestTheorem1Worked(t *testing.T) {
	for _, w := range theorem1Worked {
		if got := w.m.FailureProbability(w.delta).Value(); relativeError(got, w.exact) > 6e-6 {
			t.Errorf("%+v δ=%g: exact %.7g, want %.7g", w.m, w.delta, got, w.exact)
		}
		b := w.m.PrintedBound(w.delta)
		if relativeError(b.Sum, w.printed) > 6e-5 || b.Vacuous != (w.printed >= 1) {
			t.Errorf("%+v δ=%g: printed %+v, want %.6g", w.m, w.delta, b, w.printed)
		}
		if got := w.m.SharpBound(w.delta).SubGaussian.Value(); relativeError(got, w.single) > 6e-6 {
			t.Errorf("%+v δ=%g: single bound %.7g, want %.7g", w.m, w.delta, got, w.single)
		}
	}
	// Of paper-spec 1.1.7, where there are no bounds.
	near(t, "30:10", Theorem1{2, -2, 1, 0.8, 0.6, 30, 10}.FailureProbability(0.4).Value(), 0.30587, 5.1e-6)
}

// doubleSum is the definition (paper-spec 1.1.4), every term, in logarithms.
func doubleSum(m Theorem1, lo, hi float64) float64 {
	d, s := m.Separation()/2, m.noiseSD()
	acc := logSum{top: math.Inf(-1)}
	for k := 0; k <= m.NPos; k++ {
		wk := LogBinomialPMF(k, m.NPos, m.P)
		for l := 0; l <= m.NNeg; l++ {
			w := wk + LogBinomialPMF(l, m.NNeg, m.Q)
			if w < -1200 {
				continue
			}
			dev := d * ((float64(k)/float64(m.NPos) - m.P) - (float64(l)/float64(m.NNeg) - m.Q))
			acc.add(w + LogNormalCDF((lo-dev)/s))
			acc.add(w + LogNormalCDF((dev-hi)/s))
		}
	}
	return acc.log()
}

func TestTheorem1AgainstDoubleSum(t *testing.T) {
	worst := 0.0
	for _, n := range [][2]int{{1, 1}, {1, 2}, {2, 7}, {30, 10}, {50, 50}, {5, 400}, {150, 130}} {
		for _, sep := range []float64{1e-3, 0.3, 2, 6, 40, 1000, 1e6} {
			for _, pq := range [][2]float64{{0.9, 0.7}, {0.5, 0.5}, {1, 1}, {0, 0.3}, {1, 0}, {1e-6, 0.999}, {1 - 1e-12, 1e-3}} {
				m := Theorem1{sep / 2, -sep / 2, 1, pq[0], pq[1], n[0], n[1]}
				sd := math.Sqrt(m.Variance())
				for _, z := range []float64{1e-6, 0.5, 3, 9, 35} {
					delta := z * sd
					want := doubleSum(m, -delta, delta)
					got := float64(m.FailureProbability(delta))
					if want < -690 {
						if e := relativeError(got, want); e > 1e-9 {
							t.Errorf("%+v δ=%g: ln %.15g, want %.15g", m, delta, got, want)
						}
						continue
					}
					e := math.Abs(math.Expm1(got - want))
					worst = math.Max(worst, e)
					if !(e < 1e-9) {
						t.Errorf("%+v δ=%g: ln %.15g, want %.15g (relative error %.2g)", m, delta, got, want, e)
					}
					want = doubleSum(m, -delta-m.Bias(), delta-m.Bias())
					got = float64(m.MissTargetProbability(delta))
					if e := math.Abs(math.Expm1(got - want)); !(e < 1e-9) && want > -690 {
						t.Errorf("%+v δ=%g: miss ln %.15g, want %.15g (relative error %.2g)", m, delta, got, want, e)
					}
				}
			}
		}
	}
	t.Logf("largest relative error %.2g", worst)
}

// The two methods share nothing but the model, so where both can be used they
// check each other.
func TestTheorem1ContourAgainstAtoms(t *testing.T) {
	compared, worst := 0, 0.0
	for _, n := range [][2]int{{2000, 2000}, {2000, 50}, {10, 1_000_000}, {1000, 1_000_000}, {1_000_000, 1_000_000}} {
		for _, sep := range []float64{0.3, 6, 30, 300, 1000, 3000, 1e6} {
			for _, pq := range [][2]float64{{0.9, 0.7}, {0.5, 0.5}, {1, 0.2}, {1e-6, 0.999}, {1 - 1e-12, 1e-3}} {
				m := Theorem1{sep / 2, -sep / 2, 1, pq[0], pq[1], n[0], n[1]}
				sd := math.Sqrt(m.Variance())
				for _, z := range []float64{0.01, 1, 5, 30} {
					for side, g := range []gaussLattice{m.deviation(), m.deviation().negated()} {
						c := newContour(g, z*sd)
						a := newAtomSum(g, c.c)
						if a.cost > 2e4 || c.nodes > 2e4 {
							continue
						}
						v, ok := c.integrate()
						if !ok {
							continue
						}
						compared++
						w := a.logUpper(z * sd)
						e := math.Abs(math.Expm1(v - w))
						if v < -690 {
							e = relativeError(v, w)
						}
						worst = math.Max(worst, e)
						if !(e < 1e-9) {
							t.Errorf("%+v δ=%g side %d: contour %.15g, atoms %.15g (relative error %.2g)", m, z*sd, side, v, w, e)
						}
					}
				}
			}
		}
	}
	t.Logf("%d values compared, largest relative error %.2g", compared, worst)
	if compared < 300 {
		t.Errorf("only %d values could be compared", compared)
	}
}

// The table of tails against the definition, for laws whose weights differ by
// hundreds of decades.
func TestTailTable(t *testing.T) {
	for _, p := range []float64{1e-300, 1e-12, 1e-3, 0.5, 0.9, 1 - 1e-12} {
		for _, step := range []float64{0.25, -0.25} {
			for _, center := range []int{0, 30, 90} {
				l := lattice{90, p, step}
				table := tailTable{lattice: l, center: center, reach: 40}
				for _, x := range []float64{-30, -3, -0.1, 0, 0.1, 0.26, 1, 7, 30} {
					acc := logSum{top: math.Inf(-1)}
					for k := 0; k <= l.n; k++ {
						acc.add(LogBinomialPMF(k, l.n, p) + LogNormalCDF((l.at(k)-x)/0.07))
					}
					got, want := table.logUpper(x, 0.07), acc.log()
					if e := math.Abs(got - want); !(e < 1e-11*(1+math.Abs(want))) {
						t.Errorf("p = %g, step %g, centre %d, x = %g: %.15g, want %.15g", p, step, center, x, got, want)
					}
				}
			}
		}
	}
}

// Far outside what anybody computes there is still a probability.
func TestTheorem1Extremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := func(name string, lo, hi float64) float64 {
			return math.Pow(10, rapid.Float64Range(lo, hi).Draw(t, name))
		}
		p := func(name string) float64 {
			v := rapid.SampledFrom([]float64{0, 1, 0.5, 1e-300, 1e-12, 1 - 1e-12, 1 - 1e-16}).Draw(t, name)
			if rapid.Bool().Draw(t, name+" between") {
				v = rapid.Float64Range(0, 1).Draw(t, name+" value")
			}
			return v
		}
		sigma := size("lg σ", -100, 100)
		d := size("lg D/σ", -8.9, 8.9) * sigma
		m := Theorem1{d / 2, -d / 2, sigma, p("p"), p("q"), int(size("lg n+", 0, 6)), int(size("lg n-", 0, 6))}
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		delta := size("lg δ/sd", -20, 20) * math.Sqrt(m.Variance())
		f, wider := m.FailureProbability(delta), m.FailureProbability(delta*2)
		if !(f <= 0) || !(wider <= f+1e-9) {
			t.Fatalf("ln P(beyond δ) = %g, beyond 2δ %g", f, wider)
		}
		if miss := m.MissTargetProbability(delta); !(miss <= 0) {
			t.Fatalf("ln P(miss) = %g", miss)
		}
		b, s := m.PrintedBound(delta), m.SharpBound(delta)
		for _, v := range []float64{b.Sum, s.SubGaussian.Value(), s.BestSplit.Value(), s.KearnsSaul.Value(), s.Chernoff.Value(), m.PrintedBoundReaches(1), m.FailureExponent(delta)} {
			if math.IsNaN(v) || v < 0 {
				t.Fatalf("bounds %+v, %+v", b, s)
			}
		}
	})
}
