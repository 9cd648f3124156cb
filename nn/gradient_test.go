package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"longtail/nn/kernel"
)

func normals[T kernel.Float](r *rand.Rand, n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(r.NormFloat64())
	}
	return v
}

func project(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// quotient compares grad with central differences of loss at count random
// entries of at. Where a clamp switches within the step, two step widths
// disagree; such entries are skipped, and must be few.
func quotient(t *testing.T, what string, r *rand.Rand, count int, at, grad []float64, loss func() float64) {
	t.Helper()
	slope := func(i int, h float64) float64 {
		old := at[i]
		at[i] = old + h
		up := loss()
		at[i] = old - h
		down := loss()
		at[i] = old
		return (up - down) / (2 * h)
	}
	skipped := 0
	for range count {
		i := r.IntN(len(at))
		coarse, fine := slope(i, 1e-6), slope(i, 5e-7)
		limit := 1e-6 * (1 + math.Abs(fine))
		if math.Abs(coarse-fine) > limit {
			skipped++
			continue
		}
		if !(math.Abs(grad[i]-fine) <= limit) {
			t.Errorf("%s[%d] = %.10g, difference quotient %.10g", what, i, grad[i], fine)
			return
		}
	}
	if skipped > count/4 {
		t.Errorf("%s: %d of %d entries lie at a clamp", what, skipped, count)
	}
}

// TestNormGradients checks normalization with shortcut and clamp, forward
// against backward, in float64.
func TestNormGradients(t *testing.T) {
	set := kernel.Portable[float64]()
	for _, c := range []struct{ n, channels, hw int }{{3, 16, 20}, {1, 32, 6}, {5, 16, 1}} {
		for _, joined := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v joined %v", c, joined), func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, uint64(c.hw)))
				b := newBatchNorm[float64](c.channels, c.hw, c.n, DefaultBNMomentum)
				copy(b.gamma, normals[float64](r, c.channels))
				copy(b.beta, normals[float64](r, c.channels))
				size := c.n * c.channels * c.hw
				z, p, y := normals[float64](r, size), normals[float64](r, size), make([]float64, size)
				var residual []float64
				if joined {
					residual = normals[float64](r, size)
				}
				loss := func() float64 {
					set.BNStats(c.n, c.channels, c.hw, z, b.imageMean, b.imageM2)
					b.train(c.n, true)
					set.BNApply(c.n, c.channels, c.hw, z, b.scale, b.shift, residual, y)
					return project(y, p)
				}
				loss()
				dy, dz := append([]float64(nil), p...), make([]float64, size)
				set.BNBackwardSums(c.n, c.channels, c.hw, dy, y, z, b.center, b.imageSum, b.imageDot)
				b.backward(c.n)
				set.BNBackwardApply(c.n, c.channels, c.hw, dy, z, b.dyFactor, b.zFactor, b.dBias, dz)
				quotient(t, "dz", r, 40, z, dz, loss)
				quotient(t, "dγ", r, 10, b.gamma, b.dGamma, loss)
				quotient(t, "dβ", r, 10, b.beta, b.dBeta, loss)
				if joined {
					quotient(t, "dresidual", r, 40, residual, dy, loss)
				}
			})
		}
	}
}

// TestAdjoints checks that pooling and the option-A shortcut go back by the
// transpose of what they do forward: ⟨f(x), p⟩ = ⟨x, fᵀ(p)⟩.
func TestAdjoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	equal := func(what string, a, b float64) {
		t.Helper()
		if !(math.Abs(a-b) <= 1e-12*(1+math.Abs(a))) {
			t.Errorf("%s: %.15g forward, %.15g backward", what, a, b)
		}
	}
	const n = 3
	for _, hw := range []int{1, 6, 49} {
		x, p := normals[float64](r, n*Features*hw), normals[float64](r, n*Features)
		y, dx := make([]float64, n*Features), make([]float64, len(x))
		averagePool(n, Features, hw, x, y)
		averagePoolBackward(n, Features, hw, p, dx)
		equal(fmt.Sprint("pool of ", hw), project(y, p), project(x, dx))
	}
	for _, c := range []kernel.Conv{
		{In: 16, Out: 32, H: 6, W: 5, Stride: 2}, {In: 32, Out: 64, H: 3, W: 4, Stride: 2}, {In: 16, Out: 32, H: 1, W: 1, Stride: 2},
	} {
		x, p := normals[float64](r, n*c.InLen()), normals[float64](r, n*c.OutLen())
		y, dx := make([]float64, len(p)), normals[float64](r, len(x))
		before := project(x, dx)
		subsample(c, n, x, y)
		subsampleBackward(c, n, p, dx) // adds
		equal(fmt.Sprintf("shortcut %+v", c), project(y, p), project(x, dx)-before)
	}
}
