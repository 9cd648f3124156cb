package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"longtail/nn/kernel"
)

// TestConvGradients checks both backward products of the float64 set against
// central differences of a random projection of the forward one. The product
// is bilinear, so a large step costs no accuracy.
func TestConvGradients(t *testing.T) {
	s := kernel.Portable[float64]()
	const n, h = 2, 0.5
	for k, c := range []kernel.Conv{
		conv(3, 16, 5, 4, 1), conv(16, 16, 4, 5, 1), conv(16, 32, 5, 4, 2),
		conv(16, 32, 6, 5, 2), conv(32, 16, 3, 3, 1), conv(16, 16, 1, 1, 2),
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(k), 3))
			x, w, p := normals(r, n*c.InLen()), normals(r, c.Out*c.In*9), normals(r, n*c.OutLen())
			packed, scratch := make([]float64, s.PackedLen(c, kernel.Forward)), make([]float64, s.Scratch(c))
			y := make([]float64, n*c.OutLen())
			loss := func() (sum float64) {
				s.Pack(c, kernel.Forward, w, packed)
				s.ConvForward(c, n, x, packed, y, scratch)
				for i, v := range y {
					sum += v * p[i]
				}
				return sum
			}
			check := func(what string, at, grad []float64) {
				t.Helper()
				for range 60 {
					i := r.IntN(len(at))
					old := at[i]
					at[i] = old + h
					up := loss()
					at[i] = old - h
					down := loss()
					at[i] = old
					if want := (up - down) / (2 * h); !(math.Abs(grad[i]-want) <= 1e-10*(1+math.Abs(want))) {
						t.Fatalf("%s[%d] = %.12g, difference quotient %.12g", what, i, grad[i], want)
					}
				}
			}
			acc, dw := make([]float64, s.GradLen(c)), make([]float64, len(w))
			s.ConvBackwardWeights(c, n, x, p, acc, scratch)
			s.Unpack(c, acc, dw)
			check("dw", w, dw)
			if c.Stem() {
				return
			}
			back, dx := make([]float64, s.PackedLen(c, kernel.BackwardData)), make([]float64, len(x))
			s.Pack(c, kernel.BackwardData, w, back)
			s.ConvBackwardData(c, n, p, back, dx, scratch)
			check("dx", x, dx)
		})
	}
}
