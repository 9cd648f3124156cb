//go:build !noasm

package kernel

import "unsafe"

// This file is shared by the direct convolutions of the avx2 and avx512 sets. It
// holds the layouts of packed weights and of weight gradients. It also copies
// images with a border of one zero pixel, so that no tap needs a test.
//
// Weights are packed as [destination block][source block][tap][16 source
// channels][16 destination channels]; for the stem, whose source is planar, as
// [destination block][input channel][filter row][filter column][16].
//
// A weight gradient is accumulated as [output block][input block][filter row][pair
// of input channels][2][filter column][16 output channels]. For the stem it is
// [output block][pair of lines][2][filter column][16], where line = 3·channel +
// filter row and the last pair holds one line twice.

const (
	filterTaps  = 9
	tapWeights  = Block * Block // of one pair of blocks
	lineGrad    = 3 * Block     // one input line: three filter columns by 16 channels
	stemLines   = 10            // nine, rounded up to pairs
	stripPixels = 128           // summed in registers at a time: they stay in L1, and longer sums lose accuracy
	floatBytes  = 4
)

func directPack(c Conv, p Pass, w, packed []float32) {
	w, packed = w[:filterTaps*c.In*c.Out], packed[:filterTaps*c.In*c.Out]
	inStep, outStep := filterTaps, filterTaps*c.In
	switch {
	case p == Forward && c.Stem():
		for o := 0; o < c.Out; o += Block {
			gather(packed[o*outStep:], w[o*outStep:], outStep, outStep)
		}
	case p == Forward:
		packTaps(packed, w, c.Out, c.In, outStep, inStep, &[filterTaps]int{0, 1, 2, 3, 4, 5, 6, 7, 8})
	case c.Stride == 1: // the filter rotated by half a turn
		packTaps(packed, w, c.In, c.Out, inStep, outStep, &[filterTaps]int{8, 7, 6, 5, 4, 3, 2, 1, 0})
	default: // the taps of one class are adjacent
		order, k := [filterTaps]int{}, 0
		for _, class := range parityClasses {
			k += copy(order[k:], class.taps)
		}
		packTaps(packed, w, c.In, c.Out, inStep, outStep, &order)
	}
}

// packTaps packs w for to destination and from source channels, whose filters are
// toStep and fromStep apart in w, with taps in the given order.
func packTaps(packed, w []float32, to, from, toStep, fromStep int, order *[filterTaps]int) {
	var taps [filterTaps * Block]float32
	for t := 0; t < to; t += Block {
		for f := range from {
			gather(taps[:], w[t*toStep+f*fromStep:], filterTaps, toStep)
			lines := packed[(t/Block*(from/Block)+f/Block)*filterTaps*tapWeights+f%Block*Block:]
			for k, tap := range order {
				*(*[Block]float32)(lines[k*tapWeights:]) = [Block]float32(taps[tap*Block:])
			}
		}
	}
}

func directGradLen(c Conv) int {
	if c.Stem() {
		return c.Out / Block * stemLines * lineGrad
	}
	return filterTaps * c.In * c.Out
}

func directUnpack(c Conv, acc, dw []float32) {
	acc, dw = acc[:directGradLen(c)], dw[:filterTaps*c.In*c.Out]
	row := filterTaps * c.In
	if c.Stem() {
		for o := range c.Out / Block {
			scatter(dw[o*Block*row:], acc[o*stemLines*lineGrad:], row, row)
		}
		return
	}
	var taps [filterTaps * Block]float32
	for o := range c.Out / Block {
		for i := range c.In {
			lines := acc[(o*(c.In/Block)+i/Block)*3*Block*lineGrad+i%Block*lineGrad:]
			for kh := range 3 {
				*(*[lineGrad]float32)(taps[kh*lineGrad:]) = [lineGrad]float32(lines[kh*Block*lineGrad:])
			}
			scatter(dw[o*Block*row+i*filterTaps:], taps[:], filterTaps, row)
		}
	}
}

// gather writes n ≥ 8 columns of 16 rows, row apart, as lines of 16 values.
func gather(lines, rows []float32, n, row int) {
	lines, rows = lines[:n*Block], rows[:(Block-1)*row+n]
	avx2Gather(&lines[0], &rows[0], n, uintptr(floatBytes*row), floatBytes*Block)
}

// scatter is the inverse of gather.
func scatter(rows, lines []float32, n, row int) {
	lines, rows = lines[:n*Block], rows[:(Block-1)*row+n]
	avx2Scatter(&rows[0], &lines[0], n, uintptr(floatBytes*row))
}

// clearBorders clears the border of one pixel around planes of h × w pixels of
// depth values.
func clearBorders(padded []float32, planes, h, w, depth int) {
	line := (w + 2) * depth
	for range planes {
		plane := padded[:(h+2)*line]
		clear(plane[:line+depth])
		for r := 1; r < h; r++ { // the end of a row and the beginning of the next
			clear(plane[(r+1)*line-depth:][:2*depth])
		}
		clear(plane[(h+1)*line-depth:])
		padded = padded[(h+2)*line:]
	}
}

// padPlanes copies planes of h × w pixels of depth values into the middle of planes
// with a border of one pixel, which it does not change.
func padPlanes(dst, src []float32, planes, h, w, depth int) {
	line := (w + 2) * depth
	for p := range planes {
		to := dst[p*(h+2)*line:]
		for r := range h {
			copy(to[(r+1)*line+depth:][:w*depth], src[(p*h+r)*w*depth:][:w*depth])
		}
	}
}

// int32s returns a part of scratch as memory for tables of offsets.
func int32s(scratch []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(scratch))), len(scratch))
}
