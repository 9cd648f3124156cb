package simulate

import (
	"math"
	"testing"

	"longtail/theory"
)

// At none and at all of the trials Clopper and Pearson's interval has a closed form.
func TestCountedIntervalHasTheConfidence(t *testing.T) {
	for _, confidence := range []float64{.5, .95, .999} {
		r := Result{Trials: 20, Confidence: confidence}
		half := (1 - confidence) / 2
		r.counted(0)
		if want := 1 - math.Pow(half, 1./20); r.CI[0] != 0 || math.Abs(r.CI[1]-want) > 1e-12 {
			t.Errorf("none of 20 at %v: %v, want up to %v", confidence, r.CI, want)
		}
		r.counted(20)
		if want := math.Pow(half, 1./20); r.CI[1] != 1 || math.Abs(r.CI[0]-want) > 1e-12 {
			t.Errorf("all of 20 at %v: %v, want from %v", confidence, r.CI, want)
		}
	}
}

// Weighting is for fewer than 100 expected events, of a probability below 1e-3, in
// enough trials, under the true law.
func TestTooRare(t *testing.T) {
	const trials = 1 << 20
	at := func(events float64) theory.LogProb { return theory.LogProb(math.Log(events / trials)) }
	for _, c := range []struct {
		name   string
		config Config
		p      theory.LogProb
		want   bool
	}{
		{"99 events", Config{Sampler: Collapsed, Trials: trials}, at(99), true},
		{"101 events", Config{Sampler: Collapsed, Trials: trials}, at(101), false},
		{"few trials", Config{Sampler: Collapsed, Trials: minSmooth - 1}, at(1), false},
		{"least trials", Config{Sampler: Collapsed, Trials: minSmooth}, at(1), true},
		{"likely", Config{Sampler: Collapsed, Trials: minSmooth}, theory.LogProb(math.Log(1.1e-3)), false},
		{"literal", Config{Sampler: Literal, Trials: trials}, at(1), false},
		{"mutated", Config{Sampler: Collapsed, Trials: trials, Mutation: "sampler"}, at(1), false},
	} {
		if got := c.config.tooRare(c.p, []Mutation{{Name: "sampler", sampler: true}}); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
