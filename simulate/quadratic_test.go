package simulate

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"longtail/theory"
)

// The inner product is that of the named features.
func TestQuadraticKernel(t *testing.T) {
	const scale = 0.3
	features := func(x []float64) (f []float64) {
		for i := range x {
			f = append(f, math.Sqrt(scale)*x[i], scale*x[i]*x[i])
			for j := range i {
				f = append(f, math.Sqrt2*scale*x[i]*x[j])
			}
		}
		return f
	}
	x, y := []float64{1, -2, 0.5}, []float64{3, 0.25, -1}
	want := 0.0
	fx, fy := features(x), features(y)
	if len(fx) != 3*(3+3)/2 {
		t.Fatalf("%d features", len(fx))
	}
	for i := range fx {
		want += fx[i] * fy[i]
	}
	if got := quadraticKernel(x, y, scale); math.Abs(got-want) > 1e-12 {
		t.Errorf("kernel %g, features %g", got, want)
	}
}

// At the one optimum of the penalized log loss ridge·a = y − p and Σ(y − p) = 0
// (the gradient in the feature weights and in the intercept), separable points
// included.
func TestFitLogistic(t *testing.T) {
	for _, c := range []struct{ d, pos, neg int }{{2, 5, 45}, {2, 100, 60}, {30, 3, 20}, {4, 1, 1}} {
		rng := rand.New(source(c.d))
		n := c.pos + c.neg
		points := make([][]float64, n)
		positive := make([]bool, n)
		for i := range points {
			points[i], positive[i] = make([]float64, c.d), i < c.pos
			drawPoint(rng, points[i], theory.Theorem3{D: c.d, Beta: 4}, positive[i])
		}
		gram := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range i + 1 {
				gram.SetSym(i, j, quadraticKernel(points[i], points[j], 0.3))
			}
		}
		for _, ridge := range quadraticRidges {
			rule := fitLogistic(gram, positive, ridge)
			worst, sum := 0.0, 0.0
			for i, y := range positive {
				f := rule.intercept
				for j, a := range rule.weights {
					f += a * gram.At(i, j)
				}
				residual := theory.Flag(y) - 1/(1+math.Exp(-f))
				worst = math.Max(worst, math.Abs(residual-ridge*rule.weights[i]))
				sum += residual
			}
			if worst > 1e-4 || math.Abs(sum) > 1e-3 {
				t.Errorf("d = %d, %d:%d, ridge %g: the gradient is off by %.2g, the intercept's is %.2g", c.d, c.pos, c.neg, ridge, worst, sum)
			}
		}
	}
}

// The supervised rule on ‖x‖² errs as the exact law says; the quadratic rule, which must find
// that feature among d(d + 3)/2, errs more at few labels and d = 30, is about as
// good where it has six weights for 200 labels, and gains from labels.
func TestQuadratic(t *testing.T) {
	fewModel := theory.Theorem3{D: 30, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45}
	few := must(quadratic(t.Context(), fewModel, Config{Trials: 40, Seed: 3, Confidence: 0.999}))
	moreModel := theory.Theorem3{D: 30, PPos: 0.1, Beta: 4, NPos: 15, NNeg: 135}
	more := must(quadratic(t.Context(), moreModel, Config{Trials: 6, Seed: 3, Confidence: 0.999}))
	smallModel := theory.Theorem3{D: 2, PPos: 0.5, Beta: 4, NPos: 75, NNeg: 75}
	small := must(quadratic(t.Context(), smallModel, Config{Trials: 20, Seed: 3, Confidence: 0.999}))
	for _, c := range []struct {
		m theory.Theorem3
		r quadraticResult
	}{{fewModel, few}, {moreModel, more}, {smallModel, small}} {
		r, supervised := c.r, c.m.SupervisedError().Value()
		if !(r.SupervisedCI[0] <= supervised && supervised <= r.SupervisedCI[1]) {
			t.Errorf("plug-in rule: %g %v, exact %g", r.Supervised, r.SupervisedCI, supervised)
		}
		if !(r.CI[0] <= r.Error && r.Error <= r.CI[1]) || !slices.Contains(quadraticRidges[:], r.Ridge) {
			t.Errorf("%+v", r)
		}
	}
	if few.Weights != 495 || few.ExcessCI[0] < 0.02 || few.CI[0] < fewModel.ExpectedError().Value() {
		t.Errorf("50 labels, d = 30: %+v", few)
	}
	if more.Error > few.Error-0.02 {
		t.Errorf("150 labels: error %g, 50 labels: %g", more.Error, few.Error)
	}
	if small.ExcessCI[1] > 0.03 {
		t.Errorf("150 labels, d = 2: %+v", small)
	}
}

func TestQuadraticStopped(t *testing.T) {
	m := theory.Theorem3{D: 3, PPos: 0.3, Beta: 4, NPos: 4, NNeg: 9}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := quadratic(stopped, m, Config{Trials: 1000}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped at once: %v", err)
	}
	if _, err := masked(stopped, m, Config{Trials: 1000}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped at once: %v", err)
	}
	if _, err := Theorem3Supervised(stopped, 2000, 1); err == nil {
		t.Error("a stopped grid is not an error")
	}
}

func TestTheorem3FindingsSimulate(t *testing.T) {
	if testing.Short() {
		t.Skip("fits dozens of rules")
	}
	exact := theory.Theorem3Findings()
	found, err := Theorem3Findings(context.Background(), 2000, 1)
	if err != nil || len(found) != len(exact) {
		t.Fatal(len(found), err)
	}
	for i, f := range found {
		if f.Claim != exact[i].Claim || f.Word != exact[i].Word {
			t.Errorf("%s: %s, exactly %s", f.Claim, f.Word, exact[i].Word)
		}
		if said := strings.Contains(f.Text, "5150 weights"); said != (f.Claim == "T3.7") {
			t.Errorf("%s: %s", f.Claim, f.Text)
		}
		if said := strings.Contains(f.Text, "the theorem's rule on the mean of a point's predictions errs with 0.0"); said != (f.Claim == "T3.8") {
			t.Errorf("%s: %s", f.Claim, f.Text)
		}
	}
}
