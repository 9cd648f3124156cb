//go:build !noasm

package kernel

import "unsafe"

// What the direct convolutions of the avx2 and avx512 sets share: the layouts
// of packed weights and of weight gradients, and images copied with a border of
// one zero pixel, so that no tap needs a test.
//
// Weights are packed as [destination block][source block][tap][16 source
// channels][16 destination channels]; for the stem, whose source is planar, as
// [destination block][input channel][filter row][filter column][16].
//
// A weight gradient is accumulated as [output block][input block][filter
// row][pair of input channels][2][filter column][16 output channels]; for the
// stem as [output block][pair of lines][2][filter column][16], where line
// 3·channel + filter row and the last pair holds one line twice.

const (
	filterTaps  = 9
	tapWeights  = Block * Block // of one pair of blocks
	lineGrad    = 3 * Block     // one input line: three columns of the filter by 16 channels
	stemLines   = 10            // nine, rounded up to pairs
	stripPixels = 128           // summed in registers at a time: they stay in L1, and longer sums lose accuracy
	floatBytes  = 4
)

func directPackedLen(c Conv, p Pass) int {
	if c.Stem() && p == BackwardData {
		return 0
	}
	return filterTaps * c.In * c.Out
}

func directPack(c Conv, p Pass, w, packed []float32) {
	w, packed = w[:filterTaps*c.In*c.Out], packed[:directPackedLen(c, p)]
	inStep, outStep := filterTaps, filterTaps*c.In
	switch {
	case p == Forward && c.Stem():
		for o := range c.Out {
			for t := range outStep {
				packed[(o/Block*outStep+t)*Block+o%Block] = w[o*outStep+t]
			}
		}
	case p == Forward:
		for t := range filterTaps {
			packTap(packed[t*tapWeights:], w[t:], c.Out, c.In, outStep, inStep)
		}
	case c.Stem():
	case c.Stride == 1: // the filter turned by half a turn
		for t := range filterTaps {
			packTap(packed[t*tapWeights:], w[filterTaps-1-t:], c.In, c.Out, inStep, outStep)
		}
	default: // the taps of one class side by side
		for _, class := range parityClasses {
			for _, t := range class.taps {
				packTap(packed, w[3*t.ky+t.kx:], c.In, c.Out, inStep, outStep)
				packed = packed[tapWeights:]
			}
		}
	}
}

// packTap lays out one tap of w for to destination and from source channels,
// whose weights lie toStep and fromStep apart in w.
func packTap(packed, w []float32, to, from, toStep, fromStep int) {
	for t := 0; t < to; t += Block {
		for f := range from {
			line := packed[(t/Block*(from/Block)+f/Block)*filterTaps*tapWeights+f%Block*Block:][:Block]
			k := t*toStep + f*fromStep
			for i := range line {
				line[i] = w[k]
				k += toStep
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
	for o := 0; o < c.Out; o += Block {
		for i := range c.In {
			for kh := range 3 {
				at := ((o/Block*(c.In/Block)+i/Block)*3+kh)*Block*lineGrad + i%Block*lineGrad
				if c.Stem() {
					at = (o/Block*stemLines + 3*i + kh) * lineGrad
				}
				line := acc[at:][:lineGrad]
				k := (o*c.In+i)*filterTaps + 3*kh
				for l := range Block {
					to := dw[k:][:3]
					to[0], to[1], to[2] = line[l], line[Block+l], line[2*Block+l]
					k += c.In * filterTaps
				}
			}
		}
	}
}

// padPlanes copies planes of h × w pixels of depth values into the middle of
// planes with a border of one pixel, which it leaves alone.
func padPlanes(dst, src []float32, planes, h, w, depth int) {
	line := (w + 2) * depth
	for p := range planes {
		to := dst[p*(h+2)*line:]
		for r := range h {
			copy(to[(r+1)*line+depth:][:w*depth], src[(p*h+r)*w*depth:][:w*depth])
		}
	}
}

// tileTable lends a part of scratch to a table of tiles.
func tileTable(scratch []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(scratch))), len(scratch))
}

// grid is the places of pixels in a plane: the first one's and the distances
// from row to row and column to column, counted in values.
type grid struct{ first, row, col int }
