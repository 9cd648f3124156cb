package nn

import (
	"fmt"

	"longtail/nn/kernel"
)

// InputGradient returns the gradient of the images of the last Backward
// (n×3×Height×Width, planar), valid until the next call of Backward. It panics
// unless Options.InputGradient asked for it.
func (t *Trunk[T]) InputGradient() []T {
	if t.dInput == nil {
		panic(fmt.Sprintf("nn: trunk %d×%d was compiled without Options.InputGradient", t.height, t.width))
	}
	return images(t.dInput, t.layers[0].InLen(), 0, t.n)
}

// stemInputGradient writes the gradient dx (n×3×H×W, planar) of the stem's
// input from that of its output dz (nChw16c) and its weights (Out×3×3×3).
// Kernels leave this one out because training has no use for it.
func stemInputGradient[T kernel.Float](c kernel.Conv, n int, dz, weight, dx []T) {
	clear(dx[:n*c.InLen()])
	plane := c.H * c.W
	for range n {
		for out := range c.Out {
			z := dz[out/kernel.Block*kernel.Block*plane+out%kernel.Block:]
			for in := range c.In {
				d := dx[in*plane:][:plane]
				for k, w := range weight[(out*c.In+in)*9:][:9] {
					down, right := k/3-1, k%3-1 // the input pixel lies there from the output's
					for row := max(0, -down); row < min(c.H, c.H-down); row++ {
						for col := max(0, -right); col < min(c.W, c.W-right); col++ {
							d[(row+down)*c.W+col+right] += T(w * z[(row*c.W+col)*kernel.Block])
						}
					}
				}
			}
		}
		dz, dx = dz[c.OutLen():], dx[c.InLen():]
	}
}
