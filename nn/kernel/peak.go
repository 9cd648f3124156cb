package kernel

import "runtime"

// peakSums is the number of independent sums in a loop of multiply-adds, enough to
// hide the latency of each.
const peakSums = 12

// MultiplyAdd does so many rounds of independent multiply-adds, and nothing else,
// with the instructions of a set of this machine (its Name, exact or not). It returns
// the floating-point operations, two per multiply-add. No kernel of the set can do
// more in the same time. The portable set's loop is plain Go: one number at a time,
// with separate multiplication and addition.
func MultiplyAdd(set string, rounds int) (operations float64) {
	base, _ := parts(set)
	by, _ := find(base)
	by.peak(rounds)
	return 2 * peakSums * float64(by.lanes) * float64(rounds)
}

func portablePeak(rounds int) {
	var a, b, c, d, e, f, g, h, i, j, k, l float32
	x, y := float32(.5), float32(1) // sums stay near 2, as tiny numbers would be slow
	for range rounds {
		a = a*x + y
		b = b*x + y
		c = c*x + y
		d = d*x + y
		e = e*x + y
		f = f*x + y
		g = g*x + y
		h = h*x + y
		i = i*x + y
		j = j*x + y
		k = k*x + y
		l = l*x + y
	}
	runtime.KeepAlive([]float32{a, b, c, d, e, f, g, h, i, j, k, l}) // otherwise the loop would be optimized away
}
