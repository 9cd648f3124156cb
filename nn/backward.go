package nn

import (
	"fmt"
)

// Backward fills every parameter's Grad from the gradient of the features
// (n×64) of the preceding Forward, which must have been in training mode.
func (t *Trunk[T]) Backward(dFeatures []T) {
	if !t.trained || len(dFeatures) < t.n*features {
		panic(fmt.Sprintf("nn: Backward with %d values needs a Forward in training mode just before, and %d values", len(dFeatures), t.n*features))
	}
	t.trained = false // the gradient buffers are consumed
	t.dFeatures = dFeatures
	last := len(t.layers) - 1
	t.workers.run(t.n, t.unpool)
	t.layers[last].batchNorm.backward(t.n)
	shards := (t.n + shard - 1) / shard
	for k := last; k >= 0; k-- {
		t.workers.run(shards, t.backward[k])
		if k > 0 {
			t.layers[k-1].batchNorm.backward(t.n)
		}
	}
	t.workers.run(len(t.layers), t.reduce)
}

// grad returns the gradient of layer k's activation, masked where the
// activation is clamped.
func (t *Trunk[T]) grad(k, first, n int) []T {
	return images(t.grads[k%3], t.layers[k].OutLen(), first, n)
}

// unpoolImage starts the backward pass of image i at the last activation.
func (t *Trunk[T]) unpoolImage(_ *worker[T], i int) {
	last := len(t.layers) - 1
	l := &t.layers[last]
	averagePoolBackward(1, l.Out, l.hw, images(t.dFeatures, features, i, 1), t.grad(last, i, 1))
	t.sums(last, i, 1)
}

// sums masks the gradient of layer k's activation and takes the sums that its
// normalisation needs.
func (t *Trunk[T]) sums(k, first, n int) {
	l := &t.layers[k]
	t.set.BNBackwardSums(n, l.Out, l.hw, t.grad(k, first, n), images(l.y, l.OutLen(), first, n), images(l.z, l.OutLen(), first, n),
		l.center, images(l.imageSum, l.Out, first, n), images(l.imageDot, l.Out, first, n))
}

// backwardShard takes one shard back through layer k: its normalisation, its
// weight gradient, its input gradient, and the sums for the layer below.
func (t *Trunk[T]) backwardShard(w *worker[T], k, item int) {
	l := &t.layers[k]
	acc := l.acc[item*l.gradLen : (item+1)*l.gradLen]
	clear(acc)
	end := min((item+1)*shard, t.n)
	for first := item * shard; first < end; first += l.unit {
		n := min(l.unit, end-first)
		dz := w.dz[:n*l.OutLen()]
		t.set.BNBackwardApply(n, l.Out, l.hw, t.grad(k, first, n), images(l.z, l.OutLen(), first, n), l.dyFactor, l.zFactor, l.dBias, dz)
		t.set.ConvBackwardWeights(l.Conv, n, t.input(k, first, n), dz, acc, w.scratch)
		if k == 0 {
			if t.dInput != nil {
				stemInputGradient(l.Conv, n, dz, l.weight, images(t.dInput, l.InLen(), first, n))
			}
			continue
		}
		dx := t.grad(k-1, first, n)
		t.set.ConvBackwardData(l.Conv, n, dz, l.reverse, dx, w.scratch)
		if endsBlock(k + 1) { // layer k begins a block: its input feeds the shortcut too
			t.joinShortcut(k, n, t.grad(k+1, first, n), dx)
		}
		t.sums(k-1, first, n)
	}
}

// joinShortcut adds the gradient of a block's output to that of its input;
// layer k begins the block.
func (t *Trunk[T]) joinShortcut(k, n int, dy, dx []T) {
	c := t.layers[k].Conv
	if c.Stride == 1 {
		t.set.BNApply(n, c.In, c.H*c.W, dx, t.one, t.zero, dy, dx, false)
		return
	}
	subsampleBackward(newOptionA(c), n, dy, dx)
}

// reduceLayer merges the shards' weight gradients in their order.
func (t *Trunk[T]) reduceLayer(_ *worker[T], k int) {
	l := &t.layers[k]
	sum := l.acc[:l.gradLen]
	for s := 1; s < (t.n+shard-1)/shard; s++ {
		for i, v := range images(l.acc, l.gradLen, s, 1) {
			sum[i] += v
		}
	}
	t.set.Unpack(l.Conv, sum, l.dWeight)
}
