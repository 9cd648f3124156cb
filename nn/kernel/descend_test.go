package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"longtail/nn/kernel"
)

// Descend has the bits of the formula rounded after each operation, for lengths
// with and without a rest that vectors leave.
func TestDescend(t *testing.T) {
	const rate, momentum, decay = float32(0.1), float32(0.9), float32(2e-4)
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 15, 16, 17, 33, 432, 4609} {
		value, grad, velocity := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range value {
			value[i], grad[i], velocity[i] = float32(r.NormFloat64()), float32(1e-2*r.NormFloat64()), float32(r.NormFloat64())
		}
		var want, moved []float32
		for i, x := range value {
			decayed := float32(decay * x)
			g := grad[i] + decayed
			kept := float32(momentum * velocity[i])
			v := kept + g
			step := float32(rate * v)
			want, moved = append(want, x-step), append(moved, v)
		}
		kernel.Descend(value, grad, velocity, rate, momentum, decay)
		for i := range value {
			if math.Float32bits(value[i]) != math.Float32bits(want[i]) || math.Float32bits(velocity[i]) != math.Float32bits(moved[i]) {
				t.Fatalf("%d values: number %d is %v with velocity %v, want %v and %v", n, i, value[i], velocity[i], want[i], moved[i])
			}
		}
	}
}

func TestDescendAllocatesNothing(t *testing.T) {
	v := make([]float32, 100)
	if n := testing.AllocsPerRun(10, func() { kernel.Descend(v, v, v, .1, .9, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
