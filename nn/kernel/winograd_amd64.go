//go:build !noasm

package kernel

// This file is shared by the Winograd calls of the avx2 and avx512 sets.

// winogradKernels are one instruction set's kernels behind the calls that both sets
// share. The others, input and filters, have arrays on the stack, which a call
// through a variable would move to the heap.
type winogradKernels struct {
	products []func(v, u, m *float32, many, few, blocks int, block, vPoint, mPoint uintptr) // for 1, 2, … tiles, as many as have sums that fit into the registers
	output   func(m *float32, point uintptr, y *float32, line uintptr, rows, tiles, cols int, temp *float32)
	tiles    func(m, dy *float32, tiles int, row, point uintptr)
	sums     func(acc, v, m *float32, tiles, blocks int, vBlock uintptr)
	filter   func(acc, sums *float32, lines int, point uintptr)
}

// calls returns a set's calls without input and filters, which the caller adds.
func (k *winogradKernels) calls() *winogradCalls[float32] {
	return &winogradCalls[float32]{width: Block, product: k.product, output: k.transform, gradient: k.gradient, outer: k.outer, taps: k.taps, scatter: scatter}
}

func (k *winogradKernels) product(v []float32, vPoint, block, blocks, tiles int, u, m []float32, mPoint int) {
	v = v[:(tilePoints-1)*vPoint+(blocks-1)*block+tiles*Block]
	u = u[:tilePoints*blocks*Block*Block]
	m = m[:(tilePoints-1)*mPoint+tiles*Block]
	groups := (tiles + len(k.products) - 1) / len(k.products)
	most := (tiles + groups - 1) / groups
	few := groups*most - tiles
	k.products[most-1](&v[0], &u[0], &m[0], groups-few, few, blocks,
		uintptr(floatBytes*block), uintptr(floatBytes*vPoint), uintptr(floatBytes*mPoint))
}

func (k *winogradKernels) transform(m []float32, point int, y []float32, h, w, r int, temp []float32) {
	t := newTiling(h, w)
	rows := min(tileStep, h-tileStep*r)
	m, temp = m[:(tilePoints-1)*point+t.cols*Block], temp[:tempLen]
	y = y[tileStep*r*w*Block:][:rows*w*Block]
	k.output(&m[0], uintptr(floatBytes*point), &y[0], uintptr(floatBytes*w*Block), rows, w/tileStep, w%tileStep, &temp[0])
}

func (k *winogradKernels) gradient(dy []float32, h, w, r int, edge, m []float32, point int) {
	cols := newTiling(h, w).cols
	from := gradStrip(dy, h, w, r, edge)
	line := tileStep * cols * Block
	from, m = from[:tileStep*line], m[:(tilePoints-1)*point+cols*Block]
	k.tiles(&m[0], &from[0], cols, uintptr(floatBytes*line), uintptr(floatBytes*point))
}

func (k *winogradKernels) outer(acc, v, m []float32, tiles, block, blocks int) {
	acc, v, m = acc[:blocks*Block*Block], v[:(blocks-1)*block+tiles*Block], m[:tiles*Block]
	k.sums(&acc[0], &v[0], &m[0], tiles, blocks, uintptr(floatBytes*block))
}

func (k *winogradKernels) taps(sums []float32, point, lines int, acc []float32) {
	sums, acc = sums[:(tilePoints-1)*point+lines*Block], acc[:lines*filterTaps*Block]
	k.filter(&acc[0], &sums[0], lines, uintptr(floatBytes*point))
}

// stripRows sets rows to the six rows of an image of h×w pixels that strip r of its
// tiles reads, with zero for those above and below. It sets them in place. A copy
// of an array reads 16 bytes at a time, which a processor cannot forward from two
// stores of 8. It would wait until everything that a transform has stored is in the
// cache, a hundred nanoseconds per strip.
func stripRows(rows *[tileSide]*float32, x []float32, h, w, r int, zero *float32) {
	for i := range rows {
		rows[i] = zero
		if y := tileStep*r - 1 + i; y >= 0 && y < h {
			rows[i] = &x[y*w*Block]
		}
	}
}

// gathered is the number of input channels whose filters gatherTaps reads.
const gathered = 8

// gatherTaps writes the filters of some input channels, which are iStep apart in w,
// and 16 output channels, which are oStep apart, as [input channel][tap][output
// channel], rotated by half a turn if turned.
func gatherTaps(taps *[gathered * filterTaps * Block]float32, w []float32, oStep, iStep int, turned bool) {
	const last = (filterTaps - 1) * Block
	if !turned { // those of one output channel are adjacent
		gather(taps[:], w, gathered*filterTaps, oStep)
		return
	}
	w = w[:(Block-1)*oStep+(gathered-1)*iStep+filterTaps]
	for i := range gathered { // the lines of taps from the last to the first
		avx2Gather(&taps[i*filterTaps*Block+last], &w[i*iStep], filterTaps, uintptr(floatBytes*oStep), -floatBytes*Block)
	}
}

// gradStrip returns strip r of an output gradient of h×w pixels. If the map ends
// inside a tile, the strip is padded with zeros in edge.
func gradStrip(dy []float32, h, w, r int, edge []float32) []float32 {
	if w%tileStep == 0 && tileStep*(r+1) <= h {
		return dy[tileStep*r*w*Block:]
	}
	fillEdge(dy, h, w, r, edge)
	return edge
}
