package train

import (
	"math"
	"testing"
)

// The published schedule and the one for other lengths, worked out by hand.
func TestStepSchedule(t *testing.T) {
	s, err := ParseSchedule("")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p      Position
		want   float64
		reason string
	}{
		{Position{1, 200, 1, 22000}, .2, "200 epochs warm up by epoch"},
		{Position{1, 200, 110, 22000}, .2, "the first epoch's last step has the rate of its first"},
		{Position{4, 200, 440, 22000}, .8, ""},
		{Position{5, 200, 441, 22000}, 1, ""},
		{Position{160, 200, 17600, 22000}, 1, "last epoch before the first drop"},
		{Position{161, 200, 17601, 22000}, .01, "first drop"},
		{Position{180, 200, 19800, 22000}, .01, ""},
		{Position{181, 200, 19801, 22000}, .0001, "second drop"},
		{Position{200, 200, 22000, 22000}, .0001, ""},

		{Position{1, 40, 1, 4000}, .01, "40 epochs warm up by step over the first 100 of 4000"},
		{Position{1, 40, 37, 4000}, .37, ""},
		{Position{1, 40, 100, 4000}, 1, ""},
		{Position{2, 40, 101, 4000}, 1, ""},
		{Position{32, 40, 3200, 4000}, 1, "0.8·40"},
		{Position{33, 40, 3201, 4000}, .01, ""},
		{Position{36, 40, 3600, 4000}, .01, "0.9·40"},
		{Position{37, 40, 3601, 4000}, .0001, ""},

		{Position{6, 7, 60, 70}, 1, "round(5.6) = round(6.3) = 6: one drop, to the second rate"},
		{Position{7, 7, 61, 70}, .0001, ""},
		{Position{1, 1, 1, 10}, 1, "a single epoch never drops"},
	} {
		if got := s(c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %v, want %v (%s)", c.p, got, c.want, c.reason)
		}
	}
	old, err := ParseSchedule("pre2021")
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[int]float64{1: .2, 5: 1, 160: 1, 161: .01, 180: .01, 181: .01, 200: .01} {
		if got := old(Position{e, 200, 110 * e, 22000}); got != want {
			t.Errorf("before 2021, epoch %d: %v, want %v", e, got, want)
		}
	}
	// The versions differ in the second drop alone: not in the warm-up by step.
	for _, c := range []struct {
		p    Position
		want float64
	}{{Position{1, 300, 1, 117300}, 1 / 2932.5}, {Position{7, 7, 61, 70}, .01}} {
		if got := old(c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("before 2021, %+v: %v, want %v", c.p, got, c.want)
		}
	}
	if _, err := ParseSchedule("cosmic"); err == nil {
		t.Error("an unknown schedule is no error")
	}
}

// As published the cosine is an epoch ahead: half way at epoch E/2, exactly 0 in
// the last. The plain one begins at the base rate.
func TestCosineSchedules(t *testing.T) {
	for name, at := range map[string]map[int]float64{
		"cosine":       {1: (1 + math.Cos(math.Pi/90)) / 2, 45: .5, 60: .25, 90: 0},
		"cosine-plain": {1: 1, 46: .5, 61: .25, 90: (1 - math.Cos(math.Pi/90)) / 2},
	} {
		s, err := ParseSchedule(name)
		if err != nil {
			t.Fatal(err)
		}
		for e, want := range at {
			if got := s(Position{e, 90, 905 * e, 905 * 90}); math.Abs(got-want) > 1e-15 {
				t.Errorf("%s: epoch %d runs at %v, want %v", name, e, got, want)
			}
		}
	}
	if s, _ := ParseSchedule("cosine"); s(Position{90, 90, 90, 90}) != 0 {
		t.Error("the last epoch does not run at exactly 0")
	}
}

// Up over 2.5 % of the steps, then down to 0 by the step, whatever the epochs.
func TestLinearSchedule(t *testing.T) {
	s, err := ParseSchedule("linear")
	if err != nil {
		t.Fatal(err)
	}
	for step, want := range map[int]float64{1: .01, 50: .5, 100: 1, 101: 1, 2051: .5, 3026: .25, 4000: 1 / 3900.} {
		if got := s(Position{Step: step, Steps: 4000}); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	if got := s(Position{Step: 1, Steps: 1}); got != 1 {
		t.Errorf("a single step: %v", got)
	}
}

func TestEvaluatedEpochs(t *testing.T) {
	for _, c := range []struct{ epochs, n int }{{1, 20}, {7, 3}, {20, 20}, {40, 20}, {150, 20}, {1188, 200}, {200, 1}} {
		var at []int
		for e := 1; e <= c.epochs; e++ {
			if evaluated(e, c.epochs, c.n) {
				at = append(at, e)
			}
		}
		n := min(c.epochs, c.n)
		if len(at) != n || at[len(at)-1] != c.epochs {
			t.Fatalf("%d epochs, %d evaluations: %d, the last after epoch %d", c.epochs, c.n, len(at), at[len(at)-1])
		}
		for i := range at {
			gap, before := float64(c.epochs)/float64(n), 0
			if i > 0 {
				before = at[i-1]
			}
			if d := float64(at[i] - before); math.Abs(d-gap) >= 1 {
				t.Errorf("%d epochs, %d evaluations: a gap of %v before epoch %d, even spacing is %v", c.epochs, c.n, d, at[i], gap)
			}
		}
	}
}
