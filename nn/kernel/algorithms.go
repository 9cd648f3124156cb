package kernel

// Algorithm is a way to compute the products of a convolution.
type Algorithm int

const (
	Direct   Algorithm = iota // the definition's sum
	Winograd                  // minimal filtering F(4×4,3×3) of Lavin and Gray (2016)
)

// String returns "direct" or "winograd".
func (a Algorithm) String() string {
	if a == Winograd {
		return "winograd"
	}
	return "direct"
}

// Chosen returns the algorithm for a shape in a set (its Name): Direct if that is
// exact, otherwise that of choose.
func Chosen(set string, c Conv) Algorithm {
	if _, exact := parts(set); exact {
		return Direct
	}
	return choose(c)
}

// choose returns the algorithm for a shape, forward and backward. It is a rule and
// not a measurement, since a choice at run time would make results depend on a
// machine's load. Stride 2 and the stem are always direct. Elsewhere Winograd is
// faster (longtail bench kernels) if its tiles of 4×4 are at least half full and
// one of them is entirely full; on smaller maps it would compute mostly padding.
func choose(c Conv) Algorithm {
	if !winogradServes(c) {
		return Direct
	}
	t := newTiling(c.H, c.W)
	if c.H >= tileStep && c.W >= tileStep && 2*c.H*c.W >= tileStep*t.rows*tileStep*t.cols {
		return Winograd
	}
	return Direct
}

// winogradServes reports whether the Winograd algorithm exists for a shape: blocked
// input and stride 1.
func winogradServes(c Conv) bool { return c.Stride == 1 && !c.Stem() }

// route returns a set that computes every shape by the algorithm that choose
// returns. fast holds the Winograd calls; batch normalization is direct's.
func route[T Float](direct, fast *Set[T], choose func(c Conv) Algorithm) *Set[T] {
	by := func(c Conv) *Set[T] {
		if choose(c) == Direct {
			return direct
		}
		return fast
	}
	s := *direct
	s.PackedLen = func(c Conv) int { return by(c).PackedLen(c) }
	s.Pack = func(c Conv, p Pass, w, packed []T) { by(c).Pack(c, p, w, packed) }
	s.Scratch = func(c Conv) int { return by(c).Scratch(c) }
	s.ConvForward = func(c Conv, n int, x, packed, y, scratch []T) {
		by(c).ConvForward(c, n, x, packed, y, scratch)
	}
	s.ConvBackwardData = func(c Conv, n int, dy, packed, dx, scratch []T) {
		by(c).ConvBackwardData(c, n, dy, packed, dx, scratch)
	}
	s.GradLen = func(c Conv) int { return by(c).GradLen(c) }
	s.GradOnce = func(c Conv) bool { return by(c).GradOnce(c) }
	s.ConvBackwardWeights = func(c Conv, n int, x, dy, acc, scratch []T) {
		by(c).ConvBackwardWeights(c, n, x, dy, acc, scratch)
	}
	s.Unpack = func(c Conv, acc, dw []T) { by(c).Unpack(c, acc, dw) }
	return &s
}
