//go:build amd64 && !noasm

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// directSets returns the sets in assembly that this machine runs.
func directSets() (sets []*Set[float32]) {
	for _, i := range available()[1:] {
		sets = append(sets, i.direct())
	}
	return sets
}

// allSets returns those and the same with Winograd.
func allSets() []*Set[float32] { return append(directSets(), Everywhere()[1:]...) }

func eachSet(t *testing.T, sets []*Set[float32], test func(t *testing.T, s *Set[float32])) {
	if len(sets) == 0 {
		t.Skip("this processor has no AVX2 with FMA")
	}
	for _, s := range sets {
		t.Run(s.Name, func(t *testing.T) { test(t, s) })
	}
}

// networkConvs are the shapes of the ResNets at size × size input.
func networkConvs(size int) []Conv {
	a, b, c := size, (size+1)/2, ((size+1)/2+1)/2
	return []Conv{
		{3, 16, a, a, 1}, {16, 16, a, a, 1},
		{16, 32, a, a, 2}, {32, 32, b, b, 1},
		{32, 64, b, b, 2}, {64, 64, c, c, 1},
	}
}

func name(c Conv) string {
	return fmt.Sprintf("%d-%d@%dx%d/%d", c.In, c.Out, c.H, c.W, c.Stride)
}

// NaN must not turn into a number: a run that diverges has to show it.
func TestSIMDNaN(t *testing.T) {
	eachSet(t, directSets(), func(t *testing.T, s *Set[float32]) {
		nan := float32(math.NaN())
		one := make([]float32, Block)
		z := make([]float32, Block)
		for i := range one {
			one[i], z[i] = 1, float32(i)
		}
		z[3] = nan
		y := make([]float32, Block)
		s.BNApply(1, Block, 1, z, one, one, nil, y)
		if y[3] == y[3] {
			t.Errorf("ReLU of NaN is %g", y[3])
		}
		dy, sum, dot := append([]float32(nil), one...), make([]float32, Block), make([]float32, Block)
		s.BNBackwardSums(1, Block, 1, dy, y, z, one, sum, dot)
		if dy[3] != 1 || dy[2] != 1 || dot[3] == dot[3] {
			t.Errorf("mask of NaN activation: dy %g, dot %g", dy[3], dot[3])
		}
	})
}

func TestSIMDAllocatesNothing(t *testing.T) {
	eachSet(t, allSets(), func(t *testing.T, s *Set[float32]) {
		for _, c := range []Conv{{3, 16, 9, 9, 1}, {16, 16, 9, 9, 1}, {16, 32, 9, 9, 2}} {
			b := newBench(s, c, 2)
			for _, f := range b.calls() {
				if a := testing.AllocsPerRun(3, f.run); a != 0 {
					t.Errorf("%s %s: %g allocations", name(c), f.name, a)
				}
			}
		}
		for _, f := range normCalls(s, 2, Block, 9, floats) {
			if a := testing.AllocsPerRun(3, f.run); a != 0 {
				t.Errorf("%s: %g allocations", f.name, a)
			}
		}
	})
}

type call struct {
	name string
	run  func()
}

// bench holds the arguments of every call on one shape.
type bench struct {
	s                                            *Set[float32]
	c                                            Conv
	n                                            int
	w, x, y, dx, forward, backward, acc, scratch []float32
}

func newBench(s *Set[float32], c Conv, n int) *bench {
	b := &bench{s: s, c: c, n: n,
		w: make([]float32, 9*c.In*c.Out), x: make([]float32, n*c.InLen()), y: make([]float32, n*c.OutLen()),
		dx: make([]float32, n*c.InLen()), forward: make([]float32, s.PackedLen(c)),
		backward: make([]float32, s.PackedLen(c)), acc: make([]float32, s.GradLen(c)),
		scratch: make([]float32, s.Scratch(c))}
	r := rand.New(rand.NewPCG(4, 0))
	for _, v := range [][]float32{b.w, b.x, b.y} {
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
	}
	s.Pack(c, Forward, b.w, b.forward)
	if !c.Stem() {
		s.Pack(c, BackwardData, b.w, b.backward)
	}
	return b
}

func (b *bench) calls() []call {
	list := []call{
		{"forward", func() { b.s.ConvForward(b.c, b.n, b.x, b.forward, b.y, b.scratch) }},
		{"data", func() { b.s.ConvBackwardData(b.c, b.n, b.y, b.backward, b.dx, b.scratch) }},
		{"weights", func() { b.s.ConvBackwardWeights(b.c, b.n, b.x, b.y, b.acc, b.scratch) }},
	}
	if b.c.Stem() {
		return []call{list[0], list[2]}
	}
	return list
}

func floats(n int) []float32 { return make([]float32, n) }

// normCalls are the calls of batch normalization on slices that floats makes.
func normCalls(s *Set[float32], n, channels, hw int, floats func(n int) []float32) []call {
	size := n * channels * hw
	z, y, dy := floats(size), floats(size), floats(size)
	a, sum, dot := floats(channels), floats(n*channels), floats(n*channels)
	return []call{
		{"stats", func() { s.BNStats(n, channels, hw, z, sum, dot) }},
		{"apply", func() { s.BNApply(n, channels, hw, z, a, a, nil, y) }},
		{"applyAdd", func() { s.BNApply(n, channels, hw, z, a, a, dy, y) }},
		{"add", func() { s.Add(dy, y) }},
		{"sums", func() { s.BNBackwardSums(n, channels, hw, dy, y, z, a, sum, dot) }},
		{"backwardApply", func() { s.BNBackwardApply(n, channels, hw, dy, z, a, a, a, dy) }},
	}
}

func BenchmarkSIMDConv(b *testing.B) {
	const n = 16
	for _, size := range []int{32, 28} {
		for _, c := range networkConvs(size) {
			for _, s := range allSets() {
				for _, f := range newBench(s, c, n).calls() {
					b.Run(name(c)+"/"+f.name+"/"+s.Name, func(b *testing.B) {
						measure(b, 2*n*c.MACs(), "GFLOP/s", f.run)
					})
				}
			}
		}
	}
}

func BenchmarkSIMDNorm(b *testing.B) {
	for _, shape := range [][2]int{{16, 1024}, {64, 64}} {
		n, size := 16, 16*shape[0]*shape[1]
		for _, s := range directSets() {
			for _, f := range normCalls(s, n, shape[0], shape[1], floats) {
				b.Run(fmt.Sprintf("%d@%d/%s/%s", shape[0], shape[1], f.name, s.Name), func(b *testing.B) {
					measure(b, size, "Gvalues/s", f.run)
				})
			}
		}
	}
}

// measure reports the mean speed and that of the fastest repetition, which
// neighbors on the machine disturb least. work is in units of unit·1e-9.
func measure(b *testing.B, work int, unit string, run func()) {
	var fastest time.Duration
	for i := range b.N {
		start := time.Now()
		run()
		if d := time.Since(start); i == 0 || d < fastest {
			fastest = d
		}
	}
	b.ReportMetric(float64(work)*float64(b.N)/float64(b.Elapsed()), unit)
	b.ReportMetric(float64(work)/float64(fastest), "best-"+unit)
}

// The same arguments give the same bits, whatever scratch holds, and every
// image's products are computed as if it were alone.
func TestSIMDSameBits(t *testing.T) {
	eachSet(t, allSets(), func(t *testing.T, s *Set[float32]) {
		for _, c := range []Conv{{3, 16, 9, 7, 1}, {16, 32, 9, 7, 1}, {32, 16, 9, 7, 2}} {
			all, one := newBench(s, c, 3), newBench(s, c, 3)
			for i := range one.scratch {
				one.scratch[i] = float32(math.Inf(1))
			}
			for i, f := range all.calls() {
				f.run()
				if f.name == "weights" {
					one.calls()[i].run()
					continue
				}
				in, out := c.InLen(), c.OutLen()
				for k := range 3 {
					part := *one
					part.n, part.x, part.y, part.dx = 1, part.x[k*in:][:in], part.y[k*out:][:out], part.dx[k*in:][:in]
					part.calls()[i].run()
				}
			}
			for what, v := range map[string][2][]float32{"y": {all.y, one.y}, "dx": {all.dx, one.dx}, "acc": {all.acc, one.acc}} {
				for i := range v[0] {
					if math.Float32bits(v[0][i]) != math.Float32bits(v[1][i]) {
						t.Errorf("%s: %s differs at %d: %g, %g", name(c), what, i, v[0][i], v[1][i])
						break
					}
				}
			}
		}
	})
}

func BenchmarkSIMDPack(b *testing.B) {
	for _, c := range []Conv{{16, 16, 32, 32, 1}, {64, 64, 8, 8, 1}} {
		for _, s := range allSets() {
			v := newBench(s, c, 1)
			for _, f := range []call{
				{"forward", func() { s.Pack(c, Forward, v.w, v.forward) }},
				{"backward", func() { s.Pack(c, BackwardData, v.w, v.backward) }},
				{"unpack", func() { s.Unpack(c, v.acc, v.w) }},
			} {
				b.Run(name(c)+"/"+f.name+"/"+s.Name, func(b *testing.B) { measure(b, len(v.w), "Gweights/s", f.run) })
			}
		}
	}
}
