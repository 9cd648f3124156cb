//go:build !noasm

package kernel

// Every convolution reads a copy of its input image with a border of one zero
// pixel, so that no tap needs a test. What is left is a table of tiles (six
// pixels each, anywhere in the plane) and a list of taps (distances inside the
// padded plane), each with its matrix of weights; stride 2 and its four
// classes of backward pixels differ from stride 1 in these lists only. Offsets
// are 32 bits wide: a padded plane of 16 channels may hold up to 2 GB.

const (
	tilePixels = 6
	tileInts   = 2 * tilePixels // byte offsets in the source, then in the destination
)

func avx2Scratch(c Conv) int {
	in := c.In * (c.H + 2) * (c.W + 2)
	out := c.Out * (c.OutH() + 2) * (c.OutW() + 2)
	tiles := c.H*c.W/tilePixels + len(parityClasses) // one of each class may not be full
	return max(in, out) + tiles*tileInts
}

// fillTiles writes the tiles of rows × cols pixels and returns their number.
// The last tile repeats its last pixel until it is full.
func fillTiles(tiles []int32, rows, cols int, src, dst grid) int {
	n, slot := 0, 0
	for r := range rows {
		from, to := src.first+r*src.row, dst.first+r*dst.row
		for range cols {
			if slot == tilePixels {
				n, slot = n+1, 0
			}
			tile := tiles[n*tileInts:][:tileInts]
			tile[slot], tile[tilePixels+slot] = int32(floatBytes*from), int32(floatBytes*to)
			from, to, slot = from+src.col, to+dst.col, slot+1
		}
	}
	if slot == 0 {
		return 0
	}
	for tile := tiles[n*tileInts:][:tileInts]; slot < tilePixels; slot++ {
		tile[slot], tile[tilePixels+slot] = tile[slot-1], tile[tilePixels+slot-1]
	}
	return n + 1
}

// tileGroup is a set of destination pixels that see the same taps.
type tileGroup struct {
	tiles   []int32
	ntiles  int
	taps    [filterTaps]int32 // byte offsets
	ntaps   int
	weights int // where its taps start among the packed weights of two blocks
}

// squareGroup sees all nine taps of a filter in a source whose padded rows
// have line values.
func squareGroup(tiles []int32, ntiles, line int) tileGroup {
	g := tileGroup{tiles: tiles, ntiles: ntiles, ntaps: filterTaps}
	for t := range g.taps {
		g.taps[t] = int32(floatBytes * (t/3*line + t%3*Block))
	}
	return g
}

func avx2ConvForward(c Conv, n int, x, packed, y, scratch []float32) {
	if c.Stem() {
		avx2StemForward(c, n, x, packed, y, scratch)
		return
	}
	line := (c.W + 2) * Block
	p := product{c.In / Block, c.H, c.W, c.Out / Block, c.OutH() * c.OutW() * Block}
	padded, tiles := scratch[:p.paddedLen()], tileTable(scratch[p.paddedLen():])
	ntiles := fillTiles(tiles, c.OutH(), c.OutW(),
		grid{0, c.Stride * line, c.Stride * Block}, grid{0, c.OutW() * Block, Block})
	p.run(n, x, packed, y, padded, []tileGroup{squareGroup(tiles, ntiles, line)})
}

func avx2ConvBackwardData(c Conv, n int, dy, packed, dx, scratch []float32) {
	h, w := c.OutH(), c.OutW()
	line := (w + 2) * Block
	p := product{c.Out / Block, h, w, c.In / Block, c.H * c.W * Block}
	padded, tiles := scratch[:p.paddedLen()], tileTable(scratch[p.paddedLen():])
	if c.Stride == 1 {
		ntiles := fillTiles(tiles, h, w, grid{0, line, Block}, grid{0, w * Block, Block})
		p.run(n, dy, packed, dx, padded, []tileGroup{squareGroup(tiles, ntiles, line)})
		return
	}
	var groups [len(parityClasses)]tileGroup
	weights := 0
	for i, class := range parityClasses {
		g := &groups[i]
		g.tiles, g.ntaps, g.weights = tiles, len(class.taps), weights
		for j, t := range class.taps {
			g.taps[j] = int32(floatBytes * ((1+t.dy)*line + (1+t.dx)*Block))
		}
		g.ntiles = fillTiles(tiles, (c.H+1-class.py)/2, (c.W+1-class.px)/2,
			grid{0, line, Block}, grid{(class.py*c.W + class.px) * Block, 2 * c.W * Block, 2 * Block})
		tiles = tiles[g.ntiles*tileInts:]
		weights += g.ntaps * tapWeights
	}
	p.run(n, dy, packed, dx, padded, groups[:])
}

// product is the shape of a convolution once it is a matter of tiles: source
// blocks of h × w pixels, destination blocks of outLen values.
type product struct{ blocks, h, w, outBlocks, outLen int }

func (p product) paddedLen() int { return p.blocks * (p.h + 2) * (p.w + 2) * Block }

func (p product) run(n int, src, packed, dst, padded []float32, groups []tileGroup) {
	in, plane, pair := p.h*p.w*Block, (p.h+2)*(p.w+2)*Block, filterTaps*tapWeights
	src, dst = src[:n*p.blocks*in], dst[:n*p.outBlocks*p.outLen]
	packed = packed[:p.outBlocks*p.blocks*pair]
	clear(padded)
	for i := range n {
		padPlanes(padded, src[i*p.blocks*in:], p.blocks, p.h, p.w, Block)
		for o := range p.outBlocks {
			to := &dst[(i*p.outBlocks+o)*p.outLen]
			for b := range p.blocks {
				weights := packed[(o*p.blocks+b)*pair:]
				for k := range groups {
					if g := &groups[k]; g.ntiles > 0 {
						avx2Convolve(to, &padded[b*plane], &weights[g.weights],
							&g.taps[0], g.ntaps, &g.tiles[0], g.ntiles, b > 0)
					}
				}
			}
		}
	}
}

// avx2StemForward takes the three columns of a filter's row for one tap: they
// lie side by side, as the channels of a block do elsewhere.
func avx2StemForward(c Conv, n int, x, packed, y, scratch []float32) {
	line := c.W + 2
	plane := (c.H + 2) * line
	outLen := c.OutH() * c.OutW() * Block
	x, y, packed = x[:n*c.InLen()], y[:n*c.OutLen()], packed[:filterTaps*c.In*c.Out]
	padded, tiles := scratch[:c.In*plane], tileTable(scratch[c.In*plane:])
	var rows [9]int32 // of three channels
	for t := range rows {
		rows[t] = int32(floatBytes * (t/3*plane + t%3*line))
	}
	ntiles := fillTiles(tiles, c.OutH(), c.OutW(),
		grid{0, c.Stride * line, c.Stride}, grid{0, c.OutW() * Block, Block})
	clear(padded)
	for i := range n {
		padPlanes(padded, x[i*c.InLen():], c.In, c.H, c.W, 1)
		for o := range c.Out / Block {
			avx2ConvolveStem(&y[i*c.OutLen()+o*outLen], &padded[0], &packed[o*Block*filterTaps*c.In],
				&rows[0], len(rows), &tiles[0], ntiles, false)
		}
	}
}
