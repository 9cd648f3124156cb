package nn

import (
	"math"

	"longtail/nn/kernel"
)

// DefaultBNMomentum is the momentum of batch normalization if [Options].BNMomentum
// is 0. It is PyTorch's.
const DefaultBNMomentum = 0.1

const epsilon = 1e-5 // PyTorch's

// batchNorm is one normalization: its parameters, the sums of every image that
// kernels compute, and the coefficients per channel that kernels apply.
type batchNorm[T kernel.Float] struct {
	channels, hw             int
	momentum                 float64
	gamma, beta              []T
	dGamma, dBeta            []T
	runningMean, runningVar  []T
	imageMean, imageM2       []T // batch×channels: statistics of each image
	imageSum, imageDot       []T // batch×channels: gradient sums of each image
	scale, shift             []T // y = z·scale + shift
	center                   []T // the batch's mean, rounded
	dyFactor, zFactor, dBias []T // dz = dy·dyFactor + z·zFactor + dBias
	mean, m2, inverse        []float64
	sum, dot                 []float64
}

func newBatchNorm[T kernel.Float](channels, hw, batch int, momentum float64) batchNorm[T] {
	per := func(n int) []T { return make([]T, n*channels) }
	wide := func() []float64 { return make([]float64, channels) }
	return batchNorm[T]{
		channels: channels, hw: hw, momentum: momentum,
		gamma: per(1), beta: per(1), dGamma: per(1), dBeta: per(1),
		runningMean: per(1), runningVar: per(1),
		imageMean: per(batch), imageM2: per(batch), imageSum: per(batch), imageDot: per(batch),
		scale: per(1), shift: per(1), center: per(1),
		dyFactor: per(1), zFactor: per(1), dBias: per(1),
		mean: wide(), m2: wide(), inverse: wide(), sum: wide(), dot: wide(),
	}
}

// train merges the statistics of n images in order (Chan, Golub and LeVeque's
// update) and computes scale and shift from the batch. If moving, it updates the
// running statistics.
func (b *batchNorm[T]) train(n int, moving bool) {
	clear(b.mean)
	clear(b.m2)
	for i := range n {
		share := 1 / float64(i+1)
		spread := float64(b.hw) * float64(i) * share
		mean, m2 := b.imageMean[i*b.channels:], b.imageM2[i*b.channels:]
		for c := range b.mean {
			d := float64(mean[c]) - b.mean[c]
			b.mean[c] += d * share
			b.m2[c] += float64(m2[c]) + d*d*spread
		}
	}
	count := float64(n * b.hw)
	for c, mean := range b.mean {
		b.set(c, mean, b.m2[c]/count)
		b.center[c] = T(mean)
		if !moving || count < 2 { // a single value has no variance
			continue
		}
		unbiased := b.m2[c] / (count - 1)
		b.runningMean[c] = T((1-b.momentum)*float64(b.runningMean[c]) + b.momentum*mean)
		b.runningVar[c] = T((1-b.momentum)*float64(b.runningVar[c]) + b.momentum*unbiased)
	}
}

// evaluate computes scale and shift from the running statistics.
func (b *batchNorm[T]) evaluate() {
	for c := range b.scale {
		b.set(c, float64(b.runningMean[c]), float64(b.runningVar[c]))
	}
}

func (b *batchNorm[T]) set(c int, mean, variance float64) {
	b.inverse[c] = 1 / math.Sqrt(variance+epsilon)
	b.scale[c] = T(float64(b.gamma[c]) * b.inverse[c])
	b.shift[c] = T(float64(b.beta[c]) - mean*float64(b.scale[c]))
}

// backward merges the gradient sums of n images in order into the parameters'
// gradients and computes the coefficients of dz. With r the inverse deviation, S =
// Σ dy, D = Σ dy·(z−mean) and N values per channel, dz = γr·(dy − S/N −
// (z−mean)·r²·D/N).
func (b *batchNorm[T]) backward(n int) {
	clear(b.sum)
	clear(b.dot)
	for i := range n {
		sum, dot := b.imageSum[i*b.channels:], b.imageDot[i*b.channels:]
		for c := range b.sum {
			b.sum[c] += float64(sum[c])
			b.dot[c] += float64(dot[c])
		}
	}
	count := float64(n * b.hw)
	for c, s := range b.sum {
		r, scale := b.inverse[c], float64(b.gamma[c])*b.inverse[c]
		d := b.dot[c] - (b.mean[c]-float64(b.center[c]))*s // the kernels subtracted the rounded mean
		b.dGamma[c], b.dBeta[c] = T(d*r), T(s)
		b.dyFactor[c] = T(scale)
		b.zFactor[c] = T(-scale * r * r * d / count)
		b.dBias[c] = T(-scale*s/count - float64(b.zFactor[c])*b.mean[c])
	}
}
