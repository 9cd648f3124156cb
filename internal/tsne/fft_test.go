package tsne

import (
	"fmt"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Every radix and their mixtures against gonum's FFTPACK.
func TestFFTIsGonums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, m := range []int{1, 2, 3, 4, 5, 8, 9, 15, 16, 30, 36, 45, 64, 90, 100, 300, 540} {
		x, y := make([]lanes, m), make([]lanes, m)
		want := [4][]complex128{}
		for i := range want {
			seq := make([]complex128, m)
			for j := range x {
				x[j][i] = complex(rng.NormFloat64(), rng.NormFloat64())
				seq[j] = x[j][i]
			}
			want[i] = fourier.NewCmplxFFT(m).Coefficients(nil, seq)
		}
		for k, v := range newFFT(m).run(x, y) {
			for i := range v {
				if d := cmplx.Abs(v[i] - want[i][k]); d > 1e-12*float64(m) {
					t.Fatalf("length %d, bin %d: %g, gonum %g", m, k, v[i], want[i][k])
				}
			}
		}
	}
}

func TestSmooth(t *testing.T) {
	for n, want := range map[int]int{1: 1, 7: 8, 11: 12, 31: 32, 97: 100, 151: 160, 243: 243, 301: 320, 487: 500} {
		if got := smooth(n); got != want {
			t.Errorf("smooth(%d) = %d, want %d", n, got, want)
		}
	}
}

// Four transforms of ours against four of gonum's.
func BenchmarkFFT(b *testing.B) {
	for _, m := range []int{256, 270, 300} {
		b.Run(fmt.Sprint("ours/", m), func(b *testing.B) {
			f, x, y := newFFT(m), make([]lanes, m), make([]lanes, m)
			x[1] = lanes{1, 1, 1, 1}
			for b.Loop() {
				f.run(x, y)
			}
		})
		b.Run(fmt.Sprint("gonum/", m), func(b *testing.B) {
			f, x, y := fourier.NewCmplxFFT(m), make([]complex128, m), make([]complex128, m)
			x[1] = 1
			for b.Loop() {
				for range 4 {
					f.Coefficients(y, x)
				}
			}
		})
	}
}
