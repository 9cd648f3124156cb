package nn

import (
	"fmt"

	"longtail/nn/kernel"
)

// stem is the first convolution as the way back to the images takes it: with
// as many input channels as a block holds, of which the images have the first
// three and the weights of the others are 0. Kernels leave the planar images'
// gradient out because training has no use for it.
type stem[T kernel.Float] struct {
	kernel.Conv
	weight, packed []T // nil until the first BackwardImages
}

// BackwardImages writes the gradient of the images of the preceding Forward,
// which must have been in training mode, to dImages (n×3×Height×Width, planar)
// from that of their features (n×64). It computes no weight gradients: what
// every parameter's Grad holds afterwards is of no use.
func (t *Trunk[T]) BackwardImages(dFeatures, dImages []T) {
	if len(dImages) < t.n*t.ImageLen() || len(dImages) == 0 {
		panic(fmt.Sprintf("nn: BackwardImages to %d values; %d images have %d", len(dImages), t.n, t.n*t.ImageLen()))
	}
	first, s := &t.layers[0], &t.stem
	if s.packed == nil {
		s.Conv = kernel.Conv{In: kernel.Block, Out: first.Out, H: first.H, W: first.W, Stride: 1}
		s.weight = make([]T, s.Out*s.In*9)
		s.packed = make([]T, t.set.PackedLen(s.Conv, kernel.BackwardData))
	}
	for out := range s.Out {
		copy(s.weight[out*s.In*9:], first.weight[out*first.In*9:(out+1)*first.In*9])
	}
	t.set.Pack(s.Conv, kernel.BackwardData, s.weight, s.packed)
	t.runBack(dFeatures, dImages)
}

// imageGradient takes n images from the gradient dz of the stem's output to
// their own. Its scratch memory suffices: the first block has the same shape.
func (t *Trunk[T]) imageGradient(w *worker[T], first, n int, dz []T) {
	c := t.stem.Conv
	blocked := w.dx[:n*c.InLen()]
	t.set.ConvBackwardData(c, n, dz, t.stem.packed, blocked, w.scratch)
	plane := c.H * c.W
	planar := images(t.dImages, t.ImageLen(), first, n)
	for i := range n {
		from, to := blocked[i*c.InLen():], planar[i*t.ImageLen():]
		for at := range plane {
			for ch := range t.layers[0].In {
				to[ch*plane+at] = from[at*kernel.Block+ch]
			}
		}
	}
}
