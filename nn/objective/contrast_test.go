package objective

import (
	"math"
	"slices"
	"testing"

	"longtail/internal/stream"
	"longtail/nn/kernel"
)

func newContrast[T kernel.Float](t testing.TB, s ContrastSpec) *Contrast[T] {
	t.Helper()
	o, err := NewContrast[T](s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Init(stream.New("contrast test"))
	return o
}

// unitRows are random rows of length 1.
func unitRows(keys string, rows, dim int) []float64 {
	r, v := stream.New(keys), make([]float64, rows*dim)
	for i := range rows {
		row := v[i*dim : (i+1)*dim]
		for j := range row {
			row[j] = r.NormFloat64()
		}
		length := norm(row)
		for j := range row {
			row[j] /= length
		}
	}
	return v
}

// contrastByHand is InfoNCE's definition, without a graph, with the largest
// logit taken out.
func contrastByHand(o *Contrast[float64], x, keys []float64) (loss float64, wrong int) {
	s := o.spec
	layer := func(in []float64, p int) []float64 {
		w, b := o.params[p].Value, o.params[p+1].Value
		out := slices.Clone(b)
		for k := range out {
			for j, v := range in {
				out[k] += v * w[k*len(in)+j]
			}
		}
		return out
	}
	for i := range s.Batch {
		hidden := layer(x[i*s.Features:(i+1)*s.Features], 0)
		for j, v := range hidden {
			hidden[j] = max(v, 0)
		}
		q := layer(hidden, 2)
		length := norm(q)
		var logits []float64
		dot := func(key func(j int) float64) {
			z := 0.
			for j, v := range q {
				z += v / length * key(j)
			}
			logits = append(logits, z/s.Temperature)
		}
		dot(func(j int) float64 { return keys[i*s.Dim+j] })
		for k := range s.Queue {
			dot(func(j int) float64 { return o.queue[j*s.Queue+k] })
		}
		top, sum := slices.Max(logits), 0.
		for _, z := range logits {
			sum += math.Exp(z - top)
		}
		loss += (top + math.Log(sum) - logits[0]) / float64(s.Batch)
		if top > logits[0] {
			wrong++
		}
	}
	return loss, wrong
}

// The loss by its definition, the gradients by differences.
func TestContrastAgainstDefinition(t *testing.T) {
	s := ContrastSpec{Features: 6, Dim: 5, Queue: 12, Batch: 4, Temperature: .2}
	o := newContrast[float64](t, s)
	r := stream.New("features")
	x := make([]float64, s.Batch*s.Features)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	keys := unitRows("keys", s.Batch, s.Dim)
	queue := slices.Clone(o.queue)
	loss, dx, wrong, err := o.Step(x, keys)
	if err != nil {
		t.Fatal(err)
	}
	dx = slices.Clone(dx)
	want, wantWrong := contrastByHand(o, x, keys)
	if math.Abs(loss-want) > 1e-12 || wrong != wantWrong {
		t.Errorf("loss %.15g with %d wrong, want %.15g with %d", loss, wrong, want, wantWrong)
	}
	if !slices.Equal(queue, o.queue) {
		t.Error("a step changed the queue")
	}
	defined := func() float64 {
		loss, _ := contrastByHand(o, x, keys)
		return loss
	}
	slopes(t, "features", x, dx, 1e-6, 1e-7, defined)
	for _, p := range o.params {
		slopes(t, p.Name, p.Value, p.Grad, 1e-6, 1e-7, defined)
	}
}

// A key's head that has not moved embeds as the query's does, rows of length 1.
func TestKeys(t *testing.T) {
	s := ContrastSpec{Features: 4, Dim: 3, Queue: 4, Batch: 2}
	o := newContrast[float64](t, s)
	x := []float64{1, -2, .5, .3, .2, .1, -1, 2}
	keys := make([]float64, s.Batch*s.Dim)
	if err := o.Keys(x, keys); err != nil {
		t.Fatal(err)
	}
	// With a queue that points the other way from every key, a query finds its
	// own: the loss is near its least, log(1 + Q·e^(−2/T)).
	for k := range s.Queue {
		for j := range s.Dim {
			o.queue[j*s.Queue+k] = -keys[k%s.Batch*s.Dim+j]
		}
	}
	if l := norm(keys[:s.Dim]); math.Abs(l-1) > 1e-12 {
		t.Errorf("a key of length %g", l)
	}
	_, _, wrong, err := o.Step(x, keys)
	if err != nil || wrong != 0 {
		t.Errorf("%d wrong, %v", wrong, err)
	}
	if err := o.Keys(x[:7], keys); err == nil {
		t.Error("too few features are no error")
	}
	if err := o.Keys(x, keys[:5]); err == nil {
		t.Error("too little room is no error")
	}
	if _, _, _, err := o.Step(x, keys[:5]); err == nil {
		t.Error("too few keys are no error")
	}
}

func TestEnqueue(t *testing.T) {
	s := ContrastSpec{Features: 2, Dim: 2, Queue: 6, Batch: 2}
	o := newContrast[float64](t, s)
	for batch := range 4 {
		o.Enqueue([]float64{float64(10 * batch), 1, float64(10*batch + 1), 2})
	}
	keys, next := o.Queue()
	if want := []float64{30, 31, 10, 11, 20, 21, 1, 2, 1, 2, 1, 2}; !slices.Equal(keys, want) || next[0] != 2 {
		t.Errorf("queue %v, next %d; want %v, 2", keys, next[0], want)
	}
}

// The moving average against its closed form: after n steps toward a constant,
// q + (k − q)·mⁿ.
func TestFollow(t *testing.T) {
	o := newContrast[float64](t, ContrastSpec{Features: 3, Dim: 2, Queue: 2, Batch: 2})
	before := slices.Clone(o.keyParams[0].Value)
	for i := range o.params[0].Value {
		o.params[0].Value[i] += 1
	}
	const m, n = .9, 7
	for range n {
		o.Follow(m)
	}
	for i, q := range o.params[0].Value {
		if want := q + (before[i]-q)*math.Pow(m, n); math.Abs(o.keyParams[0].Value[i]-want) > 1e-14 {
			t.Errorf("parameter %d is %g, want %g", i, o.keyParams[0].Value[i], want)
		}
	}
}

func TestContrastRefuses(t *testing.T) {
	good := ContrastSpec{Features: 4, Dim: 4, Queue: 8, Batch: 4, Temperature: .1}
	for _, change := range []func(*ContrastSpec){
		func(s *ContrastSpec) { s.Features = 1 }, func(s *ContrastSpec) { s.Dim = 1 }, func(s *ContrastSpec) { s.Batch = 1 },
		func(s *ContrastSpec) { s.Queue = 0 }, func(s *ContrastSpec) { s.Queue = 10 }, func(s *ContrastSpec) { s.Temperature = -1 },
		func(s *ContrastSpec) { s.Temperature = math.NaN() },
	} {
		s := good
		change(&s)
		if _, err := NewContrast[float32](s); err == nil {
			t.Errorf("%+v is no error", s)
		}
	}
}

// BenchmarkContrast is a step at the size of a pre-training on CIFAR.
func BenchmarkContrast(b *testing.B) {
	s := ContrastSpec{Features: 64, Queue: 4096, Batch: 256}
	o := newContrast[float32](b, s)
	r := stream.New("features")
	x, keys := make([]float32, s.Batch*s.Features), make([]float32, s.Batch*128)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	for b.Loop() {
		if err := o.Keys(x, keys); err != nil {
			b.Fatal(err)
		}
		if _, _, _, err := o.Step(x, keys); err != nil {
			b.Fatal(err)
		}
		o.Enqueue(keys)
	}
}
