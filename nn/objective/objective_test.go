package objective

import (
	"fmt"
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// logitsByHand is a head's definition, without a graph.
func logitsByHand(o *Objective[float64], x []float64) []float64 {
	d, weight := o.spec.Features, o.params[0].Value
	z := make([]float64, o.spec.Classes)
	for k := range z {
		var xx, ww float64
		for j, v := range x {
			w := weight[k*d+j%d]
			if o.spec.Head == "normed" {
				w = weight[j*len(z)+k]
			}
			z[k] += v * w
			xx, ww = xx+v*v, ww+w*w
		}
		if o.spec.Head == "normed" {
			z[k] /= max(math.Sqrt(xx), 1e-12) * max(math.Sqrt(ww), 1e-12)
		} else {
			z[k] += o.params[1].Value[k]
		}
	}
	return z
}

// byHand is the mean of the definition: weights outside or inside, without a graph.
func byHand(o *Objective[float64], x []float64, y []int32, w []float64, counts []int) float64 {
	d := o.spec.Features
	var sum, total float64
	for i := range y {
		z := logitsByHand(o, x[i*d:(i+1)*d])
		if o.spec.Loss == "ldam" {
			least := slices.Min(counts)
			z[y[i]] -= .5 * math.Sqrt(math.Sqrt(float64(least)/float64(counts[y[i]])))
			for k := range z {
				z[k] *= 30
			}
		}
		var norm float64
		for _, v := range z {
			norm += math.Exp(v)
		}
		l := math.Log(norm) - z[y[i]]
		if o.spec.Loss == "focal" {
			a := w[y[i]] * l
			sum, total = sum+(1-math.Exp(-a))*a, total+1
		} else {
			sum, total = sum+w[y[i]]*l, total+w[y[i]]
		}
	}
	return sum / total
}

// combinations are every head under every loss.
func combinations(f func(head, loss string)) {
	for _, head := range []string{"linear", "normed"} {
		for _, loss := range []string{"ce", "focal", "ldam"} {
			f(head, loss)
		}
	}
}

// slopes compares grad with central differences of f, a function of at, whose
// elements it moves by h. Beyond slopes of 1 limit is relative.
func slopes(t *testing.T, what string, at, grad []float64, h, limit float64, f func() float64) {
	t.Helper()
	for i, was := range at {
		at[i] = was + h
		up := f()
		at[i] = was - h
		down := f()
		at[i] = was
		if want := (up - down) / (2 * h); !(math.Abs(grad[i]-want) <= limit*max(1, math.Abs(want))) {
			t.Errorf("%s[%d]: gradient %v, difference quotient %v", what, i, grad[i], want)
		}
	}
}

// Every head under every loss, with and without weights, full and short
// batches: the loss by its definition, the gradients by differences.
func TestLossAndGradientsAgainstDefinition(t *testing.T) {
	const features, classes, batch = 6, 4, 7
	counts := []int{40, 7, 3, 12}
	combinations(func(head, loss string) {
		for _, w := range [][]float64{nil, {.25, 1, 3, .75}} {
			for _, n := range []int{1, 2, 5, batch} {
				o := newObjective[float64](t, Spec{Head: head, Loss: loss, Features: features, Classes: classes, Batch: batch})
				o.SetCounts(counts)
				if w != nil {
					o.SetWeights(w)
				} else {
					w = []float64{1, 1, 1, 1}
				}
				x, y := randomRows[float64](stream.New("rows", n), n, features, classes)
				// Not the graph's first run.
				before, labels := randomRows[float64](stream.New("rows before", n), n, features, classes)
				if _, _, err := o.Step(before, labels, n); err != nil {
					t.Fatal(err)
				}
				got, d, err := o.Step(x, y, n)
				if err != nil {
					t.Fatal(err)
				}
				if want := byHand(o, x, y, w, counts); math.Abs(got-want) > 1e-14*max(1, want) {
					t.Errorf("%s, %s, n %d: loss %v, by hand %v", head, loss, n, got, want)
				}
				if len(d) != n*features {
					t.Fatalf("%d feature gradients for %d rows", len(d), n)
				}
				compare := func(name string, v, grad []float64) {
					slopes(t, fmt.Sprintf("%s, %s, n %d: %s", head, loss, n, name), v, grad, 1e-5, 1e-7, func() float64 { return byHand(o, x, y, w, counts) })
				}
				compare("features", x, d)
				for _, p := range o.Params() {
					compare(p.Name, p.Value, p.Grad)
				}
				logits := make([]float64, n*classes)
				if err := o.Logits(x, n, logits); err != nil {
					t.Fatal(err)
				}
				for i := range n {
					for k, want := range logitsByHand(o, x[i*features:(i+1)*features]) {
						if got := logits[i*classes+k]; math.Abs(got-want) > 1e-13 {
							t.Errorf("%s, %s: logit %v, by hand %v: margin or scale in evaluation?", head, loss, got, want)
						}
					}
				}
			}
		}
	})
}

// Every registered loss, a user's too: the mean over rows that do not see each other,
// gradients by differences of its own loss, and class weights (--rule reweight, drw) that
// change them.
func TestGradients(t *testing.T) {
	const features, classes, n = 6, 4, 5
	for _, loss := range LossNames() {
		o := newObjective[float64](t, Spec{Loss: loss, Features: features, Classes: classes, Batch: 7})
		o.SetCounts([]int{40, 7, 3, 12})
		x, y := randomRows[float64](stream.New("rows", n), n, features, classes)
		alone := 0.0
		for i := range n {
			l, _, err := o.Step(x[i*features:], y[i:], 1)
			if err != nil {
				t.Fatal(err)
			}
			alone += l / n
		}
		together, d, err := o.Step(x, y, n)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(together-alone) <= 1e-12*max(1, math.Abs(alone))) {
			t.Errorf("%s: a row's number depends on other rows: %v for %d rows together, %v on average for each alone", loss, together, n, alone)
			continue
		}
		plain := slices.Clone(d)
		o.SetWeights([]float64{.25, 1, 3, .75})
		at := func() float64 {
			l, _, err := o.Step(x, y, n)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		if _, d, err = o.Step(x, y, n); err != nil {
			t.Fatal(err)
		}
		if slices.Equal(plain, d) {
			t.Errorf("%s: class weights change no gradient: with PlainMean Rows has to use Inputs.Weight", loss)
		}
		values, gradients := [][]float64{x}, [][]float64{slices.Clone(d)}
		for _, p := range o.Params() {
			values, gradients = append(values, p.Value), append(gradients, slices.Clone(p.Grad))
		}
		for k, v := range values {
			slopes(t, fmt.Sprintf("%s: input %d", loss, k), v, gradients[k], 1e-5, 1e-7, at)
		}
	}
}

// Rows and weights of length 0 are divided by the floor: cosine 0, and
// gradients that are finite.
func TestNormedHeadAtZero(t *testing.T) {
	o := newObjective[float64](t, Spec{Head: "normed", Loss: "ce", Features: 3, Classes: 2, Batch: 2})
	x := []float64{0, 0, 0, 1, 2, 3}
	loss, d, err := o.Step(x, []int32{0, 1}, 2)
	if err != nil || loss != loss {
		t.Fatalf("loss %v, error %v", loss, err)
	}
	logits := make([]float64, 4)
	if err := o.Logits(x, 2, logits); err != nil || logits[0] != 0 || logits[1] != 0 {
		t.Errorf("logits %v, error %v", logits, err)
	}
	for j, g := range d[:3] { // half a gradient by the unit row, over 1e-12
		w := o.params[0].Value
		want := .25 * (w[2*j+1] - w[2*j]) / 1e-12
		if math.Abs(g-want) > 1e-9*math.Abs(want) {
			t.Errorf("gradient %d is %v, want %v", j, g, want)
		}
	}
	clear(o.params[0].Value)
	if loss, _, err := o.Step(x, []int32{0, 1}, 2); err != nil || math.Abs(loss-math.Ln2) > 1e-15 {
		t.Errorf("without weights: loss %v, error %v; want log 2", loss, err)
	}
}

// A loss brings its head; one with margins asks for counts.
func TestLossOfItsOwn(t *testing.T) {
	for loss, head := range map[string]string{"ce": "linear", "focal": "linear", "ldam": "normed"} {
		o := newObjective[float32](t, Spec{Loss: loss, Features: 4, Classes: 3, Batch: 2})
		if got := o.Spec().Head; got != head {
			t.Errorf("%s stands on head %q, want %q", loss, got, head)
		}
		_, _, err := o.Step(make([]float32, 8), []int32{0, 1}, 2)
		if needs := err != nil && strings.Contains(err.Error(), "SetCounts"); needs != (loss == "ldam") {
			t.Errorf("%s without counts: %v", loss, err)
		}
	}
}

// A loss that uses margins or priors and is not registered with them is refused by New.
func TestLossThatSaysNotWhatItUses(t *testing.T) {
	for field, rows := range map[string]func(in Inputs) (*G.Node, error){"Margins: true": ldam, "Priors: true": balancedSoftmax} {
		losses["silent"] = Loss{Rows: rows}
		_, err := New[float32](Spec{Loss: "silent", Features: 4, Classes: 3, Batch: 2})
		delete(losses, "silent")
		if err == nil || !strings.Contains(err.Error(), `"silent"`) || !strings.Contains(err.Error(), field) {
			t.Errorf("without %s: %v", field, err)
		}
	}
}

// The normed head starts with columns of length 1.
func TestNormedInit(t *testing.T) {
	const features, classes = 64, 10
	o := newObjective[float64](t, Spec{Head: "normed", Loss: "ldam", Features: features, Classes: classes, Batch: 2})
	p := o.Params()
	if len(p) != 1 || p[0].Name != "fc.weight" || !slices.Equal(p[0].Shape, []int{features, classes}) {
		t.Fatalf("parameters %+v", p)
	}
	mean := 0.0
	for c := range classes {
		length := 0.0
		for j := range features {
			v := p[0].Value[j*classes+c]
			length += v * v
			mean += v / features / classes
		}
		if math.Abs(length-1) > 1e-14 {
			t.Errorf("column %d has length² %v", c, length)
		}
	}
	if math.Abs(mean) > .02 {
		t.Errorf("mean %v", mean)
	}
}

// One row's class weight cancels in the weighted mean, not in the plain one.
func TestWeightOfASingleRow(t *testing.T) {
	x, y := randomRows[float64](stream.New("rows"), 1, 5, 3)
	for _, loss := range LossNames() {
		o := newObjective[float64](t, Spec{Loss: loss, Features: 5, Classes: 3, Batch: 4})
		o.SetCounts([]int{40, 7, 3})
		a, _, err := o.Step(x, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		o.SetWeights([]float64{2, 2, 2})
		b, _, err := o.Step(x, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		if cancels := losses[loss].Mean == WeightedMean; (a == b) != cancels {
			t.Errorf("%s: %v with weight 1, %v with weight 2: with WeightedMean Rows must not use Inputs.Weight, with PlainMean it has to", loss, a, b)
		}
	}
}

// A short batch gives what an objective compiled for it gives.
func TestShortBatchEqualsSmallerObjective(t *testing.T) {
	const features, classes, n = 64, 10, 37
	combinations(func(head, loss string) {
		counts := []int{90, 80, 70, 60, 50, 40, 30, 20, 10, 5}
		large := newObjective[float32](t, Spec{Head: head, Loss: loss, Features: features, Classes: classes, Batch: 128})
		small := newObjective[float32](t, Spec{Head: head, Loss: loss, Features: features, Classes: classes, Batch: n})
		large.SetCounts(counts)
		small.SetCounts(counts)
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
	})
}

// Logits far apart must not overflow under any registered loss, wherever the largest
// stands: gorgonia's own LogSoftMax fails here. Cosines, the logits of other heads, are
// never far apart.
func TestLargeLogits(t *testing.T) {
	for _, loss := range LossNames() {
		if l, _ := LossNamed(loss); l.Head == "linear" {
			largeLogits(t, loss)
		}
	}
}

func largeLogits(t *testing.T, name string) {
	t.Helper()
	const classes = 4
	o := newObjective[float32](t, Spec{Head: "linear", Loss: name, Features: classes, Classes: classes, Batch: 8})
	o.SetCounts([]int{40, 7, 3, 12})
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
			if name == "ce" && math.Abs(loss-want) > 1e-4 {
				t.Errorf("label %d, largest %d: loss %v, want %v", label, top, loss, want)
			}
			most := float32(math.MaxFloat32)
			if name == "ce" {
				most = .5
			}
			if !(math.Abs(loss) <= math.MaxFloat32) || slices.ContainsFunc(d, func(g float32) bool { return !(max(g, -g) <= most) }) {
				t.Fatalf("%s overflows at a logit of ±500 (take LogSoftmax): label %d, largest %d: loss %v, gradients %v", name, label, top, loss, d)
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
	counts := make([]int, classes)
	for c := range counts {
		counts[c] = 500 - 4*c
	}
	run := func(loss string, procs int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		o := newObjective[float32](t, Spec{Loss: loss, Features: features, Classes: classes, Batch: n})
		o.SetCounts(counts)
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
	for _, loss := range []string{"ce", "focal", "ldam"} {
		want := run(loss, 1)
		for _, procs := range []int{2, 3, 8} {
			if !slices.Equal(run(loss, procs), want) {
				t.Errorf("%s: GOMAXPROCS %d gives other bits than 1", loss, procs)
			}
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
		{func(s *Spec) { s.Head = "cosmic" }, `unknown head "cosmic": known are linear, normed`},
		{func(s *Spec) { s.Loss = "mse" }, `unknown loss "mse": known are `},
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
	for _, loss := range []string{"ce", "focal", "ldam"} {
		for _, classes := range []int{10, 100} {
			b.Run(fmt.Sprintf("%s, %d classes", loss, classes), func(b *testing.B) {
				const features, n = 64, 128
				o := newObjective[float32](b, Spec{Loss: loss, Features: features, Classes: classes, Batch: n})
				o.SetCounts(make([]int, classes))
				x, y := randomRows[float32](stream.New("rows"), n, features, classes)
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := o.Step(x, y, n); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Shares multiply each row's part in the loss and its gradient, and nothing is
// divided by their sum.
func TestShares(t *testing.T) {
	o, err := New[float64](Spec{Loss: "ce", Features: 3, Classes: 2, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	o.Init(rand.New(rand.NewPCG(1, 2)))
	x, y := []float64{1, 2, 3, -1, 0, 2}, []int32{0, 1}
	step := func(shares []float64) (float64, []float64) {
		o.SetShares(shares)
		loss, d, err := o.Step(x, y, 2)
		if err != nil {
			t.Fatal(err)
		}
		return loss, append([]float64(nil), d...)
	}
	first, dFirst := step([]float64{1, 0})
	second, dSecond := step([]float64{0, 1})
	both, d := step([]float64{1, 3})
	if math.Abs(both-first-3*second) > 1e-12 || first == 0 || second == 0 {
		t.Errorf("losses %v, %v and with shares 1 and 3 %v", first, second, both)
	}
	for i := range d {
		if math.Abs(d[i]-dFirst[i]-3*dSecond[i]) > 1e-12 {
			t.Errorf("gradient %d: %v, %v, together %v", i, dFirst[i], dSecond[i], d[i])
		}
	}
	if plain, _ := step(nil); math.Abs(plain-first-second) > 1e-12 {
		t.Errorf("without shares %v", plain)
	}
}
