//go:build !noasm

package kernel

// avx512Direct holds the direct convolutions for AVX-512: tiles of up to 16 pixels
// by 16 channels, whose sums stay in registers over all source blocks. Rows that
// are one or two tiles have their own kernels (avx512Rows). For the others a tile
// is four runs of four adjacent pixels, each addressed by one pointer. If the width
// is not a multiple of four, the last run of a row overlaps the one before it, and
// its pixels get the same bits twice. Maps narrower than a run have runs of one
// pixel.
var avx512Direct = directCalls{
	tableLen: func(c Conv) int {
		return (c.H*c.W + tileRuns*len(parityClasses)) * runInts // runs of one pixel, at worst
	},
	whole:        avx512ConvolveRows,
	group:        avx512Pixels,
	convolve:     avx512ConvolveBlocks,
	stem:         avx512Stem,
	gradient:     avx512WeightGradient,
	stemGradient: avx512StemGradient,
}

// avx512Rows lists the kernels for output rows of w pixels: the tiles into which
// they are divided.
var avx512Rows = []struct {
	w, stride int
	tiles     []rowKernel
}{
	{32, 1, []rowKernel{avx512Rows16Left, avx512Rows16Right}},
	{28, 1, []rowKernel{avx512Rows14Left, avx512Rows14Right}},
	{16, 1, []rowKernel{avx512Rows16}},
	{14, 1, []rowKernel{avx512Rows14}},
	{8, 1, []rowKernel{avx512Rows8}},
	{7, 1, []rowKernel{avx512Rows7}},
	{16, 2, []rowKernel{avx512Rows16Stride2}},
	{14, 2, []rowKernel{avx512Rows14Stride2}},
	{8, 2, []rowKernel{avx512Rows8Stride2}},
	{7, 2, []rowKernel{avx512Rows7Stride2}},
}

type rowKernel func(dst, src, weights *float32, rows, lines, blocks int, dstLine, srcLine, nextBlock, nextWeights uintptr)

// avx512ConvolveRows computes a convolution if its rows have kernels.
func avx512ConvolveRows(c Conv, n int, src, packed, dst []float32) bool {
	src, dst, packed = src[:n*c.InLen()], dst[:n*c.OutLen()], packed[:filterTaps*c.In*c.Out]
	for _, k := range avx512Rows {
		if k.w*k.stride != c.W || k.stride != c.Stride {
			continue
		}
		for i := range n {
			for o := range c.Out / Block {
				avx512ConvolveBlock(c, k.tiles, src[i*c.InLen():], packed[o*filterTaps*c.In*Block:], dst[i*c.OutLen()+o*c.OutH()*k.w*Block:])
			}
		}
		return true
	}
	return false
}

// avx512ConvolveBlock computes one destination block of one image.
func avx512ConvolveBlock(c Conv, tiles []rowKernel, src, packed, dst []float32) {
	const line = 3 * tapWeights // of the filter
	w := c.OutW() * Block
	for r := 0; r < c.OutH(); {
		first, end, rows := filterLines(c, r)
		lines := end - first
		for t, kernel := range tiles {
			at := t * w / len(tiles)
			kernel(&dst[r*w+at], &src[(r*c.Stride+first-1)*c.W*Block+c.Stride*at], &packed[first*line], rows, lines, c.In/Block,
				uintptr(floatBytes*w), uintptr(floatBytes*c.W*Block), uintptr(floatBytes*(c.H-lines)*c.W*Block), uintptr(floatBytes*(3-lines)*line))
		}
		r += rows
	}
}

const (
	runPixels = 4
	runInts   = 2 // byte offsets of its first pixel in the source and the destination
	tileRuns  = 4 // a table is padded to full tiles
)

// avx512Pixels returns tables of the bytes from tap to tap, the last entry to the
// first tap of the next block, and of the byte offsets of each run's first pixel.
// The last tile repeats its last run until it is full.
func avx512Pixels(tables []int32, rows, cols int, src, dst grid, taps [filterTaps]int, ntaps, block int) pixelGroup {
	g := pixelGroup{taps: tables[:ntaps], tiles: tables[ntaps:], step: src.col, dstStep: uintptr(floatBytes * dst.col)}
	for i, t := range taps[:ntaps] {
		next := block
		if i+1 < ntaps {
			next = taps[i+1]
		}
		g.taps[i] = int32(floatBytes * (next - t))
	}
	g.single = cols < runPixels || src.col != 1 && src.col%Block != 0 // a stem of stride 2 has no other kernel
	step, last := runPixels, cols-runPixels
	if g.single {
		step, last = 1, cols-1
	}
	n := 0
	for r := range rows {
		for c := 0; c < cols; c += step {
			c := min(c, last)
			g.tiles[n] = int32(floatBytes * (src.first + r*src.row + c*src.col))
			g.tiles[n+1] = int32(floatBytes * (dst.first + r*dst.row + c*dst.col))
			n += runInts
		}
	}
	for ; n%(tileRuns*runInts) != 0; n += runInts {
		copy(g.tiles[n:n+runInts], g.tiles[n-runInts:n])
	}
	g.tiles, g.ntiles = g.tiles[:n], n/(tileRuns*runInts)
	return g
}

func avx512ConvolveBlocks(p product, g pixelGroup, dst, packed, padded []float32) {
	const pair = filterTaps * tapWeights
	kernel := avx512ConvolveStride
	switch {
	case g.single:
		kernel = avx512ConvolveAny
	case g.step == Block:
		kernel = avx512Convolve
	}
	kernel(&dst[0], &padded[0], &packed[g.weights], &g.taps[0], len(g.taps), p.blocks,
		uintptr(floatBytes*(pair-len(g.taps)*tapWeights)), &g.tiles[0], g.ntiles, g.dstStep)
}

func avx512Stem(g pixelGroup, dst, packed, padded []float32) {
	if g.single {
		avx512ConvolveStemAny(&dst[0], &padded[0], &packed[0], &g.taps[0], len(g.taps), 1, 0, &g.tiles[0], g.ntiles, g.dstStep)
	} else {
		avx512ConvolveStem(&dst[0], &padded[0], &packed[0], &g.taps[0], len(g.taps), 1, 0, &g.tiles[0], g.ntiles, g.dstStep)
	}
}

func avx512StemGradient(acc, x, dy []float32, rows, w, stride, line, plane int) {
	xCol := uintptr(floatBytes * stride)
	avx512WeightGradientStem(&acc[0], &x[0], &dy[0], rows, w, xCol, uintptr(floatBytes*stride*line)-uintptr(w)*xCol,
		uintptr(floatBytes*line), uintptr(floatBytes*plane))
}
