package theory

import "math"

// lattice is the centered variable step·(B − np) with B ~ Bin(n, p) and 0 < p < 1.
// A negative step reflects it.
type lattice struct {
	n    int
	p    float64
	step float64
}

// tilt describes the exponentially tilted law of a Bernoulli(p). It returns the log
// moment generating function about the mean, to an absolute error of about
// 1e-16·|z|. Without cancellation it returns the shift of the mean, u − p, and the
// variance, u(1−u).
func tilt(p, z float64) (cgf, shift, variance float64) {
	w := math.Exp(-math.Abs(z))
	if z >= 0 {
		den := p + float64((1-p)*w)
		return centeredCGF(p, z), p / den * (1 - p) * -math.Expm1(-z), p / den * ((1 - p) * w / den)
	}
	den := 1 - p + float64(p*w)
	return centeredCGF(p, z), p * ((1 - p) / den) * math.Expm1(z), (1 - p) / den * (p * w / den)
}

// centeredCGF returns ln E exp(z(I − p)) for I ~ Bernoulli(p).
func centeredCGF(p, z float64) float64 {
	if p > 0.5 {
		p, z = 1-p, -z
	}
	if z < 30 {
		return math.Log1p(p*math.Expm1(z)) - float64(p*z)
	}
	return float64((1-p)*z) + ln(p+float64((1-p)*math.Exp(-z)))
}

// gaussLattice is the law of a sum of independent parts of mean 0: a normal
// variable of standard deviation sd > 0, and lattices.
type gaussLattice struct {
	sd    float64
	parts []lattice
}

func (g gaussLattice) variance() float64 {
	v := g.sd * g.sd
	for _, l := range g.parts {
		v += float64(l.step * l.step * float64(l.n) * l.p * (1 - l.p))
	}
	return v
}

func (g gaussLattice) negated() gaussLattice {
	parts := make([]lattice, len(g.parts))
	for i, l := range g.parts {
		l.step = -l.step
		parts[i] = l
	}
	return gaussLattice{g.sd, parts}
}

// cgf returns the cumulant generating function K and its first two derivatives.
func (g gaussLattice) cgf(t float64) (k, k1, k2 float64) {
	v := g.sd * g.sd
	k, k1, k2 = v*t*t/2, v*t, v
	for _, l := range g.parts {
		c, s, w := tilt(l.p, l.step*t)
		n := float64(l.n)
		k += float64(n * c)
		k1 += float64(n * l.step * s)
		k2 += float64(n * l.step * l.step * w)
	}
	return k, k1, k2
}

// logUpper returns ln P(sum > x).
func (g gaussLattice) logUpper(x float64) float64 {
	if x < 0 {
		return log1mExp(math.Min(0, g.negated().logUpperTail(-x)))
	}
	return math.Min(0, g.logUpperTail(x))
}

// logUpperTail returns ln P(sum > x) for x ≥ 0, by the cheaper of two exact methods
// that is accurate: the inversion integral of the moment generating function, or
// the sum over the atoms of the coarsest lattice.
func (g gaussLattice) logUpperTail(x float64) float64 {
	if len(g.parts) == 0 {
		return LogNormalCDF(-x / g.sd)
	}
	c := newContour(g, x)
	if v := c.k - float64(c.c*x); !(v > -1e8) {
		// Lugannani and Rice's leading term, as rounding errors are larger than the rest.
		return v - math.Log(c.c*math.Sqrt(2*math.Pi*c.k2))
	}
	atoms := newAtomSum(g, c.c)
	if atoms.cost <= c.nodes/5 { // a node is that much cheaper than an atom
		return atoms.logUpper(x)
	}
	if v, ok := c.integrate(); ok {
		return v
	}
	return atoms.logUpper(x)
}

// contour is the Bromwich integral of exp(K(t) − tx)/t along Re t = c > 0, which is
// P(sum > x), by the trapezoid rule with step h.
type contour struct {
	g          gaussLattice
	x, c       float64
	k, k1, k2  float64 // K and its derivatives at c
	h          float64
	nodes      float64
	negligible float64 // logarithm, relative to the value on the real axis
}

// Rounding errors in the phases are about 1e-12 at n = 1e6. A sum whose terms
// cancel by more than this factor is not trusted. Lattices that the normal part
// does not smooth can do that.
const maxCancellation = 300

const maxNodes = 500_000

func newContour(g gaussLattice, x float64) contour {
	c := contour{g: g, x: x}
	c.c = g.saddle(x)
	c.k, c.k1, c.k2 = g.cgf(c.c)
	width := math.Sqrt(c.k2)
	scale := math.Log1p(c.c * width * math.Sqrt(2*math.Pi))
	c.negligible = -scale - 41

	// By Poisson summation the trapezoid rule gives P(sum > x) plus the terms
	// exp(cX)·P(sum > x+X) + exp(−cX)·P(sum > x−X) at multiples of X = 2π/h.
	// Chernoff's bound at any t shows how large X must be for each.
	level := c.k - float64(c.c*x) + c.negligible
	above, below := math.Inf(1), -level/c.c
	for _, r := range [...]float64{2, 4, 6, 8, 10, 13, 17} {
		t := c.c + r/width
		k, _, _ := g.cgf(t)
		above = math.Min(above, (k-float64(t*x)-level)/(t-c.c))
		if t := c.c - r/width; t > 0 {
			k, _, _ := g.cgf(t)
			below = math.Min(below, (k-float64(t*x)-level)/(c.c-t))
		}
	}
	c.h = 2 * math.Pi / math.Max(above, below)
	c.nodes = math.Ceil(math.Sqrt(-2*c.negligible) / (g.sd * c.h))
	return c
}

// saddle returns the minimizer of K(t) − tx − ln t over t > 0, to a few digits. Any
// t > 0 is a correct contour; this one is the best conditioned.
func (g gaussLattice) saddle(x float64) float64 {
	v := g.variance()
	t := (x + math.Sqrt(float64(x*x)+float64(4*v))) / (2 * v)
	lo, hi := 0.0, math.Inf(1)
	for range 200 {
		_, k1, k2 := g.cgf(t)
		f := k1 - x - 1/t
		if f < 0 {
			lo = t
		} else {
			hi = t
		}
		next := t - f/(k2+1/(t*t))
		switch {
		case next > lo && next < hi:
		case math.IsInf(hi, 1):
			next = 2 * t
		case lo == 0:
			next = hi / 2
		default:
			next = math.Sqrt(lo) * math.Sqrt(hi)
		}
		if math.Abs(next-t) < 1e-6*t {
			return next
		}
		t = next
	}
	return t
}

// integrate returns ln P(sum > x). ok is false if the sum would take too many terms
// or if they cancel.
func (c contour) integrate() (v float64, ok bool) {
	if !(c.nodes <= maxNodes) {
		return 0, false
	}
	type factor struct {
		n, u, four, step, x float64
		sin, cos, ds, dc    float64 // of step·y/2 and of its change from node to node
	}
	factors := make([]factor, 0, 2)
	for _, l := range c.g.parts {
		_, shift, w := tilt(l.p, l.step*c.c)
		f := factor{n: float64(l.n), u: l.p + shift, four: 4 * w, step: l.step}
		f.ds, f.dc = math.Sincos(l.step * c.h / 2)
		factors = append(factors, f)
	}
	halfVariance := c.g.sd * c.g.sd / 2
	slope := c.k1 - c.x
	sum := 0.5 / c.c
	size := sum
	for j := 1; j <= int(c.nodes); j++ {
		y := float64(j) * c.h
		modulus := -halfVariance * y * y
		// ln(1−x) ≤ −x identifies most negligible nodes without a logarithm.
		bound := modulus
		for k := range factors {
			f := &factors[k]
			if j%64 == 1 {
				f.sin, f.cos = math.Sincos(f.step * y / 2)
			} else {
				f.sin, f.cos = float64(f.sin*f.dc)+float64(f.cos*f.ds), float64(f.cos*f.dc)-float64(f.sin*f.ds)
			}
			f.x = f.four * f.sin * f.sin
			if f.x > 1 {
				f.x = 1
			}
			bound -= float64(f.n * 0.5 * f.x)
		}
		if bound < c.negligible {
			continue
		}
		for _, f := range factors {
			modulus += float64(f.n * 0.5 * math.Log1p(-f.x))
		}
		if modulus < c.negligible {
			continue
		}
		phase := slope * y
		for _, f := range factors {
			sin, cos := math.Sincos(f.step * y)
			arg := math.Atan2(f.u*sin, 1-f.u+float64(f.u*cos))
			phase += float64(f.n * (arg - float64(f.u*f.step*y)))
		}
		sin, cos := math.Sincos(phase)
		term := math.Exp(modulus) * (float64(c.c*cos) + float64(y*sin)) / (float64(c.c*c.c) + float64(y*y))
		sum += term
		size += math.Abs(term)
	}
	if !(sum*maxCancellation > size) {
		return 0, false
	}
	return c.k - float64(c.c*c.x) + math.Log(c.h/math.Pi*sum), true
}
