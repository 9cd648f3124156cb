//go:build !noasm

package kernel

// avx512Winograd returns the Winograd calls for AVX-512.
func avx512Winograd() *Set[float32] { return avx512Calls().set() }

func avx512Calls() *winogradCalls[float32] {
	return &winogradCalls[float32]{
		width:   Block,
		input:   avx512Input,
		product: avx512Product,
		output:  avx512Output,
		filters: avx512Filters,

		gradient: avx512Gradient,
		outer:    avx512Outer,
		taps:     avx512Taps,
		scatter:  scatter,
	}
}

func avx512Input(x []float32, h, w, r int, strip, v []float32, point int) {
	t := newTiling(h, w)
	zero := strip[t.stripLen()-w*Block:]
	v = v[:(tilePoints-1)*point+t.cols*Block]
	var rows [tileSide]*float32
	stripRows(&rows, x, h, w, r, &zero[0])
	avx512WinogradInput(&rows, &v[0], t.cols, w-tileStep*(t.cols-1)-1, uintptr(floatBytes*point))
}

// avx512Products sum 1 to 16 tiles in registers. More would fit, but each
// broadcast from memory already feeds one multiply-add, and 16 share one load
// of weights.
var avx512Products = [...]func(v, u, m *float32, many, few, blocks int, block, vPoint, mPoint uintptr){
	avx512WinogradProduct1, avx512WinogradProduct2, avx512WinogradProduct3, avx512WinogradProduct4,
	avx512WinogradProduct5, avx512WinogradProduct6, avx512WinogradProduct7, avx512WinogradProduct8,
	avx512WinogradProduct9, avx512WinogradProduct10, avx512WinogradProduct11, avx512WinogradProduct12,
	avx512WinogradProduct13, avx512WinogradProduct14, avx512WinogradProduct15, avx512WinogradProduct16,
}

func avx512Product(v []float32, vPoint, block, blocks, tiles int, u, m []float32, mPoint int) {
	v = v[:(tilePoints-1)*vPoint+(blocks-1)*block+tiles*Block]
	u = u[:tilePoints*blocks*Block*Block]
	m = m[:(tilePoints-1)*mPoint+tiles*Block]
	groups := (tiles + len(avx512Products) - 1) / len(avx512Products)
	most := (tiles + groups - 1) / groups
	few := groups*most - tiles
	avx512Products[most-1](&v[0], &u[0], &m[0], groups-few, few, blocks,
		uintptr(floatBytes*block), uintptr(floatBytes*vPoint), uintptr(floatBytes*mPoint))
}

func avx512Output(m []float32, point int, y []float32, h, w, r int, temp []float32) {
	t := newTiling(h, w)
	rows := min(tileStep, h-tileStep*r)
	m, temp = m[:(tilePoints-1)*point+t.cols*Block], temp[:tempLen]
	y = y[tileStep*r*w*Block:][:rows*w*Block]
	avx512WinogradOutput(&m[0], uintptr(floatBytes*point), &y[0], uintptr(floatBytes*w*Block),
		rows, w/tileStep, w%tileStep, &temp[0])
}

func avx512Filters(_ int, w []float32, oStep, iStep, in int, turned bool, u []float32) {
	u = u[:tilePoints*in*Block]
	var taps [gathered * filterTaps * Block]float32
	var temp [tileSide * 3 * Block]float32
	for i := range in {
		if i%gathered == 0 {
			gatherTaps(&taps, w[i*iStep:], oStep, iStep, turned)
		}
		avx512WinogradFilters(&taps[i%gathered*filterTaps*Block], &u[i*Block], uintptr(floatBytes*in*Block), &temp[0])
	}
}

func avx512Gradient(dy []float32, h, w, r int, edge, m []float32, point int) {
	cols := newTiling(h, w).cols
	from := gradStrip(dy, h, w, r, edge)
	line := tileStep * cols * Block
	from, m = from[:tileStep*line], m[:(tilePoints-1)*point+cols*Block]
	avx512WinogradGradTiles(&m[0], &from[0], cols, uintptr(floatBytes*line), uintptr(floatBytes*point))
}

func avx512Outer(acc, v, m []float32, tiles, block, blocks int) {
	acc, v, m = acc[:blocks*Block*Block], v[:(blocks-1)*block+tiles*Block], m[:tiles*Block]
	avx512WinogradGradProducts(&acc[0], &v[0], &m[0], tiles, blocks, uintptr(floatBytes*block))
}

func avx512Taps(sums []float32, point, lines int, acc []float32) {
	sums, acc = sums[:(tilePoints-1)*point+lines*Block], acc[:lines*filterTaps*Block]
	avx512WinogradGradFilter(&acc[0], &sums[0], lines, uintptr(floatBytes*point))
}
