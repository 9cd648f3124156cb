package setup

import (
	"math"
	"slices"
	"testing"

	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/score"
)

func init() {
	objective.RegisterLoss("tenfold", objective.Loss{Scale: 10})
	objective.RegisterLoss("with priors", objective.Loss{Priors: true})
	objective.RegisterLoss("with priors, tenfold", objective.Loss{Priors: true, Scale: 10})
}

// What logit adjustment subtracts, for every rule, by hand.
func TestLogPriors(t *testing.T) {
	counts := []int{300, 0, 20}
	weight := func(n float64) float64 { return (1 - .9999) / (1 - math.Pow(.9999, n)) }
	for _, c := range []struct {
		loss, rule string
		epochs     int
		want       float64 // of class 0 less that of class 2
	}{
		{"", "", 10, math.Log(300. / 20)},
		{"ce", "none", 10, math.Log(300. / 20)},
		{"ce", "reweight", 10, math.Log(300 * weight(300) / (20 * weight(20)))},
		{"focal", "drw", 10, math.Log(300 * weight(300) / (20 * weight(20)))},
		{"ce", "resample", 10, math.Log(300 * weight(300) / (20 * weight(20)))}, // the shares are n·w
		{"ce", "drs", 1, math.Log(300. / 20)},                                   // one epoch has no deferred part
		{"ce", "class-aware", 10, 0},                                            // every class is drawn as often
		{"ldam", "none", 10, math.Log(300./20) / 30},
		{"ldam", "drw", 10, math.Log(300*weight(300)/(20*weight(20))) / 30},
		{"tenfold", "none", 10, math.Log(300./20) / 10},
		{"with priors", "none", 10, 0},
		{"with priors", "drw", 10, math.Log(weight(300) / weight(20))},
		{"with priors", "resample", 10, math.Log(weight(300) / weight(20))},
		{"with priors", "drs", 1, 0},
		{"with priors", "class-aware", 10, -math.Log(300. / 20)},
		{"with priors, tenfold", "drw", 10, math.Log(weight(300)/weight(20)) / 10},
	} {
		m, err := NewImbalance(c.loss, c.rule, c.epochs, counts)
		if err != nil {
			t.Fatal(err)
		}
		p := m.logPriors()
		if got := p[0] - p[2]; math.Abs(got-c.want) > 1e-12 || math.IsInf(p[1], 0) || p[1] >= p[2] && c.rule == "" {
			t.Errorf("%+v: priors %v, their difference %v", c, p, got)
		}
	}
	// Rules that have no name yet: weights count whatever draws, and of two samplers the
	// class-aware one is at work.
	both := math.Log(weight(300) / weight(20))
	for _, c := range []struct {
		rule train.Rule
		want float64
	}{
		{train.Rule{Reweight: train.Always, Resample: train.Always}, math.Log(300./20) + 2*both},
		{train.Rule{Reweight: train.Deferred, ClassAware: true}, both},
		{train.Rule{Resample: train.Always, ClassAware: true}, 0},
	} {
		m := Imbalance{Rule: c.rule, Epochs: 10, Counts: counts, Scale: 1}
		if p := m.logPriors(); math.Abs(p[0]-p[2]-c.want) > 1e-12 || math.IsInf(p[1], 0) {
			t.Errorf("%+v: priors %v, difference %v, want %v", c.rule, p, p[0]-p[2], c.want)
		}
		if _, shares := m.Last(counts); (shares == nil) != c.rule.ClassAware {
			t.Errorf("%+v: sampler's shares %v", c.rule, shares)
		}
	}
	// Then the adjusted predictions are the plain ones.
	logits := []float32{1, 0, .5, -1, .5, .5, 0, 0, 1e-6}
	for loss, same := range map[string]bool{"ce": false, "with priors": true} {
		m, err := NewImbalance(loss, "", 10, counts)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(m.Adjusted(logits), score.Predict(logits, len(counts), nil)) != same {
			t.Errorf("%s: adjusted %v", loss, m.Adjusted(logits))
		}
	}
	if _, err := NewImbalance("ce", "sometimes", 10, counts); err == nil {
		t.Error("an unknown rule is no error")
	}
}
