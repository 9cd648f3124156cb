package theory

import (
	"math"
	"testing"
	"time"

	"longtail/internal/stream"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// sig checks a value against one printed with four significant digits, or as
// many as half says, relative.
func sig(t *testing.T, source string, got, want, digits float64) {
	t.Helper()
	half := 0.5 * math.Pow(10, math.Floor(math.Log10(want))+1-digits)
	near(t, source, got, want, half)
}

// Source: paper-spec.md 1.3.4, second table: Bayes error, error at the
// population midpoint, printed bound as δ → 0, at 0.1 and at 0.3.
func TestTheorem3Table(t *testing.T) {
	for _, r := range []struct {
		d                                 int
		p, beta                           float64
		bayes, mid, zero, tenth, third    float64
		dBayes, dMid, dZero, dTen, dThird float64 // printed digits
	}{
		{10, 0.5, 4, 0.06616, 0.1058, 0.4961, 0.5473, 0.7260, 4, 4, 4, 4, 4},
		{10, 0.1, 4, 0.04479, 0.1861, 0.7703, 0.8175, 0.9108, 4, 4, 4, 4, 4},
		{10, 0.01, 4, 0.009198, 0.2042, 0.8319, 0.8783, 0.9524, 4, 4, 4, 4, 4},
		{30, 0.1, 4, 0.003083, 0.04942, 0.5315, 0.6249, 0.8010, 4, 4, 4, 4, 4},
		{100, 0.5, 4, 6.82e-7, 6.045e-4, 0.08621, 0.1475, 0.3226, 3, 4, 4, 4, 4},
		{100, 0.1, 4, 5.159e-7, 1.088e-3, 0.1552, 0.2655, 0.5800, 4, 4, 4, 4, 4},
		{100, 0.1, 10, 1.759e-15, 6.625e-5, 0.0716, 0.1280, 0.3261, 4, 4, 3, 4, 4},
		{300, 0.1, 4, 2.103e-17, 4.921e-8, 4.613e-3, 0.02311, 0.2408, 4, 4, 4, 4, 4},
		{1000, 0.1, 4, 3.066e-53, 9.955e-23, 2.09e-8, 4.496e-6, 0.01111, 4, 4, 3, 4, 4},
		{1, 0.1, 4, 0.1, 0.5251, 0.9672, 0.9746, 0.9893, 3, 4, 4, 4, 4},
	} {
		m := Theorem3{D: r.d, PPos: r.p, Beta: r.beta, NPos: 1, NNeg: 1}
		sig(t, "1.3.4 Bayes", m.BayesError().Value(), r.bayes, r.dBayes)
		sig(t, "1.3.4 midpoint", m.ErrorAtMidpoint().Value(), r.mid, r.dMid)
		sig(t, "1.3.4 bound δ→0", m.PrintedErrorBound(0).Value(), r.zero, r.dZero)
		sig(t, "1.3.4 bound δ=0.1", m.PrintedErrorBound(0.1).Value(), r.tenth, r.dTen)
		sig(t, "1.3.4 bound δ=0.3", m.PrintedErrorBound(0.3).Value(), r.third, r.dThird)
	}
	// The threshold at the mean of all points (1.3.5 (c)).
	for _, r := range []struct {
		d          int
		err, bound float64
	}{{100, 0.448, 0.335}, {300, 0.427, 0.0463}} {
		m := Theorem3{r.d, .1, 4, 10, 1000}
		pooled := float64(r.d) * (10 + 1000*m.Beta) / 1010
		sig(t, "1.3.5 (c) pooled mean", m.Error(pooled).Value(), r.err, 3)
		sig(t, "1.3.5 (c) bound", m.PrintedErrorBound(.15).Value(), r.bound, 3)
	}
}

// Source: paper-spec.md 1.3.4, first table.
func TestTheorem3UsefulGrid(t *testing.T) {
	printed := map[[2]float64][3]float64{ // exact, δ → 0, δ = 0.1 of β and p₊
		{4, 0.5}: {1, 10, 13}, {4, 0.1}: {19, 125, 180}, {4, 0.01}: {60, 262, 377},
		{10, 0.5}: {1, 5, 5}, {10, 0.1}: {13, 87, 113}, {10, 0.01}: {40, 182, 236},
	}
	found := 0
	for _, row := range Theorem3UsefulGrid().Rows {
		exact, zero, tenth, chernoff := *row[2], *row[3], *row[4], *row[5]
		if want, ok := printed[[2]float64{*row[0], *row[1]}]; ok {
			found++
			if got := [3]float64{exact, zero, tenth}; got != want {
				t.Errorf("1.3.4: β = %v, p₊ = %v: %v, printed %v", *row[0], *row[1], got, want)
			}
		}
		if chernoff < exact || chernoff > zero {
			t.Errorf("β = %v, p₊ = %v: Chernoff bound useful from d = %v, exact %v, printed %v", *row[0], *row[1], chernoff, exact, zero)
		}
	}
	if found != len(printed) {
		t.Errorf("%d of %d printed rows", found, len(printed))
	}
	for of, want := range printed {
		m := Theorem3{D: 7, PPos: of[1], Beta: of[0]}
		if got := [2]float64{m.PrintedUsefulFrom(0), m.PrintedUsefulFrom(.1)}; got != [2]float64{want[1], want[2]} {
			t.Errorf("1.3.4: β = %v, p₊ = %v: useful from %v, printed %v", of[0], of[1], got, want)
		}
	}
	// Of other parameters by counting.
	for _, m := range []Theorem3{{Beta: 1.5, PPos: .3}, {Beta: 3, PPos: .8}, {Beta: 50, PPos: .001}} {
		delta := m.MaxDelta() / 3
		for m.D = 1; m.PrintedErrorBound(delta) >= LogProb(ln(m.TrivialError())); m.D++ {
		}
		if got := m.PrintedUsefulFrom(delta); got != float64(m.D) {
			t.Errorf("%+v: useful from %v, by counting", m, got)
		}
		r := m.rates()
		for m.D = 1; m.ChernoffErrorBound(0) >= LogProb(ln(m.TrivialError())); m.D++ {
		}
		if got := m.usefulFrom(r.MissPos, r.MissNeg); got != float64(m.D) {
			t.Errorf("%+v: the bound with exact rates is useful from %v, by counting", m, got)
		}
	}
}

// Source: testdata/theorem3_bound.py --level (mpmath, quadrature and root finding).
func TestTheorem3Level(t *testing.T) {
	for _, c := range []struct {
		m                                   Theorem3
		level, error, event, worst, printed float64
	}{
		{Theorem3{7, .23, 5.5, 3, 8}, .05, .29328760, .59874823, .40790625, missing},
		{Theorem3{7, .23, 5.5, 3, 8}, .5, .17865707, .25767315, .28085531, missing},
		{Theorem3{60, .3, 4, 30, 80}, .01, .011557707, .085941317, .018705278, .15345594},
	} {
		event := c.m.EventFailureReaches(c.level)
		for _, x := range [][2]float64{{c.m.ErrorReaches(c.level).Value(), c.error}, {event, c.event}, {c.m.WorstError(event).Value(), c.worst}, {c.m.PrintedFailureReaches(c.level), c.printed}} {
			if got, want := x[0], x[1]; math.IsNaN(got) != math.IsNaN(want) || math.Abs(got/want-1) > 1e-6 {
				t.Errorf("%+v, level %v: %v, want %v", c.m, c.level, got, want)
			}
		}
	}
	// Far out, with one class alone and where no δ is small enough.
	for _, m := range []Theorem3{{100_000, .1, 4, 5, 200}, {30, 0, 4, 5, 5}, {30, 1, 4, 5, 5}, {1, .1, 1.01, 1, 1}} {
		for _, level := range []float64{1e-12, .05, .999} {
			eps := m.ErrorReaches(level)
			if got := float64(m.BoundFailure(eps)); math.Abs(got-math.Log(level)) > 1e-4 && eps.Value() < math.Max(m.PPos, 1-m.PPos)*(1-1e-9) {
				t.Errorf("%+v: an error of ln %v is exceeded with ln probability %v, not %v", m, float64(eps), got, math.Log(level))
			}
		}
	}
	if delta := (Theorem3{1, .1, 1.01, 1, 1}).EventFailureReaches(.5); !math.IsNaN(delta) {
		t.Errorf("δ = %v", delta)
	}
}

// Where one class is all there is no error is below the trivial rule's, at any dimension.
func TestNoUsefulDimension(t *testing.T) {
	if d := (Theorem3{PPos: 0, Beta: 4}).midpointUsefulFrom(); !math.IsNaN(d) {
		t.Errorf("useful from d = %v", d)
	}
	for _, m := range []Theorem3{{PPos: 0, Beta: 4}, {PPos: 1, Beta: 4}} {
		if d := m.PrintedUsefulFrom(.2); !math.IsNaN(d) {
			t.Errorf("p₊ = %v: useful from d = %v", m.PPos, d)
		}
	}
}

// Source: paper-spec.md 1.3.4, "Probability part"; claims T3.1, T3.6.
func TestTheorem3PrintedProbability(t *testing.T) {
	for _, r := range []struct {
		np, nn, d              int
		p, beta, delta         float64
		success, digits        float64
		bound, simulated, rtol float64 // of the mean exact error, 0: not printed
	}{
		{2, 100, 20, .1, 4, .3, -0.275, 5e-4, 0, 0, 0},
		{1, 50, 10, .1, 6, .5, -0.463, 5e-4, 0, 0, 0},
		{5, 200, 100, .1, 4, .2, 0.8358, 5e-5, 0.4121, 0.001129, 0.01},
		{10, 1000, 200, .05, 5, .15, 0.99279, 5e-6, 0.0860, 1.447e-6, 0.01},
	} {
		m := Theorem3{D: r.d, PPos: r.p, Beta: r.beta, NPos: r.np, NNeg: r.nn}
		near(t, "1.3.4 printed probability", 1-m.PrintedFailure(r.delta).Value(), r.success, r.digits)
		why := m.PrintedVacuous(r.delta)
		if want := r.success <= 0 || m.PrintedErrorBound(r.delta).Value() >= r.p; (why != "") != want {
			t.Errorf("vacuous because %q, want %v", why, want)
		}
		if r.bound > 0 {
			near(t, "1.3.4 error bound", m.PrintedErrorBound(r.delta).Value(), r.bound, 5e-5)
			// The printed mean is itself a simulation.
			near(t, "1.3.4 mean exact error", m.ExpectedError().Value(), r.simulated, r.rtol*r.simulated)
		}
		// "In all four the simulated success frequency was 1.000."
		if f := m.BoundFailure(m.PrintedErrorBound(r.delta)).Value(); f > 1e-6 {
			t.Errorf("the printed bound fails with probability %v", f)
		}
	}
	// A bound that would say something is not claimed at β ≤ 3 or with a positive majority.
	for _, m := range []Theorem3{{1000, .1, 2, 5, 45}, {1000, .9, 4, 50, 50}} {
		const delta = .05
		why := m.PrintedVacuous(delta)
		if useless := m.useless(m.PrintedErrorBound(delta), m.PrintedFailure(delta)); useless != "" || why != m.Warnings()[0] {
			t.Errorf("%+v: vacuous because %q, useless because %q", m, why, useless)
		}
	}
	// T3.6: false at low dimension.
	if m := (Theorem3{10, 0.01, 4, 5, 200}); m.ExpectedError().Value() < 20*m.TrivialError() {
		t.Error("T3.6: at d = 10, β = 4, p₊ = 0.01 the rule errs 20 times as often as always −")
	}
}

// Source: paper-spec.md 1.3.5, concentration oracle (complement).
func TestConcentration(t *testing.T) {
	for _, r := range []struct{ m, delta, fail, digits float64 }{
		{20, .5, 0.101682, 6}, {100, .2, 0.154742, 6}, {500, .1, 0.113364, 6}, {1000, .1, 0.0253316, 6}, {500, .2, 1.73954e-3, 6},
	} {
		sig(t, "1.3.5 concentration", ConcentrationFailure(r.m, r.delta).Value(), r.fail, r.digits)
	}
	printed := Theorem3{500, .1, 4, 1, 1}.PrintedFailure(.2).Value() / 2 // of one of two classes
	sig(t, "1.3.5 printed bound at m = 500, δ = 0.2", printed, 0.164170, 6)
}

// theorem3Of is the model that a golden row begins with.
func theorem3Of(row []float64) Theorem3 {
	return Theorem3{int(row[0]), row[1], row[2], int(row[3]), int(row[4])}
}

// Source: testdata/theorem3.py (mpmath, another integral).
func TestTheorem3ExpectedGolden(t *testing.T) {
	for _, r := range golden(t, "theorem3.json", 10) {
		m := theorem3Of(r)
		if got := m.ExpectedError().Value(); relativeError(got, r[5]) > 1e-11 {
			t.Errorf("%+v: expected error %.15g, want %.15g", m, got, r[5])
		}
		if got := m.SupervisedError().Value(); relativeError(got, r[6]) > 1e-9 {
			t.Errorf("%+v: supervised error %.15g, want %.15g", m, got, r[6])
		}
		if got := m.SupervisedErrorKnownPrior().Value(); relativeError(got, r[7]) > 1e-9 {
			t.Errorf("%+v: supervised error at known p₊ %.15g, want %.15g", m, got, r[7])
		}
	}
}

// Source: testdata/theorem3_bound.py (mpmath, quadrature).
func TestTheorem3BoundGolden(t *testing.T) {
	for _, r := range golden(t, "theorem3_bound.json", 10) {
		m, delta, event, miss := theorem3Of(r), r[5], r[6], r[7]
		if got := m.EventProbability(delta).Value(); relativeError(got, event) > 1e-9 {
			t.Errorf("%+v, δ = %g: the event has probability %.15g, want %.15g", m, delta, got, event)
		}
		if got := m.BoundFailure(m.PrintedErrorBound(delta)).Value(); got != miss && relativeError(got, miss) > 1e-9 {
			t.Errorf("%+v, δ = %g: the bound fails with %.15g, want %.15g", m, delta, got, miss)
		}
	}
}

// bruteExpected is E of a conditional error by the trapezoid rule over
// ln A and ln C around the peak of the integrand: no contour, no identity.
func bruteExpected(m Theorem3, cond func(b float64) float64) float64 {
	a1, a2 := float64(m.D*m.NPos)/2, float64(m.D*m.NNeg)/2
	density := func(a, v float64) float64 { // of v = ln(G/a), G ~ Gamma(a)
		return float64(-a*expm1Excess(v)) + 0.5*math.Log(a/(2*math.Pi)) - stirlingCorrection(a)
	}
	f := func(v, w float64) float64 {
		b := 0.5 * float64(m.D) * (math.Exp(v) + m.Beta*math.Exp(w))
		return density(a1, v) + density(a2, w) + cond(b)
	}
	s1, s2 := 1/math.Sqrt(a1), 1/math.Sqrt(a2)
	v, w := 0.0, 0.0
	for step := 8.0; step > 0.01; {
		best, bv, bw := f(v, w), v, w
		for _, g := range [][2]float64{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
			if x := f(v+step*g[0]*s1, w+step*g[1]*s2); x > best {
				best, bv, bw = x, v+step*g[0]*s1, w+step*g[1]*s2
			}
		}
		if bv == v && bw == w {
			step /= 2
		}
		v, w = bv, bw
	}
	top := f(v, w)
	const h = 0.25
	sum := 0.0
	reach := func(a float64) (lo, hi int) { // log-gamma variables have a long left tail for small a
		return -40 - int(400/math.Sqrt(a)), 40
	}
	l1, u1 := reach(a1)
	l2, u2 := reach(a2)
	for i := l1; i <= u1; i++ {
		for j := l2; j <= u2; j++ {
			sum += math.Exp(f(v+float64(i)*h*s1, w+float64(j)*h*s2) - top)
		}
	}
	return top + math.Log(sum*h*h*s1*s2)
}

// expm1Excess is eᵛ − 1 − v.
func expm1Excess(v float64) float64 {
	if math.Abs(v) < 0.4 {
		return expExcess(v)
	}
	return math.Expm1(v) - v
}

func TestTheorem3ExpectedBrute(t *testing.T) {
	for _, m := range []Theorem3{
		{10, .01, 4, 5, 200}, {100, .1, 4, 5, 200}, {1000, .1, 4, 50, 1000}, {1000, .3, 1.5, 3, 30},
		{1_000_000, .1, 1.05, 1_000_000, 1_000_000}, {1_000_000, .1, 1.06, 100, 1_000_000},
		{1_000_000, .1, 1.1, 3, 7}, {500, .1, 1.001, 1_000_000, 4}, {20_000, .5, 1.3, 1000, 10}, {60, .5, 1000, 20, 2},
	} {
		d := float64(m.D)
		start := time.Now()
		got := float64(m.ExpectedError())
		took := time.Since(start)
		want := LogAddExp(
			math.Log(m.PPos)+bruteExpected(m, func(b float64) float64 { return LogChiSquareTail(d, b) }),
			math.Log1p(-m.PPos)+bruteExpected(m, func(b float64) float64 { return LogChiSquareCDF(d, b/m.Beta) }))
		if e := math.Abs(math.Expm1(got - want)); e > 1e-9 {
			t.Errorf("%+v: ln E = %.14g, want %.14g (relative %.1g)", m, got, want, e)
		}
		t.Logf("%+v: %.3g in %v", m, math.Exp(got), took)
	}
}

// P(B > b) + P(B < b) = 1 where each comes from its own contour, and a law
// that is known in closed form: D·N even and one class, 2-term sums.
func TestGammaSumComplement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := math.Exp(rapid.Float64Range(math.Log(0.5), math.Log(1e6)).Draw(t, "ln a"))
		b := math.Exp(rapid.Float64Range(math.Log(0.5), math.Log(1e9)).Draw(t, "ln b"))
		// V = χ²_{2a} − kχ²_{2b}: an F probability, by the incomplete beta for small sizes.
		k := a / b * math.Exp(rapid.Float64Range(0, 3/math.Sqrt(a)+3/math.Sqrt(b)).Draw(t, "ln k"))
		v := gammaSum{mean: 2*a - 2*k*b, terms: []gammaTerm{{1, a}, {-k, b}}}
		got := v.logPositive()
		if a < 200 && b < 200 {
			f := distuv.F{D1: 2 * a, D2: 2 * b}
			want := f.Survival(k * b / a)
			if math.Abs(math.Exp(got)-want) > 1e-10*want+1e-14 {
				t.Fatalf("a=%v b=%v k=%v: %v, F %v", a, b, k, math.Exp(got), want)
			}
		}
		if !(got <= 0) {
			t.Fatalf("ln P = %v", got)
		}
	})
	for _, m := range []Theorem3{{1, .1, 4, 1, 1}, {4, .2, 5, 6, 20}, {1000, .1, 4, 1, 100}, {1_000_000, .1, 4, 1000, 1}} {
		for _, z := range []float64{-0.5, 0, 0.5} {
			b := m.Midpoint() * math.Exp(z/math.Sqrt(float64(m.D)))
			if s := m.ThresholdAbove(b).Value() + m.ThresholdBelow(b).Value(); math.Abs(s-1) > 1e-12 {
				t.Errorf("%+v at %v: probabilities sum to %v", m, b, s)
			}
		}
	}
}

// Claims T3.1–T3.6 as orderings that hold for every parameter of the model.
func TestTheorem3Orderings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Theorem3{
			D:    int(math.Exp(rapid.Float64Range(0, 9).Draw(t, "ln d"))),
			PPos: rapid.Float64Range(0.001, 0.5).Draw(t, "p"),
			Beta: 1 + math.Exp(rapid.Float64Range(-2, 4).Draw(t, "ln beta-1")),
			NPos: int(math.Exp(rapid.Float64Range(0, 9).Draw(t, "ln np"))),
			NNeg: int(math.Exp(rapid.Float64Range(0, 9).Draw(t, "ln nn"))),
		}
		delta := m.MaxDelta() * rapid.Float64Range(0.01, 0.99).Draw(t, "delta")
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		if err := m.ValidateDelta(delta); err != nil {
			t.Fatal(err)
		}
		const tiny = 1e-9
		worst, chernoff, printed := m.WorstError(delta), m.ChernoffErrorBound(delta), m.PrintedErrorBound(delta)
		if worst > chernoff+tiny || chernoff > printed+tiny {
			t.Fatalf("error on the event: exact %v, Chernoff %v, printed %v", worst, chernoff, printed)
		}
		event := m.EventProbability(delta).Value()
		exactRates, allowed := 1-m.ChernoffFailure(delta).Value(), 1-m.PrintedFailure(delta).Value()
		if event < exactRates-tiny || exactRates < allowed-tiny {
			t.Fatalf("probability: exact %v, Chernoff %v, printed %v", event, exactRates, allowed)
		}
		if s := event + m.EventFailure(delta).Value(); math.Abs(s-1) > 1e-12 {
			t.Fatalf("event and its complement sum to %v", s)
		}
		// The theorem, exactly: the bound fails no more often than the event.
		if fail := m.BoundFailure(printed); fail.Value() > m.EventFailure(delta).Value()*(1+tiny)+1e-300 {
			t.Fatalf("bound fails with %v, event with %v", fail.Value(), m.EventFailure(delta).Value())
		}
		// Monotone in δ.
		more := math.Min(delta*1.05, m.MaxDelta()*0.995)
		if m.EventFailure(more) > m.EventFailure(delta)+tiny || m.PrintedErrorBound(more) < printed-tiny || m.WorstError(more) < worst-tiny {
			t.Fatal("not monotone in δ")
		}
		// Bayes is best: below the expected error and every threshold's.
		bayes := m.BayesError()
		if bayes > m.ExpectedError()+1e-10 || bayes > m.ErrorAtMidpoint()+1e-10 || bayes.Value() > m.TrivialError()+1e-14 {
			t.Fatalf("Bayes %v, expected %v, midpoint %v", bayes, m.ExpectedError(), m.ErrorAtMidpoint())
		}
	})
}

// With one class alone the bound fails as it does with next to none of the
// other: the Bayes threshold is then at infinity, or 0.
func TestTheorem3OneClass(t *testing.T) {
	for _, p := range []struct{ one, near float64 }{{1, 1 - 1e-13}, {0, 1e-13}} {
		m := Theorem3{100, p.one, 4, 5, 200}
		near := m
		near.PPos = p.near
		got, want := m.BoundFailure(m.PrintedErrorBound(0.2)), near.BoundFailure(near.PrintedErrorBound(0.2))
		if math.IsInf(float64(got), -1) || math.Abs(float64(got-want)) > 1e-6*math.Abs(float64(want)) {
			t.Errorf("p₊ = %g: the bound fails with 10^%.3f, at %g with 10^%.3f", p.one, got.Log10(), p.near, want.Log10())
		}
	}
}

// The two printed forms agree at the branch point; for β ≤ 3 the second one
// covers the whole range (1.3.3).
func TestTheorem3Branches(t *testing.T) {
	m := Theorem3{50, .2, 7, 10, 10}
	at := m.BranchDelta()
	if at != 0.5 || m.Branch(at) != BranchPoint || m.Branch(at-1e-9) != SmallDelta || m.Branch(at+1e-9) != LargeDelta {
		t.Errorf("branch point %v: %v", at, m.Branch(at))
	}
	lo, mid, hi := m.PrintedErrorBound(at-1e-9), m.PrintedErrorBound(at), m.PrintedErrorBound(at+1e-9)
	if math.Abs(float64(lo-mid)) > 1e-6 || math.Abs(float64(hi-mid)) > 1e-6 {
		t.Errorf("the bound jumps at the branch point: %v %v %v", lo, mid, hi)
	}
	if (Theorem3{50, .2, 2, 10, 10}).Branch(1e-6) != LargeDelta {
		t.Error("β ≤ 3 has one branch")
	}
}

// Claim T3.2: errors decay as exp(−d·rate), with the exact rate 2–3 times the
// printed one for the negatives; for the positives it is 1.5 to 4 times.
func TestTheorem3Rates(t *testing.T) {
	for _, beta := range []float64{1.5, 4, 10} {
		r := Theorem3{PPos: .1, Beta: beta, NPos: 1, NNeg: 1}.rates()
		slope := func(of func(Theorem3) LogProb) float64 {
			a := of(Theorem3{100000, .1, beta, 1, 1})
			b := of(Theorem3{200000, .1, beta, 1, 1})
			return -float64(b-a) / 100000
		}
		if got, want := slope(Theorem3.ErrorAtMidpoint), math.Min(r.MissPos, r.MissNeg); math.Abs(got-want) > 1e-5 {
			t.Errorf("β = %v: midpoint rate %v, want %v", beta, got, want)
		}
		if got := slope(Theorem3.BayesError); math.Abs(got-r.Bayes) > 1e-5 {
			t.Errorf("β = %v: Bayes rate %v, want %v", beta, got, r.Bayes)
		}
		if got, want := slope(func(m Theorem3) LogProb { return m.PrintedErrorBound(0) }), math.Min(r.PrintedMissPos, r.PrintedMissNeg); math.Abs(got-want) > 1e-6 {
			t.Errorf("β = %v: printed rate %v, want %v", beta, got, want)
		}
		if q := r.MissNeg / r.PrintedMissNeg; q < 2 || q > 5 {
			t.Errorf("β = %v: negatives decay %v times the printed rate", beta, q)
		}
	}
	// Source: 1.3.4 "2–3 times (negatives)", at the table's β = 4.
	if r := (Theorem3{PPos: .1, Beta: 4}).rates(); r.MissNeg/r.PrintedMissNeg > 3.2 || r.MissPos/r.PrintedMissPos < 1.5 {
		t.Errorf("β = 4: %+v", r)
	}
}

// The rate of the expected error is the limit of its slope; with very many
// labels it is the midpoint's.
func TestTheorem3ExpectedRate(t *testing.T) {
	m, far := Theorem3{1_000_000, .1, 4, 5, 45}, Theorem3{2_000_000, .1, 4, 5, 45}
	slope := float64(m.ExpectedError()-far.ExpectedError()) / 1e6
	if got := m.ExpectedExponent(); math.Abs(got/slope-1) > 2e-5 || math.Abs(got-0.046733) > 1e-6 {
		t.Errorf("rate %.7f, slope %.7f", got, slope)
	}
	many := Theorem3{1, .1, 4, MaxPoints, MaxPoints}
	if r := many.rates(); math.Abs(many.ExpectedExponent()/math.Min(r.MissPos, r.MissNeg)-1) > 1e-6 {
		t.Errorf("with many labels %.7f, %+v", many.ExpectedExponent(), r)
	}
}

// The exponents against literal minima of the logs of moment generating functions, and
// near β = 1, where little is left of them, against the normal law's.
func TestTheorem3Exponents(t *testing.T) {
	for _, m := range []Theorem3{{7, .1, 1.5, 1, 1}, {7, .1, 4, 5, 45}, {7, .6, 20, 3, 1}} {
		np, nn := float64(m.NPos), float64(m.NNeg)
		// lowest is the least ½Σ −n ln(1 − 2cs) over 0 < s < 1/2c of the terms (c, n) of χ²₁ − B or B − βχ²₁.
		lowest := func(end float64, terms [3][2]float64) float64 {
			k := func(s float64) float64 {
				sum := 0.0
				for _, t := range terms {
					sum -= t[1] / 2 * math.Log(1-2*t[0]*s)
				}
				return sum
			}
			return k(goldenMinimum(0, end*(1-1e-12), k))
		}
		pos := lowest(.5, [3][2]float64{{1, 1}, {-.5 / np, np}, {-.5 * m.Beta / nn, nn}})
		neg := lowest(math.Min(np, nn/m.Beta), [3][2]float64{{-m.Beta, 1}, {.5 / np, np}, {.5 * m.Beta / nn, nn}})
		if got, want := m.ExpectedExponent(), math.Min(-pos, -neg); relativeError(got, want) > 1e-12 {
			t.Errorf("%+v: the expected error has exponent %v, want %v", m, got, want)
		}
		for p, want := range map[float64]float64{0: -neg, 1: -pos} {
			if got := (Theorem3{7, p, m.Beta, m.NPos, m.NNeg}).ExpectedExponent(); relativeError(got, want) > 1e-12 {
				t.Errorf("%+v, p₊ = %v: exponent %v, want %v", m, p, got, want)
			}
		}
		// Chernoff information: −min ln ∫ f₊ˢf₋¹⁻ˢ.
		both := func(s float64) float64 { return -(1-s)/2*math.Log(m.Beta) - math.Log(s+(1-s)/m.Beta)/2 }
		if got, want := m.BayesExponent(), -both(goldenMinimum(0, 1, both)); relativeError(got, want) > 1e-12 {
			t.Errorf("%+v: the Bayes error has exponent %v, want %v", m, got, want)
		}
		// Of the bound from far out.
		for _, delta := range []float64{.01, m.MaxDelta() / 2, .9 * m.MaxDelta()} {
			far := m
			far.D = maxDimension
			if got, want := m.PrintedExponent(delta), -float64(far.PrintedErrorBound(delta))/maxDimension; math.Abs(got-want) > 1e-7 {
				t.Errorf("%+v, δ = %v: the bound has exponent %v, want %v", m, delta, got, want)
			}
		}
	}
	const x = 1e-7
	m := Theorem3{7, .1, 1 + x, 5, 45}
	for name, v := range map[string][2]float64{
		"expected": {m.ExpectedExponent(), x * x / 4 / 2 / (2 + .5/5 + .5/45)}, "Bayes": {m.BayesExponent(), x * x / 16},
	} {
		if relativeError(v[0], v[1]) > 1e-6 {
			t.Errorf("β = 1 + %v: %s exponent %v, want %v", x, name, v[0], v[1])
		}
	}
	if m.PPos = 1; !math.IsInf(m.BayesExponent(), 1) {
		t.Errorf("with one class the Bayes error has exponent %v", m.BayesExponent())
	}
}

// The missing term p₋ᴺ (1.3.3): with perfect concentration it is all that is left.
func TestRandomCounts(t *testing.T) {
	big := Theorem3{D: 1_000_000, PPos: .1, Beta: 4}
	if got, want := big.randomCountsFailure(20, .5).Value(), math.Pow(.9, 20)+math.Pow(.1, 20); math.Abs(got/want-1) > 1e-9 {
		t.Errorf("random counts at large d: %v, want %v", got, want)
	}
}

// Claim T3.7: the supervised rule tends to Bayes with the labeled sample;
// with few labels it is still the better one in the table's imbalanced rows.
func TestTheorem3Supervised(t *testing.T) {
	for _, m := range []Theorem3{{10, .01, 4, 5, 495}, {30, .1, 4, 10, 90}, {100, .1, 4, 5, 45}} {
		if s, ss := m.SupervisedError(), m.ExpectedError(); s >= ss || s < m.BayesError() {
			t.Errorf("%+v: supervised %v, self-supervised %v, Bayes %v", m, s.Value(), ss.Value(), m.BayesError().Value())
		}
	}
	m := Theorem3{10, .1, 4, 100_000, 900_000}
	if e := relativeError(m.SupervisedError().Value(), m.BayesError().Value()); e > 1e-4 {
		t.Errorf("with a million labels the supervised error is %v of the Bayes error off", e)
	}
	// Off the true ratio the share of positives among the labels misleads, and p₊ does not.
	m.NPos, m.NNeg = 990_000, 10_000
	if e := relativeError(m.SupervisedErrorKnownPrior().Value(), m.BayesError().Value()); e > 1e-3 || m.SupervisedError().Value() < 0.3 {
		t.Errorf("with a million labels at 99:1 the error at known p₊ is %v of the Bayes error off, at the labels' share it is %v", e, m.SupervisedError().Value())
	}
}

// The supervised rules by what they are: the class whose fitted normal density, times
// its share, is the larger. Variances and fresh points are drawn.
func TestTheorem3SupervisedDensities(t *testing.T) {
	const trials = 100_000
	for i, m := range []Theorem3{{10, .1, 4, 99, 1}, {10, .01, 4, 5, 200}, {1, .3, 1.5, 3, 2}, {2, .2, 4, 1, 30}} {
		r := stream.New("supervised densities", i)
		d := float64(m.D)
		chi := func(dof float64) float64 { return distuv.Gamma{Alpha: dof / 2, Beta: 0.5, Src: r}.Rand() }
		var wrong [2]int
		for range trials {
			s1, s2 := chi(d*float64(m.NPos))/(d*float64(m.NPos)), m.Beta*chi(d*float64(m.NNeg))/(d*float64(m.NNeg))
			positive, x := r.Float64() < m.PPos, chi(d)
			if !positive {
				x *= m.Beta
			}
			density := func(share, s float64) float64 { return math.Log(share) - d/2*math.Log(s) - x/2/s }
			for k, share := range [2]float64{float64(m.NPos) / float64(m.NPos+m.NNeg), m.PPos} {
				if (density(share, s1) > density(1-share, s2)) != positive {
					wrong[k]++
				}
			}
		}
		for k, exact := range [2]float64{m.SupervisedError().Value(), m.SupervisedErrorKnownPrior().Value()} {
			if z := (float64(wrong[k])/trials - exact) / math.Sqrt(exact*(1-exact)/trials); math.Abs(z) > 5 {
				t.Errorf("%+v, p₊ known %v: %d of %d, exact %v, z = %.1f", m, k == 1, wrong[k], trials, exact, z)
			}
		}
	}
}

// Claim T3.8: the masked prediction rises with ‖x₋ᵢ‖², from its formula and
// from literal draws binned by ‖x₋ᵢ‖².
func TestMaskedPrediction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Theorem3{D: rapid.IntRange(2, 200).Draw(t, "d"), PPos: rapid.Float64Range(0.01, 0.5).Draw(t, "p"),
			Beta: rapid.Float64Range(1.1, 50).Draw(t, "beta"), NPos: 1, NNeg: 1}
		r := rapid.Float64Range(0, 3).Draw(t, "r") * float64(m.D) * math.Sqrt(m.Beta)
		predict := m.MaskedPrediction()
		if a, b := predict(r), predict(r+1e-5); a < 1 || a > m.Beta || b < a {
			t.Fatalf("%v at %v: %v, then %v", m, r, a, b)
		}
	})
	m := Theorem3{D: 3, PPos: .3, Beta: 6, NPos: 1, NNeg: 1}
	r := stream.New("masked", 1)
	predict := m.MaskedPrediction()
	var sum, want, square [4]float64
	var n [4]int
	for range 400000 {
		sd := math.Sqrt(m.Beta)
		if r.Float64() < m.PPos {
			sd = 1
		}
		x, y, z := sd*r.NormFloat64(), sd*r.NormFloat64(), sd*r.NormFloat64()
		rest := y*y + z*z
		bin := min(3, int(rest/2))
		p := predict(rest)
		sum[bin] += x * x
		want[bin] += p
		square[bin] += (x*x - p) * (x*x - p)
		n[bin]++
	}
	for i := range n {
		diff, se := (sum[i]-want[i])/float64(n[i]), math.Sqrt(square[i])/float64(n[i])
		if math.Abs(diff) > 5*se {
			t.Errorf("bin %d: mean of x₁² %v, prediction %v (se %v)", i, sum[i]/float64(n[i]), want[i]/float64(n[i]), se)
		}
		if i > 0 && sum[i]/float64(n[i]) <= sum[i-1]/float64(n[i-1]) {
			t.Errorf("bin %d does not rise", i)
		}
	}
}

// Averaging a conditional error over a tilted law gives its expectation, and
// no contribution exceeds the bound.
func TestTheorem3Tilts(t *testing.T) {
	for _, m := range []Theorem3{{100, .1, 4, 5, 200}, {1000, .1, 4, 5, 50}, {3, .3, 6, 2, 4}} {
		r := stream.New("tilts", m.D)
		d := float64(m.D)
		total, square := 0.0, 0.0
		const n = 20000
		ln := float64(m.ExpectedError())
		a := distuv.Gamma{Alpha: d * float64(m.NPos) / 2, Beta: float64(m.NPos) / 2, Src: r}
		c := distuv.Gamma{Alpha: d * float64(m.NNeg) / 2, Beta: float64(m.NNeg) / 2, Src: r}
		tilts := m.Tilts()
		for range n {
			x := 0.0
			for _, w := range tilts {
				b := (a.Rand()*w.ScalePos + m.Beta*c.Rand()*w.ScaleNeg) / 2
				e := math.Log(m.PPos) + LogChiSquareTail(d, b)
				if w.Negative {
					e = math.Log1p(-m.PPos) + LogChiSquareCDF(d, b/m.Beta)
				}
				e += w.LogWeight(b)
				if e > w.LogBound+1e-9 {
					t.Fatalf("%+v: contribution %v above %v", m, e, w.LogBound)
				}
				x += math.Exp(e - ln)
			}
			total += x
			square += x * x
		}
		mean := total / n
		if se := math.Sqrt((square/n - mean*mean) / n); math.Abs(mean-1) > 5*se || se > 0.05 {
			t.Errorf("%+v: %v of the expected error, standard error %v", m, mean, se)
		}
	}
}

func TestTheorem3Validate(t *testing.T) {
	good := Theorem3{10, .1, 4, 5, 50}
	if err := good.Validate(); err != nil || len(good.Warnings()) != 0 {
		t.Fatal(err, good.Warnings())
	}
	for _, bad := range []Theorem3{{0, .1, 4, 5, 50}, {-1, .1, 4, 5, 50}, {10, -.1, 4, 5, 50}, {10, 1.1, 4, 5, 50}, {10, math.NaN(), 4, 5, 50},
		{10, .1, 1, 5, 50}, {10, .1, math.NaN(), 5, 50}, {10, .1, math.Inf(1), 5, 50}, {10, .1, 1e200, 5, 50}, {10, .1, 4, 0, 50}, {10, .1, 4, 5, 0}, {1 << 40, .1, 4, 5, 5}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	for _, delta := range []float64{0, -1, .6, .7, math.NaN(), math.Inf(1)} {
		if good.ValidateDelta(delta) == nil {
			t.Errorf("δ = %v is accepted", delta)
		}
	}
	if len((Theorem3{10, .1, 3, 5, 50}).Warnings()) != 1 {
		t.Error("β = 3 is outside the printed statement")
	}
	// Nothing is NaN at the edges of the priors.
	for _, p := range []float64{0, 1} {
		m := Theorem3{10, p, 4, 5, 50}
		for name, v := range map[string]LogProb{"expected": m.ExpectedError(), "Bayes": m.BayesError(), "midpoint": m.ErrorAtMidpoint(),
			"bound": m.PrintedErrorBound(.2), "fails": m.BoundFailure(m.PrintedErrorBound(.2)), "supervised": m.SupervisedError(), "p₊ known": m.SupervisedErrorKnownPrior(), "counts": m.randomCountsFailure(10, .2)} {
			if math.IsNaN(float64(v)) {
				t.Errorf("p₊ = %v: %s is NaN", p, name)
			}
		}
		if m.BayesError().Value() != 0 || m.SupervisedErrorKnownPrior().Value() != 0 {
			t.Errorf("p₊ = %v: Bayes error %v, supervised at known p₊ %v", p, m.BayesError().Value(), m.SupervisedErrorKnownPrior().Value())
		}
	}
}
