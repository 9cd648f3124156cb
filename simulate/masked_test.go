package simulate

import (
	"context"
	"math"
	"testing"

	"longtail/theory"
)

// Claim T3.8: a label-free task gives a feature on which the rule works; with
// ‖x‖² on the same draws the error is the exact law's.
func TestMasked(t *testing.T) {
	for _, m := range []theory.Theorem3{
		{D: 4, PPos: 0.2, Beta: 5, NPos: 6, NNeg: 20},
		{D: 20, PPos: 0.3, Beta: 4, NPos: 10, NNeg: 20},
		{D: 50, PPos: 0.1, Beta: 4, NPos: 3, NNeg: 20},
	} {
		r, err := Masked(context.Background(), m, Config{Trials: int64(4_000_000 / (m.D * (m.NPos + m.NNeg + 1))), Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		n := float64(r.Trials)
		if z := (r.NormError - r.NormExact) / math.Sqrt(r.NormExact*(1-r.NormExact)/n); math.Abs(z) > 5 {
			t.Errorf("%+v: error with ‖x‖² %v, exact %v", m, r.NormError, r.NormExact)
		}
		// Far from the symmetric guess, and better than chance on both classes.
		if !(r.MaskedCI[1] < 0.5) {
			t.Errorf("%+v: the masked feature errs with %v", m, r.MaskedError)
		}
		t.Logf("%+v: masked %.4f, ‖x‖² %.4f (exact %.4f), trivial %.2f", m, r.MaskedError, r.NormError, r.NormExact, r.TrivialError)
	}
	if _, err := Masked(context.Background(), theory.Theorem3{D: 1, PPos: 0.2, Beta: 5, NPos: 6, NNeg: 20}, Config{Trials: 10}); err == nil {
		t.Error("d = 1 is accepted")
	}
	m := theory.Theorem3{D: 7, PPos: 0.2, Beta: 5, NPos: 6, NNeg: 20}
	for _, r := range []float64{0, 1, 10, 30} {
		want, _, err := m.MaskedPrediction(r)
		if got := maskedPrediction(m)(r); err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("prediction at %v: %v, want %v", r, got, want)
		}
	}
}
