package objective

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Both divergences and their gradients against the definitions and central
// differences, logits far from 0 and probabilities of 0 among them.
func TestConsistencyGradients(t *testing.T) {
	const rows, classes, scale = 4, 5, .7
	r := rand.New(rand.NewPCG(1, 2))
	z, p := make([]float64, rows*classes), make([]float64, rows*classes)
	for i := range z {
		z[i], p[i] = 3*r.NormFloat64(), 2*r.NormFloat64()
	}
	for i := range classes {
		z[i] += 700 // exp overflows
	}
	Softmax(p, classes, p)
	p[classes], p[classes+1] = 0, p[classes+1]+p[classes]
	for name, c := range map[string]struct {
		f    func(p, z []float64, classes int, scale float64, d []float64) float64
		rule func(p, q float64) float64
		mean float64
	}{
		"KL": {KL[float64], func(p, q float64) float64 {
			if p == 0 {
				return 0
			}
			return p * math.Log(p/q)
		}, rows},
		"squared error": {SquaredError[float64], func(p, q float64) float64 { return (p - q) * (p - q) }, rows * classes},
	} {
		q, d, unused := make([]float64, len(z)), make([]float64, len(z)), make([]float64, len(z))
		Softmax(z, classes, q)
		want := 0.0
		for i := range q {
			want += c.rule(p[i], q[i]) / c.mean
		}
		if got := c.f(p, z, classes, scale, d); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, by its definition %v", name, got, want)
		}
		slopes(t, name, z, d, 1e-5, 1e-9, func() float64 { return scale * c.f(p, z, classes, 1, unused) })
	}
}

// Pull through every head against central differences of ⟨dLogits, logits⟩, of
// fewer rows than the objective has; Step before and after is not disturbed.
func TestPull(t *testing.T) {
	for head := range heads {
		const n, features, classes = 3, 6, 4
		o, err := New[float64](Spec{Head: head, Loss: "ce", Features: features, Classes: classes, Batch: n + 2})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(3, 4))
		o.Init(r)
		x, d, y := make([]float64, n*features), make([]float64, n*classes), []int32{0, 3, 1}
		for i := range x {
			x[i] = r.NormFloat64()
		}
		for i := range d {
			d[i] = r.NormFloat64()
		}
		loss, _, err := o.Step(x, y, n)
		if err != nil {
			t.Fatal(err)
		}
		pulled, err := o.Pull(x, d, n)
		if err != nil || len(pulled) != len(x) {
			t.Fatal(len(pulled), err)
		}
		dx, params := append([]float64(nil), pulled...), [][]float64{}
		for _, p := range o.Params() {
			params = append(params, append([]float64(nil), p.Grad...))
		}
		logits := make([]float64, n*classes)
		check := func(what string, at, grad []float64) {
			slopes(t, head+": "+what, at, grad, 1e-6, 1e-7, func() (sum float64) {
				if err := o.Logits(x, n, logits); err != nil {
					t.Fatal(err)
				}
				for j, z := range logits {
					sum += d[j] * z
				}
				return sum
			})
		}
		check("features", x, dx)
		for i, p := range o.Params() {
			check(p.Name, p.Value, params[i])
		}
		if again, _, err := o.Step(x, y, n); err != nil || again != loss {
			t.Errorf("%s: the loss is %v after Pull (%v), %v before", head, again, err, loss)
		}
		if _, err := o.Pull(x, d[1:], n); err == nil {
			t.Errorf("%s: too few gradients pass", head)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Targets that are not numbers make the term none, so that nothing is updated.
func TestTermOfNoNumbers(t *testing.T) {
	for name, term := range map[string]func(p, z []float64, classes int, scale float64, d []float64) float64{"KL": KL[float64], "squared error": SquaredError[float64]} {
		if got := term([]float64{math.NaN(), math.NaN()}, []float64{0, 1}, 2, 1, make([]float64, 2)); !math.IsNaN(got) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
