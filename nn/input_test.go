package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The images' gradient against central differences, on odd sizes and more than
// one shard; and every other gradient is the same with it and without.
func TestInputGradient(t *testing.T) {
	for _, c := range []struct{ n, height, width int }{{3, 6, 5}, {18, 7, 3}, {1, 1, 1}} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			o := Options[float64]{Arch: Arch{"resnet8", 8}, Height: c.height, Width: c.width, Batch: c.n + 1, InputGradient: true}
			trunk := newTestTrunk[float64](t, o)
			noisy(trunk)
			r := rand.New(rand.NewPCG(3, 4))
			x, p := normals[float64](r, c.n*trunk.ImageLen()), normals[float64](r, c.n*features)
			loss := func() float64 { return project(trunk.Forward(x, c.n, true), p) }
			loss()
			trunk.Backward(p)
			dx := append([]float64(nil), trunk.InputGradient()...)
			if len(dx) != len(x) || trunk.ImageLen() != 3*c.height*c.width || trunk.Batch() != c.n+1 {
				t.Fatalf("%d gradients of %d values; images of %d, batch %d", len(dx), len(x), trunk.ImageLen(), trunk.Batch())
			}
			if c.height > 1 {
				quotient(t, "dx", r, 30, x, dx, loss)
			}
			o.InputGradient = false
			plain := newTestTrunk[float64](t, o)
			noisy(plain)
			plain.Forward(x, c.n, true)
			plain.Backward(p)
			for i, q := range plain.Params() {
				for j, v := range q.Grad {
					if v != trunk.Params()[i].Grad[j] {
						t.Fatalf("%s[%d] is %v with the input gradient, %v without", q.Name, j, trunk.Params()[i].Grad[j], v)
					}
				}
			}
			defer func() {
				if recover() == nil {
					t.Error("a trunk without the option gives an input gradient")
				}
			}()
			plain.InputGradient()
		})
	}
}

// Every depth of the family compiles and trains on odd sizes.
func TestEveryDepth(t *testing.T) {
	for _, depth := range []int{8, 14, 20, 32, 44, 56} {
		arch, err := ParseArch(fmt.Sprintf("resnet%d", depth))
		if err != nil {
			t.Fatal(err)
		}
		trunk := newTestTrunk[float32](t, Options[float32]{Arch: arch, Height: 5, Width: 7, Batch: 3})
		trunk.Init(rand.New(rand.NewPCG(1, uint64(depth))))
		if got, want := len(trunk.Params()), 3*(depth-1); got != want {
			t.Errorf("%s: %d parameters, want %d", arch.Name, got, want)
		}
		r := rand.New(rand.NewPCG(2, 2))
		x, p := normals[float32](r, 2*trunk.ImageLen()), normals[float32](r, 2*features)
		trunk.Forward(x, 2, true)
		trunk.Backward(p)
		for _, q := range trunk.Params() {
			norm := 0.0
			for _, v := range q.Grad {
				norm += float64(v) * float64(v)
			}
			if !(norm > 0) || math.IsInf(norm, 0) {
				t.Errorf("%s: the gradient of %s has norm² %v", arch.Name, q.Name, norm)
			}
		}
	}
}
