//go:build amd64 && !noasm

package kernel

import "testing"

// BenchmarkAVX2Winograd times the parts of a Winograd convolution, in the
// convolution's nominal operations.
func BenchmarkAVX2Winograd(b *testing.B) {
	if !haveAVX2() {
		b.Skip("this processor has no AVX2 with FMA")
	}
	const n = 4
	for _, size := range []int{32, 28} {
		for _, c := range networkConvs(size) {
			if !winogradServes(c) {
				continue
			}
			v, k := newBench(AVX2Winograd(), c, n), avx2Calls()
			skip := *k
			input, product, output := k.input, k.product, k.output
			skip.input = func(x []float32, h, w, r int, strip, v []float32, point int) {}
			skip.product = func(v []float32, vPoint, block, blocks, tiles int, u, m []float32, mPoint int) {}
			skip.output = func(m []float32, point int, y []float32, h, w, r int, temp []float32) {}
			run := func() {
				skip.convolve(c.In, c.Out, newTiling(c.H, c.W), n, v.x, v.forward, v.y, v.scratch)
			}
			for _, part := range []struct {
				name string
				use  func()
			}{
				{"input", func() { skip.input = input }},
				{"product", func() { skip.product = product }},
				{"output", func() { skip.output = output }},
			} {
				was := skip
				part.use()
				b.Run(name(c)+"/"+part.name, func(b *testing.B) { measure(b, 2*n*c.MACs(), "GFLOP/s", run) })
				skip = was
			}
			b.Run(name(c)+"/filters", func(b *testing.B) {
				measure(b, len(v.w), "Gweights/s", func() { k.pack(c, Forward, v.w, v.forward) })
			})
		}
	}
}
