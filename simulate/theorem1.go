package simulate

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"

	"longtail/theory"
)

// Theorem1Mutations returns the errors that a run of Theorem 1 must notice.
func Theorem1Mutations() []Mutation {
	return []Mutation{
		{"no-nine", "the published exponents without their factor 1/9", false},
		{"centre-m", "closeness to M instead of M + ΔD/2", true},
		{"pooled-mean", "the mean of all points instead of the mean of the two means", true},
		{"threshold-labels", "pseudo-labels of a threshold rule instead of labels that are wrong at random", true},
		{"swap-pq", "p and q exchanged", true},
	}
}

// Indices of Theorem 1's tally.
const (
	t1Failures = iota // |θ̂ − center| > δ
	t1Noise           // the normal part is off by more than δ/3
	t1Pos             // likewise the label part of the +1 group
	t1Neg             // likewise the label part of the −1 group
	t1Counts
)
const (
	t1Mean   = iota // of θ̂ − center
	t1Square        // of its square
	t1Means

	// In a rare run instead, divided by exp(top), so in [0, 1]:
	t1Weight       = t1Mean   // likelihood ratio of a failure
	t1WeightSquare = t1Square // its square
)

// Theorem1 simulates the event of Theorem 1 for tolerance delta. The estimate is
// the frequency of |θ̂ − M − ΔD/2| > δ. The draws are checked against the exact
// law's failure probability, mean and variance. The frequency is checked against
// the printed bound, and each of its three parts against the bound's term for it.
// If the event is too rare to count, the collapsed sampler draws from tilted laws
// and weights the draws (importance sampling).
func Theorem1(ctx context.Context, m theory.Theorem1, delta float64, c Config) (Result, error) {
	return conduct(ctx, c, Theorem1Mutations(), cmp.Or(m.Validate(), m.ValidateDelta(delta), c.literalCost(float64(m.NPos)+float64(m.NNeg))),
		func(c Config) sampled { return newTheorem1Run(m, delta, c) })
}

// theorem1Run is a run's sampler and what it is compared with.
type theorem1Run struct {
	c       Config
	sampler string          // the one used, whatever was requested
	model   theory.Theorem1 // the model of the statement
	delta   float64
	exact   theory.LogProb
	bound   theory.PrintedBound1 // mutated if the mutation is of the statement
	rare    bool
	top     float64 // ln of the largest weight of a trial in a rare run

	// The model that is drawn from, or what the mutation makes of it.
	drawn      theory.Theorem1
	center     float64    // the deviation is θ̂ − M − center, so a large |M| costs no digits
	weights    [2]float64 // θ̂ = weights · group means
	labeler    *theory.ThresholdLabeler
	unchanged  string // why the mutation changes nothing here
	tables     [2]aliasTable
	tilted     [2]theory.Tilted1 // upper and lower side
	tiltTables [2][2]aliasTable
}

// farthest is the log of the probability below which rounding decides the weight of
// a draw.
const farthest = -1e8

func newTheorem1Run(m theory.Theorem1, delta float64, c Config) *theorem1Run {
	r := &theorem1Run{
		c: c, sampler: c.Sampler, model: m, delta: delta, drawn: m, center: m.Bias(), weights: [2]float64{0.5, 0.5},
		exact: m.FailureProbability(delta), bound: m.PrintedBound(delta),
	}
	r.mutate()
	if r.labeler != nil {
		r.sampler = Literal // truncated groups have no collapsed law
	}
	r.rare = r.sampler == Collapsed && c.tooRare(r.exact, Theorem1Mutations()) && r.exact > farthest
	switch {
	case r.rare:
		r.top = math.Inf(-1)
		for side := range r.tilted {
			t := m.Tilted(delta, float64(1-2*side))
			r.tilted[side] = t
			r.tiltTables[side] = r.labelTables(t.P, t.Q)
			r.top = theory.LogAddExp(r.top, t.LogMGF-float64(math.Abs(t.Rate)*delta)) // a weight is largest at δ
		}
	case r.sampler == Collapsed:
		r.tables = r.labelTables(r.drawn.P, r.drawn.Q)
	}
	return r
}

// labelTables returns tables of the two groups' label parts. They are the groups'
// weighted means minus those under the drawn model, for numbers of right labels
// drawn with precisions p and q.
func (r *theorem1Run) labelTables(p, q float64) [2]aliasTable {
	m, d := r.drawn, r.drawn.Separation()
	pos := r.weights[0] * d / float64(m.NPos)
	neg := -r.weights[1] * d / float64(m.NNeg)
	return [2]aliasTable{
		newAliasTable(m.NPos, p, func(k int) float64 { return pos * (float64(k) - float64(float64(m.NPos)*m.P)) }),
		newAliasTable(m.NNeg, q, func(l int) float64 { return neg * (float64(l) - float64(float64(m.NNeg)*m.Q)) }),
	}
}

// offset returns the drawn estimator's mean minus the center.
func (r *theorem1Run) offset() float64 {
	m, d := r.drawn, r.drawn.Separation()
	pos := d * (m.P - 0.5)
	neg := -d * (m.Q - 0.5)
	return float64(r.weights[0]*pos) + float64(r.weights[1]*neg) - r.center
}

// noise returns the standard deviation of the drawn estimator's normal part.
func (r *theorem1Run) noise() float64 {
	a := r.weights[0] * r.weights[0] / float64(r.drawn.NPos)
	b := r.weights[1] * r.weights[1] / float64(r.drawn.NNeg)
	return r.drawn.Sigma * math.Sqrt(a+b)
}

func (r *theorem1Run) experiment() experiment {
	m := r.model
	e := experiment{
		keys:   []any{"theorem1", r.c.Sampler, m.Mu1, m.Mu2, m.Sigma, m.P, m.Q, m.NPos, m.NNeg, r.delta},
		counts: t1Counts, means: t1Means, asked: r.c.Trials,
	}
	switch {
	case r.rare:
		e.keys = append(e.keys, "rare")
		e.shard, e.start = shardFor(64), r.drawRare
	case r.sampler == Literal:
		e.shard, e.start = shardFor(4*(m.NPos+m.NNeg)), r.drawLiteral
	default:
		e.shard, e.start = shardFor(8), r.drawCollapsed
	}
	return e
}

// drawCollapsed draws θ̂ as an affine function of two binomials and one normal
// variable, which is exact.
func (r *theorem1Run) drawCollapsed(src *rand.PCG) func(n int, t *tally) {
	normal := rand.New(src)
	pos, neg := r.tables[0], r.tables[1]
	sd, offset := r.noise(), r.offset()
	delta, third := r.delta, r.delta/3
	return func(n int, t *tally) {
		var failures, offNoise, offPos, offNeg int64
		sum, squares := 0.0, 0.0
		for range n {
			x, y, g := pos.draw(src), neg.draw(src), float64(sd*normal.NormFloat64())
			dev := x + y + g + offset
			failures += beyond(dev, delta)
			offNoise += beyond(g, third)
			offPos += beyond(x, third)
			offNeg += beyond(y, third)
			sum += dev
			squares += float64(dev * dev)
		}
		t.counts[t1Failures] += failures
		t.counts[t1Noise] += offNoise
		t.counts[t1Pos] += offPos
		t.counts[t1Neg] += offNeg
		t.sums[t1Mean] += sum
		t.sums[t1Square] += squares
	}
}

// beyond returns 1 if |x| > limit > 0 and 0 otherwise, without a branch.
func beyond(x, limit float64) int64 {
	// The order of positive floats is that of their bits.
	return int64((math.Float64bits(limit) - math.Float64bits(x)&^(1<<63)) >> 63)
}

// drawLiteral draws every point and whether its label is right.
func (r *theorem1Run) drawLiteral(src *rand.PCG) func(n int, t *tally) {
	rng := rand.New(src)
	m, mid := r.drawn, r.drawn.Midpoint()
	half := m.Separation() / 2
	group := func(n int, precision, right, side float64) (mean, labels float64) {
		count := 0
		for range n {
			// At precision 1 every draw is below it, at 0 none.
			at := -right
			if rng.Float64() < precision {
				at, count = right, count+1
			}
			if r.labeler == nil {
				mean += at + float64(m.Sigma*rng.NormFloat64())
			} else {
				mean += at + float64(m.Sigma*side*normalAbove(rng, side*(r.labeler.Threshold-mid-at)/m.Sigma))
			}
		}
		labels = 2 * right * (float64(count)/float64(n) - precision)
		return mean / float64(n), labels
	}
	shift := -r.center
	third := r.delta / 3
	return func(n int, t *tally) {
		for range n {
			a, x := group(m.NPos, m.P, half, 1)
			b, y := group(m.NNeg, m.Q, -half, -1)
			theta := float64(r.weights[0]*a) + float64(r.weights[1]*b) // relative to M
			x, y = float64(r.weights[0]*x), float64(r.weights[1]*y)
			dev := theta + shift
			noise := dev - x - y - r.offset()
			t.counts[t1Failures] += beyond(dev, r.delta)
			t.counts[t1Noise] += beyond(noise, third)
			t.counts[t1Pos] += beyond(x, third)
			t.counts[t1Neg] += beyond(y, third)
			t.sums[t1Mean] += dev
			t.sums[t1Square] += float64(dev * dev)
		}
	}
}

// normalAbove draws a standard normal variable conditional on exceeding a, by
// rejection from the normal or, far out, from an exponential (Robert 1995).
func normalAbove(rng *rand.Rand, a float64) float64 {
	if a < 0.5 {
		for {
			if x := rng.NormFloat64(); x > a {
				return x
			}
		}
	}
	rate := float64((a + math.Sqrt(float64(a*a)+4)) / 2)
	for {
		x := a + rng.ExpFloat64()/rate
		if d := x - rate; rng.ExpFloat64() > float64(0.5*d*d) {
			return x
		}
	}
}

// drawRare estimates the failure probability from the model tilted toward each
// failure, weighting each failure by its likelihood ratio.
func (r *theorem1Run) drawRare(src *rand.PCG) func(n int, t *tally) {
	normal := rand.New(src)
	sd := r.noise()
	return func(n int, t *tally) {
		for range n {
			weight := 0.0
			for side, tilt := range r.tilted {
				g := tilt.NoiseMean + float64(sd*normal.NormFloat64())
				x := r.tiltTables[side][0].draw(src) + r.tiltTables[side][1].draw(src) + g
				if float64(1-2*side)*x > r.delta {
					weight += math.Exp(tilt.LogMGF - float64(tilt.Rate*x) - r.top)
				}
			}
			t.sums[t1Weight] += weight
			t.sums[t1WeightSquare] += float64(weight * weight)
		}
	}
}
