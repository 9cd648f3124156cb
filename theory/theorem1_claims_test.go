package theory

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
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
	far := Theorem1{1e16, 1e16 - 2, 1, 0.9, 0.7, 10, 10} // where M+ΔD/2 is no float64
	near(t, "error at M+ΔD/2 (T1.4)", far.RuleError(far.Bias()), 0.163463, 5.1e-7)
	// T1.1: the midpoint is the best threshold at equal priors.
	for _, step := range []float64{-0.3, -1e-3, 1e-3, 0.3} {
		if m.RuleError(step) <= m.RuleError(0) {
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

func TestValidateRates(t *testing.T) {
	for _, bad := range [][3]float64{{math.NaN(), 0.5, 0.5}, {0.5, 1.1, 0.5}, {0.5, 0.5, -0.1}, {0, 1, 0.5}, {1, 0, 0.5}, {0.7, 1, 0}} {
		if err := ValidateRates(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("recalls and prior %v are accepted", bad)
		}
	}
	if err := ValidateRates(0.7, 0.95, 0.01); err != nil {
		t.Error(err)
	}
	if p, q, _ := Precisions(0, 1, 0.5); !math.IsNaN(p) || q != 0.5 {
		t.Errorf("nothing is called positive: p = %g, q = %g", p, q)
	}
}

// Source: paper-spec 1.1.6 item 2.
func TestThresholdLabelerMissesTheCenter(t *testing.T) {
	for _, c := range []struct{ t, next, center float64 }{{0, 0, 0}, {0.5, 0.28401, 0.16037}, {1, 0.57487, 0.29495}, {1.5, 0.86805, 0.39057}} {
		l := ThresholdLabeler{1, -1, 1, 0.5, c.t}
		near(t, "mean of θ̂", l.Next(), c.next, 5.1e-6)
		near(t, "theorem's centre", l.theoremCenter(), c.center, 5.1e-6)
	}
	// Far out one side is nearly empty: the mean must stay on its side.
	l := ThresholdLabeler{1, -1, 1, 0.5, 60}
	if v := l.tailMean(1); !(v > 60 && v < 60.1) {
		t.Errorf("mean above 60 is %g", v)
	}
	near(t, "mean below 60", l.tailMean(-1), 0, 1e-12)
}

// A base rule and its self-training at parameters of one's own, against integrals of
// the mixture's density.
func TestSelfTraining(t *testing.T) {
	const mu1, mu2, sigma, train, prior = 3.0, 0.5, 0.8, 0.2, 0.3
	normal := func(x, mu float64) float64 {
		return math.Exp(-(x-mu)*(x-mu)/2/sigma/sigma) / sigma / math.Sqrt(2*math.Pi)
	}
	// integral is Simpson's rule.
	integral := func(a, b float64, f func(float64) float64) float64 {
		const n = 4000
		sum, h := f(a)+f(b), (b-a)/n
		for i := 1; i < n; i++ {
			sum += f(a+float64(i)*h) * float64(2+2*(i%2))
		}
		return sum * h / 3
	}
	const low, high = mu2 - 12*sigma, mu1 + 12*sigma
	mass := func(a, b float64) float64 {
		return integral(a, b, func(x float64) float64 { return prior*normal(x, mu1) + (1-prior)*normal(x, mu2) })
	}
	next := func(t float64) float64 {
		first := func(x float64) float64 { return x * (prior*normal(x, mu1) + (1-prior)*normal(x, mu2)) }
		return (integral(t, high, first)/mass(t, high) + integral(low, t, first)/mass(low, t)) / 2
	}
	err := func(t float64) float64 {
		return (integral(low, t, func(x float64) float64 { return normal(x, mu1) }) + integral(t, high, func(x float64) float64 { return normal(x, mu2) })) / 2
	}
	// Where train·normal(x, μ₁) = (1 − train)·normal(x, μ₂).
	base := (mu1+mu2)/2 + sigma*sigma/(mu1-mu2)*math.Log((1-train)/train)
	fixed := base
	for range 200 {
		fixed = next(fixed)
	}
	m := Theorem1{Mu1: mu1, Mu2: mu2, Sigma: sigma}
	s := m.SelfTraining(train, prior)
	for i, want := range []float64{base, next(base), fixed} {
		near(t, fmt.Sprintf("threshold %d", i), s.Threshold[i], want, 1e-9)
		near(t, fmt.Sprintf("error %d", i), s.Error[i], err(want), 1e-9)
	}
	if s.Steps < 3 || s.Steps > 200 {
		t.Errorf("%d steps", s.Steps)
	}
	l, bad := m.BaseLabels(train, prior)
	if bad != nil {
		t.Fatal(bad)
	}
	truePos := prior * integral(base, high, func(x float64) float64 { return normal(x, mu1) })
	trueNeg := (1 - prior) * integral(low, base, func(x float64) float64 { return normal(x, mu2) })
	near(t, "recall of the positives", l.RecallPos, truePos/prior, 1e-9)
	near(t, "recall of the negatives", l.RecallNeg, trueNeg/(1-prior), 1e-9)
	near(t, "p", l.P, truePos/mass(base, high), 1e-9)
	near(t, "q", l.Q, trueNeg/mass(low, base), 1e-9)
	near(t, "called positive", l.Called, mass(base, high), 1e-9)
	// Source: mpmath. Where hardly anything is called positive p has its digits.
	for _, c := range []struct{ d, train, p float64 }{{.1, .3, 0.7024082528109388}, {.1, .7, 0.5}, {1, 1e-6, 0.9999990691645739}} {
		l, err := Theorem1{Mu1: c.d, Mu2: 0, Sigma: 1}.BaseLabels(c.train, .5)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("p at D = %g, trained at %g", c.d, c.train), l.P, c.p, 1e-12)
	}
	// A large midpoint moves the threshold, nothing else.
	far := Theorem1{Mu1: 1e9 + 1, Mu2: 1e9 - 1, Sigma: 1}.SelfTraining(.1, .1)
	home := Theorem1{Mu1: 1, Mu2: -1, Sigma: 1}.SelfTraining(.1, .1)
	if far.Error != home.Error || math.Abs(far.Threshold[2]-1e9-home.Threshold[2]) > 1e-6 {
		t.Errorf("far from 0: %+v, at 0 %+v", far, home)
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
		rising := []LogProb{m.FailureProbability(delta), b.Chernoff, b.KearnsSaul, b.SubGaussian, b.BestSplit, m.PrintedBound(delta).Log}
		const slack = 1 + 1e-9
		switch {
		case !(f >= 0 && f <= 1):
			t.Fatalf("probability %g", f)
		case m.FailureProbability(delta*1.1).Value() > f*slack:
			t.Fatalf("not decreasing in δ")
		case relativeError(m.PrintedBound(delta).Log.Value(), printed) > 1e-12 && printed > 1e-300:
			t.Fatalf("the printed bound is %g and has the logarithm %g", printed, m.PrintedBound(delta).Log)
		}
		for i, v := range rising {
			if i > 0 && v < rising[i-1]-1e-8*LogProb(1+math.Abs(float64(v))) {
				t.Fatalf("order broken: exact, Chernoff, Kearns–Saul, sub-Gaussian, best split, printed have logarithms %v", rising)
			}
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
		{"sigma", func(m *Theorem1) { m.Mu1, m.Mu2, m.Sigma = 1e200, -1e200, 1e200 }}, {"sigma", func(m *Theorem1) { m.Mu1, m.Mu2, m.Sigma = 1e-200, -1e-200, 1e-200 }},
		{"p", func(m *Theorem1) { m.P = 1.01 }}, {"p", func(m *Theorem1) { m.P = nan }}, {"q", func(m *Theorem1) { m.Q = -0.1 }},
		{"n-pos", func(m *Theorem1) { m.NPos = 0 }}, {"n-neg", func(m *Theorem1) { m.NNeg = -3 }}, {"n-neg", func(m *Theorem1) { m.NNeg = 2_000_000_000 }},
	} {
		m := good
		c.edit(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.name+" = ") {
			t.Errorf("%+v: error %v does not name %s", m, err, c.name)
		}
	}
	for _, d := range []float64{0, -1, nan, inf, 1e31, 1e300} {
		if good.ValidateDelta(d) == nil {
			t.Errorf("delta %g is accepted", d)
		}
	}
	// At the ends of what is accepted everything is a number.
	for _, m := range []Theorem1{good, {1e120, -1e120, 1e120, 0.9, 0, 1, MaxPoints}, {1.1e-9, 0, 1, 1e-300, 1, 1, 1}, {4e-112, -4e-112, 1e-120, 0.5, 0.5, 1, 1}} {
		for _, share := range []float64{1e-180, 1, 1e30} {
			delta := share * m.Sigma
			if err := cmp.Or(m.Validate(), m.ValidateDelta(delta)); err != nil {
				t.Error(err)
			}
			b := m.SharpBound(delta)
			for i, v := range []float64{float64(m.FailureProbability(delta)), float64(m.MissTargetProbability(delta)), m.Variance(), m.PrintedBound(delta).Sum,
				m.PrintedBoundReaches(1), m.SubGaussianReaches(1), b.SubGaussian.Value(), b.BestSplit.Value(), b.KearnsSaul.Value(), b.Chernoff.Value(), m.FailureExponent(delta), m.PrintedExponent(delta)} {
				if !finite(v) || i > 1 && math.Signbit(v) {
					t.Errorf("%+v, delta = %g: value %d is %g", m, delta, i, v)
				}
			}
		}
	}
}

// The expected error of the learned rule against a sum over the labels of
// Simpson's rule over the noise; and that with perfect labels and many points
// it is the Bayes error.
func TestExpectedRuleError(t *testing.T) {
	for _, m := range []Theorem1{{1, -1, 1, 0.9, 0.7, 30, 10}, {3, 0.5, 0.3, 0.2, 1, 7, 4}, {1, -1, 2, 0.5, 0.5, 1, 1}} {
		want, d, s := 0.0, m.Separation()/2, m.noiseSD()
		for k := 0; k <= m.NPos; k++ {
			for l := 0; l <= m.NNeg; l++ {
				at := m.Mean() + d*((float64(k)/float64(m.NPos)-m.P)-(float64(l)/float64(m.NNeg)-m.Q))
				const h = 0.05
				sum := 0.0
				for j := -200; j <= 200; j++ {
					x := float64(j) * h
					sum += h * math.Exp(LogNormalDensity(x)) * m.RuleError(at+s*x-m.Midpoint())
				}
				want += math.Exp(LogBinomialPMF(k, m.NPos, m.P)+LogBinomialPMF(l, m.NNeg, m.Q)) * sum
			}
		}
		if got := m.ExpectedRuleError().Value(); relativeError(got, want) > 1e-9 {
			t.Errorf("%+v: %.12g, want %.12g", m, got, want)
		}
	}
	m := Theorem1{1, -1, 0.01, 1, 1, MaxPoints, MaxPoints}
	if got, want := float64(m.ExpectedRuleError()), LogNormalCDF(-100); math.Abs(got-want) > 1e-4 {
		t.Errorf("logarithm %.9g, Bayes %.9g", got, want)
	}
}

// The δ of a level is where the law has it, just above and just below.
func TestFailureReaches(t *testing.T) {
	for _, m := range []Theorem1{{1, -1, 1, 0.9, 0.7, 500, 500}, {1, -1, 1e-4, 0.9, 0.7, 3, 2}, {1, -1, 2e-5, 0.99999999, 1, 10, 10}, {1, -1, 1, 1, 1, 50, 50}} {
		for _, level := range []float64{0.999, 0.05, 1e-6, 1e-200} {
			delta := m.FailureReaches(level)
			if at, before := m.FailureProbability(delta).Value(), m.FailureProbability(delta*(1-1e-9)).Value(); at > level || before < level {
				t.Errorf("%+v: %g is reached at δ = %g, where it is %g, and just before %g", m, level, delta, at, before)
			}
		}
	}
}

// The sizes of a level are where the bounds, written out with groups that need not be
// whole, have it: at n they do, at n − 1 they do not.
func TestLevelSizes(t *testing.T) {
	for _, m := range []Theorem1{{1, -1, 1, 0.9, 0.7, 500, 500}, {3, -2, .7, 0.9, 0.7, 3, 40}, {1e-3, 0, 5, 0.5, 0.5, 990, 10}} {
		share, d := float64(m.NPos)/float64(m.NPos+m.NNeg), m.Separation()
		for _, level := range []float64{.99, .05, 1e-9, 1e-200} {
			for _, delta := range []float64{.01 * m.Sigma, .3 * m.Sigma, 2 * m.Sigma} {
				printed := func(n float64) float64 {
					a, b := n*share, n*(1-share)
					return 2*math.Exp(-2*delta*delta/9/m.Sigma/m.Sigma*a*b/n) + 2*math.Exp(-8*a*delta*delta/9/d/d) + 2*math.Exp(-8*b*delta*delta/9/d/d)
				}
				sharp := func(n float64) float64 {
					a, b := n*share, n*(1-share)
					return 2 * math.Exp(-delta*delta/2/((1/a+1/b)*(m.Sigma*m.Sigma/4+d*d/16)))
				}
				least := math.Ceil(1/math.Min(share, 1-share) - 1e-9)
				for i, bound := range []func(float64) float64{printed, sharp} {
					n := []float64{m.PrintedSize(delta, level), m.SubGaussianSize(delta, level)}[i]
					if n != math.Trunc(n) || n < least || bound(n) > level*(1+1e-9) || n > least && bound(n-1) <= level*(1-1e-9) {
						t.Errorf("%+v, δ = %g: bound %d is at most %g from n = %g on: there %g, before %g", m, delta, i, level, n, bound(n), bound(n-1))
					}
				}
			}
		}
	}
	// Source: paper-spec 1.1.5: nδ²/σ² = 33.6 a group.
	near(t, "n of level 0.05 at D = 2σ, δ = 0.1σ", Theorem1{1, -1, 1, 0.8, 0.8, 7, 7}.PrintedSize(.1, .05), 6720, 11)
}

// The least levels that there are, whose reciprocals overflow.
func TestTinyLevels(t *testing.T) {
	m := Theorem1{1, -1, 1, 0.9, 0.7, 500, 500}
	for _, level := range []float64{1e-300, 3e-308, 1e-308, 5e-324} {
		d := [3]float64{m.FailureReaches(level), m.SubGaussianReaches(level), m.PrintedBoundReaches(level)}
		exact, sharp, printed := m.FailureProbability(d[0]), m.SharpBound(d[1]).SubGaussian, m.PrintedBound(d[2]).Log
		for i, l := range []LogProb{exact, sharp, printed} {
			if math.Abs(float64(l)-ln(level)) > 0.7 { // the least float64 is rounded by a half
				t.Errorf("%g: at δ = %g bound %d is exp(%g), want exp(%g)", level, d[i], i, float64(l), ln(level))
			}
		}
	}
}

// Labels that are right, or wrong, with a probability below the least normal float64.
func TestSubnormalPrecisions(t *testing.T) {
	// Source: mpmath at 60 digits, the sum over both groups' labels.
	for _, c := range []struct {
		d, sigma, p, q float64
		nPos, nNeg     int
		delta, want    float64
	}{
		{2, 0.001, 5e-324, 1, 1, 1, 0.5, -744.44007192138126},
		{2, 0.001, 5e-324, 1, 2, 3, 0.4, -743.74692474082132},
		{2, 0.01, 1e-310, 0.7, 40, 30, 0.3, -7.8101722737686126},
		{2, 0.001, 3e-320, 1, 50, 50, 0.2, -7334.9267185396779},
		{2, 0.1, 5e-324, 0.7, 30, 20, 0.6, -17.736052415045687},
		{2, 0.05, 1e-309, 0.999999999, 100, 1, 0.9, -20.723300301905021},
		{6, 0.02, 7e-322, 2e-315, 20, 20, 0.5, -2295.5083175531259},
		{2, 0.001, 5e-324, 1, 200, 200, 0.3, -44547.713942841596},
	} {
		m := Theorem1{c.d / 2, -c.d / 2, c.sigma, c.p, c.q, c.nPos, c.nNeg}
		exact, sharp := float64(m.FailureProbability(c.delta)), m.SharpBound(c.delta)
		if math.Abs(exact-c.want) > 1e-9*math.Abs(c.want) {
			t.Errorf("%+v, δ = %g: ln P = %.15g, want %.15g", m, c.delta, exact, c.want)
		}
		// Of many labels Chernoff's exponent is nearly the exact one.
		if chernoff := float64(sharp.Chernoff); exact > chernoff+1e-9 || chernoff > float64(sharp.KearnsSaul)+math.Ln2 || c.want < -2000 && chernoff > 0.99*exact {
			t.Errorf("%+v, δ = %g: ln P = %.15g, Chernoff %.15g, Kearns and Saul %.15g", m, c.delta, exact, chernoff, float64(sharp.KearnsSaul))
		}
	}
	// Negatives 38 standard deviations out outnumber positives that are a 5e-324th
	// of the data.
	if mean := (ThresholdLabeler{1, -1, 1.0 / 38, 5e-324, 0}).tailMean(1); !(mean > 0 && mean < 0.01) {
		t.Errorf("mean above 0 is %g", mean)
	}
}

// The fourth moment against the definition, and that the limits of a mean
// square hold and are not idle: against the normal law's, and where all of the
// variance is that of labels hardly ever wrong.
func TestMeanSquareLimits(t *testing.T) {
	for _, m := range []Theorem1{{1, -1, 1, 0.9, 0.7, 30, 10}, {3, -3, 0.1, 0.5, 1, 7, 4}, {1, -1, 0.02, 0.999, 0.01, 10, 10}} {
		var second, fourth float64
		d, s := m.Separation()/2, m.noiseSD()
		for k := 0; k <= m.NPos; k++ {
			for l := 0; l <= m.NNeg; l++ {
				w := math.Exp(LogBinomialPMF(k, m.NPos, m.P) + LogBinomialPMF(l, m.NNeg, m.Q))
				x := d * ((float64(k)/float64(m.NPos) - m.P) - (float64(l)/float64(m.NNeg) - m.Q))
				second += w * (x*x + s*s)
				fourth += w * (x*x*x*x + 6*x*x*s*s + 3*s*s*s*s)
			}
		}
		if relativeError(m.Variance(), second) > 1e-10 || relativeError(m.fourthMoment(), fourth) > 1e-10 {
			t.Errorf("%+v: moments %.12g and %.12g, want %.12g and %.12g", m, m.Variance(), m.fourthMoment(), second, fourth)
		}
	}
	// The mean of n squares of a normal variable is χ²_n/n.
	normal := Theorem1{1, -1, 1, 1, 0, 50, 50}
	for _, n := range []float64{1, 30, 1e4, 1e8} {
		for _, alpha := range []float64{0.1, 1e-8} {
			below, above := normal.MeanSquareLimits(n, alpha)
			v := normal.Variance()
			lower := LogChiSquareCDF(n, n*math.Max(0, 1-below/v))
			upper := LogChiSquareTail(n, n*(1+above/v))
			if most := math.Log(alpha / 2); lower > most || upper > most || n >= 1e4 && (lower < 1.6*most-4 || upper < 1.6*most-4) {
				t.Errorf("n = %g, alpha = %g: left with probabilities exp(%.2f) and exp(%.2f), want a little below exp(%.2f)", n, alpha, lower, upper, most)
			}
		}
	}
	// 1e6 draws hold no wrong label with probability 0.9: then the mean square
	// is 2e-11, and the variance 1e-9.
	rare := Theorem1{1, -1, 2e-5, 0.99999999, 1, 10, 10}
	if below, above := rare.MeanSquareLimits(1e6, 1e-7); rare.Variance()-below > 2e-11 || above < 1e-9 {
		t.Errorf("limits -%g, +%g", below, above)
	}
}

func TestMinorTermLeads(t *testing.T) {
	for _, n := range [][2]int{{990, 10}, {10, 990}, {50, 50}, {30, 70}} {
		m := Theorem1{0, 0, 1.5, 0.9, 0.7, n[0], n[1]}
		at := m.minorLeadsFrom()
		for _, d := range []float64{0.1 * at, 0.99 * at, 1.01 * at, 10 * at} {
			m.Mu1 = d
			terms := m.PrintedBound(0.5).Terms
			if leads := max(terms[1], terms[2]) > terms[0]; leads != (d > at) {
				t.Errorf("n₊ = %d, n₋ = %d, D = %g: terms %.4g, and %g is where the minor class's is to become the largest", n[0], n[1], d, terms, at)
			}
		}
	}
}

// The first row names a grid's columns, and no other has others.
func TestGridAdd(t *testing.T) {
	var g Grid
	g.Add(Row{{"n", 1}, {"none", math.Inf(1)}})
	g.Add(Row{{"n", 2}, {"none", missing}})
	if n := g.Column("n"); !slices.Equal(g.Columns, []string{"n", "none"}) || !slices.Equal(n, []float64{1, 2}) || g.Rows[0][1] != nil || g.Rows[1][1] != nil {
		t.Errorf("%q %v", g.Columns, g.Rows)
	}
	for _, other := range []Row{{{"n", 3}}, {{"none", 3}, {"n", 3}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is a row of %q", other, g.Columns)
				}
			}()
			g.Add(other)
		}()
	}
}
