//go:build amd64 && !noasm

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// avx2Limit is the largest relative root-mean-square error of a call against
// float64.
const avx2Limit = 2e-6

// namedSet is a set in assembly, or one with Winograd wherever it exists.
type namedSet struct {
	name string
	*Set[float32]
}

// directSets returns the sets in assembly that this machine runs.
func directSets() (sets []namedSet) {
	if haveAVX2() {
		sets = append(sets, namedSet{"avx2", avx2Set()})
	}
	if haveAVX512() {
		sets = append(sets, namedSet{"avx512", avx512Set()})
	}
	return sets
}

// allSets returns those and the same with Winograd.
func allSets() []namedSet {
	sets := directSets()
	if haveAVX2() {
		sets = append(sets, namedSet{"avx2-winograd", AVX2Winograd()})
	}
	if haveAVX512() {
		sets = append(sets, namedSet{"avx512-winograd", AVX512Winograd()})
	}
	return sets
}

func eachSet(t *testing.T, sets []namedSet, test func(t *testing.T, s *Set[float32])) {
	if len(sets) == 0 {
		t.Skip("this processor has no AVX2 with FMA")
	}
	for _, s := range sets {
		t.Run(s.name, func(t *testing.T) { test(t, s.Set) })
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

// oddConvs are shapes no network has.
func oddConvs() []Conv {
	var list []Conv
	for _, size := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {3, 5}, {4, 37}, {37, 1}, {9, 6}, {13, 11}, {19, 20}, {37, 35}} {
		for _, ch := range [][2]int{{3, 16}, {3, 32}, {16, 16}, {16, 48}, {32, 16}} {
			for stride := 1; stride <= 2; stride++ {
				list = append(list, Conv{ch[0], ch[1], size[0], size[1], stride})
			}
		}
	}
	return list
}

func name(c Conv) string {
	return fmt.Sprintf("%d-%d@%dx%d/%d", c.In, c.Out, c.H, c.W, c.Stride)
}

// guarded returns n values between canaries, and a check that they still sing.
func guarded(t *testing.T, n int) []float32 {
	const margin = 32
	canary := float32(math.NaN()) // read by mistake, it spoils the result
	whole := make([]float32, n+2*margin)
	for i := range whole {
		whole[i] = canary
	}
	t.Cleanup(func() {
		for i, v := range whole {
			if (i < margin || i >= margin+n) && v == v {
				t.Errorf("write outside the slice at %d of %d", i-margin, n)
				return
			}
		}
	})
	return whole[margin : margin+n : margin+n]
}

func noise(t *testing.T, r *rand.Rand, n int) []float32 {
	v := guarded(t, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func rms(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var e, s float64
	for i, w := range want {
		d := float64(got[i]) - w
		e += d * d
		s += w * w
	}
	if r := math.Sqrt(e / s); !(r <= avx2Limit) && e != 0 {
		t.Errorf("%s: relative RMS error %.2g", what, r)
	}
}

// place is the index of a value of n images with ch channels of hw pixels.
func place(ch, hw, i, c, p int, planar bool) int {
	if planar {
		return (i*ch+c)*hw + p
	}
	return ((i*ch/Block+c/Block)*hw+p)*Block + c%Block
}

// reference is the definition of the convolution and its two derivatives.
func reference(c Conv, n int, x, w, dy []float32) (y, dx, dw []float64) {
	y = make([]float64, n*c.OutLen())
	dx = make([]float64, n*c.InLen())
	dw = make([]float64, len(w))
	for i := range n {
		for o := range c.Out {
			for p := range c.OutH() * c.OutW() {
				at := place(c.Out, c.OutH()*c.OutW(), i, o, p, false)
				for t := range 9 {
					r, q := p/c.OutW()*c.Stride+t/3-1, p%c.OutW()*c.Stride+t%3-1
					if r < 0 || r >= c.H || q < 0 || q >= c.W {
						continue
					}
					for ch := range c.In {
						from, k := place(c.In, c.H*c.W, i, ch, r*c.W+q, c.Stem()), (o*c.In+ch)*9+t
						y[at] += float64(x[from]) * float64(w[k])
						dx[from] += float64(dy[at]) * float64(w[k])
						dw[k] += float64(dy[at]) * float64(x[from])
					}
				}
			}
		}
	}
	return y, dx, dw
}

func TestSIMDConv(t *testing.T) {
	eachSet(t, directSets(), func(t *testing.T, s *Set[float32]) {
		convs := append(networkConvs(32), networkConvs(28)...)
		for k, c := range append(convs, oddConvs()...) {
			n := 1 + k%3
			t.Run(fmt.Sprintf("%s,n=%d", name(c), n), func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, uint64(k)))
				x, dy, w := noise(t, r, n*c.InLen()), noise(t, r, n*c.OutLen()), noise(t, r, 9*c.In*c.Out)
				wantY, wantDX, wantDW := reference(c, n, x, w, dy)
				scratch := guarded(t, s.Scratch(c))

				packed, y := guarded(t, s.PackedLen(c, Forward)), guarded(t, n*c.OutLen())
				s.Pack(c, Forward, w, packed)
				s.ConvForward(c, n, x, packed, y, scratch)
				rms(t, "forward", y, wantY)

				if !c.Stem() {
					packed, dx := guarded(t, s.PackedLen(c, BackwardData)), guarded(t, n*c.InLen())
					s.Pack(c, BackwardData, w, packed)
					s.ConvBackwardData(c, n, dy, packed, dx, scratch)
					rms(t, "backward data", dx, wantDX)
				}

				acc, dw := guarded(t, s.GradLen(c)), guarded(t, len(w))
				clear(acc)
				s.ConvBackwardWeights(c, n, x, dy, acc, scratch)
				s.Unpack(c, acc, dw)
				rms(t, "backward weights", dw, wantDW)
				s.ConvBackwardWeights(c, n, x, dy, acc, scratch)
				s.Unpack(c, acc, dw)
				for i := range wantDW {
					wantDW[i] *= 2
				}
				rms(t, "accumulated weights", dw, wantDW)
			})
		}
	})
}

// Sixteen images, the shard of the engine, make the longest sums.
func TestSIMDLongGradient(t *testing.T) {
	eachSet(t, directSets(), func(t *testing.T, s *Set[float32]) {
		c, n := Conv{16, 16, 32, 32, 1}, 16
		r := rand.New(rand.NewPCG(2, 0))
		x, dy, w := noise(t, r, n*c.InLen()), noise(t, r, n*c.OutLen()), noise(t, r, 9*c.In*c.Out)
		_, _, want := reference(c, n, x, w, dy)
		acc, dw := guarded(t, s.GradLen(c)), guarded(t, len(w))
		clear(acc)
		s.ConvBackwardWeights(c, n, x, dy, acc, guarded(t, s.Scratch(c)))
		s.Unpack(c, acc, dw)
		rms(t, "weight gradient of 16 images", dw, want)
	})
}

func TestSIMDNorm(t *testing.T) {
	eachSet(t, directSets(), func(t *testing.T, s *Set[float32]) {
		for k, hw := range []int{1, 2, 3, 4, 5, 7, 49, 64, 196, 256, 784, 1024, 37 * 37} {
			n, channels := 1+k%3, Block*(1+k%4)
			t.Run(fmt.Sprintf("%d×%d×%d", n, channels, hw), func(t *testing.T) {
				r := rand.New(rand.NewPCG(3, uint64(k)))
				size := n * channels * hw
				z, res, y0 := noise(t, r, size), noise(t, r, size), noise(t, r, size)
				a, b, c := noise(t, r, channels), noise(t, r, channels), noise(t, r, channels)
				for i := range z { // an offset, as real layers have
					z[i] += 1
				}
				each := func(f func(i, image, ch int)) { // index of a value, its image and channel
					for i := range size {
						f(i, i/(channels*hw), i/(Block*hw)%(channels/Block)*Block+i%Block)
					}
				}

				mean, m2 := guarded(t, n*channels), guarded(t, n*channels)
				s.BNStats(n, channels, hw, z, mean, m2)
				wantMean, wantM2 := make([]float64, n*channels), make([]float64, n*channels)
				each(func(i, image, ch int) { wantMean[image*channels+ch] += float64(z[i]) / float64(hw) })
				each(func(i, image, ch int) {
					d := float64(z[i]) - wantMean[image*channels+ch]
					wantM2[image*channels+ch] += d * d
				})
				rms(t, "mean", mean, wantMean)
				if hw > 1 {
					rms(t, "squared deviations", m2, wantM2)
				} else {
					for _, v := range m2 {
						if v != 0 {
							t.Errorf("squared deviation %g of one pixel", v)
						}
					}
				}

				for _, residual := range [][]float32{nil, res} {
					for _, relu := range []bool{false, true} {
						want := make([]float64, size)
						each(func(i, _, ch int) {
							v := float64(z[i])*float64(a[ch]) + float64(b[ch])
							if residual != nil {
								v += float64(residual[i])
							}
							if relu {
								v = max(v, 0)
							}
							want[i] = v
						})
						y := guarded(t, size)
						s.BNApply(n, channels, hw, z, a, b, residual, y, relu)
						rms(t, fmt.Sprintf("apply, residual %v, relu %v", residual != nil, relu), y, want)
						copy(y, z)
						s.BNApply(n, channels, hw, y, a, b, residual, y, relu)
						rms(t, "apply in place", y, want)
					}
				}

				for i := range y0 {
					if i%5 == 0 {
						y0[i] = 0
					}
				}
				for _, y := range [][]float32{nil, y0} {
					dy := noise(t, r, size)
					want := make([]float64, size)
					sum, dot := guarded(t, n*channels), guarded(t, n*channels)
					wantSum, wantDot := make([]float64, n*channels), make([]float64, n*channels)
					each(func(i, image, ch int) {
						if y != nil && y[i] <= 0 {
							return
						}
						want[i] = float64(dy[i])
						wantSum[image*channels+ch] += want[i]
						wantDot[image*channels+ch] += want[i] * (float64(z[i]) - float64(c[ch]))
					})
					s.BNBackwardSums(n, channels, hw, dy, y, z, c, sum, dot)
					rms(t, "masked gradient", dy, want)
					rms(t, "sum", sum, wantSum)
					rms(t, "dot", dot, wantDot)

					each(func(i, _, ch int) {
						want[i] = float64(a[ch])*float64(dy[i]) + float64(b[ch])*float64(z[i]) + float64(c[ch])
					})
					dz := guarded(t, size)
					s.BNBackwardApply(n, channels, hw, dy, z, a, b, c, dz)
					rms(t, "backward apply", dz, want)
					s.BNBackwardApply(n, channels, hw, dy, z, a, b, c, dy)
					rms(t, "backward apply in place", dy, want)
				}
			})
		}
	})
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
		s.BNApply(1, Block, 1, z, one, one, nil, y, true)
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
		dx: make([]float32, n*c.InLen()), forward: make([]float32, s.PackedLen(c, Forward)),
		backward: make([]float32, s.PackedLen(c, BackwardData)), acc: make([]float32, s.GradLen(c)),
		scratch: make([]float32, s.Scratch(c))}
	r := rand.New(rand.NewPCG(4, 0))
	for _, v := range [][]float32{b.w, b.x, b.y} {
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
	}
	s.Pack(c, Forward, b.w, b.forward)
	s.Pack(c, BackwardData, b.w, b.backward)
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

// normCalls are the calls of batch normalisation on slices that floats makes.
func normCalls(s *Set[float32], n, channels, hw int, floats func(n int) []float32) []call {
	size := n * channels * hw
	z, y, dy := floats(size), floats(size), floats(size)
	a, sum, dot := floats(channels), floats(n*channels), floats(n*channels)
	return []call{
		{"stats", func() { s.BNStats(n, channels, hw, z, sum, dot) }},
		{"apply", func() { s.BNApply(n, channels, hw, z, a, a, nil, y, true) }},
		{"applyLinear", func() { s.BNApply(n, channels, hw, z, a, a, nil, y, false) }},
		{"applyAdd", func() { s.BNApply(n, channels, hw, z, a, a, dy, y, true) }},
		{"applyAddLinear", func() { s.BNApply(n, channels, hw, z, a, a, dy, y, false) }},
		{"sumsLinear", func() { s.BNBackwardSums(n, channels, hw, dy, nil, z, a, sum, dot) }},
		{"sums", func() { s.BNBackwardSums(n, channels, hw, dy, y, z, a, sum, dot) }},
		{"backwardApply", func() { s.BNBackwardApply(n, channels, hw, dy, z, a, a, a, dy) }},
	}
}

func BenchmarkSIMDConv(b *testing.B) {
	const n = 16
	for _, size := range []int{32, 28} {
		for _, c := range networkConvs(size) {
			for _, s := range allSets() {
				for _, f := range newBench(s.Set, c, n).calls() {
					b.Run(name(c)+"/"+f.name+"/"+s.name, func(b *testing.B) {
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
			for _, f := range normCalls(s.Set, n, shape[0], shape[1], floats) {
				b.Run(fmt.Sprintf("%d@%d/%s/%s", shape[0], shape[1], f.name, s.name), func(b *testing.B) {
					measure(b, size, "Gvalues/s", f.run)
				})
			}
		}
	}
}

func BenchmarkFMAPeak(b *testing.B) {
	const rounds = 1_000_000
	if haveAVX2() {
		b.Run("avx2", func(b *testing.B) { measure(b, 2*12*8*rounds, "GFLOP/s", func() { avx2Peak(rounds) }) })
	}
	if haveAVX512() {
		b.Run("avx512", func(b *testing.B) { measure(b, 2*12*16*rounds, "GFLOP/s", func() { avx512Peak(rounds) }) })
	}
}

// measure reports the mean speed and that of the fastest repetition, which
// neighbours on the machine disturb least. work is in units of unit·1e-9.
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
			v := newBench(s.Set, c, 1)
			for _, f := range []call{
				{"forward", func() { s.Pack(c, Forward, v.w, v.forward) }},
				{"backward", func() { s.Pack(c, BackwardData, v.w, v.backward) }},
				{"unpack", func() { s.Unpack(c, v.acc, v.w) }},
			} {
				b.Run(name(c)+"/"+f.name+"/"+s.name, func(b *testing.B) { measure(b, len(v.w), "Gweights/s", f.run) })
			}
		}
	}
}
