package tsne

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/spatial/vptree"
)

// relu draws n points of d rectified features in clusters, as a network's last
// layer has them; label is i mod clusters.
func relu(seed uint64, n, d, clusters int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	mean := make([]float64, clusters*d)
	for i := range mean {
		mean[i] = 1.6 * rng.NormFloat64()
	}
	x := make([]float32, n*d)
	for i := range x {
		x[i] = float32(max(0, mean[i/d%clusters*d+i%d]+0.7*rng.NormFloat64()))
	}
	return x
}

func TestNearestIsExact(t *testing.T) {
	c := crew(2)
	const n, d, k = 300, 12, 9
	far := relu(1, n, d, 4) // where single precision cancels: far from 0, close together
	for i := range far {
		far[i] = 1000 + far[i]/500
	}
	same := relu(2, n, d, 4) // every point five times
	for i := range same {
		same[i] = same[i%(n/5*d)]
	}
	for name, x := range map[string][]float32{"clusters": relu(3, n, d, 4), "far": far, "duplicates": same} {
		got, err := nearest(context.Background(), c, x, n, d, k)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			var all []neighbor
			for j := range n {
				if j != i {
					all = append(all, neighbor{distance2(x[i*d:][:d], x[j*d:][:d]), int32(j)})
				}
			}
			slices.SortStableFunc(all, func(a, b neighbor) int {
				switch {
				case a.d2 < b.d2:
					return -1
				case a.d2 > b.d2:
					return 1
				}
				return 0
			})
			if !slices.Equal(got[i*k:][:k], all[:k]) {
				t.Fatalf("%s: point %d has %v, want %v", name, i, got[i*k:][:k], all[:k])
			}
		}
	}
}

// The entropy of every row is that of the perplexity asked for.
func TestConditionalHasThePerplexity(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, perplexity := range []float64{1.5, 5, 30} {
		for _, scale := range []float64{1e-8, 1, 1e6} {
			near := make([]neighbor, 3*int(perplexity)+5)
			for j := range near {
				near[j].d2 = scale * (3 + rng.Float64())
			}
			slices.SortFunc(near, func(a, b neighbor) int { return int(math.Copysign(1, a.d2-b.d2)) })
			p := make([]float64, len(near))
			conditional(near, perplexity, p)
			entropy, sum := 0.0, 0.0
			for _, v := range p {
				sum += v
				if v > 0 {
					entropy -= v * math.Log(v)
				}
			}
			if got := math.Exp(entropy); math.Abs(got/perplexity-1) > 1e-8 || math.Abs(sum-1) > 1e-12 {
				t.Errorf("perplexity %v at scale %v: %v, sum %v", perplexity, scale, got, sum)
			}
			if !slices.IsSortedFunc(p, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) {
				t.Errorf("a farther neighbor has more: %v", p)
			}
		}
	}
}

// More than perplexity equal neighbors: no β has the entropy; they share.
func TestConditionalOfDuplicates(t *testing.T) {
	near := make([]neighbor, 10)
	for j := 8; j < 10; j++ {
		near[j].d2 = 1
	}
	p := make([]float64, 10)
	conditional(near, 3, p)
	for j, v := range p {
		want := 1. / 8
		if j >= 8 {
			want = 0
		}
		if math.Abs(v-want) > 1e-12 {
			t.Errorf("p of %d is %v, want %v", j, v, want)
		}
	}
	conditional(near[:8], 3, p[:8])
	if slices.Min(p[:8]) != 1./8 || slices.Max(p[:8]) != 1./8 {
		t.Errorf("p of equal points: %v", p[:8])
	}
}

// P is symmetric, adds up to 1, and is (p_j|i + p_i|j)/2n.
func TestAffinitiesAreSymmetric(t *testing.T) {
	c := crew(3)
	const n, d, k = 200, 5, 15
	x := relu(4, n, d, 3)
	a, err := affinities(context.Background(), c, x, n, d, k, 5)
	if err != nil {
		t.Fatal(err)
	}
	full, sum := make([]float64, n*n), 0.0
	for i := range n {
		row := a.col[a.start[i]:a.start[i+1]]
		if !slices.IsSorted(row) || slices.Contains(row, int32(i)) || len(row) < k {
			t.Fatalf("row %d holds %v", i, row)
		}
		for e, j := range row {
			full[i*n+int(j)] = float64(a.p[a.start[i]+e])
			sum += float64(a.p[a.start[i]+e])
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("P adds up to %v", sum)
	}
	near, err := nearest(context.Background(), c, x, n, d, k)
	if err != nil {
		t.Fatal(err)
	}
	want, p := make([]float64, n*n), make([]float64, k)
	for i := range n {
		conditional(near[i*k:][:k], 5, p)
		for e, o := range near[i*k:][:k] {
			want[i*n+int(o.j)] += p[e] / (2 * n)
			want[int(o.j)*n+i] += p[e] / (2 * n)
		}
	}
	for i := range full {
		if math.Abs(full[i]-want[i]) > 1e-7*want[i]+1e-12 {
			t.Fatalf("p of %d and %d is %v, want %v", i/n, i%n, full[i], want[i])
		}
	}
}

// place makes a feature row a gonum vptree.Comparable.
type place []float32

func (p place) Distance(o vptree.Comparable) float64 {
	return math.Sqrt(distance2(p, o.(place)))
}

// Blocked products against gonum's vantage-point tree, 90 neighbors of 2,000
// points in 64 dimensions.
func BenchmarkNearest(b *testing.B) {
	const n, d, k = 2000, 64, 90
	x := relu(1, n, d, 10)
	b.Run("products", func(b *testing.B) {
		c := crew(1)
		for b.Loop() {
			if _, err := nearest(context.Background(), c, x, n, d, k); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("vptree", func(b *testing.B) {
		for b.Loop() {
			all := make([]vptree.Comparable, n)
			for i := range all {
				all[i] = place(x[i*d:][:d])
			}
			tree, err := vptree.New(all, 3, nil)
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				tree.NearestSet(vptree.NewNKeeper(k+1), place(x[i*d:][:d]))
			}
		}
	})
}
