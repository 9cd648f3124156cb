package theory

import "math"

// LogChiSquareCDF returns ln P(χ²_dof ≤ x) for dof > 0 and x ≥ 0, and NaN outside
// that domain. It keeps its relative accuracy far below the smallest float64
// probability.
func LogChiSquareCDF(dof, x float64) float64 {
	p, _ := logGammaTails(dof/2, x/dof, (x-dof)/dof)
	return p
}

// LogChiSquareTail returns ln P(χ²_dof > x): see [LogChiSquareCDF].
func LogChiSquareTail(dof, x float64) float64 {
	_, q := logGammaTails(dof/2, x/dof, (x-dof)/dof)
	return q
}

// logGammaTails returns the logarithms of the regularized incomplete gamma functions
// P(a, x) and Q(a, x) = 1 − P at x = a·lambda, where mu = lambda − 1. It takes both
// because each is exact where the other is rounded: mu near the mean (for a = 5e11 a
// unit in the last place of x moves a probability of 1e-300 by 3e-9), lambda near 0.
//
// The method depends on the region: the power series for x < a + 1, the continued
// fraction above (DLMF 8.11.4 and 8.9.2). For a ≥ 1000 near the mean, where both
// need about 8√a terms, it is Temme's uniform expansion (DLMF 8.12.3–8.12.12).
func logGammaTails(a, lambda, mu float64) (lnP, lnQ float64) {
	switch {
	case !(a > 0) || !(lambda >= 0) || math.IsInf(a, 1):
		return math.NaN(), math.NaN()
	case lambda == 0:
		return math.Inf(-1), 0
	case math.IsInf(lambda, 1):
		return 0, math.Inf(-1)
	}
	// half is η²/2 = μ − ln(1 + μ), the rate in exp(−aη²/2).
	half := logExcess(mu)
	if lambda < 0.5 {
		half = mu - math.Log(lambda)
	}
	if a >= 1000 && half <= 0.5 {
		eta := math.Sqrt(2 * half)
		scale := float64(-a * half)
		if mu < 0 {
			tail := float64(0.5*erfcx(eta*math.Sqrt(a/2))) - temmeSum(a, -eta)/math.Sqrt(2*math.Pi*a)
			lnP = scale + math.Log(tail)
			return lnP, log1mExp(lnP)
		}
		tail := float64(0.5*erfcx(eta*math.Sqrt(a/2))) + temmeSum(a, eta)/math.Sqrt(2*math.Pi*a)
		lnQ = scale + math.Log(tail)
		return log1mExp(lnQ), lnQ
	}
	// xᵃ e⁻ˣ / Γ(a + 1).
	front := float64(-a*half) - float64(0.5*math.Log(2*math.Pi*a)) - stirlingCorrection(a)
	x := a * lambda
	if x < a+1 {
		term, sum := 1.0, 1.0
		for n := 1.0; term > 1e-18*sum; n++ {
			term = float64(term * (x / (a + n)))
			sum += term
		}
		lnP = math.Min(0, front+math.Log(sum))
		return lnP, log1mExp(lnP)
	}
	lnQ = front + math.Log(a*upperFraction(a, x))
	return log1mExp(lnQ), lnQ
}

// upperFraction returns Γ(a, x)·eˣ·x⁻ᵃ for x ≥ a + 1 by the even part of its
// continued fraction, with Lentz's algorithm as modified by Thompson and Barnett.
// No denominator can vanish there.
func upperFraction(a, x float64) float64 {
	b := x + 1 - a
	c := math.Inf(1)
	d := 1 / b
	f := d
	for n := 1.0; n < 1e7; n++ {
		an := -float64(n * (n - a))
		b += 2
		d = 1 / (float64(an*d) + b)
		c = b + an/c
		step := float64(c * d)
		f *= step
		if math.Abs(step-1) < 2.5e-16 { // a unit in the last place: rounding may keep it from ever being 1
			break
		}
	}
	return f
}

// logExcess returns μ − ln(1 + μ) for μ > −1 without cancellation: with
// s = μ/(2 + μ), ln(1 + μ) = 2(s + s³/3 + s⁵/5 + …) and μ − 2s = μs.
func logExcess(mu float64) float64 {
	s := mu / (2 + mu)
	if math.Abs(s) > 0.3 {
		return mu - math.Log1p(mu)
	}
	s2 := s * s
	sum, power := 0.0, 1.0
	for k := 3.0; power > 1e-18; k += 2 {
		sum += power / k
		power *= s2
	}
	return s * (mu - float64(2*s2*sum))
}

// stirlingCorrection returns ln Γ(a) − (a − ½)ln a + a − ½ln 2π (DLMF 5.11.1).
func stirlingCorrection(a float64) float64 {
	if a < 10 {
		lg, _ := math.Lgamma(a)
		return lg - float64((a-0.5)*math.Log(a)) + a - logSqrt2Pi
	}
	r := 1 / (a * a)
	sum := 1.0 / 156
	for _, c := range [...]float64{-691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12} {
		sum = float64(sum*r) + c
	}
	return sum / a
}

// temmeSum returns Σ_k c_k(η) a⁻ᵏ with c_k(η) = Σ_n d_{k,n} ηⁿ, for |η| ≤ 1 and a ≥
// 1000. The first omitted term is below 1e-18.
func temmeSum(a, eta float64) float64 {
	sum := 0.0
	for k := len(gammaUniform) - 1; k >= 0; k-- {
		row := &gammaUniform[k]
		c := 0.0
		for n := len(row) - 1; n >= 0; n-- {
			c = float64(c*eta) + row[n]
		}
		sum = sum/a + c
	}
	return sum
}

// gammaUniform holds d_{k,n} of DLMF 8.12.12, from exact fractions
// (testdata/gamma.py --table).
var gammaUniform = [5][32]float64{
	{-0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073, 0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-05, -2.185448510679992e-06, -1.85406221071516e-06, 8.296711340953087e-07, -1.7665952736826078e-07, 6.707853543401498e-09, 1.0261809784240309e-08, -4.382036018453353e-09, 9.14769958223679e-10, -2.5514193994946248e-11, -5.830772132550426e-11, 2.4361948020667415e-11, -5.0276692801141755e-12, 1.1004392031956135e-13, 3.371763262400985e-13, -1.392388722418162e-13, 2.8534893807047445e-14, -5.139111834242572e-16, -1.9752288294349442e-15, 8.099521156704561e-16, -1.6522531216398162e-16, 2.5305430097478883e-18, 1.1686939738559576e-17, -4.770037049820485e-18, 9.699126059056237e-19, -1.2932565538038175e-20},
	{-0.001851851851851852, -0.003472222222222222, 0.0026455026455026454, -0.0009902263374485596, 0.00020576131687242798, -4.018775720164609e-07, -1.8098550334489977e-05, 7.64916091608111e-06, -1.6120900894563446e-06, 4.647127802807434e-09, 1.378633446915721e-07, -5.752545603517705e-08, 1.1951628599778148e-08, -1.7543241719747647e-11, -1.0091543710600413e-09, 4.162792991842583e-10, -8.56390702649298e-11, 6.067215101604758e-14, 7.1624989648114856e-12, -2.933186643771437e-12, 5.996696365683689e-13, -2.1671786527323313e-16, -4.978339972369262e-14, 2.0291628823713425e-14, -4.13125571381061e-15, 8.286516239883097e-19, 3.4100308869333327e-16, -1.3854195302893971e-16, 2.812346653228875e-17, -3.406444194143029e-21, -2.3109797315115572e-18, 9.366757064132256e-19},
	{0.004133597883597883, -0.0026813271604938273, 0.0007716049382716049, 2.0093878600823047e-06, -0.0001073665322636516, 5.2923448829120125e-05, -1.2760635188618728e-05, 3.423578734096138e-08, 1.3721957309062934e-06, -6.298992138380055e-07, 1.4280614206064242e-07, -2.0477098421990866e-10, -1.409252991086752e-08, 6.228974084922022e-09, -1.3670488396617114e-09, 9.428356159014678e-13, 1.2872252400089318e-10, -5.5645956134363323e-11, 1.197593554636698e-11, -4.1689782251838634e-15, -1.0940640427884595e-12, 4.662239946390136e-13, -9.905105763906907e-14, 1.8931876768373515e-17, 8.859221872591127e-15, -3.737820398046405e-15, 7.868833639035156e-16, -9.000027395741211e-20, -6.928881229347671e-17, 2.9020384270164786e-17, -6.067854696810877e-18, 4.472120729796853e-22},
	{0.0006494341563786008, 0.00022947209362139917, -0.0004691894943952557, 0.00026772063206283885, -7.561801671883977e-05, -2.396505113867297e-07, 1.1082654115347302e-05, -5.6749528269915965e-06, 1.4230900732435883e-06, -2.7861080291528143e-11, -1.6958404091930278e-07, 8.099464905388083e-08, -1.9111168485973655e-08, 2.3928620439808118e-12, 2.0620131815488797e-09, -9.460496661855133e-10, 2.1541049775774907e-10, -1.388823336813903e-14, -2.1894761681963938e-11, 9.790998951171684e-12, -2.178219188018096e-12, 6.208819573407901e-17, 2.126978363279737e-13, -9.344688791517433e-14, 2.045367122678285e-14, -2.58260790403495e-19, -1.9405297673344544e-15, 8.415979290484816e-16, -1.8200430439538226e-16, 1.0735443641247309e-21, 1.6896828315252834e-17, -7.256111746942148e-18},
	{-0.0008618882909167117, 0.0007840392217200666, -0.0002990724803031902, -1.4638452578843418e-06, 6.641498215465122e-05, -3.968365047179435e-05, 1.1375726970678419e-05, 2.507497226237533e-10, -1.6954149536558305e-06, 8.907507532205309e-07, -2.292934834000805e-07, 2.956794137544049e-11, 2.8865829742708783e-08, -1.4189739437803219e-08, 3.4463580499464896e-09, -2.3024517174528067e-13, -3.9409233028046403e-10, 1.86023389685045e-10, -4.356323005056618e-11, 1.278600101629623e-15, 4.67927502665792e-12, -2.149246470613483e-12, 4.908815614809652e-13, -6.33859148489156e-18, -5.045332069080094e-14, 2.2722958222901286e-14, -5.096082608472402e-15, 3.0552097557171355e-20, 5.069021676310552e-16, -2.249383695648181e-16, 4.9751114221314184e-17, -1.4903016393517331e-22},
}
