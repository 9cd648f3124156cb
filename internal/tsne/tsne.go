// Package tsne embeds features in the plane by t-distributed stochastic
// neighbor embedding (van der Maaten and Hinton, JMLR 9, 2008).
//
// Neighbors are exact. Attraction is summed over them (van der Maaten, JMLR 15,
// 2014); repulsion comes from a potential on a grid (see mesh). Results are a pure
// function of features and options, bit for bit, whatever the number of workers.
package tsne

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"gonum.org/v1/gonum/mat"
)

// Options are the options of an embedding. The zero value is the usual choice.
type Options struct {
	// Perplexity is the effective number of neighbors, at least 1; 0 means 30. Three
	// times as many neighbors are used.
	Perplexity float64
	// Iterations is the number of gradient descent steps; 0 means 1000. The first 250,
	// or a third if there are fewer than 750, are early exaggeration.
	Iterations int
	// Seed is the seed of the jitter of the start, 1 % of its spread, which separates
	// equal points.
	Seed uint64
	// Workers is the number of goroutines; 0 means GOMAXPROCS.
	Workers int
	// Report, if not nil, is called from the calling goroutine after every
	// iteration, with the number of iterations done.
	Report func(iteration int)
}

func (o Options) withDefaults() Options {
	if o.Perplexity == 0 {
		o.Perplexity = 30
	}
	if o.Iterations == 0 {
		o.Iterations = 1000
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// Embed maps x, n points of d features row by row, to y, n points in the plane row
// by row with mean 0. kl is the Kullback–Leibler divergence of the map from the
// affinities, in nats, over all pairs.
//
// It starts from the first two principal components, scaled to a standard deviation
// of 10⁻⁴. It descends with gains, momentum 0.5 during early exaggeration (12) and
// 0.8 after it. The learning rate is n divided by the current exaggeration, at
// least 200 (Belkina et al. 2019; Linderman and Steinerberger 2019).
//
// Equal points are allowed: they attract each other equally and end up side by
// side. It is an error if x is not n×d, contains a NaN or an infinity, is one point
// n times, or has fewer than 3·perplexity+1 points. If ctx ends, its error is
// returned within one iteration.
func Embed(ctx context.Context, x []float32, n, d int, o Options) (y []float64, kl float64, err error) {
	return embed(ctx, x, n, d, o, false)
}

// fewPoints is the largest number of points for which all pairs are summed. With so
// few others, the mesh's error of a point on itself would matter.
const fewPoints = 128

// embed is Embed. exact, for tests, computes affinities and repulsion over all
// pairs.
func embed(ctx context.Context, x []float32, n, d int, o Options, exact bool) ([]float64, float64, error) {
	o = o.withDefaults()
	c := crew(max(o.Workers, 1))
	x, p, err := prepare(ctx, c, x, n, d, o, exact)
	if err != nil {
		return nil, 0, err
	}
	y, err := start(x, n, d, o.Seed)
	if err != nil {
		return nil, 0, err
	}
	pairs := newDense(c, n)
	var r repulsion = pairs
	if !exact && n > fewPoints {
		r = newMesh(c, n)
	}
	if err := newDescent(c, p, r, y).run(ctx, o); err != nil {
		return nil, 0, err
	}
	center(y)
	return y, divergence(p, pairs, y), ctx.Err()
}

// Divergence returns the Kullback–Leibler divergence that Embed would return for
// the map y (n×2) of x. Only Perplexity and Workers of o matter. It compares maps
// from any program.
func Divergence(ctx context.Context, x []float32, n, d int, y []float64, o Options) (kl float64, err error) {
	if len(y) != 2*n {
		return 0, fmt.Errorf("t-SNE: a map of %d numbers is not one of %d points", len(y), n)
	}
	o = o.withDefaults()
	c := crew(max(o.Workers, 1))
	_, p, err := prepare(ctx, c, x, n, d, o, false)
	if err != nil {
		return 0, err
	}
	return divergence(p, newDense(c, n), y), ctx.Err()
}

// prepare checks the arguments, centers x and computes the affinities.
func prepare(ctx context.Context, c crew, x []float32, n, d int, o Options, exact bool) ([]float32, *affinity, error) {
	if err := check(x, n, d, o); err != nil {
		return nil, nil, err
	}
	x, err := centered(x, n, d)
	if err != nil {
		return nil, nil, err
	}
	k := int(3 * o.Perplexity)
	if exact {
		k = n - 1
	}
	p, err := affinities(ctx, c, x, n, d, k, o.Perplexity)
	return x, p, err
}

func check(x []float32, n, d int, o Options) error {
	switch {
	case n < 1 || d < 1 || len(x) != n*d:
		return fmt.Errorf("t-SNE: %d features are not %d points of %d", len(x), n, d)
	case !(o.Perplexity >= 1):
		return fmt.Errorf("t-SNE: perplexity is %v, must be at least 1", o.Perplexity)
	case float64(n) < 3*o.Perplexity+1:
		return fmt.Errorf("t-SNE: %d points are too few for perplexity %v, which needs %v; take at most %.3g", n, o.Perplexity, math.Ceil(3*o.Perplexity)+1, float64(n-1)/3)
	case n > math.MaxInt32:
		return fmt.Errorf("t-SNE: %d points are too many", n)
	case o.Iterations < 0 || o.Workers < 0:
		return fmt.Errorf("t-SNE: %d iterations, %d workers: neither may be negative", o.Iterations, o.Workers)
	}
	for i, v := range x {
		if v != v || math.IsInf(float64(v), 0) {
			return fmt.Errorf("t-SNE: feature %d of point %d is %v", i%d, i/d, v)
		}
	}
	return nil
}

// centered returns x minus its mean, divided by its largest magnitude. That changes
// no affinity and makes the best use of single precision.
func centered(x []float32, n, d int) ([]float32, error) {
	mean := make([]float64, d)
	for i, v := range x {
		mean[i%d] += float64(v)
	}
	largest := 0.0
	for i, v := range x {
		largest = max(largest, math.Abs(float64(v)-mean[i%d]/float64(n)))
	}
	out, constant := make([]float32, len(x)), true
	for i, v := range x {
		out[i] = float32((float64(v) - mean[i%d]/float64(n)) / largest)
		constant = constant && v == x[i%d]
	}
	if constant {
		return nil, errors.New("t-SNE: all points are equal; there is nothing to map")
	}
	return out, nil
}

// start returns the first two principal components of the centered x, each with the
// sign that makes its largest loading positive. They are scaled so that the first
// has standard deviation 10⁻⁴, and jittered by 1 % of that.
func start(x []float32, n, d int, seed uint64) ([]float64, error) {
	cov := mat.NewSymDense(d, nil)
	for a := range d {
		for b := a; b < d; b++ {
			s := 0.0
			for i := 0; i < len(x); i += d {
				s += float64(x[i+a]) * float64(x[i+b])
			}
			cov.SetSym(a, b, s/float64(n))
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(cov, true) {
		return nil, errors.New("t-SNE: the principal components do not converge")
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	y := make([]float64, 2*n)
	for c := range min(2, d) {
		axis := mat.Col(nil, d-1-c, &v) // eigenvalues ascend
		top := 0
		for j := range axis {
			if math.Abs(axis[j]) > math.Abs(axis[top]) {
				top = j
			}
		}
		scale := math.Copysign(1e-4, axis[top]) / math.Sqrt(eig.Values(nil)[d-1])
		for i := range n {
			s := 0.0
			for j, a := range axis {
				s += a * float64(x[i*d+j])
			}
			y[2*i+c] = scale * s
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0x742d534e45)) // "t-SNE"
	for i := range y {
		y[i] += 1e-6 * rng.NormFloat64()
	}
	return y, nil
}

// center moves the points' mean to 0.
func center(y []float64) {
	var sx, sy float64
	for i := 0; i < len(y); i += 2 {
		sx += y[i]
		sy += y[i+1]
	}
	n := float64(len(y) / 2)
	for i := 0; i < len(y); i += 2 {
		y[i] -= sx / n
		y[i+1] -= sy / n
	}
}
