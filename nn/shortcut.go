package nn

import "longtail/nn/kernel"

// optionA is the shortcut of a block that halves the map: every second row and
// column, and zero channels before and after the old ones.
type optionA struct {
	in, out    int // channels
	h, w       int // input map
	outH, outW int
}

func newOptionA(c kernel.Conv) optionA {
	return optionA{in: c.In, out: c.Out, h: c.H, w: c.W, outH: c.OutH(), outW: c.OutW()}
}

// run is the number of channels moved at once: both the old channels and the
// zeros before them are multiples of it, so a run never straddles two blocks.
const run = 8

// pair returns where the run of input channels from ch lies at the top left
// pixel of the blocked input and of the blocked output.
func (s optionA) pair(ch int) (in, out int) {
	o := ch + (s.out-s.in)/2
	const b = kernel.Block
	return ch/b*b*s.h*s.w + ch%b, o/b*b*s.outH*s.outW + o%b
}

// subsample writes the shortcut of n images x into y.
func subsample[T kernel.Float](s optionA, n int, x, y []T) {
	clear(y[:n*s.out*s.outH*s.outW])
	for range n {
		for ch := 0; ch < s.in; ch += run {
			in, out := s.pair(ch)
			for r := range s.outH {
				for c := range s.outW {
					*(*[run]T)(y[out+(r*s.outW+c)*kernel.Block:]) = [run]T(x[in+(2*r*s.w+2*c)*kernel.Block:])
				}
			}
		}
		x, y = x[s.in*s.h*s.w:], y[s.out*s.outH*s.outW:]
	}
}

// subsampleBackward adds the gradient dy of n subsampled images to dx.
func subsampleBackward[T kernel.Float](s optionA, n int, dy, dx []T) {
	for range n {
		for ch := 0; ch < s.in; ch += run {
			in, out := s.pair(ch)
			for r := range s.outH {
				for c := range s.outW {
					d := (*[run]T)(dx[in+(2*r*s.w+2*c)*kernel.Block:])
					for i, v := range (*[run]T)(dy[out+(r*s.outW+c)*kernel.Block:]) {
						d[i] += v
					}
				}
			}
		}
		dx, dy = dx[s.in*s.h*s.w:], dy[s.out*s.outH*s.outW:]
	}
}
