package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"longtail/nn/kernel"
)

func conv(in, out, h, w, stride int) kernel.Conv {
	return kernel.Conv{In: in, Out: out, H: h, W: w, Stride: stride}
}

// shapes lists the convolutions of the networks at 28 and 32 pixels, their
// widths with one to three rows, then odd sizes from 1 to 37
// and images of a user's own sizes.
func shapes() []kernel.Conv {
	var s []kernel.Conv
	for _, size := range []int{28, 32} {
		s = append(s,
			conv(3, 16, size, size, 1),
			conv(16, 16, size, size, 1), conv(16, 32, size, size, 2),
			conv(32, 32, size/2, size/2, 1), conv(32, 64, size/2, size/2, 2),
			conv(64, 64, size/4, size/4, 1))
	}
	for i, w := range []int{7, 8, 14, 16, 28, 32} {
		s = append(s, conv(48, 16, 1+i%3, w, 1), conv(16, 48, 3-i%3, w, 2))
	}
	for size := 1; size <= 9; size++ {
		s = append(s, conv(3, 16, size, 10-size, 1), conv(16, 16, size, size, 1), conv(16, 32, size, size, 2),
			conv(32, 16, size, 10-size, 1), conv(32, 32, 10-size, size, 2))
	}
	for _, size := range []int{11, 13, 17, 23, 25, 37} {
		s = append(s, conv(3, 16, size, size, 1), conv(16, 16, size, size-2, 1), conv(16, 32, size, size-1, 2), conv(16, 16, 2, size, 1))
	}
	for i, size := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {3, 5}, {4, 37}, {37, 1}, {9, 6}, {13, 11}, {19, 20}, {37, 35}} {
		h, w := size[0], size[1]
		s = append(s, conv(3, 32-i%2*16, h, w, 1), conv(3, 16+i%2*16, h, w, 2), conv(32, 16, h, w, 1), conv(16+i%2*16, 48-i%2*32, h, w, 2))
	}
	s = append(s, conv(48, 80, 6, 5, 1), conv(48, 80, 6, 5, 2), conv(3, 48, 7, 6, 1), conv(3, 16, 7, 6, 2))
	return append(s, conv(16, 16, 64, 64, 1), conv(16, 16, 3, 224, 1), conv(3, 16, 2, 224, 1), conv(16, 32, 65, 66, 2))
}

// reference computes the three products of one image by the definition, on
// planar arrays. edge is the part in dw of the first and last rows and columns of
// dy.
type reference struct {
	y, dx, dw, edge []float64
}

func newReference(c kernel.Conv, x, w, dy []float64) reference {
	oh, ow := c.OutH(), c.OutW()
	r := reference{make([]float64, c.OutLen()), make([]float64, c.InLen()), make([]float64, c.Out*c.In*9), make([]float64, c.Out*c.In*9)}
	for o := range c.Out {
		for i := range c.In {
			for ky := range 3 {
				for kx := range 3 {
					k := ((o*c.In+i)*3+ky)*3 + kx
					for oy := range oh {
						for ox := range ow {
							iy, ix := oy*c.Stride+ky-1, ox*c.Stride+kx-1
							if iy < 0 || iy >= c.H || ix < 0 || ix >= c.W {
								continue
							}
							p, q := (o*oh+oy)*ow+ox, (i*c.H+iy)*c.W+ix
							r.y[p] += w[k] * x[q]
							r.dx[q] += w[k] * dy[p]
							r.dw[k] += x[q] * dy[p]
							if oy == 0 || oy == oh-1 || ox == 0 || ox == ow-1 {
								r.edge[k] += x[q] * dy[p]
							}
						}
					}
				}
			}
		}
	}
	return r
}

// blocked returns a planar image in the layout nChw16c.
func blocked(channels, hw int, planar []float64) []float64 {
	b := make([]float64, len(planar))
	for ch := range channels {
		for p := range hw {
			b[(ch/kernel.Block*hw+p)*kernel.Block+ch%kernel.Block] = planar[ch*hw+p]
		}
	}
	return b
}

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(r.NormFloat64())) // exact in both types
	}
	return v
}

const canary = -12345.5

// guarded returns a copy of v with canaries on both sides, and a check that
// they are still there.
func guarded[T kernel.Float](t *testing.T, what string, v []float64) []T {
	const margin = 64
	all := make([]T, len(v)+2*margin)
	for i := range all {
		all[i] = canary
	}
	for i, x := range v {
		all[margin+i] = T(x)
	}
	t.Cleanup(func() {
		for i := range margin {
			if all[i] != canary || all[margin+len(v)+i] != canary {
				t.Errorf("%s: written outside", what)
				return
			}
		}
	})
	return all[margin : margin+len(v) : margin+len(v)]
}

// nans is a destination or scratch whose former contents must not matter.
func nans(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.NaN()
	}
	return v
}

// limits are the largest relative root-mean-square errors of a call in
// float32. Those of float64 are the same number of roundings.
type limits struct{ product, weights float64 }

var (
	direct   = limits{2e-6, 2e-6}
	winograd = limits{1e-5, 3e-5}
)

// rounding is the ratio of float64's limits to float32's.
const rounding = 1e-7

// relative returns the root-mean-square error of the values that are chosen,
// relative to their root mean square.
func relative[T kernel.Float](got []T, want []float64, chosen func(i int) bool) float64 {
	var diff, norm float64
	for i, w := range want {
		if chosen(i) {
			d := float64(got[i]) - w
			diff, norm = diff+d*d, norm+w*w
		}
	}
	return math.Sqrt(diff / (norm + 1e-300))
}

func within[T kernel.Float](t *testing.T, what string, got []T, want []float64, limit float64, chosen func(i int) bool) {
	t.Helper()
	if _, single := any(T(0)).(float32); !single {
		limit *= rounding
	}
	if e := relative(got, want, chosen); !(e <= limit) {
		t.Errorf("%s: relative RMS error %.3g, limit %g", what, e, limit)
	}
}

func compare[T kernel.Float](t *testing.T, what string, got []T, want []float64, limit float64) {
	t.Helper()
	within(t, what, got, want, limit, func(int) bool { return true })
}

// compareMap also holds the first and last rows and columns of blocked images
// of h×w pixels, each by itself, to five times the limit: an error that only
// edge tiles make must not hide among the others.
func compareMap[T kernel.Float](t *testing.T, what string, got []T, want []float64, h, w int, limit float64) {
	t.Helper()
	compare(t, what, got, want, limit)
	row := func(i int) int { return i / kernel.Block / w % h }
	column := func(i int) int { return i / kernel.Block % w }
	within(t, what+", first row", got, want, 5*limit, func(i int) bool { return row(i) == 0 })
	within(t, what+", last row", got, want, 5*limit, func(i int) bool { return row(i) == h-1 })
	within(t, what+", first column", got, want, 5*limit, func(i int) bool { return column(i) == 0 })
	within(t, what+", last column", got, want, 5*limit, func(i int) bool { return column(i) == w-1 })
}

// TestConformance tests every set of this machine, exact and not, and with
// Winograd for every shape it exists for, whatever the rule says.
func TestConformance(t *testing.T) {
	t.Run("portable64", func(t *testing.T) { conform(t, kernel.Portable[float64](), direct) })
	t.Run("portable64-winograd", func(t *testing.T) { conform(t, kernel.PortableWinograd64(), winograd) })
	for _, s := range kernel.Everywhere() {
		t.Run(s.Name, func(t *testing.T) { conform(t, s, winograd) })
	}
	for _, name := range kernel.Names() {
		for exact, l := range map[bool]limits{false: winograd, true: direct} {
			s, err := kernel.Select(name, exact)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(s.Name, func(t *testing.T) { conform(t, s, l) })
		}
	}
}

// example is a convolution with random operands and its products by the
// definition; dw and edge sum the images.
type example struct {
	conv                           kernel.Conv
	n                              int
	x, w, dy, y, dx, dw, dw2, edge []float64
}

// examples are computed once for all sets.
var examples = sync.OnceValue(func() []example {
	var list []example
	for k, c := range shapes() {
		r := rand.New(rand.NewPCG(uint64(k), 1))
		e := example{conv: c, n: 1 + k%3, w: normals(r, c.Out*c.In*9)}
		if c.MACs() > 1e6 {
			e.n = 1 + k%2 // the definition is slow
		}
		if c == conv(16, 16, 32, 32, 1) || c == conv(64, 64, 8, 8, 1) {
			e.n = 16 // a shard of the engine: the longest sums, and several chunks of several output blocks
		}
		e.dw, e.dw2, e.edge = make([]float64, len(e.w)), make([]float64, len(e.w)), make([]float64, len(e.w))
		for range e.n {
			x, dy := normals(r, c.InLen()), normals(r, c.OutLen())
			ref := newReference(c, x, e.w, dy)
			if !c.Stem() {
				x, ref.dx = blocked(c.In, c.H*c.W, x), blocked(c.In, c.H*c.W, ref.dx)
			}
			e.x, e.dx = append(e.x, x...), append(e.dx, ref.dx...)
			e.dy, e.y = append(e.dy, blocked(c.Out, c.OutH()*c.OutW(), dy)...), append(e.y, blocked(c.Out, c.OutH()*c.OutW(), ref.y)...)
			for i, v := range ref.dw {
				e.dw[i] += v
				e.dw2[i] += 2 * v
				e.edge[i] += ref.edge[i]
			}
		}
		list = append(list, e)
	}
	return list
})

func conform[T kernel.Float](t *testing.T, s *kernel.Set[T], l limits) {
	for _, e := range examples() {
		c := e.conv
		t.Run(fmt.Sprintf("%dx%d_%dto%d_stride%d_n%d", c.H, c.W, c.In, c.Out, c.Stride, e.n), func(t *testing.T) { conformConv(t, s, e, l) })
		if t.Failed() {
			return
		}
	}
	for k, hw := range []int{1, 2, 3, 4, 5, 7, 9, 16, 49, 64, 171, 196, 784, 1024, 1369} {
		for _, channels := range []int{16, 32, 64} {
			n := 1 + (k+channels/16)%3
			t.Run(fmt.Sprintf("bn_%d_%d_n%d", channels, hw, n), func(t *testing.T) {
				conformBN(t, s, n, channels, hw, rand.New(rand.NewPCG(uint64(hw), 2)))
			})
		}
	}
}

func conformConv[T kernel.Float](t *testing.T, s *kernel.Set[T], e example, l limits) {
	if !(e.conv.Stride == 1 && !e.conv.Stem()) {
		l = direct // there is no other algorithm
	}
	c, n := e.conv, e.n
	wt := guarded[T](t, "weights", e.w)
	x, dy := guarded[T](t, "x", e.x), guarded[T](t, "dy", e.dy)
	scratch := guarded[T](t, "scratch", nans(s.Scratch(c)))

	packed := guarded[T](t, "packed", nans(s.PackedLen(c)))
	s.Pack(c, kernel.Forward, wt, packed)
	y := guarded[T](t, "y", nans(len(e.y)))
	s.ConvForward(c, n, x, packed, y, scratch)
	compareMap(t, "forward", y, e.y, c.OutH(), c.OutW(), l.product)

	if !c.Stem() {
		packed := guarded[T](t, "packed for backward", nans(s.PackedLen(c)))
		s.Pack(c, kernel.BackwardData, wt, packed)
		dx := guarded[T](t, "dx", nans(len(e.dx)))
		s.ConvBackwardData(c, n, dy, packed, dx, scratch)
		compareMap(t, "backward data", dx, e.dx, c.H, c.W, l.product)
	}

	acc := guarded[T](t, "accumulator", make([]float64, s.GradLen(c)))
	s.ConvBackwardWeights(c, n, x, dy, acc, scratch)
	got := guarded[T](t, "dw", nans(len(e.w)))
	s.Unpack(c, acc, got)
	compare(t, "backward weights", got, e.dw, l.weights)
	s.ConvBackwardWeights(c, n, x, dy, acc, scratch)
	s.Unpack(c, acc, got)
	compare(t, "backward weights, added twice", got, e.dw2, l.weights)

	// Winograd's tiles at the edge reach beyond the map.
	h, w := c.OutH(), c.OutW()
	for i := range dy {
		if row, column := i/kernel.Block/w%h, i/kernel.Block%w; row > 0 && row < h-1 && column > 0 && column < w-1 {
			dy[i] = 0
		}
	}
	clear(acc)
	s.ConvBackwardWeights(c, n, x, dy, acc, scratch)
	s.Unpack(c, acc, got)
	compare(t, "backward weights of the edge", got, e.edge, 5*l.weights)
}

func conformBN[T kernel.Float](t *testing.T, s *kernel.Set[T], n, channels, hw int, r *rand.Rand) {
	size := n * channels * hw
	z, residual, dy, y := normals(r, size), normals(r, size), normals(r, size), normals(r, size)
	a, b, m := normals(r, channels), normals(r, channels), normals(r, channels)
	for i := range z { // an offset, as real layers have
		z[i] = float64(float32(z[i] + 1))
	}
	mean, m2 := make([]float64, n*channels), make([]float64, n*channels)
	sum, dot := make([]float64, n*channels), make([]float64, n*channels)
	alone, joined := make([]float64, size), make([]float64, size)
	dz, masked, added := make([]float64, size), make([]float64, size), make([]float64, size)
	each := func(f func(i, ic, ch int)) {
		for i := range size {
			block := i / (hw * kernel.Block)
			ic := block*kernel.Block + i%kernel.Block
			f(i, ic, ic%channels)
		}
	}
	each(func(i, ic, ch int) {
		mean[ic] += z[i] / float64(hw)
		v := z[i]*a[ch] + b[ch]
		alone[i], joined[i], added[i] = max(v, 0), max(v+residual[i], 0), z[i]+residual[i]
		dz[i] = a[ch]*dy[i] + b[ch]*z[i] + m[ch]
		if y[i] = max(y[i], 0); y[i] > 0 {
			masked[i] = dy[i]
		}
	})
	each(func(i, ic, ch int) {
		m2[ic] += (z[i] - mean[ic]) * (z[i] - mean[ic])
		sum[ic] += masked[i]
		dot[ic] += masked[i] * (z[i] - m[ch])
	})
	zt, rt, yt := guarded[T](t, "z", z), guarded[T](t, "residual", residual), guarded[T](t, "y", y)
	at, bt, mt := guarded[T](t, "a", a), guarded[T](t, "b", b), guarded[T](t, "m", m)

	gm, g2 := guarded[T](t, "mean", nans(n*channels)), guarded[T](t, "m2", nans(n*channels))
	s.BNStats(n, channels, hw, zt, gm, g2)
	compare(t, "mean", gm, mean, direct.product)
	compare(t, "m2", g2, m2, direct.product)

	for _, k := range []struct {
		what     string
		residual []T
		want     []float64
	}{{"apply", nil, alone}, {"apply with residual", rt, joined}} {
		out := guarded[T](t, "y", nans(size))
		s.BNApply(n, channels, hw, zt, at, bt, k.residual, out)
		compare(t, k.what, out, k.want, direct.product)
		in := guarded[T](t, "z in place", z)
		s.BNApply(n, channels, hw, in, at, bt, k.residual, in)
		compare(t, k.what+" in place", in, k.want, direct.product)
	}

	d, gs, gd := guarded[T](t, "dy", dy), guarded[T](t, "sum", nans(n*channels)), guarded[T](t, "dot", nans(n*channels))
	s.BNBackwardSums(n, channels, hw, d, yt, zt, mt, gs, gd)
	compare(t, "masked dy", d, masked, direct.product)
	compare(t, "sum", gs, sum, direct.product)
	compare(t, "dot", gd, dot, direct.product)

	out := guarded[T](t, "dz", nans(size))
	d = guarded[T](t, "dy", dy)
	s.BNBackwardApply(n, channels, hw, d, zt, at, bt, mt, out)
	compare(t, "dz", out, dz, direct.product)
	s.BNBackwardApply(n, channels, hw, d, zt, at, bt, mt, d)
	compare(t, "dz in place", d, dz, direct.product)

	total := guarded[T](t, "total", z)
	s.Add(rt, total)
	compare(t, "add", total, added, direct.product)
	minus := T(math.Copysign(0, -1))
	rt[0], total[0] = minus, minus
	s.Add(rt, total)
	if math.Signbit(float64(total[0])) {
		t.Error("−0 plus −0 is −0")
	}
}
