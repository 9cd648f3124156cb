//go:build !noasm

package kernel

// gradLines is the number of input channels whose gradients one call sums.
const gradLines = 8

func avx512ConvBackwardWeights(c Conv, n int, x, dy, acc, scratch []float32) {
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
	xCol := uintptr(floatBytes * c.Stride * depth)
	xSkip := uintptr(floatBytes*c.Stride*line) - uintptr(w)*xCol // from behind a row to the next; it may wrap
	for i := range n {
		padPlanes(padded, x[i*c.InLen():], blocks, c.H, c.W, depth)
		for o := range c.Out / Block {
			for r := 0; r < h; r += rows {
				d := &dy[i*c.OutLen()+(o*h+r)*w*Block]
				s := padded[r*c.Stride*line:]
				if c.Stem() {
					avx512WeightGradientStem(&acc[o*stemLines*lineGrad], &s[0], d, min(rows, h-r), w,
						xCol, xSkip, uintptr(floatBytes*line), uintptr(floatBytes*plane))
					continue
				}
				for b := range blocks {
					for kh := range 3 {
						for l := 0; l < Block; l += gradLines {
							avx512WeightGradient(&acc[((o*blocks+b)*3+kh)*Block*lineGrad+l*lineGrad], &s[b*plane+kh*line+l], d,
								min(rows, h-r), w, xCol, xSkip)
						}
					}
				}
			}
		}
	}
}
