package tsne

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/spatial/barneshut"
	"gonum.org/v1/gonum/spatial/r2"
)

// The gradient against finite differences of the divergence: exact forces to
// rounding, the mesh's to its accuracy.
func TestGradient(t *testing.T) {
	c := crew(2)
	const n, d = 90, 6
	x := relu(1, n, d, 3)
	p, err := affinities(context.Background(), c, x, n, d, n-1, 8)
	if err != nil {
		t.Fatal(err)
	}
	y := disc(n, 12)
	want := make([]float64, 2*n)
	size := 0.0
	for i := range y {
		const eps = 1e-5
		at := y[i]
		y[i] = at + eps
		up := divergence(p, newDense(c, n), y)
		y[i] = at - eps
		want[i] = (up - divergence(p, newDense(c, n), y)) / (2 * eps)
		y[i] = at
		size += want[i] * want[i]
	}
	for _, r := range []struct {
		name    string
		forces  repulsion
		allowed float64
	}{{"dense", newDense(c, n), 1e-5}, {"mesh", newMesh(c, n), 1e-3}} {
		s := newDescent(c, p, r.forces, y)
		s.factor = 1
		s.gradient()
		off := 0.0
		for i := range y {
			g := 4 * (s.attraction[i] - s.repelled[i]/s.z)
			off += (g - want[i]) * (g - want[i])
		}
		if e := math.Sqrt(off / size); !(e < r.allowed) {
			t.Errorf("%s: gradient off by %.1e, allowed %.0e", r.name, e, r.allowed)
		}
	}
}

// kept is the share of the k nearest in x that are among the k nearest in y.
func kept(x []float32, y []float64, n, d, k int) float64 {
	order := func(i int, distance func(j int) float64) []int {
		all := make([]int, 0, n)
		for j := range n {
			if j != i {
				all = append(all, j)
			}
		}
		slices.SortFunc(all, func(a, b int) int { return cmp.Compare(distance(a), distance(b)) })
		return all[:k]
	}
	hits := 0
	for i := range n {
		inX := order(i, func(j int) float64 { return distance2(x[i*d:][:d], x[j*d:][:d]) })
		inY := order(i, func(j int) float64 { return math.Hypot(y[2*i]-y[2*j], y[2*i+1]-y[2*j+1]) })
		for _, j := range inX {
			hits += is(slices.Contains(inY, j))
		}
	}
	return float64(hits) / float64(n*k)
}

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Both maps of the same features are as good: divergence against the same
// affinities, and neighbors kept; the clusters are apart in both.
func TestEmbedIsAsGoodAsExact(t *testing.T) {
	const n, d = 240, 16
	x, o := relu(3, n, d, 4), Options{Perplexity: 12, Iterations: 500, Seed: 1}
	y, kl, err := Embed(context.Background(), x, n, d, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Divergence(context.Background(), x, n, d, y, o)
	if err != nil || again != kl {
		t.Errorf("divergence %v, of the same map again %v (%v)", kl, again, err)
	}
	exact, exactKL, err := embed(context.Background(), x, n, d, o, true)
	if err != nil {
		t.Fatal(err)
	}
	ofExact, err := Divergence(context.Background(), x, n, d, exact, o)
	if err != nil {
		t.Fatal(err)
	}
	// Which of many optima is found depends on the last bit of any force, and
	// they differ by several percent at this size: see below for the forces.
	t.Logf("divergence %.4f, exact's map %.4f (all pairs %.4f)", kl, ofExact, exactKL)
	if !(kl < 1.1*ofExact) || !(kl > 0.1) || !(exactKL > 0.1) {
		t.Errorf("divergence %v, exact's map %v", kl, ofExact)
	}
	// From the optimum that exact forces found, the mesh's do not stray.
	c := crew(2)
	_, p, err := prepare(context.Background(), c, x, n, d, o, true)
	if err != nil {
		t.Fatal(err)
	}
	stay := newDescent(c, p, newMesh(c, n), slices.Clone(exact))
	stay.factor, stay.momentum, stay.rate = 1, 0.8, 200
	for range 200 {
		stay.gradient()
		c.run(blocks(n), stay.move)
	}
	if after := divergence(p, newDense(c, n), stay.y); !(after < 1.005*exactKL) {
		t.Errorf("from an optimum of %v the mesh goes to %v", exactKL, after)
	}
	start, err := start(x, n, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs, before := kept(x, y, n, d, 10), kept(x, exact, n, d, 10), kept(x, start, n, d, 10)
	t.Logf("neighbors kept %.3f, exact %.3f, principal components %.3f", mine, theirs, before)
	if mine < theirs-0.02 || mine < before+0.1 {
		t.Errorf("neighbors kept: %.3f, exact %.3f, principal components %.3f", mine, theirs, before)
	}
	for _, m := range [][]float64{y, exact} {
		wrong := 0
		for i := range n {
			best, at := math.Inf(1), 0
			for j := range n {
				if e := math.Hypot(m[2*i]-m[2*j], m[2*i+1]-m[2*j+1]); j != i && e < best {
					best, at = e, j
				}
			}
			wrong += is(at%4 != i%4)
		}
		if wrong > n/50 {
			t.Errorf("%d of %d points lie next to another cluster's", wrong, n)
		}
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	const n, d = 1100, 20
	x := relu(9, n, d, 5)
	for name, f := range map[string]func(context.Context, []float32, int, int, Options) ([]float64, float64, error){"mesh": Embed, "exact": exact} {
		size, o := n, Options{Perplexity: 7, Iterations: 60, Workers: 1}
		if name == "exact" {
			size, o.Iterations = 300, 30
		}
		want, kl, err := f(context.Background(), x[:size*d], size, d, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, o.Workers = range []int{2, 3, 8} {
			got, k, err := f(context.Background(), x[:size*d], size, d, o)
			if err != nil || k != kl || !slices.Equal(want, got) {
				t.Errorf("%s: %d workers differ from one: divergence %v and %v, %v", name, o.Workers, k, kl, err)
			}
		}
		o.Seed = 1
		if got, _, err := f(context.Background(), x[:size*d], size, d, o); err != nil || slices.Equal(want, got) {
			t.Errorf("%s: another seed gives the same map (%v)", name, err)
		}
	}
}

// Points that are one, more often than there are neighbors, and features that
// say nothing.
func TestDuplicates(t *testing.T) {
	const n, d = 120, 3
	x := relu(2, n, d, 3)
	for i := range 60 { // half the points are one; the last feature is constant
		copy(x[i*d:][:d], x[:d])
	}
	for i := range n {
		x[i*d+2] = 5
	}
	y, kl, err := Embed(context.Background(), x, n, d, Options{Perplexity: 6, Iterations: 400})
	if err != nil {
		t.Fatal(err)
	}
	var mean [2]float64
	for i, v := range y {
		if math.IsNaN(v) || math.Abs(v) > 1000 {
			t.Fatalf("point %d is at %v", i/2, y[i&^1:][:2])
		}
		mean[i%2] += v / n
	}
	if math.Abs(mean[0]) > 1e-9 || math.Abs(mean[1]) > 1e-9 || math.IsNaN(kl) {
		t.Errorf("mean %v, divergence %v", mean, kl)
	}
}

func TestOneFeature(t *testing.T) {
	x := make([]float32, 50)
	for i := range x {
		x[i] = float32(i)
	}
	y, _, err := Embed(context.Background(), x, 50, 1, Options{Perplexity: 4, Iterations: 200})
	if err != nil || math.IsNaN(y[0]) {
		t.Error(y, err)
	}
}

func TestEmbedRefuses(t *testing.T) {
	nan := relu(1, 100, 2, 2)
	nan[3] = float32(math.NaN())
	inf := relu(1, 100, 2, 2)
	inf[199] = float32(math.Inf(-1))
	for _, c := range []struct {
		want string
		x    []float32
		n    int
		o    Options
	}{
		{"feature 1 of point 1 is NaN", nan, 100, Options{}},
		{"feature 1 of point 99 is -Inf", inf, 100, Options{}},
		{"90 points are too few for perplexity 30, which needs 91; take at most 29.7", relu(1, 90, 2, 2), 90, Options{}},
		{"all points are equal", make([]float32, 200), 100, Options{}},
		{"200 features are not 99 points of 2", make([]float32, 200), 99, Options{}},
		{"perplexity is 0.5", relu(1, 100, 2, 2), 100, Options{Perplexity: 0.5}},
		{"perplexity is NaN", relu(1, 100, 2, 2), 100, Options{Perplexity: math.NaN()}},
		{"neither may be negative", relu(1, 100, 2, 2), 100, Options{Iterations: -1}},
		{"neither may be negative", relu(1, 100, 2, 2), 100, Options{Workers: -1}},
	} {
		if _, _, err := Embed(context.Background(), c.x, c.n, 2, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := Divergence(context.Background(), relu(1, 100, 2, 2), 100, 2, nil, Options{}); err == nil || !strings.Contains(err.Error(), "not one of 100 points") {
		t.Error(err)
	}
}

// A canceled context stops it at once: not one more iteration is reported.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	last := 0
	_, _, err := Embed(ctx, relu(1, 200, 4, 2), 200, 4, Options{Perplexity: 5, Report: func(i int) {
		if last = i; i == 5 {
			cancel()
		}
	}})
	if err != context.Canceled || last != 5 {
		t.Errorf("%v after iteration %d", err, last)
	}
	if _, _, err := Embed(ctx, relu(1, 200, 4, 2), 200, 4, Options{Perplexity: 5}); err != context.Canceled {
		t.Errorf("canceled before: %v", err)
	}
}

// particle is a point of mass 1 for gonum's Barnes–Hut plane.
type particle struct{ r2.Vec }

func (p particle) Coord2() r2.Vec { return p.Vec }
func (particle) Mass() float64    { return 1 }

// The mesh against gonum's spatial/barneshut at θ = ½, both on one worker, on
// 10,000 points spread as in a finished map.
func BenchmarkRepulsion(b *testing.B) {
	const n = 10000
	c := crew(1)
	for _, diameter := range []float64{20, 80, 160} {
		y, f := disc(n, diameter), make([]float64, 2*n)
		for i := range y { // gonum's tree cannot hold equal points
			y[i] += 1e-6 * float64(i)
		}
		b.Run(fmt.Sprint("mesh/", diameter), func(b *testing.B) {
			m := newMesh(c, n)
			for b.Loop() {
				m.forces(y, f, 0, nil)
			}
		})
		b.Run(fmt.Sprint("barneshut/", diameter), func(b *testing.B) {
			for b.Loop() {
				points := make([]barneshut.Particle2, n)
				for i := range points {
					points[i] = particle{r2.Vec{X: y[2*i], Y: y[2*i+1]}}
				}
				plane, err := barneshut.NewPlane(points)
				if err != nil {
					b.Fatal(err)
				}
				z := 0.0
				for i, p := range points {
					v := plane.ForceOn(p, 0.5, func(_, _ barneshut.Particle2, _, m2 float64, v r2.Vec) r2.Vec {
						q := 1 / (1 + v.X*v.X + v.Y*v.Y)
						z += m2 * q
						return r2.Scale(-m2*q*q, v)
					})
					f[2*i], f[2*i+1] = v.X, v.Y
				}
			}
		})
	}
}

func exact(ctx context.Context, x []float32, n, d int, o Options) (y []float64, kl float64, err error) {
	return embed(ctx, x, n, d, o, true)
}

// So few points as the smallest perplexity allows have a map, too.
func TestFewPoints(t *testing.T) {
	for _, n := range []int{4, 5, 7, 16, 25} {
		y, kl, err := Embed(context.Background(), relu(uint64(n), n, 8, 2), n, 8, Options{Perplexity: float64(n-1) / 3, Iterations: 300, Seed: 1})
		if err != nil || len(y) != 2*n || math.IsNaN(kl) || kl < 0 {
			t.Errorf("%d points: divergence %v, %v", n, kl, err)
		}
	}
}
