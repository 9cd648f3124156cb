package kernel

import "unsafe"

// A Winograd convolution F(4×4,3×3) computes 4×4 tiles of its output from
// overlapping 6×6 tiles of its input: Y = Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A (Lavin and
// Gray, "Fast algorithms for convolutional neural networks", 2016), with the
// interpolation points 0, ±1, ±2 and ∞. The 36 elementwise products, summed
// over input channels, are 36 matrix products of tiles by channels.
//
// A strip is one row of tiles of one image. A call processes its strips in chunks,
// so that a chunk's transformed tiles stay in the second-level cache. It transforms
// the input, and then, for every block of output channels, multiplies and
// transforms back.
//
// Transformed inputs are stored as [36 points][block of channels][tile][16],
// products as [36 points][tile][16], both with a gap between points. Weights are
// [Out/width][36 points][In][width].

const (
	tileStep   = 4 // pixels from tile to tile
	tileSide   = 6 // side of an input tile
	tilePoints = tileSide * tileSide
)

// winogradCalls is the part of one instruction set. Distances are in values.
type winogradCalls[T Float] struct {
	width int // number of output channels with adjacent weights

	// input transforms strip r of one block of an image of h×w pixels. Point p of tile
	// i goes to v[p·point + 16·i:]. strip must be as clearStrip leaves it.
	input func(x []T, h, w, r int, strip, v []T, point int)
	// product computes the products of so many tiles with 16 output channels. The tiles'
	// blocks of input channels are block apart in v.
	product func(v []T, vPoint, block, blocks, tiles int, u, m []T, mPoint int)
	// output transforms the products of strip r into one block of an image of h×w
	// pixels. temp holds 24 pixels.
	output func(m []T, point int, y []T, h, w, r int, temp []T)
	// filters transforms 3×3 filters of width output channels. Those of output channel
	// o and input channel i are at w[o·oStep + i·iStep:], rotated by half a turn if
	// turned, and go to u[p·in·width + i·width + o].
	filters func(w []T, oStep, iStep, in int, turned bool, u []T)

	// gradient transforms strip r of one block of an output gradient of h×w pixels,
	// like input. edge holds edgeLen values.
	gradient func(dy []T, h, w, r int, edge, m []T, point int)
	// outer adds to acc[blocks][16][16] the products at one point of 16 channels of v,
	// in each of its blocks, with 16 of m, summed over tiles.
	outer func(acc, v, m []T, tiles, block, blocks int)
	// taps transforms lines of 16 sums, whose points are point apart, and adds the
	// results to acc[lines][9][16].
	taps func(sums []T, point, lines int, acc []T)
	// scatter writes n lines of 16 values as columns of 16 rows, row apart.
	scatter func(rows, lines []T, n, row int)
}

// tiling is a map of h×w pixels divided into tiles.
type tiling struct{ h, w, rows, cols int }

func newTiling(h, w int) tiling {
	return tiling{h, w, (h + tileStep - 1) / tileStep, (w + tileStep - 1) / tileStep}
}

// stripLine returns the length of a row of a strip between the passes of its
// transform: all tiles' columns.
func (t tiling) stripLine() int { return (tileStep*t.cols + tileSide - tileStep) * Block }

// stripLen returns the length of a strip between the passes of its transform and of
// a row of zeros, used for the rows above and below the map.
func (t tiling) stripLen() int { return tileSide*t.stripLine() + t.w*Block }

// clearStrip prepares the buffer between the passes for maps of this width. It
// clears the columns next to the map and the row of zeros, which no transform
// overwrites.
func clearStrip[T Float](t tiling, strip []T) { clear(strip[:t.stripLen()]) }

// pointGap returns the distance between the points of tiles·blocks pixels of 16
// channels. It is an odd number of cache lines, so that the 36 values of a tile do
// not compete for one set of the cache.
func pointGap(pixels int) int { return (pixels | 1) * Block }

// align returns scratch from the first cache line on. spare is the most that this
// may skip.
func align[T Float](scratch []T) []T {
	p := uintptr(unsafe.Pointer(unsafe.SliceData(scratch)))
	return scratch[(-p%64)/unsafe.Sizeof(scratch[0]):]
}

const (
	spare   = Block
	tempLen = tileSide * tileStep * Block // between the passes of an output transform
)

// strips returns how many strips are transformed together: about eight tiles, which
// with their products nearly fit into the first-level cache. It is more if there
// are more weights, which are read once per chunk.
func (t tiling) strips(in int) int { return max(1, max(8, in/4)/t.cols) }

func (k *winogradCalls[T]) scratch(c Conv) int {
	most := 0
	for _, in := range []int{c.In, c.Out} {
		t := newTiling(c.H, c.W)
		tiles := t.strips(in) * t.cols
		most = max(most, tempLen+t.stripLen()+tilePoints*(pointGap(tiles*in/Block)+pointGap(tiles))+spare)
	}
	return max(most, gradScratch(c))
}

// set returns the calls as a kernel set for route.
func (k *winogradCalls[T]) set() *Set[T] {
	return &Set[T]{
		PackedLen: func(c Conv) int { return tilePoints * c.In * c.Out },
		Pack:      k.pack,
		Scratch:   k.scratch,
		ConvForward: func(c Conv, n int, x, packed, y, scratch []T) {
			k.convolve(c.In, c.Out, newTiling(c.H, c.W), n, x, packed, y, scratch)
		},
		ConvBackwardData: func(c Conv, n int, dy, packed, dx, scratch []T) {
			k.convolve(c.Out, c.In, newTiling(c.H, c.W), n, dy, packed, dx, scratch)
		},
		GradLen:             func(c Conv) int { return 9 * c.In * c.Out },
		GradOnce:            func(Conv) bool { return true },
		ConvBackwardWeights: k.convolveWeights,
		Unpack:              k.unpack,
	}
}

// pack transforms the filters. Backward-data is a convolution with the filters
// rotated and their channels exchanged.
func (k *winogradCalls[T]) pack(c Conv, p Pass, w, packed []T) {
	in, out, iStep, oStep := c.In, c.Out, 9, 9*c.In
	if p == BackwardData {
		in, out, iStep, oStep = out, in, oStep, iStep
	}
	for o := 0; o < out; o += k.width {
		k.filters(w[o*oStep:], oStep, iStep, in, p == BackwardData, packed[o*tilePoints*in:])
	}
}

func (k *winogradCalls[T]) convolve(in, out int, t tiling, n int, x, packed, y, scratch []T) {
	plane, blocks := t.h*t.w*Block, in/Block
	size := t.strips(in)
	tiles := min(size, n*t.rows) * t.cols
	vPoint, mPoint := pointGap(tiles*blocks), pointGap(tiles)
	scratch = align(scratch)
	temp, scratch := scratch[:tempLen], scratch[tempLen:]
	strip, scratch := scratch[:t.stripLen()], scratch[t.stripLen():]
	v, m := scratch[:tilePoints*vPoint], scratch[tilePoints*vPoint:]
	clearStrip(t, strip)
	for first := 0; first < n*t.rows; first += size {
		count := min(size, n*t.rows-first)
		for s := range count {
			image, r := (first+s)/t.rows, (first+s)%t.rows
			for b := range blocks {
				k.input(x[(image*blocks+b)*plane:][:plane], t.h, t.w, r, strip, v[(b*tiles+s*t.cols)*Block:], vPoint)
			}
		}
		for o := range out / Block {
			k.product(v, vPoint, tiles*Block, blocks, count*t.cols, packed[o*Block*tilePoints*in:], m, mPoint)
			for s := range count {
				image, r := (first+s)/t.rows, (first+s)%t.rows
				k.output(m[s*t.cols*Block:], mPoint, y[(image*out/Block+o)*plane:][:plane], t.h, t.w, r, temp)
			}
		}
	}
}
