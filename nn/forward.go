package nn

import (
	"fmt"

	"longtail/nn/kernel"
)

// Forward returns the features (n×64) of n images x (n×3×Height×Width, planar), 1 ≤
// n ≤ Batch. In training mode batch normalization uses the batch's statistics and
// updates the running ones; otherwise it uses the running ones. The result is valid
// until the next call. x must stay unchanged until Backward returns.
func (t *Trunk[T]) Forward(x []T, n int, training bool) []T {
	return t.runForward(x, n, training, training)
}

// ForwardAside is Forward in training mode without updates of the running
// statistics and of BatchesTracked. It is for images that the network will not meet
// otherwise, such as virtual adversarial ones. Backward or BackwardImages may
// follow.
func (t *Trunk[T]) ForwardAside(x []T, n int) []T { return t.runForward(x, n, true, false) }

// runForward is Forward. moving makes training update the running statistics.
func (t *Trunk[T]) runForward(x []T, n int, training, moving bool) []T {
	if n < 1 || n > t.batch || len(x) < n*3*t.height*t.width {
		panic(fmt.Sprintf("nn: Forward of %d images in %d values; compiled for 1 to %d images of 3×%d×%d", n, len(x), t.batch, t.height, t.width))
	}
	t.x, t.n, t.trained = x, n, training
	if !t.packed {
		t.workers.run(len(t.layers), t.pack)
		t.packed = t.held
	}
	if training {
		for i := range t.layers {
			l := &t.layers[i]
			t.workers.run((n+l.unit-1)/l.unit, t.forward[i])
			l.train(n, moving)
		}
		t.workers.run(n, t.pool)
		if moving {
			t.tracked++
		}
	} else {
		for i := range t.layers {
			t.layers[i].evaluate()
		}
		t.workers.run((n+together-1)/together, t.evaluate)
	}
	return t.features[:n*Features]
}

// compile creates the pieces of work. Every piece first finishes the layer below
// (normalization, shortcut, clamp) and last computes sums of each image, which are
// merged when all pieces of a layer are done.
func (t *Trunk[T]) compile() {
	t.pack = func(_ *worker[T], k int) {
		l := &t.layers[k]
		t.set.Pack(l.Conv, kernel.Forward, l.weight, l.forward)
	}
	t.packBack = func(_ *worker[T], k int) { // the stem, layer 0, needs none
		l := &t.layers[k+1]
		t.set.Pack(l.Conv, kernel.BackwardData, l.weight, l.reverse)
	}
	t.evaluate = func(w *worker[T], item int) {
		first := item * together
		t.evaluateUnit(w, first, min(together, t.n-first))
	}
	t.pool = func(w *worker[T], item int) {
		last := len(t.layers) - 1
		l := &t.layers[last]
		i := t.turn(last+1, item, t.n)
		t.activate(w, last, i, 1)
		averagePool(1, l.Out, l.hw, images(l.y, l.OutLen(), i, 1), images(t.features, Features, i, 1))
	}
	t.unpool = t.unpoolImage
	for k := range t.layers {
		l := &t.layers[k]
		t.forward = append(t.forward, func(w *worker[T], item int) {
			first := t.turn(k, item, (t.n+l.unit-1)/l.unit) * l.unit
			t.forwardUnit(w, k, first, min(l.unit, t.n-first))
		})
		t.backward = append(t.backward, func(w *worker[T], item int) {
			if k < len(t.layers)-1 {
				if item == 0 {
					if t.dImages == nil {
						t.reduceLayer(k + 1)
					}
					return
				}
				item--
			}
			t.backwardPart(w, k, t.turn(k+1, item, t.parts(k)))
		})
	}
}

// turn returns the position of an item in phase k. Every other phase runs
// backwards, so that it begins with what the previous one left in the caches.
func (t *Trunk[T]) turn(k, item, items int) int {
	if k%2 == 0 {
		return item
	}
	return items - 1 - item
}

// images returns n images of size elements each from a batch, starting with image
// first.
func images[T kernel.Float](v []T, size, first, n int) []T {
	return v[first*size : (first+n)*size]
}

// input returns the input of layer k: the images, or the activation below, which is
// recomputed from z if it is not kept.
func (t *Trunk[T]) input(w *worker[T], k, first, n int) []T {
	if k == 0 {
		return t.image(first, n)
	}
	if insideBlock(k - 1) {
		return t.activate(w, k-1, first, n)
	}
	return images(t.layers[k-1].y, t.layers[k].InLen(), first, n)
}

// image returns n input images.
func (t *Trunk[T]) image(first, n int) []T { return images(t.x, t.layers[0].InLen(), first, n) }

// forwardUnit finishes layer k−1, convolves, and computes the statistics of n
// images.
func (t *Trunk[T]) forwardUnit(w *worker[T], k, first, n int) {
	l := &t.layers[k]
	x := t.image(first, n)
	if k > 0 {
		x = t.activate(w, k-1, first, n)
	}
	z := images(l.z, l.OutLen(), first, n)
	t.set.ConvForward(l.Conv, n, x, l.forward, z, w.scratch)
	t.set.BNStats(n, l.Out, l.hw, z, images(l.imageMean, l.Out, first, n), images(l.imageM2, l.Out, first, n))
}

// activate computes y of layer k from z, and from the block's input if layer k ends
// a block. Inside a block y stays with the worker, as recomputing it is cheaper
// than writing it to memory and reading it.
func (t *Trunk[T]) activate(w *worker[T], k, first, n int) []T {
	l := &t.layers[k]
	var residual []T
	y := w.y[:n*l.OutLen()]
	if !insideBlock(k) {
		y = images(l.y, l.OutLen(), first, n)
	}
	if endsBlock(k) {
		residual = t.shortcut(w, k, n, images(t.layers[k-2].y, t.layers[k-1].InLen(), first, n))
	}
	t.set.BNApply(n, l.Out, l.hw, images(l.z, l.OutLen(), first, n), l.scale, l.shift, residual, y)
	return y
}

// endsBlock reports whether a shortcut joins at the output of layer k.
func endsBlock(k int) bool { return k > 0 && k%2 == 0 }

// insideBlock reports whether layer k is the first of a block's two, whose output
// only the second reads.
func insideBlock(k int) bool { return k%2 == 1 }

// shortcut returns what layer k, the end of a block, adds from the block's input x.
func (t *Trunk[T]) shortcut(w *worker[T], k, n int, x []T) []T {
	c := t.layers[k-1].Conv
	if c.Stride == 1 {
		return x
	}
	subsample(c, n, x, w.shortcut)
	return w.shortcut[:n*c.OutLen()]
}

// evaluateUnit passes n images through all layers in the worker's own buffers. The
// running statistics are known, so nothing has to wait. In layers with large maps
// the images go one by one, so that a whole piece stays in the cache. In layers
// with small maps they go together, so that weights are read once for all.
func (t *Trunk[T]) evaluateUnit(w *worker[T], first, n int) {
	size := t.layers[0].InLen()
	x := images(t.x, size, first, n)
	if t.split > 0 {
		out := t.layers[t.split-1].OutLen()
		for i := range n {
			copy(images(w.joint, out, i, 1), t.evaluateLayers(w, 0, t.split, 1, images(x, size, i, 1)))
		}
		x = w.joint
	}
	if t.split < len(t.layers) {
		x = t.evaluateLayers(w, t.split, len(t.layers), n, x)
	}
	last := &t.layers[len(t.layers)-1]
	averagePool(n, last.Out, last.hw, x, images(t.features, Features, first, n))
}

// evaluateLayers passes n images x through the layers from begin, the first of a
// block, to end−1.
func (t *Trunk[T]) evaluateLayers(w *worker[T], begin, end, n int, x []T) []T {
	block := x // input of the current block
	for k := begin; k < end; k++ {
		l := &t.layers[k]
		z := w.act[k%3][:n*l.OutLen()] // the block's input is at most two layers old
		t.set.ConvForward(l.Conv, n, x, l.forward, z, w.scratch)
		var residual []T
		if endsBlock(k) {
			residual = t.shortcut(w, k, n, block)
		}
		t.set.BNApply(n, l.Out, l.hw, z, l.scale, l.shift, residual, z)
		x = z
		if k%2 == 0 {
			block = z
		}
	}
	return x
}
