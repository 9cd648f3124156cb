package objective

import (
	"math"
	"testing"
)

func TestConfidence(t *testing.T) {
	logits := []float32{.25, .5, 0, 0} // two rows
	for _, c := range []struct {
		cosines bool
		want    float64
	}{{false, 1 / (1 + math.Exp(-.25))}, {true, 1 / (1 + math.Exp(-7.5))}} {
		if got := Confidence(logits, 2, c.cosines); len(got) != 2 || got[0] != c.want || got[1] != .5 {
			t.Errorf("cosines %v: %v, want %v and a half", c.cosines, got, c.want)
		}
	}
}
