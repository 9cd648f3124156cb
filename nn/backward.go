package nn

import "fmt"

// Backward fills every parameter's Grad from the gradient of the features (n×64) of
// the preceding Forward. It panics unless that was in training mode.
func (t *Trunk[T]) Backward(dFeatures []T) { t.runBack(dFeatures, nil) }

// runBack is Backward or, if dImages is not nil, BackwardImages.
func (t *Trunk[T]) runBack(dFeatures, dImages []T) {
	if !t.trained || len(dFeatures) < t.n*Features {
		panic(fmt.Sprintf("nn: Backward with %d values needs a Forward in training mode just before, and %d values", len(dFeatures), t.n*Features))
	}
	t.trained = false // the gradient buffers are consumed
	t.dFeatures, t.dImages = dFeatures, dImages
	last := len(t.layers) - 1
	if !t.packedBack {
		t.workers.run(last, t.packBack)
		t.packedBack = t.held
	}
	t.workers.run(t.n, t.unpool)
	t.layers[last].batchNorm.backward(t.n)
	t.workers.run(t.parts(last), t.backward[last])
	for k := last - 1; k >= 0; k-- {
		t.layers[k].batchNorm.backward(t.n)
		t.workers.run(1+t.parts(k), t.backward[k])
	}
	if dImages == nil {
		t.reduceLayer(0)
	}
}

// grad returns the gradient of layer k's activation, masked where the activation is
// clamped.
func (t *Trunk[T]) grad(k, first, n int) []T {
	return images(t.grads[t.layers[k].grad], t.layers[k].OutLen(), first, n)
}

// unpoolImage starts the backward pass of image i at the last activation.
func (t *Trunk[T]) unpoolImage(_ *worker[T], i int) {
	last := len(t.layers) - 1
	l := &t.layers[last]
	averagePoolBackward(1, l.Out, l.hw, images(t.dFeatures, Features, i, 1), t.grad(last, i, 1))
	t.sums(last, i, 1, images(l.y, l.OutLen(), i, 1))
}

// sums masks the gradient of layer k's activation y and computes the sums that its
// normalization needs.
func (t *Trunk[T]) sums(k, first, n int, y []T) {
	l := &t.layers[k]
	t.set.BNBackwardSums(n, l.Out, l.hw, t.grad(k, first, n), y, images(l.z, l.OutLen(), first, n),
		l.center, images(l.imageSum, l.Out, first, n), images(l.imageDot, l.Out, first, n))
}

// parts returns the number of pieces of work of a layer in the backward pass. They
// are shards, or parts of one, each with its own sum of weight gradients.
func (t *Trunk[T]) parts(k int) int {
	l := &t.layers[k]
	return t.n/shard*l.parts() + (t.n%shard+l.part-1)/l.part
}

// parts returns how many parts a whole shard has.
func (l *layer[T]) parts() int { return (shard + l.part - 1) / l.part }

// backwardPart propagates one part of a shard back through layer k. It computes the
// gradients of its normalization, of its weights (except for BackwardImages) and of
// its input, and the sums for the layer below.
func (t *Trunk[T]) backwardPart(w *worker[T], k, part int) {
	l := &t.layers[k]
	acc := images(t.acc[k%2], l.gradLen, part, 1)
	clear(acc)
	begin := part/l.parts()*shard + part%l.parts()*l.part
	end := min(begin+l.part, begin-begin%shard+shard, t.n)
	for first := begin; first < end; first += l.back {
		n := min(l.back, end-first)
		dz := w.dz[:n*l.OutLen()]
		t.set.BNBackwardApply(n, l.Out, l.hw, t.grad(k, first, n), images(l.z, l.OutLen(), first, n), l.dyFactor, l.zFactor, l.dBias, dz)
		x := t.input(w, k, first, n)
		if t.dImages == nil {
			t.set.ConvBackwardWeights(l.Conv, n, x, dz, acc, w.scratch)
		}
		if k == 0 {
			if t.dImages != nil {
				t.imageGradient(w, first, n, dz)
			}
			continue
		}
		t.inputGradient(w, k, first, n, dz)
		t.sums(k-1, first, n, x)
	}
}

// inputGradient computes the gradient of layer k's input. If k begins a block, its
// input feeds the shortcut too.
func (t *Trunk[T]) inputGradient(w *worker[T], k, first, n int, dz []T) {
	l, dx := &t.layers[k], t.grad(k-1, first, n)
	if !insideBlock(k) {
		t.set.ConvBackwardData(l.Conv, n, dz, l.reverse, dx, w.scratch)
		return
	}
	if l.Stride == 1 { // dx holds the gradient of the block's output
		part := w.dx[:len(dx)]
		t.set.ConvBackwardData(l.Conv, n, dz, l.reverse, part, w.scratch)
		t.set.Add(part, dx)
		return
	}
	t.set.ConvBackwardData(l.Conv, n, dz, l.reverse, dx, w.scratch)
	subsampleBackward(l.Conv, n, t.grad(k+1, first, n), dx)
}

// reduceLayer merges the weight gradients: first the parts of each shard in order,
// then the shards in order.
func (t *Trunk[T]) reduceLayer(k int) {
	l := &t.layers[k]
	acc := func(part int) []T { return images(t.acc[k%2], l.gradLen, part, 1) }
	for part := range t.parts(k) {
		if part%l.parts() > 0 {
			t.set.Add(acc(part), acc(part-part%l.parts()))
		}
	}
	for part := l.parts(); part < t.parts(k); part += l.parts() {
		t.set.Add(acc(part), acc(0))
	}
	t.set.Unpack(l.Conv, acc(0), l.dWeight)
}
