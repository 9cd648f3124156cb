package theory

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Source: paper-spec.md 1.2.3, table.
func TestTheorem2Table(t *testing.T) {
	for _, r := range []struct{ p, beta, uStar, min, atMinusOne, infNegative float64 }{
		{0.5, 3.5, 1.3243, 0.42659, 0.56892, 0.5},
		{0.5, 10, 1.5995, 0.37418, 0.60863, 0.5},
		{0.5, 100, 2.1568, 0.30045, 0.65076, 0.5},
		{0.5, 1e4, 3.0350, 0.25665, 0.66868, 0.5},
		{0.4, 10, 1.2874, 0.43441, 0.56209, 0.4},
		{0.3, 10, 0.8219, 0.48344, 0.51554, 0.3},
		{0.25, 10, 0.3422, 0.49884, 0.49227, 0.25},
		{0.1, 10, 0, 0.5, 0.42246, 0.1},
		{0.1, 100, 0.4614, 0.49879, 0.49829, 0.1},
		{0.01, 10, 0, 0.5, 0.38057, 0.01},
	} {
		m := Theorem2{r.p, r.beta}
		near(t, "1.2.3 u*", m.UStar(), r.uStar, 5e-5)
		near(t, "1.2.3 min over b ≥ 0", m.MinNonNegative(), r.min, 5e-6)
		near(t, "1.2.3 error at u = −1", m.Error(-1), r.atMinusOne, 5e-6)
		near(t, "1.2.3 inf over b < 0", m.InfNegative(), r.infNegative, 1e-15)
	}
}

func TestTheorem2Claims(t *testing.T) {
	// With the positives the majority nothing is claimed, and it would be false.
	if m := (Theorem2{0.9, 4}); m.Covered(1) || m.PrintedHolds(1) || !(Theorem2{0.5, 4}).Covered(1) || (Theorem2{0.5, 3}).Covered(1) {
		t.Error("p₊ = 0.9: the bound is claimed or holds")
	}
	// Verdict: b = 0 errs exactly half the time.
	if e := (Theorem2{0.1, 10}).Error(0); e != 0.5 {
		t.Errorf("error at b = 0 is %v", e)
	}
}

func TestTheorem2Validate(t *testing.T) {
	for _, bad := range []Theorem2{{-0.1, 4}, {1.1, 4}, {math.NaN(), 4}, {0.3, 0}, {0.3, -1}, {0.3, math.NaN()}, {0.3, math.Inf(1)}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	for _, c := range []struct {
		m        Theorem2
		u        float64
		warnings int
	}{
		{Theorem2{0.3, 10}, 0.8, 0}, {Theorem2{0.3, 3}, 0.8, 1}, {Theorem2{0.6, 10}, 0.8, 1}, {Theorem2{0.6, 0.5}, 0.8, 2},
		{Theorem2{0.3, 10}, 0, 1}, {Theorem2{0.3, 10}, -1, 1}, {Theorem2{0.6, 0.5}, -1, 3},
	} {
		if err := c.m.Validate(); err != nil || len(c.m.Warnings(c.u)) != c.warnings {
			t.Errorf("%+v, u = %g: %v, warnings %q", c.m, c.u, err, c.m.Warnings(c.u))
		}
	}
}

// The closed forms of the minima against a search over u, for every p₊ and β
// that Validate accepts; b > 0 never gets below p₋/2; f and its sign flip sum
// to one.
func TestTheorem2Minima(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Theorem2{rapid.Float64Range(0, 1).Draw(t, "p"), math.Exp(rapid.Float64Range(-3, 10).Draw(t, "ln beta"))}
		least, leastNegative := math.Inf(1), math.Inf(1)
		for i := 0; i <= 20000; i++ {
			u := math.Expm1(float64(i) * 4e-4) // 0 … 2980
			e, f := m.Error(u), m.Error(-u)
			least = math.Min(least, e)
			if u > 0 {
				leastNegative = math.Min(leastNegative, f)
			}
			if u > 0 && e < m.SharpLowerBound() {
				t.Fatalf("u = %v: %v below p₋/2", u, e)
			}
			if math.Abs(e+f-1) > 1e-14 {
				t.Fatalf("u = %v: %v + %v ≠ 1", u, e, f)
			}
		}
		if math.Abs(m.MinNonNegative()-least) > 2e-6 || m.MinNonNegative() > least+1e-15 {
			t.Fatalf("%+v: min %v, search %v", m, m.MinNonNegative(), least)
		}
		if math.Abs(m.InfNegative()-leastNegative) > 2e-4 || m.InfNegative() > leastNegative+1e-15 {
			t.Fatalf("%+v: inf over b < 0 %v, search %v", m, m.InfNegative(), leastNegative)
		}
	})
}

// With one class alone the error is its own, and the logarithm is that of the error;
// finding T2.1 has the error of both against an integral.
func TestTheorem2LogError(t *testing.T) {
	for _, u := range []float64{-5, -1, -0.1, 0, 0.8, 3} {
		near(t, "error without positives", Theorem2{0, 4}.Error(u), NormalCDF(u/2), 0)
		near(t, "error without negatives", Theorem2{1, 4}.Error(u), NormalCDF(-u), 0)
		for _, m := range []Theorem2{{0.5, 4}, {0.3, 10}, {0.01, 100}, {0, 4}, {1, 4}} {
			near(t, "its logarithm", float64(m.LogError(u)), math.Log(m.Error(u)), 1e-9)
		}
	}
}
