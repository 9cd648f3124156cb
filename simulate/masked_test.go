package simulate

import (
	"math"
	"testing"

	"longtail/theory"
)

// Claim T3.8: a task without labels gives a feature on which the rule works; with
// ‖x‖² on the same draws the error is the exact law's.
func TestMasked(t *testing.T) {
	for _, c := range []struct {
		m      theory.Theorem3
		lo, hi float64 // between which the feature's error lies
	}{
		{theory.Theorem3{D: 4, PPos: 0.2, Beta: 5, NPos: 6, NNeg: 20}, 0.12, 0.16},
		{theory.MaskedSetting, 0.01, 0.02},
		{theory.Theorem3{D: 50, PPos: 0.1, Beta: 4, NPos: 3, NNeg: 20}, 0, 0.01},
	} {
		r := must(masked(t.Context(), c.m, Config{Trials: int64(4_000_000 / (c.m.D * (c.m.NPos + c.m.NNeg + 1))), Seed: 3}))
		exact := c.m.ExpectedError().Value()
		if z := (r.norm - exact) / math.Sqrt(exact*(1-exact)/float64(r.trials)); math.Abs(z) > 5 {
			t.Errorf("%+v: error with ‖x‖² %v, exact %v", c.m, r.norm, exact)
		}
		if !(r.ci[0] <= r.err && r.err <= r.ci[1] && c.lo <= r.err && r.err <= c.hi) {
			t.Errorf("%+v: the masked feature errs with %v in %v", c.m, r.err, r.ci)
		}
		t.Logf("%+v: masked %.4f, ‖x‖² %.4f (exact %.4f)", c.m, r.err, r.norm, exact)
	}
}
