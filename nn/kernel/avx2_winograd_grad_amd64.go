//go:build !noasm

package kernel

func avx2Gradient(dy []float32, h, w, r int, edge, m []float32, point int) {
	cols := newTiling(h, w).cols
	from := gradStrip(dy, h, w, r, edge)
	line := tileStep * cols * Block
	from, m = from[:tileStep*line], m[:(tilePoints-1)*point+cols*Block]
	avx2WinogradGradTiles(&m[0], &from[0], cols, uintptr(floatBytes*line), uintptr(floatBytes*point))
}

func avx2Outer(acc, v, m []float32, tiles, block, blocks int) {
	acc, v, m = acc[:blocks*Block*Block], v[:(blocks-1)*block+tiles*Block], m[:tiles*Block]
	avx2WinogradGradProducts(&acc[0], &v[0], &m[0], tiles, blocks, uintptr(floatBytes*block))
}

func avx2Taps(sums []float32, point, lines int, acc []float32) {
	sums, acc = sums[:(tilePoints-1)*point+lines*Block], acc[:lines*filterTaps*Block]
	avx2WinogradGradFilter(&acc[0], &sums[0], lines, uintptr(floatBytes*point))
}
