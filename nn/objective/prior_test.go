package objective

import (
	"math"
	"slices"
	"strings"
	"testing"

	"longtail/internal/stream"
)

const withPriors = "balanced-softmax"

func TestLogPriors(t *testing.T) {
	for _, c := range []struct{ counts, as []int }{
		{[]int{3, 0, 1}, []int{3, 1, 1}}, // a class without an image counts as one
		{[]int{0, 0}, []int{1, 1}},
		{[]int{5000, 500, 50}, []int{5000, 500, 50}},
	} {
		total := 0
		for _, n := range c.as {
			total += n
		}
		for k, p := range logPriors(c.counts) {
			if want := float64(c.as[k]) / float64(total); math.Abs(math.Exp(p)-want) > 1e-15 {
				t.Errorf("%v: class %d has share %v, want %v", c.counts, k, math.Exp(p), want)
			}
		}
	}
}

// A loss with priors by its closed form, Σ w·(−log(π_y·e^z_y / Σ π_c·e^z_c)) / Σ w,
// and so its gradient, for one set of counts after another; the logits stay what the
// head makes of the features.
func TestLossWithPriors(t *testing.T) {
	const features, classes, batch = 6, 4, 7
	w := []float64{.25, 1, 3, .75}
	for _, head := range []string{"linear", "normed"} {
		o := newObjective[float64](t, Spec{Head: head, Loss: withPriors, Features: features, Classes: classes, Batch: batch})
		o.SetWeights(w)
		if _, _, err := o.Step(make([]float64, features), []int32{0}, 1); err == nil || !strings.Contains(err.Error(), "SetCounts") {
			t.Errorf("%s: without counts: %v", head, err)
		}
		for _, counts := range [][]int{{400, 70, 3, 12}, {2, 0, 300, 30}} {
			o.SetCounts(counts)
			for _, n := range []int{1, 2, batch} {
				x, y := randomRows[float64](stream.New("priors", n), n, features, classes)
				var loss, total float64
				dLogits, wrong := make([]float64, n*classes), 0
				for i, label := range y {
					z, sum := logitsByHand(o, x[i*features:(i+1)*features]), 0.
					if slices.Index(z, slices.Max(z)) != int(label) {
						wrong++
					}
					for c := range z {
						z[c] = float64(max(counts[c], 1)) * math.Exp(z[c])
						sum += z[c]
					}
					loss += w[label] * math.Log(sum/z[label])
					total += w[label]
					for c := range z {
						dLogits[i*classes+c] = w[label] * z[c] / sum
					}
					dLogits[i*classes+int(label)] -= w[label]
				}
				for i := range dLogits {
					dLogits[i] /= total
				}
				wantD, err := o.Pull(x, dLogits, n)
				if err != nil {
					t.Fatal(err)
				}
				var wantGrad []float64 // the head's: Pull is tested elsewhere
				for _, p := range o.Params() {
					wantGrad = append(wantGrad, p.Grad...)
				}
				got, d, err := o.Step(x, y, n)
				if err != nil {
					t.Fatal(err)
				}
				if want := loss / total; math.Abs(got-want) > 1e-14*max(1, want) {
					t.Errorf("%s, counts %v, n %d: loss %v, by hand %v", head, counts, n, got, want)
				}
				var grad []float64
				for _, p := range o.Params() {
					grad = append(grad, p.Grad...)
				}
				for name, g := range map[string][2][]float64{"features": {d, wantD}, "parameters": {grad, wantGrad}} {
					if !slices.EqualFunc(g[0], g[1], func(a, b float64) bool { return math.Abs(a-b) <= 1e-13 }) {
						t.Errorf("%s, counts %v, n %d: gradient by the %s %v, by hand %v", head, counts, n, name, g[0], g[1])
					}
				}
				if o.Wrong() != wrong {
					t.Errorf("%s, counts %v, n %d: %d rows wrong, by hand %d", head, counts, n, o.Wrong(), wrong)
				}
			}
		}
	}
}

// The graphs of losses that do not say that they use priors are without them.
func TestPriorsAreAskedFor(t *testing.T) {
	for _, loss := range []string{"ce", "focal", "ldam", withPriors} {
		o := newObjective[float32](t, Spec{Loss: loss, Features: 4, Classes: 3, Batch: 2})
		if has := o.train.logPrior != nil; has != (loss == withPriors) {
			t.Errorf("%s: priors in its graph: %v", loss, has)
		}
	}
}
