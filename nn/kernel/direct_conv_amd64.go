//go:build !noasm

package kernel

// A direct convolution reads a copy of its input image with a border of zeros, so
// that no tap needs a test. The rest is a table of pixels and a list of taps
// (distances inside the padded image), each with its matrix of weights. Stride 2
// and its four classes of backward pixels differ from stride 1 only in these lists.
// Offsets are 32 bits wide, so a padded image may have up to 2 GB.

// directCalls is the part of one instruction set. Distances are in values.
type directCalls struct {
	tableLen func(c Conv) int // upper bound for all groups of pixels

	// whole computes a convolution from the image itself and returns true, or returns
	// false if it has no kernels for the shape. It may be nil.
	whole func(c Conv, n int, src, packed, dst []float32) bool

	// group prepares in tables the tables of a group of rows × cols pixels. The
	// source's distances are those of the first tap. taps are the distances of ntaps
	// taps from there, and block is that from block to block.
	group func(tables []int32, rows, cols int, src, dst grid, taps [filterTaps]int, ntaps, block int) pixelGroup
	// convolve computes a destination block of the pixels of g.
	convolve func(p product, g pixelGroup, dst, packed, padded []float32)
	// stem computes one destination block from a planar source. Its three columns
	// under a filter row are one tap.
	stem func(g pixelGroup, dst, packed, padded []float32)

	// gradient adds to acc the weight gradient of one filter row and one pair of
	// blocks, over rows of output pixels. A row has a first pixel, whose left tap is
	// outside x, middle ones and, if last, one whose right tap is outside. x points to
	// the first pixel's middle tap; pixels are xCol bytes apart, rows xRow.
	gradient func(acc, x, dy *float32, rows, middle int, last bool, xCol, xRow uintptr)
	// stemGradient adds the gradient of the whole filter, over rows of w output
	// pixels. x is planar and has a border, and its rows have line values.
	stemGradient func(acc, x, dy []float32, rows, w, stride, line, plane int)
}

// pixelGroup is a set of destination pixels with the same taps, in an instruction
// set's own form.
type pixelGroup struct {
	taps    []int32
	tiles   []int32
	ntiles  int
	weights int     // position of its taps among the packed weights of two blocks
	single  bool    // avx512: its pixels do not form runs
	step    int     // avx512: from pixel to pixel in the source
	dstStep uintptr // avx512: bytes from pixel to pixel in the destination
}

// grid gives the positions of pixels in a plane, in values: the first one's and the
// distances from row to row and from column to column.
type grid struct{ first, row, col int }

// squareTaps returns the distances of a filter's nine taps in rows of line values.
func squareTaps(line, step int) [filterTaps]int {
	var taps [filterTaps]int
	for t := range taps {
		taps[t] = t/3*line + t%3*step
	}
	return taps
}

// set returns the calls as a kernel set without batch normalization.
func (k *directCalls) set(name string) *Set[float32] {
	return &Set[float32]{
		Name:                name,
		PackedLen:           func(c Conv) int { return filterTaps * c.In * c.Out },
		Pack:                directPack,
		Scratch:             k.scratch,
		ConvForward:         k.forward,
		ConvBackwardData:    k.backwardData,
		GradLen:             directGradLen,
		GradOnce:            func(Conv) bool { return false },
		ConvBackwardWeights: k.backwardWeights,
		Unpack:              directUnpack,
	}
}

func (k *directCalls) scratch(c Conv) int {
	in := c.In * (c.H + 2) * (c.W + 2)
	out := c.Out * (c.OutH() + 2) * (c.OutW() + 2)
	return max(in, out) + k.tableLen(c) + filterTaps*len(parityClasses)
}

func (k *directCalls) forward(c Conv, n int, x, packed, y, scratch []float32) {
	if c.Stem() {
		k.stemForward(c, n, x, packed, y, scratch)
	} else {
		k.square(c, n, x, packed, y, scratch)
	}
}

func (k *directCalls) backwardData(c Conv, n int, dy, packed, dx, scratch []float32) {
	if c.Stride == 1 { // a convolution with the rotated filter
		k.square(Conv{c.Out, c.In, c.H, c.W, 1}, n, dy, packed, dx, scratch)
		return
	}
	h, w := c.OutH(), c.OutW()
	line := (w + 2) * Block
	p := product{c.Out / Block, h, w, c.In / Block, c.H * c.W * Block}
	padded, tables := scratch[:p.paddedLen()], int32s(scratch[p.paddedLen():])
	var groups [len(parityClasses)]pixelGroup
	weights := 0
	for i, class := range parityClasses {
		var taps [filterTaps]int
		for j, t := range class.taps {
			taps[j] = class.shift(t, line)
		}
		first := taps[0]
		for j := range class.taps {
			taps[j] -= first
		}
		g := k.group(tables, (c.H+1-class.py)/2, (c.W+1-class.px)/2, grid{line + Block + first, line, Block},
			grid{(class.py*c.W + class.px) * Block, 2 * c.W * Block, 2 * Block}, taps, len(class.taps), p.plane())
		tables = tables[len(g.taps)+len(g.tiles):]
		g.weights = weights
		weights += len(g.taps) * tapWeights
		groups[i] = g
	}
	k.run(p, n, dy, packed, dx, padded, groups[:])
}

// square convolves with all taps of the filter. At stride 1 the first and the last
// row are separate groups without the taps outside the image. At stride 2 tiles
// that are not full would cost more than that saves.
func (k *directCalls) square(c Conv, n int, src, packed, dst, scratch []float32) {
	if k.whole != nil && k.whole(c, n, src, packed, dst) {
		return
	}
	h, w := c.OutH(), c.OutW()
	line := (c.W + 2) * Block
	p := product{c.In / Block, c.H, c.W, c.Out / Block, h * w * Block}
	padded, tables := scratch[:p.paddedLen()], int32s(scratch[p.paddedLen():])
	taps := squareTaps(line, Block)
	var groups [3]pixelGroup
	for i, r := 0, 0; r < h; i++ {
		first, end, rows := 0, 3, h
		if c.Stride == 1 {
			first, end, rows = filterLines(c, r)
		}
		g := k.group(tables, rows, w, grid{(r*c.Stride + first) * line, c.Stride * line, c.Stride * Block},
			grid{r * w * Block, w * Block, Block}, taps, 3*(end-first), p.plane())
		tables = tables[len(g.taps)+len(g.tiles):]
		g.weights = 3 * first * tapWeights
		groups[i] = g
		r += rows
	}
	k.run(p, n, src, packed, dst, padded, groups[:])
}

// filterLines returns the filter lines first to end−1 that overlap the image at
// output row r, and how many rows from r on have the same lines.
func filterLines(c Conv, r int) (first, end, rows int) {
	first, end = max(0, 1-r*c.Stride), min(3, c.H+1-r*c.Stride)
	if first == 0 && end == 3 {
		return 0, 3, (c.H-2)/c.Stride - r + 1
	}
	return first, end, 1
}

// product is the shape of a convolution in terms of pixels: source blocks of h × w
// pixels, destination blocks of outLen values.
type product struct{ blocks, h, w, outBlocks, outLen int }

// plane returns the number of values of a padded source block.
func (p product) plane() int { return (p.h + 2) * (p.w + 2) * Block }

func (p product) paddedLen() int { return p.blocks * p.plane() }

func (k *directCalls) run(p product, n int, src, packed, dst, padded []float32, groups []pixelGroup) {
	const pair = filterTaps * tapWeights
	in := p.h * p.w * Block
	src, dst = src[:n*p.blocks*in], dst[:n*p.outBlocks*p.outLen]
	packed = packed[:p.outBlocks*p.blocks*pair]
	clearBorders(padded, p.blocks, p.h, p.w, Block)
	for i := range n {
		padPlanes(padded, src[i*p.blocks*in:], p.blocks, p.h, p.w, Block)
		for o := range p.outBlocks {
			for _, g := range groups {
				if g.ntiles > 0 {
					k.convolve(p, g, dst[(i*p.outBlocks+o)*p.outLen:], packed[o*p.blocks*pair:], padded)
				}
			}
		}
	}
}

func (k *directCalls) stemForward(c Conv, n int, x, packed, y, scratch []float32) {
	line := c.W + 2
	plane := (c.H + 2) * line
	outLen := c.OutH() * c.OutW() * Block
	x, y, packed = x[:n*c.InLen()], y[:n*c.OutLen()], packed[:filterTaps*c.In*c.Out]
	padded, tables := scratch[:c.In*plane], int32s(scratch[c.In*plane:])
	taps := squareTaps(plane, line) // three planes of three rows
	g := k.group(tables, c.OutH(), c.OutW(), grid{0, c.Stride * line, c.Stride},
		grid{0, c.OutW() * Block, Block}, taps, filterTaps, 0)
	clearBorders(padded, c.In, c.H, c.W, 1)
	for i := range n {
		padPlanes(padded, x[i*c.InLen():], c.In, c.H, c.W, 1)
		for o := range c.Out / Block {
			k.stem(g, y[i*c.OutLen()+o*outLen:], packed[o*Block*filterTaps*c.In:], padded)
		}
	}
}

func (k *directCalls) backwardWeights(c Conv, n int, x, dy, acc, scratch []float32) {
	x, dy, acc = x[:n*c.InLen()], dy[:n*c.OutLen()], acc[:directGradLen(c)]
	if c.Stem() {
		k.stemBackwardWeights(c, n, x, dy, acc, scratch)
		return
	}
	h, w := c.OutH(), c.OutW()
	last := c.Stride*(w-1)+2 > c.W // no column to the right of the last pixel's
	wide := c
	if c.W == 1 { // the kernels' first pixel has one: zeros
		wide.W, last = 2, false
	}
	middle := w - 1
	if last {
		middle--
	}
	blocks, line := c.In/Block, wide.W*Block
	xCol, xRow := uintptr(floatBytes*c.Stride*Block), uintptr(floatBytes*c.Stride*line)
	strip := max(1, stripPixels/w)
	for i := range n {
		x, dy := x[i*c.InLen():][:c.InLen()], dy[i*c.OutLen():]
		if wide.W > c.W {
			x = widen(scratch[:wide.InLen()], x)
		}
		for o := range c.Out / Block {
			for r := 0; r < h; r += strip {
				for b := range blocks {
					for kh := range 3 {
						// Rows whose tap is above or below the image are left out.
						first, end := max(r, 1-kh), min(r+strip, h, (c.H-kh+c.Stride)/c.Stride)
						if first < end {
							k.gradient(&acc[((o*blocks+b)*3+kh)*Block*lineGrad], &x[(b*c.H+first*c.Stride+kh-1)*line],
								&dy[(o*h+first)*w*Block], end-first, middle, last, xCol, xRow)
						}
					}
				}
			}
		}
	}
}

// widen copies an image of one column and adds a column of zeros.
func widen(dst, src []float32) []float32 {
	for i := 0; i < len(src); i += Block {
		copy(dst[2*i:2*i+Block], src[i:])
		clear(dst[2*i+Block : 2*i+2*Block])
	}
	return dst
}

func (k *directCalls) stemBackwardWeights(c Conv, n int, x, dy, acc, scratch []float32) {
	h, w := c.OutH(), c.OutW()
	line := c.W + 2
	plane := (c.H + 2) * line
	padded := scratch[:c.In*plane]
	clearBorders(padded, c.In, c.H, c.W, 1)
	strip := max(1, stripPixels/w)
	for i := range n {
		padPlanes(padded, x[i*c.InLen():], c.In, c.H, c.W, 1)
		for o := range c.Out / Block {
			for r := 0; r < h; r += strip {
				k.stemGradient(acc[o*stemLines*lineGrad:], padded[r*c.Stride*line:], dy[i*c.OutLen()+(o*h+r)*w*Block:],
					min(strip, h-r), w, c.Stride, line, plane)
			}
		}
	}
}
