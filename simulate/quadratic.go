package simulate

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"longtail/stats"
	"longtail/theory"
)

// quadraticRidges are the penalties that quadratic tries.
var quadraticRidges = [...]float64{0.1, 1, 10, 100, 1000, 10_000}

// quadraticFresh is the number of fresh points that the rules of each training set
// classify.
const quadraticFresh = 500

// quadraticResult is the outcome of quadratic. Errors are means over training sets
// of the error rate on fresh points, with t intervals at the run's confidence. All
// rules see the same labels and classify the same points.
type quadraticResult struct {
	Sets    int64 // training sets
	Weights int   // of the quadratic rule, d(d + 3)/2, without its intercept

	// The quadratic rule with the penalty of least error on these very points. That
	// choice favors it, and the intervals allow for it.
	Ridge    float64
	Error    float64
	CI       [2]float64
	Excess   float64 // over the supervised rule on ‖x‖²
	ExcessCI [2]float64

	Supervised   float64 // the plug-in Bayes rule on ‖x‖², theory's SupervisedThreshold
	SupervisedCI [2]float64
}

// Indices of quadratic's means. The quadratic rules' errors follow, then their
// excesses.
const (
	qSupervised = iota
	qRules
)

// quadratic simulates claim T3.7: standard training on raw x, with a class of rules
// that contains the theorem's own. Penalized logistic regression on all
// coordinates, squares and products, xᵀAx + vᵀx + c, is fitted to the labeled
// points and compared with the supervised rule on ‖x‖². c.Trials is the number of
// training sets. Every sample is drawn. A run that ctx ends is an error.
func quadratic(ctx context.Context, m theory.Theorem3, c Config) (quadraticResult, error) {
	c = c.withDefaults()
	e := experiment{
		keys:  []any{"quadratic", m.D, m.PPos, m.Beta, m.NPos, m.NNeg},
		means: qRules + 2*len(quadraticRidges), shard: 1,
		start: func(src *rand.PCG) func(n int, t *tally) {
			rng := rand.New(src)
			return func(n int, t *tally) {
				for range n {
					drawQuadratic(m, rng, t)
				}
			}
		},
	}
	t, interrupted := e.run(ctx, c, nil)
	if interrupted {
		return quadraticResult{}, ctx.Err()
	}
	out := quadraticResult{Sets: t.trials, Weights: m.D * (m.D + 3) / 2}
	interval := func(b stats.Batches, alpha, least float64) (float64, [2]float64) {
		lo, hi := b.Interval(alpha)
		return b.Mean, [2]float64{math.Max(least, lo), math.Min(1, hi)}
	}
	alpha := 1 - c.Confidence
	out.Supervised, out.SupervisedCI = interval(t.means[qSupervised], alpha, 0)
	best := 0
	for i := range quadraticRidges {
		if t.means[qRules+i].Mean < t.means[qRules+best].Mean {
			best = i
		}
	}
	out.Ridge = quadraticRidges[best]
	alpha /= float64(len(quadraticRidges))
	out.Error, out.CI = interval(t.means[qRules+best], alpha, 0)
	out.Excess, out.ExcessCI = interval(t.means[qRules+len(quadraticRidges)+best], alpha, -1)
	return out, nil
}

// drawQuadratic draws one training set, fits the rules and adds their error rates
// to t.
func drawQuadratic(m theory.Theorem3, rng *rand.Rand, t *tally) {
	points := mat.NewDense(m.NPos+m.NNeg, m.D, nil)
	positive := make([]bool, m.NPos+m.NNeg)
	var sums [2]float64 // of ‖x‖²: negatives, positives
	for i := range positive {
		positive[i] = i < m.NPos
		sums[int(theory.Flag(positive[i]))] += drawPoint(rng, points.RawRowView(i), m, positive[i])
	}
	threshold, below := m.SupervisedThreshold(sums[1]/float64(m.NPos), sums[0]/float64(m.NNeg)/m.Beta)

	// Features have about unit variance, as far as one scale for all can give it.
	scale := float64(len(positive)*m.D) / (sums[0] + sums[1])
	gram := mat.NewSymDense(len(positive), nil)
	for i := range positive {
		for j := range i + 1 {
			gram.SetSym(i, j, quadraticKernel(points.RawRowView(i), points.RawRowView(j), scale))
		}
	}
	var rules []logisticRule
	for _, ridge := range quadraticRidges {
		rules = append(rules, fitLogistic(gram, positive, ridge))
	}

	supervised, wrong := 0.0, make([]float64, len(rules))
	x, scores := make([]float64, m.D), make([]float64, len(rules))
	for range quadraticFresh {
		class := rng.Float64() < m.PPos
		r := drawPoint(rng, x, m, class)
		supervised += theory.Flag((r < threshold == below) != class)
		for k := range rules {
			scores[k] = rules[k].intercept
		}
		for i := range positive {
			v := quadraticKernel(x, points.RawRowView(i), scale)
			for k := range rules {
				scores[k] += float64(rules[k].weights[i] * v)
			}
		}
		for k := range rules {
			wrong[k] += theory.Flag((scores[k] > 0) != class)
		}
	}
	t.sums[qSupervised] += supervised / quadraticFresh
	for k := range rules {
		t.sums[qRules+k] += wrong[k] / quadraticFresh
		t.sums[qRules+len(rules)+k] += (wrong[k] - supervised) / quadraticFresh
	}
}

// drawPoint fills x with a point of the class, at σ₁ = 1, and returns ‖x‖².
func drawPoint(rng *rand.Rand, x []float64, m theory.Theorem3, positive bool) float64 {
	sd, sum := 1.0, 0.0
	if !positive {
		sd = math.Sqrt(m.Beta)
	}
	for i := range x {
		x[i] = sd * rng.NormFloat64()
		sum += float64(x[i] * x[i])
	}
	return sum
}

// quadraticKernel returns the inner product of two points' features: coordinates,
// squares, and products times √2, with x scaled by √scale.
func quadraticKernel(x, y []float64, scale float64) float64 {
	dot := 0.0
	for i, v := range x {
		dot += float64(v * y[i])
	}
	dot *= scale
	return dot + float64(dot*dot)
}

// logisticRule predicts + where Σ weightsᵢ k(x, xᵢ) + intercept > 0.
type logisticRule struct {
	weights   []float64
	intercept float64
}

// fitLogistic returns the rule that minimizes the log loss summed over the points
// plus ridge/2 times the squared norm of the feature weights, without the
// intercept. gram holds the points' inner products. By the representer theorem the
// feature weights are the points' features times a, and at the optimum ridge·a = y
// − p and Σ a = 0. It uses Newton's method in the form whose matrix ridge·I + SKS,
// S² = p(1 − p), is never singular (Rasmussen and Williams 2006, algorithm 3.1).
// Steps are halved until the objective falls.
func fitLogistic(gram *mat.SymDense, positive []bool, ridge float64) logisticRule {
	n := len(positive)
	a, ka := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil) // and gram·a
	intercept := 0.0
	objective := func(a, ka *mat.VecDense, intercept float64) float64 {
		loss := float64(ridge / 2 * mat.Dot(a, ka))
		for i, y := range positive {
			margin := ka.AtVec(i) + intercept
			if y {
				margin = -margin
			}
			// ln(1 + exp(margin))
			loss += math.Max(margin, 0) + math.Log1p(math.Exp(-math.Abs(margin)))
		}
		return loss
	}
	root := mat.NewVecDense(n, nil)
	inner := blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: make([]float64, n*n)}
	u, v := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	var step, kstep mat.VecDense
	value := objective(a, ka, intercept)
	for range 100 {
		for i, y := range positive {
			f := ka.AtVec(i) + intercept
			p := 1 / (1 + math.Exp(-f))
			s := math.Sqrt(math.Max(float64(p*(1-p)), 1e-10))
			root.SetVec(i, s)
			u.SetVec(i, float64(s*f)+(theory.Flag(y)-p)/s) // S times the working response
			v.SetVec(i, s)
		}
		for i := range n {
			row, from, s := inner.Data[i*n:][:n], gram.RawSymmetric().Data[i*n:][:n], root.AtVec(i)
			for j := i; j < n; j++ {
				row[j] = float64(s * from[j] * root.AtVec(j))
			}
			row[i] += ridge
		}
		factor, ok := lapack64.Potrf(inner)
		if !ok {
			break // rounding prevents further progress
		}
		for _, x := range []blas64.Vector{u.RawVector(), v.RawVector()} {
			blas64.Trsv(blas.Trans, factor, x)
			blas64.Trsv(blas.NoTrans, factor, x)
		}
		next := mat.Dot(root, u) / mat.Dot(root, v)
		step.AddScaledVec(u, -next, v)
		step.MulElemVec(&step, root)
		step.SubVec(&step, a)
		kstep.MulVec(gram, &step)
		better := false
		for share := 1.0; share > 1e-6 && !better; share /= 2 {
			var ta, tka mat.VecDense
			ta.AddScaledVec(a, share, &step)
			tka.AddScaledVec(ka, share, &kstep)
			c := intercept + float64(share*(next-intercept))
			if trial := objective(&ta, &tka, c); trial < value {
				better = value-trial > 1e-10*value
				a, ka, intercept, value = &ta, &tka, c, trial
				break
			}
		}
		if !better {
			break
		}
	}
	return logisticRule{a.RawVector().Data, intercept}
}

// quadraticSets returns the number of training sets of quadratic in a grid or a
// finding with so many trials per row. Trials of quadratic are the expensive ones.
func quadraticSets(trials int64) int64 { return min(100, max(4, trials/2000)) }

// Theorem3Supervised compares the theorem's rule with standard training (claim
// T3.7): the supervised rule on ‖x‖², exactly, and quadratic logistic regression on
// raw x, simulated with quadraticSets training sets per row. "estimate", "lower"
// and "upper" are the quadratic rule's. "excess" is relative to the supervised rule
// on ‖x‖². Both are at 95 %.
func Theorem3Supervised(ctx context.Context, trials int64, seed uint64) (theory.Grid, error) {
	g := theory.Grid{Title: "Theorem 3: standard training with the same labels, β = 4; simulated is penalised quadratic logistic regression on raw x"}
	for _, m := range []theory.Theorem3{
		{D: 2, PPos: 0.5, Beta: 4, NPos: 25, NNeg: 25},
		{D: 2, PPos: 0.5, Beta: 4, NPos: 100, NNeg: 100},
		{D: 5, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 5, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 10, PPos: 0.5, Beta: 4, NPos: 25, NNeg: 25},
		{D: 10, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 10, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 30, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 30, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 100, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 100, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
	} {
		r, err := quadratic(ctx, m, Config{Trials: quadraticSets(trials), Seed: seed})
		if err != nil {
			return g, err
		}
		expected, supervised := m.ExpectedError(), m.SupervisedError()
		g.Add(theory.Row{
			{"d", float64(m.D)}, {"p_pos", m.PPos}, {"n_pos", float64(m.NPos)}, {"n_neg", float64(m.NNeg)}, {"weights", float64(r.Weights)}, {"trivial", m.TrivialError()}, {"bayes", m.BayesError().Value()},
			{"exact", expected.Value()}, {"log10_exact", expected.Log10()}, {"supervised", supervised.Value()}, {"log10_supervised", supervised.Log10()},
			{"training_sets", float64(r.Sets)}, {"penalty", r.Ridge}, {"estimate", r.Error}, {"lower", r.CI[0]}, {"upper", r.CI[1]},
			{"excess", r.Excess}, {"excess_lower", r.ExcessCI[0]}, {"excess_upper", r.ExcessCI[1]},
		})
	}
	return g, nil
}
