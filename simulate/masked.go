package simulate

import (
	"context"
	"math"
	"math/rand/v2"

	"longtail/theory"
)

// maskedResult is the outcome of masked. Errors are frequencies on fresh points,
// with Clopper–Pearson intervals at the run's confidence.
type maskedResult struct {
	trials int64
	err    float64 // with the task's feature
	ci     [2]float64
	norm   float64 // with Z = k₁‖x‖² + k₂, on the same draws
	normCI [2]float64
}

// maskedTrials returns the number of trials of masked in a finding with so many per
// row. Each trial of masked draws every sample.
func maskedTrials(trials int64) int64 { return min(100_000, max(100, trials/10)) }

// masked simulates the rule of Theorem 3 on the feature of a concrete task without
// labels (claim T3.8). The task predicts each squared coordinate from the others; Z
// is the mean of the best predictions, theory's MaskedPrediction. No label enters
// the feature. The threshold is the midpoint of its class means, as before. A run
// that ctx ends is an error.
func masked(ctx context.Context, m theory.Theorem3, c Config) (maskedResult, error) {
	c = c.withDefaults()
	points := float64(m.NPos) + float64(m.NNeg) + 1
	e := experiment{
		keys:   []any{"masked", m.D, m.PPos, m.Beta, m.NPos, m.NNeg},
		counts: 2, shard: shardFor(int(math.Min(1<<20, 8*points*float64(m.D)))),
		asked: c.Trials,
		start: func(src *rand.PCG) func(n int, t *tally) { return drawMasked(m, src) },
	}
	t, interrupted := e.run(ctx, c, nil)
	if interrupted {
		return maskedResult{}, ctx.Err()
	}
	of := func(k int64) (float64, [2]float64) {
		return ratio(k, t.trials), countInterval(k, t.trials, 1-c.Confidence)
	}
	out := maskedResult{trials: t.trials}
	out.err, out.ci = of(t.counts[0])
	out.norm, out.normCI = of(t.counts[1])
	return out, nil
}

// drawMasked returns a function that counts the rule's errors on the masked feature
// and on ‖x‖².
func drawMasked(m theory.Theorem3, src *rand.PCG) func(n int, t *tally) {
	rng := rand.New(src)
	predict := m.MaskedPrediction()
	x := make([]float64, m.D)
	feature := func(positive bool) (masked, norm float64) {
		norm = drawPoint(rng, x, m, positive)
		for _, v := range x {
			masked += predict(norm - float64(v*v))
		}
		return masked / float64(m.D), norm
	}
	mean := func(n int, positive bool) (masked, norm float64) {
		for range n {
			a, b := feature(positive)
			masked += a
			norm += b
		}
		return masked / float64(n), norm / float64(n)
	}
	return func(n int, t *tally) {
		for range n {
			maskedPos, normPos := mean(m.NPos, true)
			maskedNeg, normNeg := mean(m.NNeg, false)
			positive := rng.Float64() < m.PPos
			masked, norm := feature(positive)
			if (masked < (maskedPos+maskedNeg)/2) != positive {
				t.counts[0]++
			}
			if (norm < (normPos+normNeg)/2) != positive {
				t.counts[1]++
			}
		}
	}
}
