package objective

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	G "gorgonia.org/gorgonia"

	"longtail/internal/stream"
	"longtail/nn/kernel"
)

func TestMain(m *testing.M) {
	// A loss as a user would add it: focal with γ = 1 has the weight inside
	// the exponential and a plain mean (paper-spec 4.1).
	RegisterLoss("focal, for tests", Loss{Mean: PlainMean, Rows: func(in Inputs) (*G.Node, error) {
		ce, err := crossEntropy(in)
		if err != nil {
			return nil, err
		}
		a := G.Must(G.HadamardProd(in.Weight, ce))
		p := G.Must(G.Exp(G.Must(G.Neg(a))))
		return G.Sub(a, G.Must(G.HadamardProd(p, a)))
	}})
	goleak.VerifyTestMain(m)
}

func newObjective[T kernel.Float](t testing.TB, s Spec) *Objective[T] {
	t.Helper()
	o, err := New[T](s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Init(stream.New("objective test", 1))
	return o
}

func randomRows[T kernel.Float](r *rand.Rand, n, features, classes int) ([]T, []int32) {
	x, y := make([]T, n*features), make([]int32, n)
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
	for i := range y {
		y[i] = int32(r.IntN(classes))
	}
	return x, y
}

// byHand is the mean of the definition: weights outside or inside, without a graph.
func byHand(loss string, o *Objective[float64], x []float64, y []int32, w []float64) float64 {
	d := o.spec.Features
	weight, bias := o.params[0].Value, o.params[1].Value
	var sum, total float64
	for i := range y {
		z := slices.Clone(bias)
		var norm float64
		for k := range z {
			for j := range d {
				z[k] += x[i*d+j] * weight[k*d+j]
			}
			norm += math.Exp(z[k])
		}
		l := math.Log(norm) - z[y[i]]
		if loss == "ce" {
			sum, total = sum+w[y[i]]*l, total+w[y[i]]
		} else {
			a := w[y[i]] * l
			sum, total = sum+(1-math.Exp(-a))*a, total+1
		}
	}
	return sum / total
}

func TestLossAndGradientsAgainstDefinition(t *testing.T) {
	const features, classes, batch = 6, 4, 7
	for _, loss := range []string{"ce", "focal, for tests"} {
		for _, n := range []int{1, 2, 5, batch} {
			o := newObjective[float64](t, Spec{Head: "linear", Loss: loss, Features: features, Classes: classes, Batch: batch})
			w := []float64{.25, 1, 3, .75}
			o.SetWeights(w)
			x, y := randomRows[float64](stream.New("rows", n), n, features, classes)
			got, d, err := o.Step(x, y, n)
			if err != nil {
				t.Fatal(err)
			}
			if want := byHand(loss, o, x, y, w); math.Abs(got-want) > 1e-14 {
				t.Errorf("%s, n %d: loss %v, by hand %v", loss, n, got, want)
			}
			if len(d) != n*features {
				t.Fatalf("%d feature gradients for %d rows", len(d), n)
			}
			compare := func(name string, v, grad []float64) {
				for i, g := range slices.Clone(grad) {
					const h = 1e-5
					at := v[i]
					v[i] = at + h
					up := byHand(loss, o, x, y, w)
					v[i] = at - h
					down := byHand(loss, o, x, y, w)
					v[i] = at
					if fd := (up - down) / (2 * h); math.Abs(fd-g) > 1e-9 {
						t.Errorf("%s, n %d: %s[%d]: gradient %v, difference quotient %v", loss, n, name, i, g, fd)
					}
				}
			}
			compare("features", x, d)
			for _, p := range o.Params() {
				compare(p.Name, p.Value, p.Grad)
			}
		}
	}
}

// One row's class weight cancels in the weighted mean, not in the plain one.
func TestWeightOfASingleRow(t *testing.T) {
	x, y := randomRows[float64](stream.New("rows"), 1, 5, 3)
	for loss, cancels := range map[string]bool{"ce": true, "focal, for tests": false} {
		o := newObjective[float64](t, Spec{Head: "linear", Loss: loss, Features: 5, Classes: 3, Batch: 4})
		a, _, err := o.Step(x, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		o.SetWeights([]float64{2, 2, 2})
		b, _, err := o.Step(x, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		if (a == b) != cancels {
			t.Errorf("%s: %v with weight 1, %v with weight 2", loss, a, b)
		}
	}
}

// A short batch gives what an objective compiled for it gives.
func TestShortBatchEqualsSmallerObjective(t *testing.T) {
	const features, classes, n = 64, 10, 37
	large := newObjective[float32](t, Spec{Head: "linear", Loss: "ce", Features: features, Classes: classes, Batch: 128})
	small := newObjective[float32](t, Spec{Head: "linear", Loss: "ce", Features: features, Classes: classes, Batch: n})
	x, y := randomRows[float32](stream.New("rows"), n, features, classes)
	lossL, dL, errL := large.Step(x, y, n)
	lossS, dS, errS := small.Step(x, y, n)
	if errL != nil || errS != nil {
		t.Fatal(errL, errS)
	}
	if math.Abs(lossL-lossS) > 1e-6 {
		t.Errorf("loss %v and %v", lossL, lossS)
	}
	near := func(name string, a, b []float32) {
		for i := range a {
			if math.Abs(float64(a[i]-b[i])) > 1e-6 {
				t.Fatalf("%s[%d]: %v and %v", name, i, a[i], b[i])
			}
		}
	}
	near("features", dL, dS)
	for i, p := range large.Params() {
		near(p.Name, p.Grad, small.Params()[i].Grad)
	}
	if large.Wrong() != small.Wrong() {
		t.Errorf("%d wrong rows and %d", large.Wrong(), small.Wrong())
	}
}

// Logits far apart must not overflow, wherever the largest stands: gorgonia's
// own LogSoftMax fails here.
func TestLargeLogits(t *testing.T) {
	const classes = 4
	o := newObjective[float32](t, Spec{Head: "linear", Loss: "ce", Features: classes, Classes: classes, Batch: 8})
	for _, p := range o.Params() {
		clear(p.Value)
	}
	for c := range classes {
		o.Params()[0].Value[c*classes+c] = 1 // logits are the features
	}
	for label := range int32(classes) {
		for top := range classes {
			x, y := make([]float32, 2*classes), []int32{label, 1}
			x[top], x[classes+1] = 500, -500
			loss, d, err := o.Step(x, y, 2)
			if err != nil {
				t.Fatal(err)
			}
			want := (500 + math.Log(3)) / 2 // second row: three logits at 0, the label's at −500
			if int(label) != top {
				want += 250
			}
			if math.Abs(loss-want) > 1e-4 {
				t.Errorf("label %d, largest %d: loss %v, want %v", label, top, loss, want)
			}
			for i, g := range d {
				if g != g || math.Abs(float64(g)) > .5 {
					t.Errorf("label %d, largest %d: gradient %d is %v", label, top, i, g)
				}
			}
		}
	}
}

func TestLogitsEqualTrainingHead(t *testing.T) {
	const features, classes, n = 64, 10, 100
	o := newObjective[float32](t, Spec{Head: "linear", Loss: "ce", Features: features, Classes: classes, Batch: 128})
	x, y := randomRows[float32](stream.New("rows"), n, features, classes)
	if _, _, err := o.Step(x, y, n); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, n*classes)
	if err := o.Logits(x, n, got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, o.train.logits.Data().([]float32)[:n*classes]) {
		t.Error("evaluation and training logits differ")
	}
	wrong := 0
	for i := range n {
		row := got[i*classes : (i+1)*classes]
		if slices.Index(row, slices.Max(row)) != int(y[i]) {
			wrong++
		}
		for c, v := range row {
			want := float64(o.params[1].Value[c])
			for j := range features {
				want += float64(x[i*features+j]) * float64(o.params[0].Value[c*features+j])
			}
			if math.Abs(want-float64(v)) > 1e-5 {
				t.Fatalf("logit %d of row %d: %v, want %v", c, i, v, want)
			}
		}
	}
	if o.Wrong() != wrong || wrong == 0 || wrong == n {
		t.Errorf("%d wrong rows, counted %d", o.Wrong(), wrong)
	}
}

func TestSameBitsForAnyGOMAXPROCS(t *testing.T) {
	const features, classes, n = 64, 100, 128
	x, y := randomRows[float32](stream.New("rows"), n, features, classes)
	run := func(procs int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		o := newObjective[float32](t, Spec{Head: "linear", Loss: "ce", Features: features, Classes: classes, Batch: n})
		var bits []float32
		for range 3 {
			loss, d, err := o.Step(x, y, n)
			if err != nil {
				t.Fatal(err)
			}
			bits = append(append(bits, float32(loss)), d...)
			for _, p := range o.Params() {
				bits = append(bits, p.Grad...)
				for i, g := range p.Grad {
					p.Value[i] -= .1 * g
				}
			}
		}
		return bits
	}
	want := run(1)
	for _, procs := range []int{2, 3, 8} {
		if !slices.Equal(run(procs), want) {
			t.Errorf("GOMAXPROCS %d gives other bits than 1", procs)
		}
	}
}

func TestNotANumberIsReturned(t *testing.T) {
	o := newObjective[float32](t, Spec{Head: "linear", Loss: "ce", Features: 4, Classes: 3, Batch: 4})
	x, y := randomRows[float32](stream.New("rows"), 4, 4, 3)
	good, _, _ := o.Step(x, y, 4)
	bad := slices.Clone(x)
	bad[5] = float32(math.NaN())
	if loss, _, err := o.Step(bad, y, 4); err != nil || loss == loss {
		t.Errorf("loss %v, error %v", loss, err)
	}
	if again, _, err := o.Step(x, y, 4); err != nil || again != good {
		t.Errorf("afterwards loss %v, error %v; before %v", again, err, good)
	}
}

func TestErrorsNameTheFault(t *testing.T) {
	ok := Spec{Head: "linear", Loss: "ce", Features: 4, Classes: 3, Batch: 4}
	for _, c := range []struct {
		change func(*Spec)
		want   string
	}{
		{func(s *Spec) { s.Head = "cosmic" }, `unknown head "cosmic": known are linear`},
		{func(s *Spec) { s.Loss = "mse" }, `unknown loss "mse": known are ce`},
		{func(s *Spec) { s.Classes = 1 }, "1 classes"},
		{func(s *Spec) { s.Batch = 0 }, "batch 0"},
	} {
		s := ok
		c.change(&s)
		if _, err := New[float32](s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	o := newObjective[float32](t, ok)
	x, y := make([]float32, 16), []int32{0, 1, 2, 3}
	if _, _, err := o.Step(x, y, 4); err == nil || !strings.Contains(err.Error(), "label 3 of row 3") {
		t.Errorf("label outside: %v", err)
	}
	if _, _, err := o.Step(x, y, 5); err == nil || !strings.Contains(err.Error(), "5 rows") {
		t.Errorf("too many rows: %v", err)
	}
}

func TestInitStatistics(t *testing.T) {
	o := newObjective[float64](t, Spec{Head: "linear", Loss: "ce", Features: 64, Classes: 1000, Batch: 2})
	w, b := o.Params()[0].Value, o.Params()[1].Value
	var sum, square float64
	for _, v := range w {
		sum, square = sum+v, square+v*v
	}
	if sd := math.Sqrt(square / float64(len(w))); math.Abs(sd-math.Sqrt(2./64)) > .002 || math.Abs(sum/float64(len(w))) > .003 {
		t.Errorf("weights: sd %v, mean %v", sd, sum/float64(len(w)))
	}
	if lo, hi := slices.Min(b), slices.Max(b); lo < -.125 || hi > .125 || lo > -.12 || hi < .12 {
		t.Errorf("biases from %v to %v, expected ±0.125", lo, hi)
	}
}

func BenchmarkStep(b *testing.B) {
	const features, classes, n = 64, 10, 128
	o := newObjective[float32](b, Spec{Head: "linear", Loss: "ce", Features: features, Classes: classes, Batch: n})
	x, y := randomRows[float32](stream.New("rows"), n, features, classes)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := o.Step(x, y, n); err != nil {
			b.Fatal(err)
		}
	}
}
