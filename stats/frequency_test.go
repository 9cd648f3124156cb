package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func approx(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s = %.10g, want %.10g", what, got, want)
	}
}

// Source: design.md section 6 (the inputs at which gonum's Beta.Quantile fails).
func TestClopperPearsonTraps(t *testing.T) {
	for _, c := range []struct {
		k, n int64
		hi   float64
		tol  float64
	}{{0, 1e6, 1.4509e-5, 4e-5}, {5, 1e6, 2.6263e-5, 2e-5}, {7, 1e8, 3.006e-7, 2e-4}} {
		_, hi := ClopperPearson(c.k, c.n, 1e-6)
		approx(t, "upper limit", hi, c.hi, c.tol)
	}
}

func TestClopperPearson(t *testing.T) {
	// Source: Clopper–Pearson limits by bisection on the binomial sum in mpmath 1.3, 30 digits.
	for _, c := range []struct {
		k, n          int64
		alpha, lo, hi float64
	}{
		{0, 1, 0.05, 0.0, 0.975},
		{1, 1, 0.05, 0.025, 1.0},
		{3, 10, 0.05, 0.066739511177734, 0.65245285006},
		{10, 10, 0.01, 0.58870401865247, 1.0},
		{1, 1000, 1e-06, 5.0000012487504e-10, 0.017279905261209},
		{500, 1000, 1e-06, 0.42264392400044, 0.57735607599956},
		{999, 1000, 1e-09, 0.97562814288782, 0.9999999999995},
		{2, 1000000000, 1e-06, 1.0003334866905e-12, 1.9897009924855e-8},
		{45, 50, 0.2, 0.82238187238262, 0.95055435835787},
	} {
		lo, hi := ClopperPearson(c.k, c.n, c.alpha)
		approx(t, "lower limit", lo, c.lo, 1e-6)
		approx(t, "upper limit", hi, c.hi, 1e-6)
	}
	if lo, hi := ClopperPearson(0, 0, 0.05); lo != 0 || hi != 1 {
		t.Errorf("no trials: [%g, %g]", lo, hi)
	}
	for _, bad := range []struct {
		k, n  int64
		alpha float64
	}{{-1, 5, 0.05}, {6, 5, 0.05}, {1, 5, 0}, {1, 5, 1}, {1, 5, math.NaN()}} {
		if lo, hi := ClopperPearson(bad.k, bad.n, bad.alpha); !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("%+v gives [%g, %g]", bad, lo, hi)
		}
	}
}

// Coverage by exact enumeration: at every p the interval misses with
// probability at most alpha.
func TestClopperPearsonCovers(t *testing.T) {
	const n, alpha = 60, 0.1
	var lo, hi [n + 1]float64
	for k := range lo {
		lo[k], hi[k] = ClopperPearson(int64(k), n, alpha)
		if k > 0 && (lo[k] <= lo[k-1] || hi[k] <= hi[k-1]) {
			t.Errorf("limits do not grow at %d", k)
		}
	}
	for p := 0.0005; p < 1; p += 0.001 {
		miss, w := 0.0, math.Pow(1-p, n)
		for k := 0; k <= n; k++ {
			if p < lo[k] || p > hi[k] {
				miss += w
			}
			w *= float64(n-k) / float64(k+1) * p / (1 - p)
		}
		if miss > alpha+1e-12 {
			t.Errorf("at p = %g the interval misses with probability %g", p, miss)
		}
	}
}

func TestClopperPearsonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1e10).Draw(t, "n")
		k := rapid.Int64Range(0, n).Draw(t, "k")
		alpha := math.Pow(10, -rapid.Float64Range(0.5, 14).Draw(t, "-lg α"))
		lo, hi := ClopperPearson(k, n, alpha)
		f := float64(k) / float64(n)
		if !(lo >= 0 && lo <= f && f <= hi && hi <= 1) {
			t.Fatalf("[%g, %g] does not hold %g", lo, hi, f)
		}
		wlo, whi := ClopperPearson(k, n, alpha/4)
		if wlo > lo || whi < hi {
			t.Fatalf("[%g, %g] at a quarter of the level is not wider than [%g, %g]", wlo, whi, lo, hi)
		}
	})
}

// Far from small n the interval is the normal one: ±z·σ/n about k/n, here to a
// part in a thousand of its half-width. Found by TestClopperPearsonProperties.
func TestClopperPearsonAtLargeN(t *testing.T) {
	for _, c := range []struct {
		k, n     int64
		alpha, z float64
	}{{52428802, 536870912, 0.1, 1.6448536}, {52428802, 536870912, 0.025, 2.2414027}, {97_600_000, 1_000_000_000, 0.05, 1.9599640}, {5_000_000, 10_000_000, 1e-6, 4.8916385}} {
		p := float64(c.k) / float64(c.n)
		half := c.z * math.Sqrt(p*(1-p)/float64(c.n))
		lo, hi := ClopperPearson(c.k, c.n, c.alpha)
		if math.Abs(p-lo-half) > 2e-3*half || math.Abs(hi-p-half) > 2e-3*half {
			t.Errorf("%d of %d at %g: [%v, %v], normal [%v, %v]", c.k, c.n, c.alpha, lo, hi, p-half, p+half)
		}
	}
}
