package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ClopperPearson returns the exact two-sided interval for a probability of which k
// of n independent trials were successes (Clopper and Pearson 1934). It misses the
// truth with probability at most alpha, alpha/2 on each side. Both limits are NaN
// unless 0 ≤ k ≤ n and 0 < alpha < 1; n = 0 gives [0, 1].
func ClopperPearson(k, n int64, alpha float64) (lo, hi float64) {
	if k < 0 || k > n || !(alpha > 0 && alpha < 1) {
		return math.NaN(), math.NaN()
	}
	if n == 0 {
		return 0, 1
	}
	x, m := float64(k), float64(n)
	lo, hi = 0, 1
	// If all trials agree, the limit has a closed form.
	extreme := -math.Expm1(math.Log(alpha/2) / m)
	switch k {
	case 0:
		hi = extreme
	case n:
		lo = 1 - extreme
	}
	if k > 0 && k < n {
		lo = limit(x, m, alpha, -1, upperTail)
		hi = limit(x, m, alpha, 1, lowerTail)
	}
	return lo, hi
}

// limit returns the p at which the tail of Bin(n, p) is alpha/2, on the given side
// of k/n (±1). The search runs over the logit of p, in which the tail's logarithm
// is smooth and nearly quadratic.
func limit(k, n, alpha, side float64, tail func(k, n, p float64) float64) float64 {
	target := math.Log(alpha / 2)
	at := math.Log(k) - math.Log(n-k)
	excess := func(t float64) float64 {
		if t == at {
			// The tail is above one half here. mathext.RegIncBeta cannot be used: within a
			// tenth of a standard deviation of the mean its continued fraction stops too
			// early for n above 1e6 (it gives 0.012 in place of 0.5 at n = 5e8, and less
			// than 0 at 1e9).
			return math.Inf(1)
		}
		return math.Log(tail(k, n, logistic(t))) - target
	}
	near, far := at, at
	// The normal approximation gives the step.
	step := math.Sqrt(-2 * target * n / (k * (n - k)))
	for {
		far += float64(side * step)
		if !(excess(far) > 0) {
			return logistic(root(near, far, excess))
		}
		near = far
	}
}

func logistic(t float64) float64 { return 1 / (1 + math.Exp(-t)) }

// upperTail returns P(Bin(n, p) ≥ k) for k ≥ 1.
func upperTail(k, n, p float64) float64 { return mathext.RegIncBeta(k, n-k+1, p) }

// lowerTail returns P(Bin(n, p) ≤ k) for k < n.
func lowerTail(k, n, p float64) float64 {
	if p < 1e-8 {
		// 1 − p would lose p's digits; the Poisson law is off by a relative kp.
		return mathext.GammaIncRegComp(k+1, -n*math.Log1p(-p))
	}
	return mathext.RegIncBeta(n-k, k+1, 1-p)
}

// root returns the point between a and b at which f changes its sign, to about ten
// units in the last place. It uses inverse quadratic interpolation safeguarded by
// bisection (Chandrupatla 1997). f(a) and f(b) must differ in sign; infinite values
// only cost steps.
func root(a, b float64, f func(float64) float64) float64 {
	fa, fb := f(a), f(b)
	share := 0.5
	for range 200 {
		x := a + float64(share*(b-a))
		fx := f(x)
		c, fc := a, fa
		if (fx > 0) != (fa > 0) {
			c, fc = b, fb
			b, fb = a, fa
		}
		a, fa = x, fx
		best, fBest := a, fa
		if math.Abs(fb) < math.Abs(fa) {
			best, fBest = b, fb
		}
		least := (float64(1e-15*math.Abs(best)) + 1e-300) / math.Abs(b-a)
		if fBest == 0 || !(least < 0.5) {
			return best
		}
		share = 0.5
		xi, phi := (a-b)/(c-b), (fa-fb)/(fc-fb)
		if phi*phi < xi && (1-phi)*(1-phi) < 1-xi {
			share = float64(fa/(fb-fa)*(fc/(fb-fc))) + float64((c-a)/(b-a)*(fa/(fc-fa))*(fb/(fc-fb)))
		}
		share = math.Min(1-least, math.Max(least, share))
	}
	return a
}
