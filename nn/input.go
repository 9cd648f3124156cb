package nn

import (
	"fmt"

	"longtail/nn/kernel"
)

// stem is the first convolution for the gradient of the images. It has as many
// input channels as a block holds; the images are the first three, and the weights
// of the others are 0. Kernels do not compute the gradient of planar images,
// because training does not need it.
type stem[T kernel.Float] struct {
	kernel.Conv
	weight, packed []T // nil until the first BackwardImages
}

// BackwardImages writes the gradient of the images of the preceding Forward to
// dImages (n×3×Height×Width, planar), given that of their features (n×64). It
// panics unless that Forward was in training mode. It computes no weight gradients
// and leaves every parameter's Grad undefined.
func (t *Trunk[T]) BackwardImages(dFeatures, dImages []T) {
	if len(dImages) < t.n*t.ImageLen() || len(dImages) == 0 {
		panic(fmt.Sprintf("nn: BackwardImages to %d values; %d images have %d", len(dImages), t.n, t.n*t.ImageLen()))
	}
	first, s := &t.layers[0], &t.stem
	if s.packed == nil {
		s.Conv = kernel.Conv{In: kernel.Block, Out: first.Out, H: first.H, W: first.W, Stride: 1}
		s.weight = make([]T, s.Out*s.In*9)
		s.packed = make([]T, t.set.PackedLen(s.Conv))
	}
	for out := range s.Out {
		copy(s.weight[out*s.In*9:], first.weight[out*first.In*9:(out+1)*first.In*9])
	}
	t.set.Pack(s.Conv, kernel.BackwardData, s.weight, s.packed)
	t.runBack(dFeatures, dImages)
}

// imageGradient computes the gradient of n images from the gradient dz of the
// stem's output. Its scratch memory suffices, because the first block has the same
// shape.
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
