//go:build !noasm

package kernel

// avx2Winograd returns the Winograd calls for AVX2 with FMA.
func avx2Winograd() *Set[float32] { return avx2Calls().set() }

func avx2Calls() *winogradCalls[float32] {
	return &winogradCalls[float32]{
		width:   Block,
		input:   avx2Input,
		product: avx2Product,
		output:  avx2Output,
		filters: avx2Filters,

		gradient: avx2Gradient,
		outer:    avx2Outer,
		taps:     avx2Taps,
		scatter:  scatter,
	}
}

func avx2Input(x []float32, h, w, r int, strip, v []float32, point int) {
	t := newTiling(h, w)
	strip, zero := strip[:t.stripLen()], strip[t.stripLen()-w*Block:]
	v = v[:(tilePoints-1)*point+t.cols*Block]
	var rows [tileSide]*float32
	stripRows(&rows, x, h, w, r, &zero[0])
	avx2WinogradInput(&rows, w, &strip[0], &v[0], t.cols, uintptr(floatBytes*t.stripLine()), uintptr(floatBytes*point))
}

// avx2Group is the most tiles whose sums fit the registers.
const avx2Group = 6

func avx2Product(v []float32, vPoint, block, blocks, tiles int, u, m []float32, mPoint int) {
	v = v[:(tilePoints-1)*vPoint+(blocks-1)*block+tiles*Block]
	u = u[:tilePoints*blocks*Block*Block]
	m = m[:(tilePoints-1)*mPoint+tiles*Block]
	groups := (tiles + avx2Group - 1) / avx2Group
	most := (tiles + groups - 1) / groups
	few := groups*most - tiles
	product := [avx2Group]func(v, u, m *float32, many, few, blocks int, block, vPoint, mPoint uintptr){
		avx2WinogradProduct1, avx2WinogradProduct2, avx2WinogradProduct3,
		avx2WinogradProduct4, avx2WinogradProduct5, avx2WinogradProduct6,
	}[most-1]
	product(&v[0], &u[0], &m[0], groups-few, few, blocks,
		uintptr(floatBytes*block), uintptr(floatBytes*vPoint), uintptr(floatBytes*mPoint))
}

func avx2Output(m []float32, point int, y []float32, h, w, r int, temp []float32) {
	t := newTiling(h, w)
	rows := min(tileStep, h-tileStep*r)
	m, temp = m[:(tilePoints-1)*point+t.cols*Block], temp[:tempLen]
	y = y[tileStep*r*w*Block:][:rows*w*Block]
	avx2WinogradOutput(&m[0], uintptr(floatBytes*point), &y[0], uintptr(floatBytes*w*Block),
		rows, w/tileStep, w%tileStep, &temp[0])
}

func avx2Filters(_ int, w []float32, oStep, iStep, in int, turned bool, u []float32) {
	u = u[:tilePoints*in*Block]
	var taps [gathered * filterTaps * Block]float32
	var temp [tileSide * 3 * Block]float32
	for i := range in {
		if i%gathered == 0 {
			gatherTaps(&taps, w[i*iStep:], oStep, iStep, turned)
		}
		avx2WinogradFilters(&taps[i%gathered*filterTaps*Block], &u[i*Block], uintptr(floatBytes*in*Block), &temp[0])
	}
}
