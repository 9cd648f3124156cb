//go:build !noasm

package kernel

// As in the avx2 set every convolution reads a copy of its input image with a
// border of zeros, and what is left is a table of pixels and a list of taps.
// Here the table holds groups of four pixels side by side, which one pointer
// addresses, and a tile's sums stay in registers over all source blocks. The
// last group of a row overlaps the one before it where the width is no multiple
// of four: its pixels get the same bits twice. Maps narrower than a group have
// groups of one pixel.

const (
	groupPixels = 4
	groupInts   = 2 // byte offsets of its first pixel in the source and the destination
	tileGroups  = 4 // a table is filled up to full tiles
)

func avx512Scratch(c Conv) int {
	in := c.In * (c.H + 2) * (c.W + 2)
	out := c.Out * (c.OutH() + 2) * (c.OutW() + 2)
	groups := c.H*c.W + tileGroups*len(parityClasses) // of one pixel, at worst
	return max(in, out) + groups*groupInts
}

// pixelGroups is a set of destination pixels that see the same taps.
type pixelGroups struct {
	table   []int32
	single  bool // groups of one pixel
	taps    [filterTaps]int32
	ntaps   int
	weights int     // where its taps start among the packed weights of two blocks
	dstStep uintptr // bytes from pixel to pixel of a group
}

// newGroups writes the table of rows × cols pixels into tiles. The last tile
// repeats its last group until it is full.
func newGroups(tiles []int32, rows, cols int, src, dst grid, single bool) pixelGroups {
	step, last := groupPixels, cols-groupPixels
	if single {
		step, last = 1, cols-1
	}
	n := 0
	for r := range rows {
		for c := 0; c < cols; c += step {
			c := min(c, last)
			tiles[n] = int32(floatBytes * (src.first + r*src.row + c*src.col))
			tiles[n+1] = int32(floatBytes * (dst.first + r*dst.row + c*dst.col))
			n += groupInts
		}
	}
	for ; n%(tileGroups*groupInts) != 0; n += groupInts {
		copy(tiles[n:n+groupInts], tiles[n-groupInts:n])
	}
	return pixelGroups{table: tiles[:n], single: single, dstStep: uintptr(floatBytes * dst.col)}
}

// see lets a group see the taps at these distances, counted in values, in
// source blocks that lie block values apart. The first distance is that of the
// pixels in the table.
func (g *pixelGroups) see(block int, taps ...int) {
	g.ntaps = len(taps)
	for i, t := range taps {
		next := taps[0] + block
		if i+1 < len(taps) {
			next = taps[i+1]
		}
		g.taps[i] = int32(floatBytes * (next - t))
	}
}

// squareTaps are the distances of a filter's nine taps in rows of line values.
func squareTaps(line, step int) [filterTaps]int {
	var taps [filterTaps]int
	for t := range taps {
		taps[t] = t/3*line + t%3*step
	}
	return taps
}

func avx512ConvForward(c Conv, n int, x, packed, y, scratch []float32) {
	if c.Stem() {
		avx512StemForward(c, n, x, packed, y, scratch)
		return
	}
	line := (c.W + 2) * Block
	p := product512{product{c.In / Block, c.H, c.W, c.Out / Block, c.OutH() * c.OutW() * Block}, c.Stride}
	padded, tiles := scratch[:p.paddedLen()], tileTable(scratch[p.paddedLen():])
	groups := [1]pixelGroups{newGroups(tiles, c.OutH(), c.OutW(),
		grid{0, c.Stride * line, c.Stride * Block}, grid{0, c.OutW() * Block, Block}, c.OutW() < groupPixels)}
	taps := squareTaps(line, Block)
	groups[0].see(p.plane(), taps[:]...)
	p.run(n, x, packed, y, padded, groups[:])
}

func avx512ConvBackwardData(c Conv, n int, dy, packed, dx, scratch []float32) {
	h, w := c.OutH(), c.OutW()
	line := (w + 2) * Block
	p := product512{product{c.Out / Block, h, w, c.In / Block, c.H * c.W * Block}, 1}
	padded, tiles := scratch[:p.paddedLen()], tileTable(scratch[p.paddedLen():])
	if c.Stride == 1 {
		groups := [1]pixelGroups{newGroups(tiles, h, w, grid{0, line, Block}, grid{0, w * Block, Block}, w < groupPixels)}
		taps := squareTaps(line, Block)
		groups[0].see(p.plane(), taps[:]...)
		p.run(n, dy, packed, dx, padded, groups[:])
		return
	}
	var groups [len(parityClasses)]pixelGroups
	weights := 0
	for i, class := range parityClasses {
		var taps [filterTaps]int
		for j, t := range class.taps {
			taps[j] = (1+t.dy)*line + (1+t.dx)*Block
		}
		rows, cols := (c.H+1-class.py)/2, (c.W+1-class.px)/2
		g := newGroups(tiles, rows, cols, grid{taps[0], line, Block},
			grid{(class.py*c.W + class.px) * Block, 2 * c.W * Block, 2 * Block}, cols < groupPixels)
		g.see(p.plane(), taps[:len(class.taps)]...)
		g.weights = weights
		groups[i] = g
		tiles = tiles[len(g.table):]
		weights += g.ntaps * tapWeights
	}
	p.run(n, dy, packed, dx, padded, groups[:])
}

// product512 is a product whose neighbouring pixels lie step pixels apart in
// the source.
type product512 struct {
	product
	step int
}

// plane returns the values of a padded source block.
func (p product512) plane() int { return (p.h + 2) * (p.w + 2) * Block }

func (p product512) run(n int, src, packed, dst, padded []float32, groups []pixelGroups) {
	in, pair := p.h*p.w*Block, filterTaps*tapWeights
	src, dst = src[:n*p.blocks*in], dst[:n*p.outBlocks*p.outLen]
	packed = packed[:p.outBlocks*p.blocks*pair]
	clear(padded)
	for i := range n {
		padPlanes(padded, src[i*p.blocks*in:], p.blocks, p.h, p.w, Block)
		for o := 0; o < p.outBlocks; o += 2 {
			for k := range groups {
				if g := &groups[k]; len(g.table) > 0 {
					p.convolve(g, min(2, p.outBlocks-o), dst[(i*p.outBlocks+o)*p.outLen:], packed[o*p.blocks*pair:], padded)
				}
			}
		}
	}
}

// convolve computes one or two destination blocks of the pixels of g.
func (p product512) convolve(g *pixelGroups, blocks int, dst, packed, padded []float32) {
	const pair = filterTaps * tapWeights
	w, taps, tiles, count := packed[g.weights:], &g.taps[0], &g.table[0], len(g.table)/groupInts
	skip := uintptr(floatBytes * (pair - g.ntaps*tapWeights))
	next, nextDst := uintptr(floatBytes*p.blocks*pair), uintptr(floatBytes*p.outLen)
	switch {
	case g.single:
		for o := range blocks {
			avx512ConvolveAny(&dst[o*p.outLen], &padded[0], &w[o*p.blocks*pair], taps, g.ntaps, p.blocks, skip, tiles, count/4, g.dstStep)
		}
	case blocks == 2 && p.step == 1:
		avx512Convolve32(&dst[0], &padded[0], &w[0], taps, g.ntaps, p.blocks, skip, tiles, count/2, g.dstStep, next, nextDst)
	case blocks == 2:
		avx512ConvolveStride32(&dst[0], &padded[0], &w[0], taps, g.ntaps, p.blocks, skip, tiles, count/2, g.dstStep, next, nextDst)
	case p.step == 1:
		avx512Convolve16(&dst[0], &padded[0], &w[0], taps, g.ntaps, p.blocks, skip, tiles, count/4, g.dstStep)
	default:
		avx512ConvolveStride16(&dst[0], &padded[0], &w[0], taps, g.ntaps, p.blocks, skip, tiles, count/4, g.dstStep)
	}
}

// avx512StemForward takes the three columns of a filter's row for one tap: they
// lie side by side, as the channels of a block do elsewhere.
func avx512StemForward(c Conv, n int, x, packed, y, scratch []float32) {
	line := c.W + 2
	plane := (c.H + 2) * line
	outLen := c.OutH() * c.OutW() * Block
	x, y, packed = x[:n*c.InLen()], y[:n*c.OutLen()], packed[:filterTaps*c.In*c.Out]
	padded := scratch[:c.In*plane]
	g := newGroups(tileTable(scratch[c.In*plane:]), c.OutH(), c.OutW(),
		grid{0, c.Stride * line, c.Stride}, grid{0, c.OutW() * Block, Block}, c.OutW() < groupPixels || c.Stride > 1)
	taps := squareTaps(plane, line) // three planes of three rows
	g.see(0, taps[:]...)
	tiles := len(g.table) / groupInts / tileGroups
	clear(padded)
	for i := range n {
		padPlanes(padded, x[i*c.InLen():], c.In, c.H, c.W, 1)
		for o := range c.Out / Block {
			to, w := &y[i*c.OutLen()+o*outLen], &packed[o*Block*filterTaps*c.In]
			if g.single {
				avx512ConvolveStemAny(to, &padded[0], w, &g.taps[0], g.ntaps, 1, 0, &g.table[0], tiles, g.dstStep)
			} else {
				avx512ConvolveStem(to, &padded[0], w, &g.taps[0], g.ntaps, 1, 0, &g.table[0], tiles, g.dstStep)
			}
		}
	}
}
