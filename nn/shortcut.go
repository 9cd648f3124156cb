package nn

import "longtail/nn/kernel"

// run is the number of channels moved at once. The old channels and the zeros
// before them are multiples of it, so a run never straddles two blocks.
const run = 8

// pair returns the offsets of the run of input channels from ch in the blocked
// input and in the blocked output of option A, at the top left pixel. Option A is
// the shortcut of a convolution that halves the map: every second row and column,
// with zero channels before and after the old ones.
func pair(c kernel.Conv, ch int) (in, out int) {
	o := ch + (c.Out-c.In)/2
	const b = kernel.Block
	return ch/b*b*c.H*c.W + ch%b, o/b*b*c.OutH()*c.OutW() + o%b
}

// subsample writes the shortcut of n images x into y.
func subsample[T kernel.Float](c kernel.Conv, n int, x, y []T) {
	outH, outW := c.OutH(), c.OutW()
	clear(y[:n*c.OutLen()])
	for range n {
		for ch := 0; ch < c.In; ch += run {
			in, out := pair(c, ch)
			for i := range outH {
				for j := range outW {
					*(*[run]T)(y[out+(i*outW+j)*kernel.Block:]) = [run]T(x[in+(2*i*c.W+2*j)*kernel.Block:])
				}
			}
		}
		x, y = x[c.InLen():], y[c.OutLen():]
	}
}

// subsampleBackward adds the gradient dy of n subsampled images to dx.
func subsampleBackward[T kernel.Float](c kernel.Conv, n int, dy, dx []T) {
	outH, outW := c.OutH(), c.OutW()
	for range n {
		for ch := 0; ch < c.In; ch += run {
			in, out := pair(c, ch)
			for i := range outH {
				for j := range outW {
					d := (*[run]T)(dx[in+(2*i*c.W+2*j)*kernel.Block:])
					for k, v := range (*[run]T)(dy[out+(i*outW+j)*kernel.Block:]) {
						d[k] += v
					}
				}
			}
		}
		dx, dy = dx[c.InLen():], dy[c.OutLen():]
	}
}
