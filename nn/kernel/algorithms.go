package kernel

// Algorithm is a way to compute one product of a convolution.
type Algorithm int

const (
	Direct   Algorithm = iota // the definition's sum
	Winograd                  // minimal filtering F(4×4,3×3) of Lavin and Gray (2016)
)

// row says what computes forward, backward-data and backward-weights of one
// stride-1 shape.
type row struct {
	in, out, h, w int
	passes        [3]Algorithm
}

// table is the choice for the shapes of the ResNets at 32×32 and 28×28, per
// kernel set. It is measured once and committed: a choice at run time would
// make results depend on a machine's load.
var table = map[string][]row{
	"portable": {
		{16, 16, 32, 32, [3]Algorithm{Winograd, Winograd, Winograd}},
		{32, 32, 16, 16, [3]Algorithm{Winograd, Winograd, Winograd}},
		{64, 64, 8, 8, [3]Algorithm{Winograd, Winograd, Winograd}},
		{16, 16, 28, 28, [3]Algorithm{Winograd, Winograd, Winograd}},
		{32, 32, 14, 14, [3]Algorithm{Winograd, Winograd, Winograd}},
		{64, 64, 7, 7, [3]Algorithm{Winograd, Winograd, Winograd}},
	},
	"avx512": { // by measurements on Zen 4 (longtail bench kernels), the prototypes' on Zen 5
		{16, 16, 32, 32, [3]Algorithm{Winograd, Winograd, Winograd}},
		{32, 32, 16, 16, [3]Algorithm{Winograd, Winograd, Winograd}},
		{64, 64, 8, 8, [3]Algorithm{Winograd, Winograd, Winograd}},
		{16, 16, 28, 28, [3]Algorithm{Winograd, Winograd, Winograd}},
		{32, 32, 14, 14, [3]Algorithm{Winograd, Winograd, Winograd}},
		{64, 64, 7, 7, [3]Algorithm{Winograd, Winograd, Winograd}},
	},
	"avx2": {
		{16, 16, 32, 32, [3]Algorithm{Winograd, Winograd, Winograd}},
		{32, 32, 16, 16, [3]Algorithm{Winograd, Winograd, Winograd}},
		{64, 64, 8, 8, [3]Algorithm{Winograd, Winograd, Winograd}},
		{16, 16, 28, 28, [3]Algorithm{Winograd, Winograd, Winograd}},
		{32, 32, 14, 14, [3]Algorithm{Winograd, Winograd, Winograd}},
		{64, 64, 7, 7, [3]Algorithm{Winograd, Winograd, Winograd}},
	},
}

// choose returns the algorithm of a set for one pass of a shape.
func choose(set string, c Conv, p Pass) Algorithm { return chooser(set)(c, p) }

// chooser returns a set's rule. Stride 2 and the stem are always direct. Of the
// shapes that are not in the table Winograd serves those whose tiles of 4×4
// are at least half full, and one of them entirely: smaller maps compute mostly
// padding.
func chooser(set string) func(c Conv, p Pass) Algorithm {
	rows := table[set]
	return func(c Conv, p Pass) Algorithm {
		if !winogradServes(c) {
			return Direct
		}
		for i := range rows {
			if r := &rows[i]; r.in == c.In && r.out == c.Out && r.h == c.H && r.w == c.W {
				return r.passes[p]
			}
		}
		t := newTiling(c.H, c.W)
		if c.H >= tileStep && c.W >= tileStep && 2*c.H*c.W >= tileStep*t.rows*tileStep*t.cols {
			return Winograd
		}
		return Direct
	}
}

// winogradServes reports whether the Winograd algorithm exists for a shape:
// blocked input and stride 1.
func winogradServes(c Conv) bool { return c.Stride == 1 && !c.Stem() }

// route returns a set that computes every pass of every shape by the algorithm
// that choose names. fast holds the Winograd calls; a pass whose call is nil
// stays direct, and batch normalisation is direct's.
func route[T Float](direct, fast *Set[T], choose func(c Conv, p Pass) Algorithm) *Set[T] {
	if fast == nil {
		return direct
	}
	by := func(c Conv, p Pass) *Set[T] {
		missing := fast.ConvForward == nil
		if p == BackwardWeights {
			missing = fast.ConvBackwardWeights == nil
		}
		if missing || choose(c, p) == Direct {
			return direct
		}
		return fast
	}
	s := *direct
	s.PackedLen = func(c Conv, p Pass) int { return by(c, p).PackedLen(c, p) }
	s.Pack = func(c Conv, p Pass, w, packed []T) { by(c, p).Pack(c, p, w, packed) }
	s.Scratch = func(c Conv) int {
		return max(by(c, Forward).Scratch(c), by(c, BackwardData).Scratch(c), by(c, BackwardWeights).Scratch(c))
	}
	s.ConvForward = func(c Conv, n int, x, packed, y, scratch []T) {
		by(c, Forward).ConvForward(c, n, x, packed, y, scratch)
	}
	s.ConvBackwardData = func(c Conv, n int, dy, packed, dx, scratch []T) {
		by(c, BackwardData).ConvBackwardData(c, n, dy, packed, dx, scratch)
	}
	s.GradLen = func(c Conv) int { return by(c, BackwardWeights).GradLen(c) }
	s.GradOnce = func(c Conv) bool { return by(c, BackwardWeights).GradOnce(c) }
	s.ConvBackwardWeights = func(c Conv, n int, x, dy, acc, scratch []T) {
		by(c, BackwardWeights).ConvBackwardWeights(c, n, x, dy, acc, scratch)
	}
	s.Unpack = func(c Conv, acc, dw []T) { by(c, BackwardWeights).Unpack(c, acc, dw) }
	return &s
}
