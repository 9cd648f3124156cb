package theory

// beyond returns the first of b, 2b, 4b, … at which test is true.
func beyond(b float64, test func(float64) bool) float64 {
	for !test(b) {
		b *= 2
	}
	return b
}

// crossing returns the point of (lo, hi) from which on test is true.
func crossing(lo, hi float64, test func(float64) bool) float64 {
	for {
		mid := lo + float64(0.5*(hi-lo))
		if mid <= lo || mid >= hi {
			return hi
		}
		if test(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
}

// goldenMinimum returns the position of a minimum of f on [a, b] by golden-section
// search. If f has only one, it is that.
func goldenMinimum(a, b float64, f func(float64) float64) float64 {
	const g = 0.61803398874989484820
	x1, x2 := b-float64(g*(b-a)), a+float64(g*(b-a))
	f1, f2 := f(x1), f(x2)
	for range 80 {
		if f1 <= f2 {
			b, x2, f2 = x2, x1, f1
			x1 = b - float64(g*(b-a))
			f1 = f(x1)
		} else {
			a, x1, f1 = x1, x2, f2
			x2 = a + float64(g*(b-a))
			f2 = f(x2)
		}
	}
	return (a + b) / 2
}
