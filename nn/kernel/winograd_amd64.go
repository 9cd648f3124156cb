//go:build !noasm

package kernel

// What the Winograd calls of the avx2 and avx512 sets share.

// stripRows returns the six rows of an image of h×w pixels that strip r of its
// tiles sees, where zero stands for those above and below.
func stripRows(x []float32, h, w, r int, zero *float32) (rows [tileSide]*float32) {
	for i := range rows {
		rows[i] = zero
		if y := tileStep*r - 1 + i; y >= 0 && y < h {
			rows[i] = &x[y*w*Block]
		}
	}
	return rows
}

// gatherTaps copies the filters of 16 output channels, which lie oStep apart
// in w, to [tap][channel], turned by half a turn if turned.
func gatherTaps(taps *[filterTaps * Block]float32, w []float32, oStep int, turned bool) {
	for o := range Block {
		g := (*[filterTaps]float32)(w[o*oStep:])
		to := (*[(filterTaps-1)*Block + 1]float32)(taps[o:])
		for t, v := range g {
			to[t*Block] = v
		}
	}
	if turned {
		for t := range filterTaps / 2 {
			a, b := (*[Block]float32)(taps[t*Block:]), (*[Block]float32)(taps[(filterTaps-1-t)*Block:])
			*a, *b = *b, *a
		}
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
