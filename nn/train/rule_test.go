package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// numbered is a source that says which it is.
type numbered int

func (n numbered) Steps(int) int { return int(n) }
func (n numbered) Batch(_, _ int, _ []float32, y []int32) (int, error) {
	y[0] = int32(n)
	return 1, nil
}

// Each rule's weights and source in the first epoch, at the last epoch before
// the deferred part, and in the first and last epochs of that part.
func TestRules(t *testing.T) {
	if FirstDeferred(200) != 161 || FirstDeferred(40) != 33 || FirstDeferred(7) != 7 || FirstDeferred(1) != 2 {
		t.Errorf("deferred from %d of 200, %d of 40, %d of 7, %d of 1", FirstDeferred(200), FirstDeferred(40), FirstDeferred(7), FirstDeferred(1))
	}
	const plain, resampled = numbered(3), numbered(4)
	balanced := []float64{.5, 1.5}
	for name, want := range map[string]string{ // at epochs 1, 160, 161, 200: w weighted, r resampled
		"": "- - - -", "none": "- - - -", "reweight": "w w w w", "resample": "r r r r", "drw": "- - w w", "drs": "- - r r",
		"class-aware": "- - - -", // which takes neither source
	} {
		rule, err := ParseRule(name)
		if err != nil {
			t.Fatal(err)
		}
		if rule.ClassAware != (name == "class-aware") {
			t.Errorf("%q: %+v", name, rule)
		}
		source, weights := rule.Source(200, plain, resampled), rule.Weights(200, balanced)
		var got []string
		for _, epoch := range []int{1, 160, 161, 200} {
			mark := "-"
			if w := weights(epoch); w != nil {
				mark = "w"
				if !slices.Equal(w, balanced) {
					t.Errorf("%q: weights %v", name, w)
				}
			}
			y := make([]int32, 1)
			if _, err := source.Batch(epoch-1, 0, nil, y); err != nil {
				t.Fatal(err)
			}
			if source.Steps(epoch-1) != int(y[0]) {
				t.Errorf("%q, epoch %d: steps of one source, batches of the other", name, epoch)
			}
			if y[0] == int32(resampled) {
				mark = "r"
			}
			got = append(got, mark)
		}
		if g := fmt.Sprint(got); g != "["+want+"]" {
			t.Errorf("rule %q: %s, want [%s]", name, g, want)
		}
	}
	if _, err := ParseRule("oversample"); err == nil || err.Error() != `unknown rule "oversample": known are class-aware, drs, drw, none, resample, reweight` {
		t.Errorf("error %v", err)
	}
}

// stopAt runs until so many steps are done.
func stopAt(t *testing.T, c Config, steps int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Report = func(p Progress) {
		if p.Step == steps {
			cancel()
		}
	}
	if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), fmt.Sprintf("after step %d of", steps)) {
		t.Fatalf("stopped at step %d: error %v", steps, err)
	}
}
