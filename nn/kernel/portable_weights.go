package kernel

// minRun is the least number of pixels over which a weight gradient's sums stay in
// registers before they are added to the accumulator in memory.
const minRun = 32

func convBackwardWeights[T Float](c Conv, n int, x, dy, acc, scratch []T) {
	for i := range n {
		xi, dyi := x[i*c.InLen():(i+1)*c.InLen()], dy[i*c.OutLen():(i+1)*c.OutLen()]
		if c.Stem() {
			padPlanar(c.H, c.W, xi, scratch)
			stemWeights(c, dyi, acc, scratch)
			continue
		}
		padBlocked(c.In, c.H, c.W, 1, xi, scratch)
		blockWeights(c, dyi, acc, scratch)
	}
}

// blockWeights adds one image's gradient to acc, a few rows at a time, so that both
// operands stay in the first-level cache for all taps and channels.
func blockWeights[T Float](c Conv, dy, acc, padded []T) {
	h, w, oh, ow := c.H+2, c.W+2, c.OutH(), c.OutW()
	group := (minRun + ow - 1) / ow
	for o := range c.Out / Block {
		for i := range c.In / Block {
			for r := 0; r < oh; r += group {
				a := acc[(o*(c.In/Block)+i)*9*Block*Block:]
				run := pixels{rows: min(group, oh-r), cols: ow, xrow: c.Stride * w * Block, xstep: c.Stride * Block}
				d := dy[(o*oh+r)*ow*Block:]
				for t := range 9 {
					x := padded[(i*h*w+(r*c.Stride+t/3)*w+t%3)*Block:]
					for l := range Block {
						outer(run, x[l:], d, a)
						outer(run, x[l:], d[8:], a[8:])
						a = a[Block:]
					}
				}
			}
		}
	}
}

func stemWeights[T Float](c Conv, dy, acc, padded []T) {
	row, oh, ow := (c.W+2)*3, c.OutH(), c.OutW()
	group := (minRun + ow - 1) / ow
	for o := range c.Out / Block {
		for r := 0; r < oh; r += group {
			a := acc[o*27*Block:]
			run := pixels{rows: min(group, oh-r), cols: ow, xrow: c.Stride * row, xstep: c.Stride * 3}
			d := dy[(o*oh+r)*ow*Block:]
			for t := range 27 {
				x := padded[(r*c.Stride+t/9)*row+t%9:]
				outer(run, x, d, a)
				outer(run, x, d[8:], a[8:])
				a = a[Block:]
			}
		}
	}
}

// pixels gives outer the positions of the operands of successive output pixels. In
// d they are Block apart without gaps; in x they are xstep apart within a row and
// xrow from row to row.
type pixels struct{ rows, cols, xrow, xstep int }

// outer adds Σ x·d[j] over the pixels to a[j], for one input channel and eight
// output channels.
func outer[T Float](p pixels, x, d, a []T) {
	var a0, a1, a2, a3, a4, a5, a6, a7 T
	q := 0
	for r := range p.rows {
		k := r * p.xrow
		n := p.cols
		for ; n >= 2; n -= 2 { // without a bounds check in between, the products of two pixels overlap in time
			e := (*[Block + 8]T)(d[q:])
			v0, v1 := x[k], x[k+p.xstep]
			a0 += v0 * e[0]
			a1 += v0 * e[1]
			a2 += v0 * e[2]
			a3 += v0 * e[3]
			a4 += v0 * e[4]
			a5 += v0 * e[5]
			a6 += v0 * e[6]
			a7 += v0 * e[7]
			a0 += v1 * e[Block]
			a1 += v1 * e[Block+1]
			a2 += v1 * e[Block+2]
			a3 += v1 * e[Block+3]
			a4 += v1 * e[Block+4]
			a5 += v1 * e[Block+5]
			a6 += v1 * e[Block+6]
			a7 += v1 * e[Block+7]
			k += 2 * p.xstep
			q += 2 * Block
		}
		for ; n > 0; n-- {
			v, e := x[k], (*[8]T)(d[q:])
			a0 += v * e[0]
			a1 += v * e[1]
			a2 += v * e[2]
			a3 += v * e[3]
			a4 += v * e[4]
			a5 += v * e[5]
			a6 += v * e[6]
			a7 += v * e[7]
			k += p.xstep
			q += Block
		}
	}
	s := (*[8]T)(a)
	s[0] += a0
	s[1] += a1
	s[2] += a2
	s[3] += a3
	s[4] += a4
	s[5] += a5
	s[6] += a6
	s[7] += a7
}

func unpack[T Float](c Conv, acc, dw []T) {
	k := 0
	if c.Stem() {
		for o := 0; o < c.Out; o += Block {
			for t := range 27 {
				for j := range Block {
					dw[(o+j)*27+t%3*9+t/3] = acc[k]
					k++
				}
			}
		}
		return
	}
	for o := 0; o < c.Out; o += Block {
		for i := 0; i < c.In; i += Block {
			for t := range 9 {
				for l := range Block {
					for j := range Block {
						dw[((o+j)*c.In+i+l)*9+t] = acc[k]
						k++
					}
				}
			}
		}
	}
}
