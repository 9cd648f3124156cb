package simulate

import (
	"math"
	"strings"
	"testing"

	"longtail/theory"
)

// Source of the parameters: paper-spec 1.2.3 and 1.2.4.
var theorem2Settings = []struct {
	name string
	m    theory.Theorem2
	u    float64
}{
	{"half, u*", theory.Theorem2{PPos: 0.5, Beta: 10}, 1.5995},
	{"half, huge β", theory.Theorem2{PPos: 0.5, Beta: 1e4}, 3.0350},
	{"issue", theory.Theorem2{PPos: 0.3, Beta: 10}, 0.8},
	{"imbalanced", theory.Theorem2{PPos: 0.01, Beta: 10}, 2},
	{"negative b", theory.Theorem2{PPos: 0.3, Beta: 4}, -1},
	{"counter-example", theory.Theorem2{PPos: 0.1, Beta: 10}, -3 * math.Sqrt(10)},
	{"β = 2", theory.Theorem2{PPos: 0.4, Beta: 2}, 0.5},
	{"majority +", theory.Theorem2{PPos: 0.9, Beta: 4}, 1},
	{"u = 0", theory.Theorem2{PPos: 0.4, Beta: 10}, 0},
	{"no negatives", theory.Theorem2{PPos: 1, Beta: 10}, 1},
}

func TestTheorem2Agrees(t *testing.T) {
	for _, s := range theorem2Settings {
		for _, sampler := range []string{Literal, Collapsed} {
			r := must(Theorem2(t.Context(), s.m, s.u, Config{Trials: 200_000, Seed: 7, Sampler: sampler}))
			want := Holds
			if s.u <= 0 || s.m.PPos > 0.5 || s.m.Beta <= 3 {
				want = Vacuous
			}
			if r.NotClaimed != (want == Vacuous) {
				t.Errorf("%s %s: not claimed: %v", s.name, sampler, r.NotClaimed)
			}
			if r.Law != Agrees || r.Verdict != want || r.ExactValue != s.m.Error(s.u) {
				t.Errorf("%s %s: %+v", s.name, sampler, r)
			}
		}
	}
}

// The literal sampler has the exact law whatever σ₁, dimension and direction, for
// either sign of b.
func TestTheorem2Literal(t *testing.T) {
	for i, of := range []struct {
		sigma1 float64
		d      int
	}{{1.7, 5}, {1, 1}, {0.01, 2}, {50, 7}} {
		for _, s := range theorem2Settings[2:5] {
			c := Config{Trials: 60_000, Seed: uint64(i), Sampler: Literal}.withDefaults()
			run := newTheorem2Run(s.m, s.u, c)
			run.sigma1, run.dimension = of.sigma1, of.d
			r := c.sample(t.Context(), run)
			if z := (r.Estimate - r.ExactValue) / math.Sqrt(r.ExactValue*(1-r.ExactValue)/60_000); math.Abs(z) > 5 || r.Law != Agrees {
				t.Errorf("%s, %+v: %+v, z = %.1f", s.name, of, r, z)
			}
		}
	}
}

// Every mutation is condemned by the check that passes the true statement,
// wherever it changes something false.
func TestTheorem2Mutations(t *testing.T) {
	for _, s := range theorem2Settings {
		for _, mu := range Theorem2Mutations() {
			r := must(Theorem2(t.Context(), s.m, s.u, Config{Trials: 1_000_000, Seed: 7, Mutation: mu.Name}))
			if log := math.Log(r.ExactValue); math.Abs(float64(r.ExactLog)-log) > 1e-12 {
				t.Errorf("%s %s: the log of %g is %v", s.name, mu.Name, r.ExactValue, r.ExactLog)
			}
			e := s.m.Error(s.u)
			var wrong, same bool
			switch mu.Name {
			case "beta-not-sqrt", "swap-classes":
				same = s.u == 0 || mu.Name == "beta-not-sqrt" && s.m.PPos == 1
				wrong = !same
			case "quarter-any-b":
				wrong, same = !s.m.Covered(s.u) && e < 0.25, s.m.Covered(s.u)
			case "floor-026":
				wrong, same = s.m.Covered(s.u) && e < 0.26, !s.m.Covered(s.u)
			}
			if wrong != r.Condemned() || r.Reason == "" || same != strings.Contains(r.Reason, "changes nothing") {
				t.Errorf("%s %s: %+v", s.name, mu.Name, r)
			}
			if !wrong && (r.Law != LawUndecided || r.Verdict != Undecided) {
				t.Errorf("%s %s shows nothing but says %s, %s", s.name, mu.Name, r.Law, r.Verdict)
			}
		}
	}
}
