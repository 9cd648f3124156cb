package theory

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// golden reads rows of numbers from testdata; some stand as text with more digits than a
// float64 has.
func golden(t testing.TB, file string, least int) (rows [][]float64) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	var raw [][]json.Number
	if err = errors.Join(err, json.Unmarshal(text, &raw)); err != nil || len(raw) < least {
		t.Fatalf("%s: %d rows, %v", file, len(raw), err)
	}
	for _, numbers := range raw {
		row := make([]float64, len(numbers))
		for i, n := range numbers {
			if row[i], err = n.Float64(); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// logError is the relative error of a probability given by its logarithm,
// or the relative error of the logarithm where that is the smaller question:
// below 1e-300 the logarithm itself is the result.
func logError(got, want float64) float64 {
	if want < -691 {
		return math.Abs(got-want) / -want
	}
	return math.Abs(math.Expm1(got - want))
}

// Source: testdata/gamma.py (mpmath, quadrature of the density at 40 digits).
func TestGammaTailsGolden(t *testing.T) {
	rows, worst := golden(t, "gamma.json", 300), 0.0
	for _, r := range rows {
		a, mu, lnP, lnQ := r[0], r[1], r[2], r[3]
		p, q := logGammaTails(a, 1+mu, mu)
		e := math.Max(logError(p, lnP), logError(q, lnQ))
		if e > 2e-13 {
			t.Errorf("a=%g mu=%g: ln P %.17g want %.17g, ln Q %.17g want %.17g (error %.2g)", a, mu, p, lnP, q, lnQ, e)
		}
		worst = math.Max(worst, e)
	}
	t.Logf("%d values, largest relative error %.2g", len(rows), worst)
}

// Closed forms that share no code with the expansions: P(1/2, x) = erf √x,
// Q(n, x) is a Poisson sum, and P, Q add to one.
func TestGammaClosedForms(t *testing.T) {
	for _, x := range []float64{1e-300, 1e-8, 0.01, 0.3, 1, 1.4, 1.6, 5, 30, 400} {
		if got, want := LogChiSquareCDF(1, 2*x), math.Log(math.Erf(math.Sqrt(x))); math.Abs(got-want) > 1e-14*math.Max(1, -want) {
			t.Errorf("ln P(1/2, %g) = %.17g, want %.17g", x, got, want)
		}
		term, sum := 1.0, 1.0
		for k := 1.0; k < 7; k++ {
			term *= x / k
			sum += term
		}
		if got, want := LogChiSquareTail(14, 2*x), math.Log(sum)-x; math.Abs(got-want) > 1e-13*math.Max(1, -want) {
			t.Errorf("ln Q(7, %g) = %.17g, want %.17g", x, got, want)
		}
	}
	if LogChiSquareCDF(6, 0) != math.Inf(-1) || LogChiSquareTail(6, 0) != 0 || LogChiSquareTail(6, math.Inf(1)) != math.Inf(-1) {
		t.Error("limits at 0 and infinity")
	}
	for _, bad := range [][2]float64{{0, 1}, {-1, 1}, {1, -1}, {math.NaN(), 1}, {1, math.NaN()}} {
		if !math.IsNaN(LogChiSquareCDF(2*bad[0], 2*bad[1])) {
			t.Errorf("P(%g, %g) is outside the domain", bad[0], bad[1])
		}
	}
}

// The three methods meet without a step: across the border of each region
// the value moves by the density times the step and no more.
func TestGammaRegionsJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := math.Exp(rapid.Float64Range(math.Log(0.5), math.Log(5e8)).Draw(t, "ln a"))
		mu := rapid.Float64Range(-6, 6).Draw(t, "sd") / math.Sqrt(a)
		if mu <= -1 {
			return
		}
		h := 1e-7 / math.Sqrt(a)
		p0, q0 := logGammaTails(a, 1+mu, mu)
		p1, q1 := logGammaTails(a, 1+mu+h, mu+h)
		if p1 < p0 || q1 > q0 {
			t.Fatalf("not monotone: P %v %v, Q %v %v", p0, p1, q0, q1)
		}
		if s := math.Exp(p0) + math.Exp(q0); math.Abs(s-1) > 1e-14 {
			t.Fatalf("P + Q = %v", s)
		}
		// P' = a^a λ^(a−1) e^(−aλ) / Γ(a) in λ.
		density := func(mu float64) float64 {
			return math.Exp(-a*logExcess(mu)-stirlingCorrection(a)-math.Log1p(mu)) * math.Sqrt(a/(2*math.Pi))
		}
		slope, at := (math.Exp(p1)-math.Exp(p0))/h, density(mu+h/2)
		if mu < -0.5 {
			return
		}
		if math.Abs(slope-at) > 1e-6*at+1e-8*math.Sqrt(a) {
			t.Fatalf("slope %v, density %v", slope, at)
		}
	})
	for _, a := range []float64{999.999999, 1000.000001} {
		if got, want := LogChiSquareTail(2*a, 2*(a+40)), LogChiSquareTail(2000, 2080); math.Abs(got-want) > 1e-6 {
			t.Errorf("a = %v: %v against %v", a, got, want)
		}
	}
}
