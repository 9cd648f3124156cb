package kernel

// The weight gradient by the tiles of winograd.go is Gᵀ[Σ (Bᵀ·d·B) ⊙ (A·e·Aᵀ)]G.
// The sum is over all tiles e of the output gradient and the input tiles d that
// they read. At each of the 36 points it is an outer product of input and output
// channels. A call sums over all its images there, in scratch, and transforms to
// the nine taps once, so it should get many tiles.
//
// Sums are [36 points][Out/16][In/16][16 input channels][16 output channels], with
// a gap between points. Accumulators are the same with nine taps after the input
// channel.

// gradChunk is about the number of values of both transforms of a chunk. Chunks are
// longer than the forward product's, because each of them reads and writes all
// sums.
const gradChunk = 3 << 15

func (t tiling) gradStrips(c Conv) int {
	return max(1, gradChunk/(tilePoints*(c.In+c.Out)*t.cols))
}

func gradPoint(c Conv) int { return pointGap(c.In * c.Out / Block) }

func gradScratch(c Conv) int {
	t := newTiling(c.H, c.W)
	tiles := t.gradStrips(c) * t.cols
	return t.stripLen() + t.edgeLen() + tilePoints*(gradPoint(c)+pointGap(tiles*c.In/Block)+pointGap(tiles*c.Out/Block)) + spare
}

// edgeLen returns the length of a strip of output gradients, padded with zeros
// where the map ends.
func (t tiling) edgeLen() int { return tileStep * tileStep * t.cols * Block }

func (k *winogradCalls[T]) convolveWeights(c Conv, n int, x, dy, acc, scratch []T) {
	t := newTiling(c.H, c.W)
	plane, in, out := t.h*t.w*Block, c.In/Block, c.Out/Block
	size := min(t.gradStrips(c), n*t.rows)
	tiles := size * t.cols
	vPoint, mPoint, point := pointGap(tiles*in), pointGap(tiles*out), gradPoint(c)
	scratch = align(scratch)
	strip, scratch := scratch[:t.stripLen()], scratch[t.stripLen():]
	edge, scratch := scratch[:t.edgeLen()], scratch[t.edgeLen():]
	sums, scratch := scratch[:tilePoints*point], scratch[tilePoints*point:]
	v, m := scratch[:tilePoints*vPoint], scratch[tilePoints*vPoint:]
	clearStrip(t, strip)
	for first := 0; first < n*t.rows; first += size {
		count := min(size, n*t.rows-first)
		for s := range count {
			image, r := (first+s)/t.rows, (first+s)%t.rows
			for b := range in {
				k.input(x[(image*in+b)*plane:][:plane], t.h, t.w, r, strip, v[(b*tiles+s*t.cols)*Block:], vPoint)
			}
			for b := range out {
				k.gradient(dy[(image*out+b)*plane:][:plane], t.h, t.w, r, edge, m[(b*tiles+s*t.cols)*Block:], mPoint)
			}
		}
		for p := range tilePoints {
			sums := sums[p*point:][:point]
			if first == 0 {
				clear(sums) // just before use, as they may be too many for the cache
			}
			for b := range out {
				k.outer(sums[b*in*Block*Block:], v[p*vPoint:], m[p*mPoint+b*tiles*Block:], count*t.cols, tiles*Block, in)
			}
		}
	}
	k.taps(sums, point, c.In*out, acc[:9*c.In*c.Out])
}

func (k *winogradCalls[T]) unpack(c Conv, acc, dw []T) {
	row := 9 * c.In
	for o := 0; o < c.Out; o += Block {
		k.scatter(dw[o*row:], acc[o*row:], row, row)
	}
}

// fillEdge copies strip r of an output gradient of h×w pixels into edge and pads its
// tiles beyond the map with zeros.
func fillEdge[T Float](dy []T, h, w, r int, edge []T) {
	line := newTiling(h, w).cols * tileStep * Block
	for i := range tileStep {
		to := edge[i*line:][:line]
		if y := tileStep*r + i; y < h {
			to = to[copy(to, dy[y*w*Block:][:w*Block]):]
		}
		clear(to)
	}
}
