package batches

import (
	"slices"

	"longtail/dataset"
)

// normalizer writes images as normalized float32 planes.
type normalizer struct {
	c, h, w int
	table   [dataset.Channels][256]float32 // (v/255 − mean)/std of each channel
	gray    bool                           // one stored channel and equal tables
}

func newNormalizer(s *dataset.Set) *normalizer {
	n := &normalizer{c: s.C, h: s.H, w: s.W}
	for c := range n.table {
		for v := range n.table[c] {
			n.table[c][v] = (float32(v)/255 - s.Mean[c]) / s.Std[c]
		}
	}
	n.gray = s.C == 1 && n.table[0] == n.table[1] && n.table[0] == n.table[2]
	return n
}

// size returns the number of floats per image, 3×H×W.
func (n *normalizer) size() int { return dataset.Channels * n.h * n.w }

// view is a crop of an image, then mirrored if flip is set. The crop starts top rows
// below and left columns right of the image's corner; negative values lie in the
// padding.
type view struct {
	top, left int
	flip      bool
}

// fill writes a view of an image (C×H×W bytes) to dst (3×H×W). The padding is black,
// that is 0 before normalizing.
func (n *normalizer) fill(dst []float32, image []uint8, v view) {
	plane := n.h * n.w
	for c := range dataset.Channels {
		out := dst[c*plane : (c+1)*plane]
		if c > 0 && n.gray {
			copy(out, dst[:plane])
			continue
		}
		n.plane(out, image[min(c, n.c-1)*plane:][:plane], &n.table[c], v)
	}
}

func (n *normalizer) plane(dst []float32, src []uint8, table *[256]float32, v view) {
	black := table[0]
	// Columns lo..hi−1 of the crop lie on the image.
	lo := min(max(0, -v.left), n.w)
	hi := max(lo, min(n.w, n.w-v.left))
	for r := range n.h {
		row := dst[r*n.w : (r+1)*n.w]
		sr := r + v.top
		if sr < 0 || sr >= n.h {
			for c := range row {
				row[c] = black
			}
			continue
		}
		for c := range lo {
			row[c] = black
		}
		if lo < hi {
			for c, p := range src[sr*n.w+lo+v.left:][:hi-lo] {
				row[lo+c] = table[p]
			}
		}
		for c := hi; c < n.w; c++ {
			row[c] = black
		}
		if v.flip {
			slices.Reverse(row)
		}
	}
}
