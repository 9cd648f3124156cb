// Package kernel holds the arithmetic of the trunk: convolutions, batch
// normalization and their backward passes, on batches of a few images.
//
// Activations are stored as nChw16c: image, block of 16 channels, row, column,
// channel within the block. Only the network input is planar (NCHW, three
// channels). A Set is one implementation of all calls. Every set has the same
// shapes and is tested against Portable[float64].
package kernel

// Float is the element type: float32 for training, float64 as the reference.
type Float interface{ float32 | float64 }

// Block is the number of channels that are adjacent in memory.
const Block = 16

// Conv is the shape of one 3×3 convolution with padding 1 and no bias.
type Conv struct {
	In, Out int // channels; Out is a multiple of Block, In too unless it is 3 (the stem, whose input is planar)
	H, W    int // input rows and columns
	Stride  int // 1 or 2
}

// Stem reports whether the input is the planar three-channel image.
func (c Conv) Stem() bool { return c.In == 3 }

// OutH returns the number of output rows, ⌈H/Stride⌉.
func (c Conv) OutH() int { return (c.H + c.Stride - 1) / c.Stride }

// OutW returns the number of output columns, ⌈W/Stride⌉.
func (c Conv) OutW() int { return (c.W + c.Stride - 1) / c.Stride }

// InLen returns the elements of one input image.
func (c Conv) InLen() int { return c.In * c.H * c.W }

// OutLen returns the elements of one output image.
func (c Conv) OutLen() int { return c.Out * c.OutH() * c.OutW() }

// MACs returns the multiply-adds of one image in one pass, counting padding taps.
func (c Conv) MACs() int { return 9 * c.In * c.OutLen() }

// Pass is one of a convolution's three products. Weights are packed for the first
// two.
type Pass int

const (
	Forward         Pass = iota // y from x and w
	BackwardData                // dx from dy and w
	BackwardWeights             // dw from x and dy
)

// String returns "forward", "backward-data" or "backward-weights".
func (p Pass) String() string {
	return [...]string{"forward", "backward-data", "backward-weights"}[p]
}

// Set is one implementation of every call. All calls work on n consecutive images.
// None allocates or starts goroutines, and the same arguments give the same bits.
// scratch has at least Scratch(c) elements and keeps nothing between calls.
type Set[T Float] struct {
	Name string // as in results: "portable", "avx2", "avx2-exact"

	// PackedLen returns the length of Pack's destination. Pack converts w (Out×In×3×3)
	// to the layout of one pass, Forward or BackwardData; the stem has only the first.
	PackedLen func(c Conv) int
	Pack      func(c Conv, p Pass, w, packed []T)

	Scratch func(c Conv) int

	// ConvForward computes y from x and weights packed for Forward.
	ConvForward func(c Conv, n int, x, packed, y, scratch []T)
	// ConvBackwardData computes dx from dy and weights packed for
	// BackwardData. It is never called for the stem.
	ConvBackwardData func(c Conv, n int, dy, packed, dx, scratch []T)
	// ConvBackwardWeights adds the weight gradient of n images to acc, which has
	// GradLen(c) elements in the set's own layout. Unpack converts a sum of such
	// accumulators to dw (Out×In×3×3), overwriting it.
	GradLen func(c Conv) int
	// GradOnce reports whether each call adds to acc only once, so that calls with
	// separate accumulators, summed in order, give the same bits.
	GradOnce            func(c Conv) bool
	ConvBackwardWeights func(c Conv, n int, x, dy, acc, scratch []T)
	Unpack              func(c Conv, acc, dw []T)

	// BNStats writes mean and sum of squared deviations of every channel of every
	// image: mean[i*channels+ch], m2[i*channels+ch].
	BNStats func(n, channels, hw int, z, mean, m2 []T)
	// BNApply computes y = z·scale + shift per channel, adds residual unless
	// it is nil, and clamps below at zero. y may be z.
	BNApply func(n, channels, hw int, z, scale, shift, residual, y []T)
	// BNBackwardSums masks dy in place where y ≤ 0 and writes, per image and
	// channel, sum = Σ dy and dot = Σ dy·(z−mean).
	BNBackwardSums func(n, channels, hw int, dy, y, z, mean, sum, dot []T)
	// BNBackwardApply computes dz = a·dy + b·z + c per channel. dz may be dy.
	BNBackwardApply func(n, channels, hw int, dy, z, a, b, c, dz []T)

	// Add adds x to sum, a multiple of Block values. −0 plus −0 is 0.
	Add func(x, sum []T)
}
