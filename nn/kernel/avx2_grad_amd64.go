//go:build !noasm

package kernel

func avx2ConvBackwardWeights(c Conv, n int, x, dy, acc, scratch []float32) {
	x, dy, acc = x[:n*c.InLen()], dy[:n*c.OutLen()], acc[:directGradLen(c)]
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
