package theory

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// near says that got, rounded as the source rounds, is want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.8g, want %.8g", what, got, want)
	}
}

// Source: testdata/theorem1.py (mpmath, 50 digits).
func TestTheorem1Golden(t *testing.T) {
	f, err := os.Open("testdata/theorem1.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Scan() // header
	lines := 0
	for ; s.Scan(); lines++ {
		var m Theorem1
		var d, delta, want float64
		if _, err := fmt.Sscan(s.Text(), &m.NPos, &m.NNeg, &m.P, &m.Q, &d, &delta, &want); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		m.Mu1, m.Mu2, m.Sigma = d/2, -d/2, 1
		got := float64(m.FailureProbability(delta))
		if e := math.Abs(math.Expm1(got - want)); !(e < 1e-10) {
			t.Errorf("%s: ln failure %.16g, relative error %.2g", s.Text(), got, e)
		}
	}
	if lines != 10 {
		t.Errorf("%d golden lines", lines)
	}
}

func TestTheorem1Moments(t *testing.T) {
	// By definition: moments over both binomials.
	m := Theorem1{3, -1, 2, 0.8, 0.3, 7, 4}
	mean, second := 0.0, 0.0
	for k := 0; k <= m.NPos; k++ {
		for l := 0; l <= m.NNeg; l++ {
			w := math.Exp(LogBinomialPMF(k, m.NPos, m.P) + LogBinomialPMF(l, m.NNeg, m.Q))
			pos := (float64(k)*m.Mu1 + float64(m.NPos-k)*m.Mu2) / float64(m.NPos)
			neg := (float64(l)*m.Mu2 + float64(m.NNeg-l)*m.Mu1) / float64(m.NNeg)
			v := (pos + neg) / 2
			mean += w * v
			second += w * v * v
		}
	}
	near(t, "mean", m.Mean(), mean, 1e-12)
	near(t, "variance", m.Variance(), second-mean*mean+m.Sigma*m.Sigma/4*(1.0/7+1.0/4), 1e-12)
	near(t, "Bayes error, D = 2σ (T1.1)", Theorem1{1, -1, 1, 1, 1, 1, 1}.BayesError(), 0.158655, 5e-7)
	// T1.1: the midpoint is the best threshold at equal priors.
	for _, step := range []float64{-0.3, -1e-3, 1e-3, 0.3} {
		if m.RuleError(m.Midpoint()+step) <= m.RuleError(m.Midpoint()) {
			t.Errorf("threshold %g off the midpoint is no worse", step)
		}
	}
}

// Source: paper-spec 1.1.5, vacuous ranges for balanced groups in t = nδ²/σ².
func TestTheorem1VacuousRange(t *testing.T) {
	for _, c := range []struct{ ratio, vacuous, small float64 }{{1, 6.37, 33.2}, {2, 10.57, 33.6}, {4, 26.88, 79.0}, {6, 56.31, 177.5}} {
		m := Theorem1{c.ratio / 2, -c.ratio / 2, 1, 0.8, 0.8, 100, 100}
		d := m.PrintedBoundReaches(1)
		// The source rounds up, so that the bound says something from there on.
		near(t, fmt.Sprintf("vacuous below t, D = %gσ", c.ratio), math.Ceil(100*100*d*d)/100, c.vacuous, 1e-9)
		d = m.PrintedBoundReaches(0.05)
		near(t, fmt.Sprintf("below 0.05 from t, D = %gσ", c.ratio), 100*d*d, c.small, 0.051)
	}
}

// Source: paper-spec 1.1.6 item 1 and claims T1.5, T1.6.
func TestPrecisionsFromRecalls(t *testing.T) {
	for _, c := range []struct{ prior, p, q, gap float64 }{
		{0.5, 0.9333, 0.7600, 0.1733}, {0.1, 0.6087, 0.9661, -0.3574}, {0.01, 0.1239, 0.9968, -0.8729}, {0.9, 0.9921, 0.2603, 0.7319},
	} {
		p, q, _, err := Precisions(0.7, 0.95, c.prior)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "p", p, c.p, 5.1e-5)
		near(t, "q", q, c.q, 5.1e-5)
		near(t, "Δ", p-q, c.gap, 5.1e-5)
	}
	_, _, called, err := Precisions(0.7, 0.95, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "called positive (T1.6)", called, 0.0565, 5e-5)
	for _, bad := range [][3]float64{{math.NaN(), 0.5, 0.5}, {0.5, 1.1, 0.5}, {0.5, 0.5, -0.1}, {0, 1, 0.5}, {1, 0, 0.5}, {0.7, 1, 0}} {
		if p, q, _, err := Precisions(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("recalls and prior %v give p = %g, q = %g", bad, p, q)
		}
	}
}

// Source: paper-spec 1.1.6 item 2.
func TestThresholdLabellerMissesTheCentre(t *testing.T) {
	for _, c := range []struct{ t, next, centre float64 }{{0, 0, 0}, {0.5, 0.28401, 0.16037}, {1, 0.57487, 0.29495}, {1.5, 0.86805, 0.39057}} {
		l := ThresholdLabeller{1, -1, 1, 0.5, c.t}
		near(t, "mean of θ̂", l.Next(), c.next, 5.1e-6)
		centre, err := l.TheoremCentre()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "theorem's centre", centre, c.centre, 5.1e-6)
	}
	// Far out one side is nearly empty: the mean must stay on its side.
	l := ThresholdLabeller{1, -1, 1, 0.5, 60}
	if v := l.tailMean(1); !(v > 60 && v < 60.1) {
		t.Errorf("mean above 60 is %g", v)
	}
	near(t, "mean below 60", l.tailMean(-1), 0, 1e-12)
}

// Source: claims T1.3.
func TestFittedBaseGap(t *testing.T) {
	for _, c := range []struct{ prior, gap float64 }{{0.5, 0}, {0.4, 0.067}, {0.3, 0.137}, {0.2, 0.216}, {0.1, 0.317}, {0.05, 0.386}, {0.01, 0.470}} {
		p, q, _, err := FittedBase(1, -1, 1, c.prior, 0.5).Precisions()
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("Δ fitted at prior %g", c.prior), p-q, c.gap, 5.1e-4)
	}
}

// Source: claims T1.12.
func TestSelfTrainingMap(t *testing.T) {
	base := FittedBase(1, -1, 1, 0.1, 0.5)
	near(t, "base threshold", base.Threshold, 1.099, 5.1e-4)
	near(t, "base error", base.BalancedError(), 0.279, 5.1e-4)
	for _, c := range []struct{ prior, next, err float64 }{{0.5, 0.633, 0.204}, {0.1, 0.394, 0.177}, {0.01, 0.253, 0.166}} {
		l := FittedBase(1, -1, 1, 0.1, c.prior)
		l.Threshold = l.Next()
		near(t, "after one step", l.Threshold, c.next, 5.1e-4)
		near(t, "its error", l.BalancedError(), c.err, 5.1e-4)
	}
	l := FittedBase(1, -1, 1, 0.1, 0.1)
	fixed, _, ok := l.FixedPoint()
	if !ok {
		t.Fatal("no fixed point")
	}
	near(t, "fixed point", fixed, -0.664, 5.1e-4)
	l.Threshold = fixed
	near(t, "its error", l.BalancedError(), 0.208, 5.1e-4)
}

// Source: paper-spec 1.1.6 item 4; claims T1.4.
func TestRuleAtTheoremCentre(t *testing.T) {
	for _, c := range []struct{ p, q, err float64 }{{0.8, 0.8, 0.158655}, {0.9, 0.7, 0.163463}, {0.9, 0.4, 0.187672}} {
		m := Theorem1{1, -1, 1, c.p, c.q, 10, 10}
		near(t, "error at M+ΔD/2", m.RuleError(m.Mean()), c.err, 5.1e-7)
	}
}

// Source: claims T1.8.
func TestBalancedSplitIsNotBest(t *testing.T) {
	m := Theorem1{1, -1, 1, 0.95, 0.6, 100, 100}
	near(t, "balanced", m.FailureProbability(0.3).Value(), 7.20e-4, 5.1e-7)
	best := BestTheorem1Split(m.Splits(0.3, 5))
	if best.NPos != 90 || best.NNeg != 110 {
		t.Errorf("best split %d:%d, want 90:110", best.NPos, best.NNeg)
	}
	near(t, "best", best.Failure.Value(), 6.59e-4, 5.1e-7)
	// The printed bound itself is best at balance (T1.7).
	for _, s := range m.Splits(0.3, 5) {
		if s.NPos != 100 && s.Printed <= m.PrintedBound(0.3).Sum {
			t.Errorf("printed bound %g at %d:%d is not above the balanced one", s.Printed, s.NPos, s.NNeg)
		}
	}
	m = Theorem1{2, -2, 1, 0.99, 0.55, 100, 100}
	near(t, "balanced, D = 4", m.FailureProbability(0.3).Value(), 0.01519, 5.1e-6)
	m.NPos, m.NNeg = 65, 135
	near(t, "65:135, D = 4", m.FailureProbability(0.3).Value(), 0.01019, 5.1e-6)
}

// Source: claims T1.10.
func TestMoreDataIsNotAlwaysHelpful(t *testing.T) {
	for i, n := range []int{10, 50, 100, 200, 400} {
		m := Theorem1{1, -1, 1, 0.9, 0.7, n, n}
		near(t, fmt.Sprintf("P(miss the midpoint), n = %d", n), m.MissTargetProbability(0.1).Value(), []float64{.782, .794, .869, .943, .987}[i], 5.1e-4)
	}
	for _, c := range []struct {
		n    int
		want float64
	}{{1, .842}, {2, .924}, {4, .627}, {5, .650}} {
		m := Theorem1{1, -1, 0.1, 0.9, 0.7, c.n, c.n}
		near(t, fmt.Sprintf("failure, n = %d", c.n), m.FailureProbability(0.15).Value(), c.want, 5.1e-4)
	}
}

// T1.11: the exact failure probability falls exponentially, at the rate of
// Cramér's theorem, faster than printed.
func TestFailureExponent(t *testing.T) {
	m := Theorem1{1, -1, 1, 0.9, 0.7, 3_000, 9_000}
	n := m
	n.NPos, n.NNeg = 2*m.NPos, 2*m.NNeg
	slope := -float64(n.FailureProbability(0.2)-m.FailureProbability(0.2)) / 12_000
	rate := m.FailureExponent(0.2)
	// The prefactor 1/√n adds ½·ln 2 over the doubling.
	near(t, "slope of ln failure", slope-math.Ln2/2/12_000, rate, 1e-3*rate)
	if p := m.PrintedExponent(0.2); p >= rate/2 {
		t.Errorf("printed exponent %g, exact %g", p, rate)
	}
}

func drawTheorem1(t *rapid.T) (Theorem1, float64) {
	m := Theorem1{
		Mu2:   rapid.Float64Range(-5, 5).Draw(t, "mu2"),
		Sigma: rapid.Float64Range(0.2, 5).Draw(t, "sigma"),
		P:     rapid.Float64Range(0, 1).Draw(t, "p"),
		Q:     rapid.Float64Range(0, 1).Draw(t, "q"),
		NPos:  rapid.IntRange(1, 300).Draw(t, "n+"),
		NNeg:  rapid.IntRange(1, 300).Draw(t, "n-"),
	}
	m.Mu1 = m.Mu2 + rapid.Float64Range(0.01, 20).Draw(t, "D")
	return m, rapid.Float64Range(0.01, 3).Draw(t, "δ/sd") * math.Sqrt(m.Variance())
}

func TestTheorem1Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, delta := drawTheorem1(t)
		f := m.FailureProbability(delta).Value()
		b := m.SharpBound(delta)
		printed := m.PrintedBound(delta).Sum
		const slack = 1 + 1e-9
		switch {
		case !(f >= 0 && f <= 1):
			t.Fatalf("probability %g", f)
		case m.FailureProbability(delta*1.1).Value() > f*slack:
			t.Fatalf("not decreasing in δ")
		case f > b.Chernoff*slack, b.Chernoff > b.KearnsSaul*slack, b.KearnsSaul > b.SubGaussian*slack, b.SubGaussian > b.BestSplit*slack, b.BestSplit > printed*slack:
			t.Fatalf("order broken: exact %g, %+v, printed %g", f, b, printed)
		}
		// Shift, scale and exchange of the classes change nothing.
		moved := m
		moved.Mu1, moved.Mu2, moved.Sigma = 8*m.Mu1+64, 8*m.Mu2+64, 8*m.Sigma
		if e := relativeError(moved.FailureProbability(8*delta).Value(), f); e > 1e-9 {
			t.Fatalf("not invariant to shift and scale: %g", e)
		}
		flipped := Theorem1{-m.Mu2, -m.Mu1, m.Sigma, m.Q, m.P, m.NNeg, m.NPos}
		if e := relativeError(flipped.FailureProbability(delta).Value(), f); e > 1e-9 {
			t.Fatalf("not invariant to exchanging the classes: %g", e)
		}
		if s := b.Shares[0] + b.Shares[1] + b.Shares[2]; math.Abs(s-1) > 1e-9 {
			t.Fatalf("shares add up to %g", s)
		}
	})
}

func TestTheorem1Validate(t *testing.T) {
	good := Theorem1{1, -1, 1, 0.9, 0.7, 5, 5}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name string
		edit func(*Theorem1)
	}{
		{"mu1", func(m *Theorem1) { m.Mu1 = nan }}, {"mu1", func(m *Theorem1) { m.Mu1 = inf }}, {"mu1", func(m *Theorem1) { m.Mu1 = -1 }},
		{"mu2", func(m *Theorem1) { m.Mu2 = -inf }}, {"mu2", func(m *Theorem1) { m.Mu2 = 2 }},
		{"mu1", func(m *Theorem1) { m.Mu1, m.Mu2 = 1.7e308, -1.7e308 }},
		{"sigma", func(m *Theorem1) { m.Sigma = 0 }}, {"sigma", func(m *Theorem1) { m.Sigma = nan }}, {"sigma", func(m *Theorem1) { m.Sigma = inf }},
		{"sigma", func(m *Theorem1) { m.Sigma = 1e-12 }}, {"sigma", func(m *Theorem1) { m.Sigma = 1e12 }},
		{"p", func(m *Theorem1) { m.P = 1.01 }}, {"p", func(m *Theorem1) { m.P = nan }}, {"q", func(m *Theorem1) { m.Q = -0.1 }},
		{"n-pos", func(m *Theorem1) { m.NPos = 0 }}, {"n-neg", func(m *Theorem1) { m.NNeg = -3 }}, {"n-neg", func(m *Theorem1) { m.NNeg = 2_000_000_000 }},
	} {
		m := good
		c.edit(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.name+" = ") {
			t.Errorf("%+v: error %v does not name %s", m, err, c.name)
		}
	}
	for _, d := range []float64{0, -1, nan, inf} {
		if ValidateDelta(d) == nil {
			t.Errorf("delta %g is accepted", d)
		}
	}
}

// The words of the report, by claim, as claims.md section 2 expects them.
func TestTheorem1Findings(t *testing.T) {
	want := map[string]Word{
		"T1.1": True, "T1.2": Vacuous, "T1.3": True, "T1.4": True, "T1.5": False, "T1.6": False,
		"T1.7": True, "T1.8": False, "T1.9": True, "T1.10": False, "T1.11": True, "T1.12": True,
	}
	all := Theorem1Findings()
	for _, f := range all {
		t.Logf("%s %s (%s): %s", f.Claim, f.Word, f.Where, f.Text)
		if f.Word != want[f.Claim] || f.Text == "" || f.Word != True && f.Where == "" {
			t.Errorf("%+v, want %s", f, want[f.Claim])
		}
	}
	if len(all) != len(want) {
		t.Errorf("%d findings", len(all))
	}
}

func TestTheorem1Grids(t *testing.T) {
	for _, g := range []Grid{
		Theorem1VacuousGrid(), Theorem1SplitGrid(), Theorem1AmountGrid(), Theorem1PrecisionGrid(), Theorem1BaseGrid(), Theorem1SelfTrainingGrid(),
	} {
		if len(g.Rows) == 0 {
			t.Errorf("%s is empty", g.Title)
		}
		for i, r := range g.Rows {
			if len(r) != len(g.Columns) {
				t.Errorf("%s: row %d has %d values for %d columns", g.Title, i, len(r), len(g.Columns))
			}
		}
	}
}

// Source: paper-spec 1.1.5: with the printed exponents e the single bound has
// exponent 9/(1/e₁+1/e₂+1/e₃), at least three times the smallest.
func TestSingleBoundExponent(t *testing.T) {
	for _, w := range theorem1Worked {
		e := w.m.printedExponents(w.delta)
		want := 9 / (1/e[0] + 1/e[1] + 1/e[2])
		got := -math.Log(w.m.SharpBound(w.delta).SubGaussian / 2)
		if relativeError(got, want) > 1e-12 || got < 3*math.Min(e[0], math.Min(e[1], e[2]))*(1-1e-12) {
			t.Errorf("%+v: exponent %g, want %g; printed %v", w.m, got, want, e)
		}
	}
}
