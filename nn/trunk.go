// Package nn computes the trunk of a network: images to features, and the gradient
// of features back to every parameter. A trunk is compiled once for an
// architecture, an image size and a largest batch. The result is a fixed list of
// fused kernel calls over buffers that are allocated once. Heads and losses are in
// nn/objective.
package nn

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"longtail/nn/kernel"
)

// Options are what to compile.
type Options[T kernel.Float] struct {
	Arch          Arch
	Height, Width int            // of the images
	Batch         int            // the most images in one call
	Threads       int            // 0: GOMAXPROCS; results do not depend on it
	Kernels       *kernel.Set[T] // nil: the fastest for float32, the portable ones for float64
	Exact         bool           // convolve directly everywhere in float32, if Kernels is nil
	// BNMomentum is a batch's weight in the running statistics of batch normalization,
	// in (0, 1]; 0: DefaultBNMomentum.
	BNMomentum float64
}

// mostPixels is the most pixels of an image with its border. The kernels' tables of
// 32-bit byte offsets reach no further within a block of channels.
const mostPixels = math.MaxInt32 / (4 * kernel.Block)

func (o Options[T]) check() error {
	if err := o.Arch.check(); err != nil {
		return err
	}
	if o.Height < 1 || o.Width < 1 {
		return fmt.Errorf("trunk %s: images of %d×%d pixels; both sides must be at least 1", o.Arch.Name, o.Height, o.Width)
	}
	if h, w := min(o.Height, mostPixels)+2, min(o.Width, mostPixels)+2; h*w > mostPixels {
		return fmt.Errorf("trunk %s: images of %d×%d pixels; with a border of one they may have %d in all: make them smaller", o.Arch.Name, o.Height, o.Width, mostPixels)
	}
	if o.Batch < 1 {
		return fmt.Errorf("trunk %s: batch %d; it must be at least 1", o.Arch.Name, o.Batch)
	}
	if o.Threads < 0 {
		return fmt.Errorf("trunk %s: %d threads; use 0 for all cores, or a positive number", o.Arch.Name, o.Threads)
	}
	if !(o.BNMomentum >= 0 && o.BNMomentum <= 1) {
		return fmt.Errorf("trunk %s: a momentum of batch normalization of %v; it must be above 0 and at most 1, or 0 for 0.1", o.Arch.Name, o.BNMomentum)
	}
	return nil
}

// shard is the number of consecutive images whose weight gradients are summed
// before those of others. It fixes the order of every sum, so it is part of the
// numerics.
const shard = 16

// MostThreads returns how many threads a step on n images can keep busy throughout.
// The limit is the phases with the fewest pieces of work, whole shards.
func MostThreads(n int) int { return (n + shard - 1) / shard }

// A unit of work is one image, or `together` images if maps have at most smallMap
// pixels.
const (
	smallMap = 64
	together = 4
)

// backValues is about how many values of one map a unit of work has in the backward
// pass. A Winograd weight gradient has a fixed cost per unit, so a unit has more
// images than forward, but few enough to stay in the cache.
const backValues = 1 << 16

// Units returns how many images go through a convolution's kernels together,
// forward and backward.
func Units(c kernel.Conv) (forward, backward int) {
	forward = 1
	if c.H*c.W <= smallMap {
		forward = together
	}
	return forward, max(forward, min(shard, backValues/max(c.InLen(), c.OutLen())))
}

// layer is a convolution and the normalization after it.
type layer[T kernel.Float] struct {
	convolution
	batchNorm[T]
	unit, back       int // from Units
	part             int // images per piece of work backward: back, or a shard if its sums cannot be divided
	grad             int // index of the trunk's gradient buffer
	weight, dWeight  []T
	forward, reverse []T // packed weights
	z, y             []T // batch images. z: the convolution's output. y: normalized, shortcut added, clamped; nil inside a block
	gradLen          int
}

// Trunk is a compiled network. Its methods must not be called concurrently.
type Trunk[T kernel.Float] struct {
	set                  *kernel.Set[T]
	layers               []layer[T]
	height, width, batch int
	params, buffers      []Param[T]
	tracked              int64
	workers              *workers[T]
	split                int // the first layer that evaluation computes for several images together

	x         []T  // input of the last Forward
	n         int  // number of those images
	trained   bool // it was in training mode: Backward may follow
	features  []T  // batch×64
	dFeatures []T  // input of Backward
	dImages   []T  // output of BackwardImages; nil in Backward
	stem      stem[T]
	grads     [3][]T // gradient of layer l's output, batch images, in grads[layers[l].grad]
	acc       [2][]T // weight gradient of layer l in acc[l%2], an accumulator for every part of a shard

	held, packed, packedBack bool // the parameters stay; the weights are packed, for each direction

	pack, packBack, pool, evaluate, unpool func(w *worker[T], item int)
	forward, backward                      []func(w *worker[T], item int)
}

// NewTrunk compiles a trunk. Its weights are zero until Init, or until a checkpoint
// fills Params and Buffers. Close releases its threads. Impossible options are an
// error.
func NewTrunk[T kernel.Float](o Options[T]) (*Trunk[T], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Kernels == nil {
		set, err := defaultSet[T](o.Exact)
		if err != nil {
			return nil, err
		}
		o.Kernels = set
	}
	t := &Trunk[T]{set: o.Kernels, height: o.Height, width: o.Width, batch: o.Batch}
	shards := (o.Batch + shard - 1) / shard
	scratch, widest, most, longest := 0, 0, 0, 0 // widest: elements of a unit; most: of an image; longest: of all accumulators of a layer
	for k, c := range o.Arch.convolutions(o.Height, o.Width) {
		hw := c.OutH() * c.OutW()
		l := layer[T]{
			convolution: c,
			batchNorm:   newBatchNorm[T](c.Out, hw, o.Batch, cmp.Or(o.BNMomentum, DefaultBNMomentum)),
			weight:      make([]T, c.Out*c.In*9), dWeight: make([]T, c.Out*c.In*9),
			forward: buffer[T](t.set.PackedLen(c.Conv)),
			z:       buffer[T](o.Batch * c.OutLen()),
			gradLen: t.set.GradLen(c.Conv),
		}
		if !insideBlock(k) {
			l.y = buffer[T](o.Batch * c.OutLen())
		}
		l.unit, l.back = Units(c.Conv)
		if !c.Stem() {
			l.reverse = buffer[T](t.set.PackedLen(c.Conv))
		}
		if l.part = shard; t.set.GradOnce(c.Conv) {
			l.part = l.back
		}
		longest = max(longest, shards*l.parts()*l.gradLen)
		t.layers = append(t.layers, l)
		scratch = max(scratch, t.set.Scratch(c.Conv))
		widest, most = max(widest, l.back*c.InLen(), l.back*c.OutLen()), max(most, c.OutLen())
	}
	t.placeGradients()
	for t.split < len(t.layers) && (t.layers[t.split].unit == 1 || endsBlock(t.split)) {
		t.split++
	}
	for i := range t.grads {
		t.grads[i] = buffer[T](o.Batch * most)
	}
	for i := range t.acc {
		t.acc[i] = buffer[T](longest)
	}
	t.features = make([]T, o.Batch*Features)
	t.list()
	t.compile()
	t.workers = newWorkers(t.memory(o.Threads, scratch, widest))
	return t, nil
}

// memory returns the private memory of each thread.
func (t *Trunk[T]) memory(threads, scratch, widest int) []*worker[T] {
	act, joint := 0, 0 // in evaluation
	for k, l := range t.layers {
		if k < t.split {
			act, joint = max(act, l.OutLen()), together*l.OutLen()
		} else {
			act = max(act, together*l.OutLen())
		}
	}
	own := make([]*worker[T], threads)
	for i := range own {
		w := &worker[T]{scratch: buffer[T](scratch), shortcut: buffer[T](widest), y: buffer[T](widest), dz: buffer[T](widest), dx: buffer[T](widest), joint: buffer[T](joint)}
		for k := range w.act {
			w.act[k] = buffer[T](act)
		}
		own[i] = w
	}
	return own
}

// buffer returns n zeros, in huge pages if the system has them.
func buffer[T any](n int) []T {
	x := make([]T, n)
	huge(x)
	return x
}

// defaultSet returns the kernels to use if Options has none.
func defaultSet[T kernel.Float](exact bool) (*kernel.Set[T], error) {
	if _, single := any(T(0)).(float32); single {
		set, err := kernel.Select("", exact)
		if err != nil {
			return nil, err
		}
		return any(set).(*kernel.Set[T]), nil
	}
	return kernel.Portable[T](), nil
}

// placeGradients chooses a buffer for every layer's gradient. That of a block's
// input replaces that of its output if they have the same shape: the former is a
// sum with the latter as a term, and fewer buffers stay in the cache.
func (t *Trunk[T]) placeGradients() {
	for k := len(t.layers) - 3; k >= 0; k -= 2 {
		inside, out := &t.layers[k+1], t.layers[k+2].grad
		inside.grad = (out + 1) % 3
		t.layers[k].grad = out
		if inside.Stride != 1 {
			t.layers[k].grad = (out + 2) % 3
		}
	}
}

// list fills params and buffers in the reference's order.
func (t *Trunk[T]) list() {
	for i := range t.layers {
		l := &t.layers[i]
		ch := []int{l.Out}
		t.params = append(t.params,
			Param[T]{l.name + ".weight", []int{l.Out, l.In, 3, 3}, l.weight, l.dWeight},
			Param[T]{l.bn + ".weight", ch, l.gamma, l.dGamma},
			Param[T]{l.bn + ".bias", ch, l.beta, l.dBeta})
		t.buffers = append(t.buffers,
			Param[T]{Name: l.bn + ".running_mean", Shape: ch, Value: l.runningMean},
			Param[T]{Name: l.bn + ".running_var", Shape: ch, Value: l.runningVar})
	}
}

// Features returns the length of an image's feature vector, 64.
func (t *Trunk[T]) Features() int { return Features }

// Batch returns the most images that one call takes.
func (t *Trunk[T]) Batch() int { return t.batch }

// ImageLen returns the elements of an image, 3×Height×Width.
func (t *Trunk[T]) ImageLen() int { return t.layers[0].InLen() }

// Kernels returns the name of the kernel set in use.
func (t *Trunk[T]) Kernels() string { return t.set.Name }

// Init draws new weights: convolutions normal with variance 2/(9·In), scales 1,
// shifts 0, running means 0 and variances 1.
func (t *Trunk[T]) Init(r *rand.Rand) {
	for i := range t.layers {
		l := &t.layers[i]
		sd := math.Sqrt(2 / float64(9*l.In))
		for k := range l.weight {
			l.weight[k] = T(sd * r.NormFloat64())
		}
		clear(l.beta)
		clear(l.runningMean)
		for c := range l.gamma {
			l.gamma[c], l.runningVar[c] = 1, 1
		}
	}
	t.tracked = 0
}

// Params returns the trainable tensors in the reference's order. The slice belongs
// to the trunk. The values may change between calls, but not between a Forward and
// its Backward, nor during a Hold.
func (t *Trunk[T]) Params() []Param[T] { return t.params }

// Hold promises that the parameters do not change until release is called. Calls in
// between pack the weights for the kernels once, instead of each time. Results do
// not depend on it. Holds do not nest.
func (t *Trunk[T]) Hold() (release func()) {
	t.held = true
	return func() { t.held, t.packed, t.packedBack = false, false, false }
}

// Buffers returns the running statistics in the reference's order, as Params
// does.
func (t *Trunk[T]) Buffers() []Param[T] { return t.buffers }

// BatchesTracked returns num_batches_tracked, the number of training batches seen,
// which all normalizations share.
func (t *Trunk[T]) BatchesTracked() int64 { return t.tracked }

// SetBatchesTracked sets what BatchesTracked returns.
func (t *Trunk[T]) SetBatchesTracked(n int64) { t.tracked = n }

// Close stops the trunk's threads. The trunk must not be used afterwards.
func (t *Trunk[T]) Close() { t.workers.close() }
