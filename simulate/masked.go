package simulate

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"longtail/stats"
	"longtail/theory"
)

// MaskedResult is the outcome of Masked. Errors are frequencies on fresh
// points, with Clopper–Pearson intervals at the confidence of the run.
type MaskedResult struct {
	Trials       int64      `json:"trials"`
	MaskedError  float64    `json:"masked_error"` // with the task's feature
	MaskedCI     [2]float64 `json:"masked_ci"`
	NormError    float64    `json:"norm_error"` // with Z = k₁‖x‖² + k₂, on the same draws
	NormCI       [2]float64 `json:"norm_ci"`
	NormExact    float64    `json:"norm_exact"`
	TrivialError float64    `json:"trivial_error"`
	Interrupted  bool       `json:"interrupted,omitempty"`
}

// Masked simulates the rule of Theorem 3 on the feature of a concrete
// label-free task (claim T3.8): predict each squared coordinate from the other
// ones, whose best prediction is theory's MaskedPrediction, and take the mean
// of the predictions as Z. No label enters the feature; b is the midpoint of its
// class means, as before. Every sample is drawn. d must be at least 2.
func Masked(ctx context.Context, m theory.Theorem3, c Config) (MaskedResult, error) {
	c = c.withDefaults()
	if err := m.Validate(); err != nil {
		return MaskedResult{}, err
	}
	if err := c.Validate(nil); err != nil {
		return MaskedResult{}, err
	}
	if m.D < 2 {
		return MaskedResult{}, errors.New("d = 1: there is no other coordinate to predict from; give d of at least 2")
	}
	points := float64(m.NPos) + float64(m.NNeg) + 1
	e := experiment{
		keys:   []any{"masked", m.D, m.PPos, m.Beta, m.NPos, m.NNeg},
		counts: 2, shard: shardFor(int(math.Min(1<<20, 8*points*float64(m.D)))),
		draw: func(src *rand.PCG, trials int, t *tally) { drawMasked(m, src, trials, t) },
	}
	t, interrupted := e.run(ctx, c, nil)
	out := MaskedResult{Trials: t.trials, NormExact: m.ExpectedError().Value(), TrivialError: m.TrivialError(), Interrupted: interrupted}
	interval := func(k int64) (float64, [2]float64) {
		lo, hi := stats.ClopperPearson(k, t.trials, 1-c.Confidence)
		return ratio(k, t.trials), [2]float64{lo, hi}
	}
	out.MaskedError, out.MaskedCI = interval(t.counts[0])
	out.NormError, out.NormCI = interval(t.counts[1])
	return out, nil
}

// maskedPrediction is theory's MaskedPrediction with its constants worked out.
func maskedPrediction(m theory.Theorem3) func(r float64) float64 {
	rate := (1 - 1/m.Beta) / 2
	base := math.Log(m.PPos) - math.Log1p(-m.PPos) + float64(float64(m.D-1)/2*math.Log(m.Beta))
	return func(r float64) float64 { return 1 + (m.Beta-1)/(1+math.Exp(base-float64(r*rate))) }
}

// drawMasked counts the errors of the rule on the masked feature and on ‖x‖².
func drawMasked(m theory.Theorem3, src *rand.PCG, trials int, t *tally) {
	rng := rand.New(src)
	squares := make([]float64, m.D)
	predict := maskedPrediction(m)
	feature := func(variance float64) (masked, norm float64) {
		for i := range squares {
			x := rng.NormFloat64()
			squares[i] = float64(variance * x * x)
			norm += squares[i]
		}
		for _, s := range squares {
			masked += predict(norm - s)
		}
		return masked / float64(m.D), norm
	}
	mean := func(n int, variance float64) (masked, norm float64) {
		for range n {
			a, b := feature(variance)
			masked += a
			norm += b
		}
		return masked / float64(n), norm / float64(n)
	}
	for range trials {
		maskedPos, normPos := mean(m.NPos, 1)
		maskedNeg, normNeg := mean(m.NNeg, m.Beta)
		positive, variance := rng.Float64() < m.PPos, m.Beta
		if positive {
			variance = 1
		}
		masked, norm := feature(variance)
		if (masked < (maskedPos+maskedNeg)/2) != positive {
			t.counts[0]++
		}
		if (norm < (normPos+normNeg)/2) != positive {
			t.counts[1]++
		}
	}
}
