//go:build !noasm

package kernel

// avx512Winograd returns the Winograd calls for AVX-512.
func avx512Winograd() *Set[float32] {
	k := &winogradKernels{
		// More tiles would fit, but each broadcast from memory already feeds one
		// multiply-add, and 16 share one load of weights.
		products: []func(v, u, m *float32, many, few, blocks int, block, vPoint, mPoint uintptr){
			avx512WinogradProduct1, avx512WinogradProduct2, avx512WinogradProduct3, avx512WinogradProduct4,
			avx512WinogradProduct5, avx512WinogradProduct6, avx512WinogradProduct7, avx512WinogradProduct8,
			avx512WinogradProduct9, avx512WinogradProduct10, avx512WinogradProduct11, avx512WinogradProduct12,
			avx512WinogradProduct13, avx512WinogradProduct14, avx512WinogradProduct15, avx512WinogradProduct16,
		},
		output: avx512WinogradOutput,
		tiles:  avx512WinogradGradTiles,
		sums:   avx512WinogradGradProducts,
		filter: avx512WinogradGradFilter,
	}
	calls := k.calls()
	calls.input, calls.filters = avx512Input, avx512Filters
	return calls.set()
}

func avx512Input(x []float32, h, w, r int, strip, v []float32, point int) {
	t := newTiling(h, w)
	zero := strip[t.stripLen()-w*Block:]
	v = v[:(tilePoints-1)*point+t.cols*Block]
	var rows [tileSide]*float32
	stripRows(&rows, x, h, w, r, &zero[0])
	avx512WinogradInput(&rows, &v[0], t.cols, w-tileStep*(t.cols-1)-1, uintptr(floatBytes*point))
}

func avx512Filters(w []float32, oStep, iStep, in int, turned bool, u []float32) {
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
