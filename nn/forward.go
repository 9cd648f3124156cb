package nn

import (
	"fmt"

	"longtail/nn/kernel"
)

// Forward computes the features (n×64) of n images x (n×3×Height×Width,
// planar), 1 ≤ n ≤ Batch. In training mode batch normalisation uses the
// batch's statistics and moves the running ones; otherwise it uses the running
// ones. The result is valid until the next call; x must stay unchanged until
// Backward returns.
func (t *Trunk[T]) Forward(x []T, n int, training bool) []T {
	if n < 1 || n > t.batch || len(x) < n*3*t.height*t.width {
		panic(fmt.Sprintf("nn: Forward of %d images in %d values; compiled for 1 to %d images of 3×%d×%d", n, len(x), t.batch, t.height, t.width))
	}
	t.x, t.n, t.trained = x, n, training
	t.workers.run(len(t.layers), t.pack)
	if training {
		for i := range t.layers {
			l := &t.layers[i]
			t.workers.run((n+l.unit-1)/l.unit, t.forward[i])
			l.train(n)
		}
		t.workers.run(n, t.pool)
		t.tracked++
	} else {
		for i := range t.layers {
			t.layers[i].evaluate()
		}
		t.workers.run(n, t.evaluate)
	}
	return t.features[:n*features]
}

// compile makes the pieces of work. Every piece finishes the layer below
// (normalisation, shortcut, clamp) on its way in and leaves sums of each image
// on its way out, which are merged when all pieces of a layer are done.
func (t *Trunk[T]) compile() {
	t.pack = t.packLayer
	t.evaluate = t.evaluateImage
	t.pool = func(w *worker[T], i int) {
		last := len(t.layers) - 1
		l := &t.layers[last]
		t.activate(w, last, i, 1)
		averagePool(1, l.Out, l.hw, images(l.y, l.OutLen(), i, 1), images(t.features, features, i, 1))
	}
	t.unpool = t.unpoolImage
	t.reduce = t.reduceLayer
	for k := range t.layers {
		l := &t.layers[k]
		t.forward = append(t.forward, func(w *worker[T], item int) {
			first := item * l.unit
			t.forwardUnit(w, k, first, min(l.unit, t.n-first))
		})
		t.backward = append(t.backward, func(w *worker[T], item int) { t.backwardShard(w, k, item) })
	}
}

// images cuts n images, size elements each, out of a batch.
func images[T kernel.Float](v []T, size, first, n int) []T {
	return v[first*size : (first+n)*size]
}

func (t *Trunk[T]) packLayer(_ *worker[T], k int) {
	l := &t.layers[k]
	t.set.Pack(l.Conv, kernel.Forward, l.weight, l.forward)
	if t.trained && !l.Stem() {
		t.set.Pack(l.Conv, kernel.BackwardData, l.weight, l.reverse)
	}
}

// input returns what layer k convolves: the images or the activation below.
func (t *Trunk[T]) input(k, first, n int) []T {
	if k == 0 {
		return images(t.x, t.layers[0].InLen(), first, n)
	}
	return images(t.layers[k-1].y, t.layers[k].InLen(), first, n)
}

// forwardUnit finishes layer k−1, convolves, and takes the statistics of n
// images.
func (t *Trunk[T]) forwardUnit(w *worker[T], k, first, n int) {
	l := &t.layers[k]
	if k > 0 {
		t.activate(w, k-1, first, n)
	}
	z := images(l.z, l.OutLen(), first, n)
	t.set.ConvForward(l.Conv, n, t.input(k, first, n), l.forward, z, w.scratch)
	t.set.BNStats(n, l.Out, l.hw, z, images(l.imageMean, l.Out, first, n), images(l.imageM2, l.Out, first, n))
}

// activate computes y of layer k from z, and from the block's input if layer k
// ends a block.
func (t *Trunk[T]) activate(w *worker[T], k, first, n int) {
	l := &t.layers[k]
	var residual []T
	if endsBlock(k) {
		residual = t.shortcut(w, k, n, images(t.layers[k-2].y, t.layers[k-1].InLen(), first, n))
	}
	t.set.BNApply(n, l.Out, l.hw, images(l.z, l.OutLen(), first, n), l.scale, l.shift, residual, images(l.y, l.OutLen(), first, n), true)
}

// endsBlock reports whether a shortcut joins at the output of layer k.
func endsBlock(k int) bool { return k > 0 && k%2 == 0 }

// shortcut returns what layer k, the end of a block, adds for the block's
// input x.
func (t *Trunk[T]) shortcut(w *worker[T], k, n int, x []T) []T {
	c := t.layers[k-1].Conv
	if c.Stride == 1 {
		return x
	}
	subsample(newOptionA(c), n, x, w.shortcut)
	return w.shortcut[:n*c.OutLen()]
}

// evaluateImage takes image i through all layers in the worker's own buffers:
// the running statistics are known, so nothing has to wait.
func (t *Trunk[T]) evaluateImage(w *worker[T], i int) {
	in := images(t.x, t.layers[0].InLen(), i, 1)
	block := in // input of the current block
	for k := range t.layers {
		l := &t.layers[k]
		z := w.act[k%3][:l.OutLen()] // the block's input is at most two layers old
		t.set.ConvForward(l.Conv, 1, in, l.forward, z, w.scratch)
		var residual []T
		if endsBlock(k) {
			residual = t.shortcut(w, k, 1, block)
		}
		t.set.BNApply(1, l.Out, l.hw, z, l.scale, l.shift, residual, z, true)
		in = z
		if k%2 == 0 {
			block = z
		}
	}
	last := &t.layers[len(t.layers)-1]
	averagePool(1, last.Out, last.hw, in, images(t.features, features, i, 1))
}
