package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"longtail/nn/kernel"
)

// BenchmarkStep times forward and backward of one training batch on every
// kernel set. GFLOP/s counts 6 operations for a multiply-add of the forward
// pass.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		arch        string
		size, batch int
	}{{"resnet8", 28, 32}, {"resnet32", 32, 128}} {
		for _, name := range kernel.Names() {
			for k := range 4 {
				threads, exact := 1+k%2, k < 2
				set, err := kernel.Select(name, exact)
				if err != nil {
					b.Fatal(err)
				}
				b.Run(fmt.Sprintf("%s/%dx%d/batch%d/%s/threads%d", c.arch, c.size, c.size, c.batch, set.Name, threads), func(b *testing.B) {
					arch, err := ParseArch(c.arch)
					if err != nil {
						b.Fatal(err)
					}
					t, err := NewTrunk(Options[float32]{Arch: arch, Height: c.size, Width: c.size, Batch: c.batch, Threads: threads, Kernels: set})
					if err != nil {
						b.Fatal(err)
					}
					defer t.Close()
					r := rand.New(rand.NewPCG(1, 1))
					t.Init(r)
					x, g := make([]float32, c.batch*3*c.size*c.size), make([]float32, c.batch*Features)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					for i := range g {
						g[i] = float32(r.NormFloat64())
					}
					b.ReportAllocs()
					fastest := math.Inf(1) // neighbors on the machine disturb it least
					for b.Loop() {
						start := time.Now()
						t.Forward(x, c.batch, true)
						t.Backward(g)
						fastest = min(fastest, time.Since(start).Seconds())
					}
					b.ReportMetric(float64(c.batch)/fastest, "best-images/s")
					rate := float64(b.N*c.batch) / b.Elapsed().Seconds()
					b.ReportMetric(rate, "images/s")
					b.ReportMetric(rate*6*float64(arch.MACs(c.size, c.size))/1e9, "GFLOP/s")
				})
			}
		}
	}
}
