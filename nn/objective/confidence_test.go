package objective

import (
	"math"
	"testing"
)

func TestConfidence(t *testing.T) {
	logits := []float32{.25, .5, 0, 0} // two rows
	for _, c := range []struct {
		loss string
		want float64
	}{{"ce", 1 / (1 + math.Exp(-.25))}, {"", 1 / (1 + math.Exp(-.25))}, {"ldam", 1 / (1 + math.Exp(-7.5))}} {
		loss, _ := LossNamed(c.loss)
		if got := Confidence(logits, 2, loss.Scale); len(got) != 2 || got[0] != c.want || got[1] != .5 {
			t.Errorf("%s: %v, want %v and a half", c.loss, got, c.want)
		}
	}
}
