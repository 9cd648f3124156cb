package theory

import (
	"math"
	"testing"
)

// Source: mpmath 1.3 at 40 digits: log(erfc(-x/sqrt(2))/2) and exp(x*x)*erfc(x).
var normalGolden = []struct{ x, logCDF, erfcx float64 }{
	{-1e8, -5000000000000019.3396, math.Inf(1)},
	{-1000, -500007.82669481218431, math.Inf(1)},
	{-100, -5005.5242086942050886, math.Inf(1)},
	{-40.5, -824.74584924403801836, math.Inf(1)},
	{-37.6, -711.42664867077626811, math.Inf(1)},
	{-36, -652.50322759379839685, math.Inf(1)},
	{-20, -203.91715537109726394, 1.0442939379528287901e+174},
	{-12.000001, -75.410685083783458815, 6.9094871391433009275e+62},
	{-11.99, -75.28990052610173273, 5.4356081798498741618e+62},
	{-8.3, -37.4942174237482545, 1.6579707100729697115e+30},
	{-3, -6.6077262215103495433, 16205.988853999586625},
	{-1, -1.8410216450092635058, 5.0089800807622834663},
	{-0.1, -0.77615459273027332557, 1.1236433541992094807},
	{-1e-10, -0.6931471806397337655, 1.0000000001128379167},
	{0, -0.69314718055994530942, 1.0},
	{1e-10, -0.69314718048015685334, 0.9999999998871620833},
	{0.5, -0.36894641528865639307, 0.61569034419292587487},
	{1, -0.17275377902344988953, 0.42758357615580700441},
	{3, -0.0013508099647481937988, 0.17900115118138995042},
	{6, -9.8658764552437573169e-10, 0.092776567800538354389},
	{8.9, -2.7923343749396466294e-19, 0.062999284509605056336},
	{9, -1.1285884059538406478e-19, 0.062307724037774684147},
	{9.1, -4.5165914914354568619e-20, 0.061631095600085461061},
	{20, -2.7536241186062336951e-89, 0.028174348741051319319},
	{26, -2.4760633155033892858e-149, 0.021683584850562906616},
	{100, 0, 0.0056416137829894329036},
	{1e6, 0, 5.6418958354747419216e-7},
}

func TestNormalTails(t *testing.T) {
	for _, g := range normalGolden {
		if e := relativeError(LogNormalCDF(g.x), g.logCDF); !(e < 1e-13) {
			t.Errorf("LogNormalCDF(%g) = %.17g, want %.17g (relative error %g)", g.x, LogNormalCDF(g.x), g.logCDF, e)
		}
		if e := relativeError(erfcx(g.x), g.erfcx); !(e < 1e-13) {
			t.Errorf("erfcx(%g) = %.17g, want %.17g (relative error %g)", g.x, erfcx(g.x), g.erfcx, e)
		}
		// Φ as a value: its relative error is the absolute error of the logarithm.
		if g.logCDF > -700 {
			if e := relativeError(NormalCDF(g.x), math.Exp(g.logCDF)); !(e < 1e-12) {
				t.Errorf("NormalCDF(%g) has relative error %g", g.x, e)
			}
		}
	}
	if !math.IsInf(erfcx(-30), 1) {
		t.Errorf("erfcx(-30) = %g", erfcx(-30))
	}
}

func TestLogArithmetic(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"ln(e^-1000+e^-1000)", LogAddExp(-1000, -1000), -1000 + math.Ln2},
		{"ln(0+e^-3)", LogAddExp(-inf, -3), -3},
		{"ln(0+0)", LogAddExp(-inf, -inf), -inf},
		{"ln(1-e^-1e-20)", log1mExp(-1e-20), -46.051701859880913680},
		{"ln(1-e^-40)", log1mExp(-40), -4.2483542552915889953e-18},
	} {
		if e := relativeError(c.got, c.want); !(e < 1e-14) {
			t.Errorf("%s = %.17g, want %.17g", c.name, c.got, c.want)
		}
	}
}

// Source: −1074 ln 2. math.Log gives −709.1 there on amd64.
func TestLogOfTheLeast(t *testing.T) {
	if got := ln(5e-324); math.Abs(got+744.44007192138126) > 1e-12 {
		t.Errorf("ln 5e-324 = %v", got)
	}
	if got := (Theorem3{D: 1, PPos: 5e-324, Beta: 4, NPos: 1, NNeg: 1}).BayesError().Log10(); math.Abs(got+323.30621534311581) > 1e-9 {
		t.Errorf("a positive class of 5e-324 is missed with 10^%v", got)
	}
}
