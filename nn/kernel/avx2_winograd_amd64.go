//go:build !noasm

package kernel

// avx2Winograd returns the Winograd calls for AVX2 with FMA.
func avx2Winograd() *Set[float32] {
	k := &winogradKernels{
		products: []func(v, u, m *float32, many, few, blocks int, block, vPoint, mPoint uintptr){
			avx2WinogradProduct1, avx2WinogradProduct2, avx2WinogradProduct3,
			avx2WinogradProduct4, avx2WinogradProduct5, avx2WinogradProduct6,
		},
		output: avx2WinogradOutput,
		tiles:  avx2WinogradGradTiles,
		sums:   avx2WinogradGradProducts,
		filter: avx2WinogradGradFilter,
	}
	calls := k.calls()
	calls.input, calls.filters = avx2Input, avx2Filters
	return calls.set()
}

func avx2Input(x []float32, h, w, r int, strip, v []float32, point int) {
	t := newTiling(h, w)
	strip, zero := strip[:t.stripLen()], strip[t.stripLen()-w*Block:]
	v = v[:(tilePoints-1)*point+t.cols*Block]
	var rows [tileSide]*float32
	stripRows(&rows, x, h, w, r, &zero[0])
	avx2WinogradInput(&rows, w, &strip[0], &v[0], t.cols, uintptr(floatBytes*t.stripLine()), uintptr(floatBytes*point))
}

func avx2Filters(w []float32, oStep, iStep, in int, turned bool, u []float32) {
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
