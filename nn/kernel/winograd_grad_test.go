package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"longtail/nn/kernel"
)

// gradientCase is a convolution with its weight gradient by the direct
// algorithm in float64, also of the pixels alone whose tiles reach beyond the
// map.
type gradientCase struct {
	conv                 kernel.Conv
	n                    int
	x, dy, border        []float64
	gradient, fromBorder []float64
}

// gradientCases are the stride-1 shapes of the networks with the images of a
// shard, then all square maps from 1 to 37 and some that are not square.
var gradientCases = sync.OnceValue(func() []gradientCase {
	var list []gradientCase
	for _, size := range []int{32, 28} {
		for k := range 3 {
			list = append(list, gradientCase{conv: conv(16<<k, 16<<k, size>>k, size>>k, 1), n: 16})
		}
	}
	for size := 1; size <= 37; size++ {
		list = append(list, gradientCase{conv: conv(16<<(size%2), 32>>(size%2), size, size, 1), n: 1 + size%3})
	}
	for _, s := range [][2]int{{1, 37}, {37, 1}, {2, 9}, {13, 4}, {5, 23}} {
		list = append(list, gradientCase{conv: conv(48, 16, s[0], s[1], 1), n: 2})
	}
	for k := range list {
		e := &list[k]
		r := rand.New(rand.NewPCG(uint64(k), 5))
		e.x, e.dy = normals(r, e.n*e.conv.InLen()), normals(r, e.n*e.conv.OutLen())
		for i, v := range e.x {
			e.x[i] = max(v, 0) // as activations are, so that sums do not cancel
		}
		e.border = onBorder(e.conv, e.dy)
		e.gradient = weightGradient(kernel.Portable[float64](), *e, e.dy, e.n)
		e.fromBorder = weightGradient(kernel.Portable[float64](), *e, e.border, e.n)
	}
	return list
})

// weightGradient computes the gradient of the filters, unit images a call.
func weightGradient[T kernel.Float](s *kernel.Set[T], e gradientCase, dy []float64, unit int) []T {
	c := e.conv
	x, d := as[T](e.x), as[T](dy)
	acc, scratch := make([]T, s.GradLen(c)), as[T](nans(s.Scratch(c)))
	for i := 0; i < e.n; i += unit {
		s.ConvBackwardWeights(c, unit, x[i*c.InLen():][:unit*c.InLen()], d[i*c.OutLen():][:unit*c.OutLen()], acc, scratch)
	}
	dw := make([]T, 9*c.In*c.Out)
	s.Unpack(c, acc, dw)
	return dw
}

func as[T kernel.Float](v []float64) []T {
	w := make([]T, len(v))
	for i, x := range v {
		w[i] = T(x)
	}
	return w
}

// onBorder returns dy with zeros but in the first and last rows and columns,
// whose tiles reach beyond the map.
func onBorder(c kernel.Conv, dy []float64) []float64 {
	b := slices.Clone(dy)
	for i := range b {
		y, x := i/kernel.Block/c.W%c.H, i/kernel.Block%c.W
		if y > 0 && y < c.H-1 && x > 0 && x < c.W-1 {
			b[i] = 0
		}
	}
	return b
}

func testWeightGradient[T kernel.Float](t *testing.T, s *kernel.Set[T]) {
	limit := winograd.weights
	if _, single := any(T(0)).(float32); !single {
		limit *= rounding
	}
	whole := func(int) bool { return true }
	var worst, border, images float64
	for _, e := range gradientCases() {
		c := e.conv
		t.Run(fmt.Sprintf("%dx%d_%dto%d_n%d", c.H, c.W, c.In, c.Out, e.n), func(t *testing.T) {
			check := func(what string, got []T, want []float64, limit float64, worst *float64) {
				t.Helper()
				err := relative(got, want, whole)
				*worst = max(*worst, err)
				if !(err <= limit) {
					t.Errorf("%s: relative RMS error %.3g, limit %g", what, err, limit)
				}
			}
			check("all pixels", weightGradient(s, e, e.dy, e.n), e.gradient, limit, &worst)
			check("border pixels", weightGradient(s, e, e.border, e.n), e.fromBorder, 5*limit, &border)
			check("image by image", weightGradient(s, e, e.dy, 1), e.gradient, limit, &images)
		})
	}
	t.Logf("largest relative RMS errors: %.2g, of border pixels alone %.2g, image by image %.2g", worst, border, images)
}

// TestWinogradWeightGradient holds the Winograd weight gradients of every set
// to the direct one in float64.
func TestWinogradWeightGradient(t *testing.T) {
	t.Run("portable64", func(t *testing.T) { testWeightGradient(t, kernel.PortableWinograd64()) })
	for _, s := range kernel.Everywhere() {
		t.Run(s.Name, func(t *testing.T) { testWeightGradient(t, s) })
	}
}
