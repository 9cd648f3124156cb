package theory

import "math"

// gammaTerm is one independent variable c·χ² with 2·shape degrees of freedom.
type gammaTerm struct{ c, shape float64 }

// gammaSum is V = Σ cⱼχ²ⱼ + shift. Its mean, Σ 2cⱼ·shapeⱼ + shift, is given
// separately, because callers know it without cancellation.
type gammaSum struct {
	terms       []gammaTerm
	shift, mean float64
	coarse      bool // 1e-10 of the probability is enough
}

// logPositive returns ln P(V > 0), with relative accuracy of the probability about
// 1e-12 at every size, by the inversion
//
//	P(V > 0) = (1/2πi) ∫ exp(K(s))/s ds,  K(s) = −Σ shapeⱼ ln(1 − 2cⱼs) + s·constant,
//
// along a hyperbola through the saddle point of K(s) − ln s on the positive
// axis (Rice 1980; Helstrom 1996), on which nothing cancels, with the
// trapezoid rule, which converges geometrically there. K is summed from
// shape·(z − ln(1 + z)) at z = −2cs and mean·s, so 5e11 degrees of freedom lose
// nothing; where some |z| exceeds 1, that term keeps its plain logarithm and
// its part of the mean is left out. Where rounding of K would be seen, below
// about exp(−1e9), the saddle-point approximation takes over, whose logarithm
// is right to a relative 1e-8. A positive mean is served by the complement.
func (v gammaSum) logPositive() float64 {
	if v.mean > 0 {
		return log1mExp(math.Min(0, v.negated().logPositive()))
	}
	s0 := v.saddle()
	k0, _ := v.exponent(s0, 0)
	curvature := 1 / (s0 * s0)
	for _, t := range v.terms {
		r := 2 * t.c / (1 - float64(2*t.c*s0))
		curvature += float64(t.shape * r * r)
	}
	w := 1 / math.Sqrt(curvature)
	approximate := k0 + math.Log(w/s0) - logSqrt2Pi
	if !(k0 > -1e9) {
		return approximate
	}
	kappa := 0.4 * v.bend()

	// node returns the imaginary part and the modulus of the integrand in u at s = s0
	// + w(i sinh u + κ(cosh u − 1)), divided by exp(K(s0)).
	node := func(u float64) (im, size float64) {
		// sinh u and sinh u/2 from one exponential.
		grown := math.Expm1(u / 2)
		half := 0.5 * (grown + grown/(1+grown))
		sinh := 2 * half * (half + 1/(1+grown))
		sr, si := s0+float64(w*kappa*2*half*half), w*sinh
		kr, ki := v.exponent(sr, si)
		// ds/du divided by s.
		dr, di := w*kappa*sinh, w*(1+float64(2*half*half))
		den := float64(sr*sr) + float64(si*si)
		qr := (float64(dr*sr) + float64(di*si)) / den
		qi := (float64(di*sr) - float64(dr*si)) / den
		sin, cos := math.Sincos(ki)
		e := math.Exp(kr - k0)
		return e * (float64(qr*sin) + float64(qi*cos)), e * math.Hypot(qr, qi)
	}
	// sum adds the nodes first, first + step, … until they are negligible.
	sum := func(first, step, size float64) float64 {
		total, quiet := 0.0, 0
		for u := first; u < 700; u += step {
			g, modulus := node(u)
			total += g
			if modulus < 1e-17*math.Max(size, math.Abs(total)) {
				if quiet++; quiet > 3 {
					break
				}
			} else {
				quiet = 0
			}
		}
		return total
	}
	// Halving the step squares the error: 1e-7 leaves 1e-14.
	tolerance := math.Max(1e-8, -1e-14*k0)
	if v.coarse {
		tolerance = math.Max(1e-5, tolerance)
	}
	h := 0.25
	center, _ := node(0)
	total := center/2 + sum(h, h, center)
	for range 10 {
		finer := total + sum(h/2, h, math.Abs(total))
		h /= 2
		if math.Abs(finer-2*total) <= tolerance*math.Abs(finer) && finer > 0 {
			return k0 + math.Log(finer*h/math.Pi)
		}
		total = finer
	}
	return approximate
}

func (v gammaSum) negated() gammaSum {
	terms := make([]gammaTerm, len(v.terms))
	for i, t := range v.terms {
		terms[i] = gammaTerm{-t.c, t.shape}
	}
	return gammaSum{shift: -v.shift, mean: -v.mean, coarse: v.coarse, terms: terms}
}

// bend returns the side to which the contour turns away from the vertical, +1 right
// or −1 left. That is toward the branch points of the terms with the smaller
// shapes, since the others, like a shift, make exp(K(s)) fall exponentially there.
// Both sides are correct, as the integrand is analytic off the real axis.
func (v gammaSum) bend() float64 {
	right, left := 0.0, 0.0
	for _, t := range v.terms {
		if t.c > 0 {
			right += t.shape
		} else {
			left += t.shape
		}
	}
	if v.shift < 0 || v.shift == 0 && right < left {
		return 1
	}
	return -1
}

// exponent returns K at sr + i·si.
func (v gammaSum) exponent(sr, si float64) (re, im float64) {
	linear, plain := v.mean, v.anyLarge(sr, si)
	if plain {
		linear = v.shift
	}
	for _, t := range v.terms {
		zr, zi := float64(-2*t.c*sr), float64(-2*t.c*si)
		if plain && math.Abs(zr)+math.Abs(zi) > 1 {
			re -= float64(t.shape * math.Log(math.Hypot(1+zr, zi)))
			im -= float64(t.shape * math.Atan2(zi, 1+zr))
			continue
		}
		er, ei := logExcessComplex(zr, zi)
		re += float64(t.shape * er)
		im += float64(t.shape * ei)
		if plain {
			linear += float64(2 * t.c * t.shape)
		}
	}
	return re + float64(linear*sr), im + float64(linear*si)
}

// anyLarge reports whether some |2cs| exceeds 1.
func (v gammaSum) anyLarge(sr, si float64) bool {
	for _, t := range v.terms {
		if math.Abs(2*t.c)*(math.Abs(sr)+math.Abs(si)) > 1 {
			return true
		}
	}
	return false
}

// saddle returns the minimizer of the convex function K(s) − ln s over s > 0.
func (v gammaSum) saddle() float64 { return v.lowest(1) }

// rate returns −min K(s) over s > 0, for a V with negative mean. Chernoff's bound
// on P(V > 0) is exp(−rate).
func (v gammaSum) rate() float64 {
	k, _ := v.exponent(v.lowest(0), 0)
	return -k
}

// lowest returns the minimizer of K(s) − weight·ln s over s > 0.
func (v gammaSum) lowest(weight float64) float64 {
	slope := func(s float64) float64 {
		plain := v.anyLarge(s, 0)
		d := v.mean
		if plain {
			d = v.shift
		}
		for _, t := range v.terms {
			q := 1 - float64(2*t.c*s)
			switch {
			case q <= 0:
				return math.Inf(1)
			case plain:
				d += float64(2 * t.c * t.shape / q)
			default:
				d += float64(4*t.shape*t.c*t.c) * s / q
			}
		}
		return d - weight/s
	}
	variance := 0.0
	for _, t := range v.terms {
		variance += float64(4 * t.shape * t.c * t.c)
	}
	lo := 1 / math.Sqrt(variance)
	for slope(lo) > 0 {
		lo /= 2
	}
	hi := 2 * lo
	for slope(hi) < 0 {
		lo, hi = hi, 2*hi
	}
	for range 40 {
		mid := 0.5 * (lo + hi)
		if slope(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// logExcessComplex returns z − ln(1 + z) at z = x + iy, like logExcess.
func logExcessComplex(x, y float64) (re, im float64) {
	// s = z/(2 + z).
	den := float64((2+x)*(2+x)) + float64(y*y)
	sr := (float64(x*(2+x)) + float64(y*y)) / den
	si := 2 * y / den
	if float64(sr*sr)+float64(si*si) > 0.09 {
		var ln float64
		if x > -0.5 {
			ln = 0.5 * math.Log1p(float64(x*(2+x))+float64(y*y))
		} else {
			ln = math.Log(math.Hypot(1+x, y))
		}
		return x - ln, y - math.Atan2(y, 1+x)
	}
	// z s − 2s³(1/3 + s²/5 + …), Horner in t = s².
	tr, ti := float64(sr*sr)-float64(si*si), 2*sr*si
	terms := 17
	if math.Max(math.Abs(sr), math.Abs(si)) < 1e-2 {
		terms = 5
	}
	pr, pi := 0.0, 0.0
	for k := terms; k >= 1; k-- {
		pr, pi = float64(pr*tr)-float64(pi*ti)+1/float64(2*k+1), float64(pr*ti)+float64(pi*tr)
	}
	qr, qi := x-2*(float64(tr*pr)-float64(ti*pi)), y-2*(float64(tr*pi)+float64(ti*pr))
	return float64(sr*qr) - float64(si*qi), float64(sr*qi) + float64(si*qr)
}
