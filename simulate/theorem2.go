package simulate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"longtail/internal/stream"
	"longtail/theory"
)

// Theorem2Mutations returns the errors that a run of Theorem 2 must notice.
func Theorem2Mutations() []Mutation {
	return []Mutation{
		{"beta-not-sqrt", "β in place of √β in the error formula", false},
		{"swap-classes", "the classes exchanged in the error formula", false},
		{"quarter-any-b", "an error of at least 1/4 claimed for every b", false},
		{"floor-026", "an error of at least 0.26 claimed for b > 0", false},
	}
}

// Indices of Theorem 2's tally.
const (
	t2Positives = iota // points of the positive class
	t2MissPos          // positives predicted negative
	t2MissNeg          // negatives predicted positive
	t2Counts
)

// Theorem2 simulates a raw linear rule with u = b/(‖θ‖σ₁) of any sign. The estimate
// is its error rate. The counts are checked against the exact law's error, in all
// and per class, and against the printed bound 1/4 where it is claimed. The literal
// sampler draws points in five dimensions, a direction θ keyed by the seed, and σ₁
// ≠ 1. The collapsed one draws the class and ⟨θ, x⟩.
func Theorem2(ctx context.Context, m theory.Theorem2, u float64, c Config) (Result, error) {
	var offset error
	if math.IsNaN(u) || math.IsInf(u, 0) {
		offset = fmt.Errorf("u = %v: must be finite; the constant rules are its limits", u)
	}
	return conduct(ctx, c, Theorem2Mutations(), cmp.Or(m.Validate(), offset),
		func(c Config) sampled { return newTheorem2Run(m, u, c) })
}

// theorem2Run is a run's sampler and what it is compared with.
type theorem2Run struct {
	c     Config
	model theory.Theorem2
	u     float64
	// The formula's conditional errors on positives and on negatives, its priors of
	// the classes, and the printed floor. Each is mutated if the mutation is of it.
	missPos, missNeg float64
	pos, neg         float64
	exactLog         theory.LogProb // of the formula's error
	floor            float64
	claimed          bool    // whether the floor is claimed at u
	unchanged        string  // why the mutation changes nothing here
	sigma1           float64 // of the literal sampler, whose law does not depend on it
	dimension        int     // likewise
}

func newTheorem2Run(m theory.Theorem2, u float64, c Config) *theorem2Run {
	r := &theorem2Run{
		c: c, model: m, u: u, pos: m.PPos, neg: 1 - m.PPos,
		missPos: theory.NormalCDF(-u), missNeg: theory.NormalCDF(u / math.Sqrt(m.Beta)),
		floor: m.PrintedLowerBound(), claimed: m.Covered(u), sigma1: 1.7, dimension: 5,
	}
	formula := m
	switch c.Mutation {
	case "beta-not-sqrt":
		formula.Beta *= m.Beta
		r.missNeg = theory.NormalCDF(u / m.Beta)
		if m.Beta == 1 || u == 0 || m.PPos == 1 {
			r.unchanged = "β = √β, u = 0 or there are no negatives"
		}
	case "swap-classes":
		// p₋Φ(−u) + p₊Φ(u/√β): each class gets the other's error.
		r.missPos, r.missNeg = r.missNeg, r.missPos
		formula.PPos = 1 - m.PPos
		if u == 0 {
			r.unchanged = "u = 0, where both classes err half the time"
		}
	case "quarter-any-b":
		if r.claimed {
			r.unchanged = "b > 0, p₊ ≤ 1/2 and β > 3, where the bound is claimed anyway"
		}
		r.claimed = true
	case "floor-026":
		r.floor = 0.26
		if !r.claimed {
			r.unchanged = "no bound is claimed where b is not positive, p₊ > 1/2 or β ≤ 3"
		}
	}
	r.exactLog = formula.LogError(u)
	return r
}

func (r *theorem2Run) experiment() experiment {
	e := experiment{
		keys:   []any{"theorem2", r.c.Sampler, r.model.PPos, r.model.Beta, r.u},
		counts: t2Counts, asked: r.c.Trials,
	}
	if r.c.Sampler == Literal {
		e.shard, e.start = shardFor(2*r.dimension), r.drawLiteral
		return e
	}
	e.shard = shardFor(2)
	e.start = func(src *rand.PCG) func(n int, t *tally) {
		rng := rand.New(src)
		return func(n int, t *tally) { r.drawCollapsed(rng, n, t) }
	}
	return e
}

// drawCollapsed draws ⟨θ, X⟩/(‖θ‖σ₁), which is N(0, 1) or N(0, β).
func (r *theorem2Run) drawCollapsed(rng *rand.Rand, n int, t *tally) {
	root := math.Sqrt(r.model.Beta)
	for range n {
		if rng.Float64() < r.model.PPos {
			t.counts[t2Positives]++
			if !(rng.NormFloat64()+r.u > 0) {
				t.counts[t2MissPos]++
			}
		} else if float64(root*rng.NormFloat64())+r.u > 0 {
			t.counts[t2MissNeg]++
		}
	}
}

// drawLiteral draws whole points and applies sign(⟨θ, x⟩ + b).
func (r *theorem2Run) drawLiteral(src *rand.PCG) func(n int, t *tally) {
	theta := make([]float64, r.dimension)
	direction := stream.New("theorem2 direction", r.c.Seed)
	norm := 0.0
	for i := range theta {
		theta[i] = 3 * direction.NormFloat64()
		norm = math.Hypot(norm, theta[i])
	}
	b := r.u * norm * r.sigma1
	rng := rand.New(src)
	return func(n int, t *tally) {
		for range n {
			positive, sd := rng.Float64() < r.model.PPos, r.sigma1
			if !positive {
				sd *= math.Sqrt(r.model.Beta)
			}
			score := b
			for _, w := range theta {
				score += float64(w * sd * rng.NormFloat64())
			}
			switch {
			case positive && !(score > 0):
				t.counts[t2MissPos]++
			case !positive && score > 0:
				t.counts[t2MissNeg]++
			}
			if positive {
				t.counts[t2Positives]++
			}
		}
	}
}

// result returns the numbers and verdicts of a tally. It is called at looks and at
// the end.
func (r *theorem2Run) result(e experiment, t tally) Result {
	claimed := float64(r.pos*r.missPos) + float64(r.neg*r.missNeg)
	out := r.c.result(2, e, t)
	out.ExactValue, out.PrintedBound, out.PrintedVacuous = claimed, r.floor, !r.claimed
	alpha := out.DecisionLevel
	wrong := t.counts[t2MissPos] + t.counts[t2MissNeg]
	out.counted(wrong)
	out.ExactLog, out.BoundLog = r.exactLog, theory.LogProb(math.Log(r.floor))
	positives := t.counts[t2Positives]
	out.LawChecks = []Check{
		frequencyCheck("error rate", wrong, t.trials, alpha/2, Equal, claimed),
		frequencyCheck("error rate on positives", t.counts[t2MissPos], positives, alpha/4, Equal, r.missPos),
		frequencyCheck("error rate on negatives", t.counts[t2MissNeg], t.trials-positives, alpha/4, Equal, r.missNeg),
	}
	if r.claimed {
		out.StatementChecks = []Check{frequencyCheck("error rate", wrong, t.trials, alpha, AtLeast, r.floor)}
	}
	if (r.c.Mutation == "quarter-any-b" || r.c.Mutation == "floor-026") && claimed >= r.floor {
		out.addReason("the error here is %.6g, not below the claimed %g", claimed, r.floor)
	}
	if !r.claimed && r.c.Mutation == "" {
		out.addReason("the published statement is restricted to b > 0, p₊ ≤ 1/2 and β > 3; here the error is %.6g", claimed)
	}
	out.decide(r.unchanged)
	out.NotClaimed = out.Verdict == Vacuous
	return out
}
