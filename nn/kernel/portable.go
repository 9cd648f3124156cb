package kernel

// Portable returns the set written in plain Go. It runs everywhere, and every other
// set is tested against its float64 instance.
//
// Packed weights are [Out/8][In/16][tap][16 in][8 out], so that one pixel's eight
// sums stay in registers while input channels and weights stream past. Gradient
// accumulators are [Out/16][In/16][tap][16 in][16 out]. The stem has [Out/8][27][8]
// and [Out/16][27][16]. Images are copied into scratch with a border of zeros, so
// that no tap needs a test.
func Portable[T Float]() *Set[T] {
	return &Set[T]{
		Name:                "portable" + fusedSuffix[T](),
		PackedLen:           func(c Conv) int { return 9 * c.In * c.Out },
		Pack:                pack[T],
		Scratch:             scratchLen,
		ConvForward:         convForward[T],
		ConvBackwardData:    convBackwardData[T],
		GradLen:             func(c Conv) int { return 9 * c.In * c.Out },
		GradOnce:            func(Conv) bool { return false },
		ConvBackwardWeights: convBackwardWeights[T],
		Unpack:              unpack[T],
		BNStats:             bnStats[T],
		BNApply:             bnApply[T],
		BNBackwardSums:      bnBackwardSums[T],
		Add:                 add[T],
		BNBackwardApply:     bnBackwardApply[T],
	}
}

func scratchLen(c Conv) int {
	return max(c.In*(c.H+2)*(c.W+2), c.Out*(c.OutH()+2)*(c.OutW()+2))
}

// A parity class is the set of input pixels (2a+py, 2b+px): under stride 2 the
// pixels of one class receive the same taps, and class (0,0) comes first. Tap
// 3·row+column is one weight of a 3×3 kernel.
type parityClass struct {
	py, px int
	taps   []int
}

var parityClasses = [4]parityClass{{0, 0, []int{4}}, {0, 1, []int{3, 5}}, {1, 0, []int{1, 7}}, {1, 1, []int{0, 2, 6, 8}}}

// Under stride 1 there is one class, forward and, with the kernel rotated,
// backward.
var (
	forwardTaps = []parityClass{{taps: []int{0, 1, 2, 3, 4, 5, 6, 7, 8}}}
	turnedTaps  = []parityClass{{taps: []int{8, 7, 6, 5, 4, 3, 2, 1, 0}}}
)

// shift returns the distance, in values, from output pixel (a, b) to the one whose
// gradient a tap propagates back. Rows are line values apart.
func (c parityClass) shift(tap, line int) int {
	return (c.py+1-tap/3)/2*line + (c.px+1-tap%3)/2*Block
}

func pack[T Float](c Conv, p Pass, w, packed []T) {
	k := 0
	if c.Stem() {
		for o := 0; o < c.Out; o += 8 {
			for t := range 27 { // row, column, input channel
				for j := range 8 {
					packed[k] = w[(o+j)*27+t%3*9+t/3]
					k++
				}
			}
		}
		return
	}
	to, from, toStep, fromStep, classes := c.Out, c.In, 9*c.In, 9, forwardTaps
	if p == BackwardData {
		to, from, toStep, fromStep, classes = from, to, fromStep, toStep, turnedTaps
		if c.Stride == 2 {
			classes = parityClasses[:]
		}
	}
	for t := 0; t < to; t += 8 {
		for _, class := range classes {
			for f := 0; f < from; f += Block {
				for _, tap := range class.taps {
					for l := range Block {
						for j := range 8 {
							packed[k] = w[(t+j)*toStep+(f+l)*fromStep+tap]
							k++
						}
					}
				}
			}
		}
	}
}

// padBlocked copies one blocked image of h×w pixels into dst, with as many rows and
// columns of zeros as before says above and to the left, and one below and to the right.
func padBlocked[T Float](channels, h, w, before int, src, dst []T) {
	row := (w + before + 1) * Block
	for range channels / Block {
		clear(dst[:before*row])
		dst = dst[before*row:]
		for range h {
			clear(dst[:before*Block])
			copy(dst[before*Block:], src[:w*Block])
			clear(dst[row-Block : row])
			src, dst = src[w*Block:], dst[row:]
		}
		clear(dst[:row])
		dst = dst[row:]
	}
}

// padPlanar copies one planar three-channel image into dst as rows of pixels of
// three values with a border of zeros.
func padPlanar[T Float](h, w int, src, dst []T) {
	row := (w + 2) * 3
	clear(dst[:(h+2)*row])
	for ch := range 3 {
		for y := range h {
			d := dst[(y+1)*row+3+ch:]
			for x, v := range src[:w] {
				d[3*x] = v
			}
			src = src[w:]
		}
	}
}

func convForward[T Float](c Conv, n int, x, packed, y, scratch []T) {
	for i := range n {
		xi, yi := x[i*c.InLen():(i+1)*c.InLen()], y[i*c.OutLen():(i+1)*c.OutLen()]
		if c.Stem() {
			padPlanar(c.H, c.W, xi, scratch)
			stemForward(c, packed, yi, scratch)
			continue
		}
		padBlocked(c.In, c.H, c.W, 1, xi, scratch)
		convolve(c.In, c.Out, c.H+2, c.W+2, c.OutH(), c.OutW(), c.Stride, packed, yi, scratch)
	}
}

// convolve computes all out channels of a 3×3 convolution of one image of h×w,
// including its border of zeros.
func convolve[T Float](in, out, h, w, oh, ow, stride int, packed, y, padded []T) {
	var taps [9]int
	for t := range taps {
		taps[t] = (t/3*w + t%3) * Block
	}
	for o := 0; o < out; o += 8 {
		wt := packed[o*in*9 : (o+8)*in*9]
		yo := y[o/Block*Block*oh*ow+o%Block:]
		for r := range oh {
			convolveRow(padded[r*stride*w*Block:], stride*Block, h*w*Block, in/Block, taps[:], wt, yo[r*ow*Block:], Block, ow)
		}
	}
}

// convolveRow computes eight channels of n pixels in a row. Pixel p reads, for
// every block of input channels (block apart in src), the sixteen values at
// p·step + tap for every tap, and writes y[p·ystep : p·ystep+8].
func convolveRow[T Float](src []T, step, block, blocks int, taps []int, w, y []T, ystep, n int) {
	for p := range n {
		var a0, a1, a2, a3, a4, a5, a6, a7 T
		wp := w
		for b := range blocks {
			pixel := src[b*block+p*step:]
			for _, t := range taps {
				x := (*[Block]T)(pixel[t:])
				wt := (*[8 * Block]T)(wp)
				wp = wp[8*Block:]
				for j := 0; j < Block; j += 4 {
					i := j * 8
					v := x[j]
					a0 += v * wt[i]
					a1 += v * wt[i+1]
					a2 += v * wt[i+2]
					a3 += v * wt[i+3]
					a4 += v * wt[i+4]
					a5 += v * wt[i+5]
					a6 += v * wt[i+6]
					a7 += v * wt[i+7]
					v = x[j+1]
					a0 += v * wt[i+8]
					a1 += v * wt[i+9]
					a2 += v * wt[i+10]
					a3 += v * wt[i+11]
					a4 += v * wt[i+12]
					a5 += v * wt[i+13]
					a6 += v * wt[i+14]
					a7 += v * wt[i+15]
					v = x[j+2]
					a0 += v * wt[i+16]
					a1 += v * wt[i+17]
					a2 += v * wt[i+18]
					a3 += v * wt[i+19]
					a4 += v * wt[i+20]
					a5 += v * wt[i+21]
					a6 += v * wt[i+22]
					a7 += v * wt[i+23]
					v = x[j+3]
					a0 += v * wt[i+24]
					a1 += v * wt[i+25]
					a2 += v * wt[i+26]
					a3 += v * wt[i+27]
					a4 += v * wt[i+28]
					a5 += v * wt[i+29]
					a6 += v * wt[i+30]
					a7 += v * wt[i+31]
				}
			}
		}
		*(*[8]T)(y[p*ystep:]) = [8]T{a0, a1, a2, a3, a4, a5, a6, a7}
	}
}

// stemForward convolves one planar image that is padded in scratch. Each of the
// three rows under a kernel is nine consecutive values.
func stemForward[T Float](c Conv, packed, y, padded []T) {
	row, oh, ow := (c.W+2)*3, c.OutH(), c.OutW()
	for o := 0; o < c.Out; o += 8 {
		w := packed[o*27 : (o+8)*27]
		yo := y[o/Block*Block*oh*ow+o%Block:]
		for p := range oh * ow {
			window := padded[p/ow*c.Stride*row+p%ow*c.Stride*3:]
			var a0, a1, a2, a3, a4, a5, a6, a7 T
			for ky := range 3 {
				x := (*[9]T)(window[ky*row:])
				wt := (*[72]T)(w[ky*72:])
				for j := 0; j < 9; j += 3 {
					i := j * 8
					v := x[j]
					a0 += v * wt[i]
					a1 += v * wt[i+1]
					a2 += v * wt[i+2]
					a3 += v * wt[i+3]
					a4 += v * wt[i+4]
					a5 += v * wt[i+5]
					a6 += v * wt[i+6]
					a7 += v * wt[i+7]
					v = x[j+1]
					a0 += v * wt[i+8]
					a1 += v * wt[i+9]
					a2 += v * wt[i+10]
					a3 += v * wt[i+11]
					a4 += v * wt[i+12]
					a5 += v * wt[i+13]
					a6 += v * wt[i+14]
					a7 += v * wt[i+15]
					v = x[j+2]
					a0 += v * wt[i+16]
					a1 += v * wt[i+17]
					a2 += v * wt[i+18]
					a3 += v * wt[i+19]
					a4 += v * wt[i+20]
					a5 += v * wt[i+21]
					a6 += v * wt[i+22]
					a7 += v * wt[i+23]
				}
			}
			*(*[8]T)(yo[p*Block:]) = [8]T{a0, a1, a2, a3, a4, a5, a6, a7}
		}
	}
}

func convBackwardData[T Float](c Conv, n int, dy, packed, dx, scratch []T) {
	oh, ow := c.OutH(), c.OutW()
	for i := range n {
		dyi, dxi := dy[i*c.OutLen():(i+1)*c.OutLen()], dx[i*c.InLen():(i+1)*c.InLen()]
		if c.Stride == 1 {
			padBlocked(c.Out, oh, ow, 1, dyi, scratch)
			convolve(c.Out, c.In, oh+2, ow+2, c.H, c.W, 1, packed, dxi, scratch)
			continue
		}
		padBlocked(c.Out, oh, ow, 0, dyi, scratch)
		spread(c, packed, dxi, scratch)
	}
}

// spread computes the input gradient of a stride-2 convolution, class by
// parity class, from dy padded below and to the right.
func spread[T Float](c Conv, packed, dx, padded []T) {
	h, w := c.OutH()+1, c.OutW()+1
	for i := 0; i < c.In; i += 8 {
		dxi := dx[i/Block*Block*c.H*c.W+i%Block:]
		for _, class := range parityClasses {
			var taps [4]int
			for k, t := range class.taps {
				taps[k] = class.shift(t, w*Block)
			}
			n := len(class.taps)
			wt := packed[:n*c.Out*8]
			packed = packed[n*c.Out*8:]
			cols := (c.W - class.px + 1) / 2
			for y := class.py; y < c.H && cols > 0; y += 2 {
				convolveRow(padded[y/2*w*Block:], Block, h*w*Block, c.Out/Block, taps[:n], wt,
					dxi[(y*c.W+class.px)*Block:], 2*Block, cols)
			}
		}
	}
}
