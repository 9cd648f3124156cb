//go:build !noasm

package kernel

// A weight gradient is accumulated as [output block][input block][filter
// row][pair of input channels][2][filter column][16 output channels]; for the
// stem as [output block][pair of lines][2][filter column][16], where line
// 3·channel + filter row and the last pair holds one line twice.

const (
	lineGrad    = 3 * Block // one input line: three columns of the filter by 16 channels
	stemLines   = 10        // nine, rounded up to pairs
	stripPixels = 128       // summed in registers at a time: they stay in L1, and longer sums lose accuracy
)

func avx2GradLen(c Conv) int {
	if c.Stem() {
		return c.Out / Block * stemLines * lineGrad
	}
	return filterTaps * c.In * c.Out
}

func avx2ConvBackwardWeights(c Conv, n int, x, dy, acc, scratch []float32) {
	x, dy, acc = x[:n*c.InLen()], dy[:n*c.OutLen()], acc[:avx2GradLen(c)]
	h, w := c.OutH(), c.OutW()
	blocks, depth := c.In/Block, Block
	if c.Stem() {
		blocks, depth = c.In, 1
	}
	line := (c.W + 2) * depth
	plane := (c.H + 2) * line
	padded := scratch[:blocks*plane]
	clear(padded)
	rows := max(1, stripPixels/w)
	for i := range n {
		padPlanes(padded, x[i*c.InLen():], blocks, c.H, c.W, depth)
		for o := range c.Out / Block {
			for r := 0; r < h; r += rows {
				d := dy[i*c.OutLen()+(o*h+r)*w*Block:]
				s := padded[r*c.Stride*line:]
				if c.Stem() {
					stemGradient(c, acc[o*stemLines*lineGrad:], s, d, min(rows, h-r), line, plane)
					continue
				}
				for b := range blocks {
					for kh := range 3 {
						avx2WeightGradient(&acc[((o*blocks+b)*3+kh)*Block*lineGrad], &s[b*plane+kh*line], &d[0],
							min(rows, h-r), w, uintptr(floatBytes*c.Stride*line), uintptr(floatBytes*c.Stride*Block),
							floatBytes, Block/2, 2*floatBytes)
					}
				}
			}
		}
	}
}

func stemGradient(c Conv, acc, x, dy []float32, rows, line, plane int) {
	for k := 0; k < stemLines; k += 2 {
		first := k/3*plane + k%3*line
		second := first
		if k+1 < filterTaps {
			second = (k+1)/3*plane + (k+1)%3*line
		}
		avx2WeightGradientStem(&acc[k*lineGrad], &x[first], &dy[0], rows, c.OutW(),
			uintptr(floatBytes*c.Stride*line), uintptr(floatBytes*c.Stride), uintptr(floatBytes*(second-first)), 1, 0)
	}
}

func avx2Unpack(c Conv, acc, dw []float32) {
	acc, dw = acc[:avx2GradLen(c)], dw[:filterTaps*c.In*c.Out]
	for o := 0; o < c.Out; o += Block {
		for i := range c.In {
			for kh := range 3 {
				at := ((o/Block*(c.In/Block)+i/Block)*3+kh)*Block*lineGrad + i%Block*lineGrad
				if c.Stem() {
					at = (o/Block*stemLines + 3*i + kh) * lineGrad
				}
				line := acc[at:][:lineGrad]
				k := (o*c.In+i)*filterTaps + 3*kh
				for l := range Block {
					to := dw[k:][:3]
					to[0], to[1], to[2] = line[l], line[Block+l], line[2*Block+l]
					k += c.In * filterTaps
				}
			}
		}
	}
}
