//go:build !noasm

package kernel

// What the Winograd calls of the avx2 and avx512 sets share.

// stripRows sets rows to the six rows of an image of h×w pixels that strip r of its
// tiles sees, where zero stands for those above and below. It sets them in place: a
// copy of an array reads 16 bytes at a time, which a processor cannot forward from two
// stores of 8, so it would wait until all that a transform has stored is in the cache,
// a hundred nanoseconds a strip.
func stripRows(rows *[tileSide]*float32, x []float32, h, w, r int, zero *float32) {
	for i := range rows {
		rows[i] = zero
		if y := tileStep*r - 1 + i; y >= 0 && y < h {
			rows[i] = &x[y*w*Block]
		}
	}
}

// gathered is how many input channels' filters gatherTaps takes.
const gathered = 8

// gatherTaps writes the filters of some input channels, which lie iStep apart
// in w, and 16 output channels, which lie oStep apart, as [input channel][tap]
// [output channel], turned by half a turn if turned.
func gatherTaps(taps *[gathered * filterTaps * Block]float32, w []float32, oStep, iStep int, turned bool) {
	const last = (filterTaps - 1) * Block
	if !turned { // those of one output channel lie side by side
		gather(taps[:], w, gathered*filterTaps, oStep)
		return
	}
	w = w[:(Block-1)*oStep+(gathered-1)*iStep+filterTaps]
	for i := range gathered { // the lines of taps from the last to the first
		avx2Gather(&taps[i*filterTaps*Block+last], &w[i*iStep], filterTaps, uintptr(floatBytes*oStep), -floatBytes*Block)
	}
}

// gradStrip returns strip r of an output gradient of h×w pixels, filled up with
// zeros in edge where the map ends inside a tile.
func gradStrip(dy []float32, h, w, r int, edge []float32) []float32 {
	if w%tileStep == 0 && tileStep*(r+1) <= h {
		return dy[tileStep*r*w*Block:]
	}
	fillEdge(dy, h, w, r, edge)
	return edge
}
