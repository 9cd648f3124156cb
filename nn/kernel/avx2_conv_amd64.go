//go:build !noasm

package kernel

// avx2Direct holds the direct convolutions for AVX2: tiles of six pixels at any
// positions, by 16 output channels. A tile's sums over the taps of one source block
// are added to memory.
var avx2Direct = directCalls{
	tableLen: func(c Conv) int {
		return (c.H*c.W/tilePixels + len(parityClasses)) * tileInts // one tile of each class may not be full
	},
	group:        avx2Pixels,
	convolve:     avx2ConvolveBlocks,
	stem:         avx2Stem,
	gradient:     avx2WeightGradient,
	stemGradient: avx2StemGradient,
}

const (
	tilePixels = 6
	tileInts   = 2 * tilePixels // byte offsets in the source, then in the destination
)

// avx2Pixels returns tables of the byte offsets of taps and of the pixels of each
// tile. The last tile repeats its last pixel until it is full.
func avx2Pixels(tables []int32, rows, cols int, src, dst grid, taps [filterTaps]int, ntaps, _ int) pixelGroup {
	n := (rows*cols + tilePixels - 1) / tilePixels
	g := pixelGroup{taps: tables[:ntaps], tiles: tables[ntaps:][:n*tileInts], ntiles: n}
	for i, t := range taps[:ntaps] {
		g.taps[i] = int32(floatBytes * t)
	}
	if n == 0 {
		return g
	}
	rest := g.tiles
	tile, slot := (*[tileInts]int32)(rest), 0
	for r := range rows {
		from, to := floatBytes*(src.first+r*src.row), floatBytes*(dst.first+r*dst.row)
		for range cols {
			if slot == tilePixels {
				rest = rest[tileInts:]
				tile, slot = (*[tileInts]int32)(rest), 0
			}
			tile[slot], tile[tilePixels+slot] = int32(from), int32(to)
			from, to, slot = from+floatBytes*src.col, to+floatBytes*dst.col, slot+1
		}
	}
	for ; slot < tilePixels; slot++ {
		tile[slot], tile[tilePixels+slot] = tile[slot-1], tile[tilePixels+slot-1]
	}
	return g
}

func avx2ConvolveBlocks(p product, g pixelGroup, dst, packed, padded []float32) {
	for b := range p.blocks {
		avx2Convolve(&dst[0], &padded[b*p.plane()], &packed[b*filterTaps*tapWeights+g.weights],
			&g.taps[0], len(g.taps), &g.tiles[0], g.ntiles, b > 0)
	}
}

func avx2Stem(g pixelGroup, dst, packed, padded []float32) {
	avx2ConvolveStem(&dst[0], &padded[0], &packed[0], &g.taps[0], len(g.taps), &g.tiles[0], g.ntiles, false)
}

func avx2StemGradient(acc, x, dy []float32, rows, w, stride, line, plane int) {
	for k := 0; k < stemLines; k += 2 {
		first := k/3*plane + k%3*line
		second := first
		if k+1 < filterTaps {
			second = (k+1)/3*plane + (k+1)%3*line
		}
		avx2WeightGradientStem(&acc[k*lineGrad], &x[first], &dy[0], rows, w,
			uintptr(floatBytes*stride*line), uintptr(floatBytes*stride), uintptr(floatBytes*(second-first)))
	}
}
