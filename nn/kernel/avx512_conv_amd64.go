//go:build !noasm

package kernel

// avx512Direct are the direct convolutions for AVX-512: tiles of 16 pixels by
// 16 channels or 8 by 32, whose sums stay in registers over all source blocks.
// A tile is runs of four pixels side by side, which one pointer addresses. The
// last run of a row overlaps the one before it where the width is no multiple
// of four: its pixels get the same bits twice. Maps narrower than a run have
// runs of one pixel.
var avx512Direct = directCalls{
	tableLen: func(c Conv) int {
		return (c.H*c.W + tileRuns*len(parityClasses)) * runInts // runs of one pixel, at worst
	},
	outs:         2,
	group:        avx512Pixels,
	convolve:     avx512ConvolveBlocks,
	stem:         avx512Stem,
	gradient:     avx512WeightGradient,
	stemGradient: avx512StemGradient,
}

const (
	runPixels = 4
	runInts   = 2 // byte offsets of its first pixel in the source and the destination
	tileRuns  = 4 // a table is filled up to full tiles
)

// avx512Pixels lists the bytes from tap to tap, the last entry those to the
// first tap of the next block, and the byte offsets of the first pixel of each
// run. The last tile repeats its last run until it is full.
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

// avx512ConvolveBlocks takes half as many runs to a tile where it computes two
// blocks.
func avx512ConvolveBlocks(p product, g pixelGroup, outs int, dst, packed, padded []float32) {
	const pair = filterTaps * tapWeights
	w, taps, ntaps, tiles := packed[g.weights:], &g.taps[0], len(g.taps), &g.tiles[0]
	skip := uintptr(floatBytes * (pair - ntaps*tapWeights))
	next, nextDst := uintptr(floatBytes*p.blocks*pair), uintptr(floatBytes*p.outLen)
	switch {
	case g.single:
		for o := range outs {
			avx512ConvolveAny(&dst[o*p.outLen], &padded[0], &w[o*p.blocks*pair], taps, ntaps, p.blocks, skip, tiles, g.ntiles, g.dstStep)
		}
	case outs == 2 && g.step == Block:
		avx512Convolve32(&dst[0], &padded[0], &w[0], taps, ntaps, p.blocks, skip, tiles, 2*g.ntiles, g.dstStep, next, nextDst)
	case outs == 2:
		avx512ConvolveStride32(&dst[0], &padded[0], &w[0], taps, ntaps, p.blocks, skip, tiles, 2*g.ntiles, g.dstStep, next, nextDst)
	case g.step == Block:
		avx512Convolve16(&dst[0], &padded[0], &w[0], taps, ntaps, p.blocks, skip, tiles, g.ntiles, g.dstStep)
	default:
		avx512ConvolveStride16(&dst[0], &padded[0], &w[0], taps, ntaps, p.blocks, skip, tiles, g.ntiles, g.dstStep)
	}
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
