package train

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"longtail/internal/stream"
	"longtail/nn/objective"
)

// toyHalves is 4 steps an epoch of 3 labeled toy images, the same in every
// epoch, and 5 unlabeled ones, in one view or in two that differ in noise.
type toyHalves struct{ views int }

const halves = 8 // images of a view

func (toyHalves) Steps(int) int { return 4 }

func (p toyHalves) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	const size = halves * 3 * side * side
	toyImages(stream.New("toy unlabeled", epoch, step), halves, x, y)
	toyImages(stream.New("toy labelled", step), 3, x, y) // a key is no prose: on other images TestConsistencyFalls may fail
	for view := p.views - 1; view >= 0; view-- {
		r := stream.New("toy view", epoch, step, view)
		for i, v := range x[:size] {
			x[view*size+i] = v + float32(r.NormFloat64())/2
		}
	}
	for i := 3; i < p.views*halves; i++ {
		y[i] = -1
	}
	return p.views * halves, nil
}

// withTerm makes a run one of mean teacher or VAT.
func withTerm(t testing.TB, method string, seed int, dir string) (Config, Semi) {
	c := config(t, seed, dir)
	c.Trunk, c.Objective = networkFor[float32](t, seed, 8)
	c.Source, c.LR = toyHalves{1}, .02
	var m Semi
	var err error
	if method == "VAT" {
		m, err = NewVAT(c.Trunk, c.Objective, Ramp{.3, .4}, Perturbation{2, 1e-3, []any{"toy"}})
	} else {
		c.Source = toyHalves{2}
		teacher, head := networkFor[float32](t, seed+100, 8)
		m, err = NewMeanTeacher(c.Trunk, c.Objective, teacher, head, Ramp{8, .4}, Decay{.6, .9})
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Method = m
	return c, m
}

var terms = []string{"VAT", "mean teacher"}

// Every gradient of a step against central differences, targets and
// perturbation held: that is what both methods differentiate.
func TestConsistencyStepGradients(t *testing.T) {
	const labeled, n, weight = 3, 8, .7
	for _, method := range terms {
		t.Run(method, func(t *testing.T) {
			trunk, obj := networkFor[float64](t, 1, 8)
			s := newPasses(trunk, obj)
			x32, y := make([]float32, n*3*side*side), make([]int32, n)
			if _, err := (toyHalves{1}).Batch(0, 0, x32, y); err != nil {
				t.Fatal(err)
			}
			x := make([]float64, len(x32))
			for i, v := range x32 {
				x[i] = float64(v)
			}
			var ce, term float64
			var err error
			value := objective.KL[float64]
			features := func() []float64 { return trunk.ForwardAside(s.moved, n-labeled) }
			if method == "VAT" {
				ce, term, err = s.virtual(Perturbation{2, 1e-3, []any{"test"}}, x, y, labeled, n-labeled, weight, 0)
			} else {
				value = objective.SquaredError[float64]
				other, head := networkFor[float64](t, 2, 8)
				ce, term, err = s.taught(newPasses(other, head), x, x, y, labeled, n, weight)
				features = func() []float64 { return trunk.ForwardAside(x, n)[labeled*64:] }
			}
			if err != nil {
				t.Fatal(err)
			}
			if !(term > 1e-4) {
				t.Fatalf("the term is %v: nothing to differentiate", term)
			}
			params := Params(trunk, obj)
			var grads [][]float64
			for _, p := range params {
				grads = append(grads, slices.Clone(p.Grad))
			}
			target, d := slices.Clone(s.target[:(n-labeled)*classes]), make([]float64, n*classes)
			total := func() (a, b float64) {
				// The supervised half sees the labeled images alone under VAT, and the
				// whole batch's statistics under a teacher.
				f := trunk.ForwardAside(x, n)
				if method == "VAT" {
					f = trunk.ForwardAside(x, labeled)
				}
				a, _, err := obj.Step(f, y, labeled)
				if err != nil {
					t.Fatal(err)
				}
				z := make([]float64, (n-labeled)*classes)
				if err := obj.Logits(features(), n-labeled, z); err != nil {
					t.Fatal(err)
				}
				return a, value(target, z, classes, 1, d)
			}
			if a, b := total(); math.Abs(a-ce) > 1e-12 || math.Abs(b-term) > 1e-12 {
				t.Fatalf("the step says %v and %v, computed again %v and %v", ce, term, a, b)
			}
			r := stream.New("entries", method)
			skipped, tried := 0, 0
			for i, p := range params {
				for range 1 + i%2 {
					k := r.IntN(len(p.Value))
					slope := func(h float64) float64 {
						old := p.Value[k]
						p.Value[k] = old + h
						upA, upB := total()
						p.Value[k] = old - h
						downA, downB := total()
						p.Value[k] = old
						return (upA - downA + weight*(upB-downB)) / (2 * h)
					}
					coarse, fine := slope(1e-6), slope(5e-7)
					limit := 2e-6 * (1 + math.Abs(fine))
					tried++
					if math.Abs(coarse-fine) > limit { // a clamp between
						skipped++
						continue
					}
					if math.Abs(grads[i][k]-fine) > limit {
						t.Errorf("%s[%d] is %.9g, difference quotient %.9g", p.Name, k, grads[i][k], fine)
					}
				}
			}
			if skipped > tried/4 {
				t.Errorf("%d of %d entries lie at a clamp", skipped, tried)
			}
		})
	}
}

// The running statistics after a step of VAT are those of its labeled pass.
func TestVATMovesNoOtherStatistics(t *testing.T) {
	trunk, obj := networkFor[float32](t, 1, 8)
	plain, _ := networkFor[float32](t, 1, 8)
	x, y := make([]float32, 8*3*side*side), make([]int32, 8)
	if _, err := (toyHalves{1}).Batch(0, 0, x, y); err != nil {
		t.Fatal(err)
	}
	if _, _, err := newPasses(trunk, obj).virtual(Perturbation{6, .1, nil}, x, y, 3, 5, 1, 0); err != nil {
		t.Fatal(err)
	}
	plain.Forward(x, 3, true)
	for i, b := range trunk.Buffers() {
		if !slices.Equal(b.Value, plain.Buffers()[i].Value) {
			t.Fatalf("%s was moved by another pass", b.Name)
		}
	}
	if trunk.BatchesTracked() != 1 {
		t.Errorf("%d batches tracked", trunk.BatchesTracked())
	}
}

// After some training the perturbation has its length and changes the
// probabilities far more than a random one of that length; in float32 it points
// where float64's does.
func TestVATPerturbation(t *testing.T) {
	c, _ := withTerm(t, "VAT", 1, t.TempDir())
	c.Method, c.Source, c.Epochs = nil, toySource{}, 12
	mustRun(t, c)
	const n, epsilon = 8, .5
	x, y := make([]float32, n*3*side*side), make([]int32, n)
	toyImages(stream.New("held out"), n, x, y)
	wide, head := networkFor[float64](t, 1, 8)
	from := Params(c.Trunk, c.Objective)
	for i, p := range Params(wide, head) {
		for j, v := range from[i].Value {
			p.Value[j] = float64(v)
		}
	}
	x64 := make([]float64, len(x))
	for i, v := range x {
		x64[i] = float64(v)
	}
	exact, single := newPasses(wide, head), newPasses(c.Trunk, c.Objective)
	if err := exact.perturb(Perturbation{epsilon, 1e-4, []any{"test"}}, x64, n, 0); err != nil {
		t.Fatal(err)
	}
	if err := single.perturb(Perturbation{epsilon, 1e-3, []any{"test"}}, x, n, 0); err != nil {
		t.Fatal(err)
	}
	term := func() float64 {
		v, _, err := exact.back(objective.KL[float64], wide.ForwardAside(exact.moved, n), n, 1)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	worst := term()
	size := wide.ImageLen()
	for i := range n {
		dot, a, b := 0.0, 0.0, 0.0
		for j := i * size; j < (i+1)*size; j++ {
			p, q := exact.moved[j]-x64[j], float64(single.moved[j])-x64[j]
			dot, a, b = dot+p*q, a+p*p, b+q*q
		}
		if math.Abs(math.Sqrt(a)-epsilon) > 1e-9 || math.Abs(math.Sqrt(b)-epsilon) > 1e-5 {
			t.Errorf("image %d: lengths %v and %v, want %v", i, math.Sqrt(a), math.Sqrt(b), epsilon)
		}
		if cos := dot / math.Sqrt(a*b); cos < .98 {
			t.Errorf("image %d: the cosine between float32's direction and float64's is %v", i, cos)
		}
	}
	r := stream.New("random directions")
	for range 5 {
		for i := range exact.gradient {
			exact.gradient[i] = r.NormFloat64()
		}
		exact.move(x64, n, epsilon)
		if random := term(); !(worst > 3*random && random > 0) {
			t.Errorf("KL %v along VAT's direction, %v along a random one", worst, random)
		}
	}
}

// In a run with the term it becomes smaller than in one that only looks at it;
// the errors of both are of the network that predicts.
func TestConsistencyFalls(t *testing.T) {
	for _, method := range terms {
		t.Run(method, func(t *testing.T) {
			last := map[bool]float64{}
			for _, trained := range []bool{true, false} {
				c, m := withTerm(t, method, 1, t.TempDir())
				c.Epochs = 40
				switch m := m.(type) {
				case *VAT:
					m.ramp.Weight = map[bool]float64{true: .3}[trained]
				case *MeanTeacher:
					m.ramp.Weight = map[bool]float64{true: 8}[trained]
				}
				out := mustRun(t, c)
				for _, e := range out.Epochs[20:] { // the ramp is over
					last[trained] += *e.ConsistencyLoss / 20
				}
				trunk, obj := m.Predictor()
				logits, _, err := Evaluate(t.Context(), trunk, obj, toyTest{})
				if err != nil || !slices.Equal(logits, out.Logits) {
					t.Errorf("the outcome's logits are not the predictor's (%v)", err)
				}
				if out.Images != 40*4*8 {
					t.Errorf("%d images", out.Images)
				}
				if trained && (out.Epochs[39].TrainLoss >= out.Epochs[0].TrainLoss || out.BestErrorPct > 50) {
					t.Errorf("loss %v, then %v; best error %v", out.Epochs[0].TrainLoss, out.Epochs[39].TrainLoss, out.BestErrorPct)
				}
			}
			if !(last[true] < .7*last[false]) {
				t.Errorf("the term is %v when trained on, %v when not", last[true], last[false])
			}
			t.Logf("the term is %.4g when trained on, %.4g when not", last[true], last[false])
		})
	}
}

// The teacher's weights are the closed form of its average: with α_k the decay
// of step k, Σ_k (1−α_k)·Π_{j>k} α_j · θ_k, and the product of all times θ_0.
func TestTeacherIsTheAverage(t *testing.T) {
	c, m := withTerm(t, "mean teacher", 1, t.TempDir())
	c.Epochs = 3
	const steps = 12
	var seen [][]float32 // the first convolution after each step
	c.Report = func(Progress) { seen = append(seen, slices.Clone(c.Trunk.Params()[0].Value)) }
	mustRun(t, c)
	if len(seen) != steps+1 {
		t.Fatalf("%d moments", len(seen))
	}
	decay := func(k int) float64 { // of step k from 1; the ramp is over after 4.8 steps
		d := .6
		if k-1 >= 5 {
			d = .9
		}
		return min(d, 1-1/float64(k+1))
	}
	teacher, _ := m.Predictor()
	for i, got := range teacher.Params()[0].Value {
		want, share := 0.0, 1.0
		for k := steps; k >= 1; k-- {
			want += share * (1 - decay(k)) * float64(seen[k][i])
			share *= decay(k)
		}
		want += share * float64(seen[0][i])
		if math.Abs(float64(got)-want) > 1e-6 {
			t.Fatalf("weight %d is %v, by the sum %v", i, got, want)
		}
	}
	if teacher.BatchesTracked() != steps {
		t.Errorf("the teacher saw %d batches", teacher.BatchesTracked())
	}
}

// Stopped after any step and taken up on other weights, on any number of
// threads, a run ends with the bits of one never interrupted, the teacher's too.
func TestConsistencyResumes(t *testing.T) {
	for _, method := range terms {
		t.Run(method, func(t *testing.T) {
			ref, first := withTerm(t, method, 1, t.TempDir())
			want := mustRun(t, ref)
			for stop := range 8 {
				dir := t.TempDir()
				c, _ := withTerm(t, method, 1, dir)
				stopAt(t, c, stop)
				old := runtime.GOMAXPROCS(1 + stop%3)
				c, again := withTerm(t, method, 7, dir)
				got := mustRun(t, c)
				runtime.GOMAXPROCS(old)
				if !slices.Equal(got.ResumedAt, []int{stop}) {
					t.Errorf("resumed at %v, stopped after %d", got.ResumedAt, stop)
				}
				sameBits(t, fmt.Sprintf("stopped after step %d", stop), ref, c, want, got)
				if d := difference(Model(first.Predictor()), Model(again.Predictor())); d != "" {
					t.Errorf("stopped after step %d: what predicts: %s", stop, d)
				}
			}
		})
	}
}

func TestRamp(t *testing.T) {
	r := Ramp{8, .4}
	for _, k := range []struct {
		step      int
		t, weight float64
	}{{1, 0, 8 * math.Exp(-5)}, {21, .5, 8 * math.Exp(-1.25)}, {41, 1, 8}, {100, 1, 8}} {
		if at, weight := r.At(Position{Step: k.step, Steps: 100}); at != k.t || math.Abs(weight-k.weight) > 1e-15 {
			t.Errorf("at step %d of 100: t = %v and weight %v, want %v and %v", k.step, at, weight, k.t, k.weight)
		}
	}
	if at, weight := (Ramp{Weight: 2}).At(Position{Step: 1, Steps: 10}); at != 1 || weight != 2 {
		t.Errorf("without a ramp: t = %v, weight %v", at, weight)
	}
}

// mixed is a batch whose labels are given.
type mixed []int32

func (mixed) Steps(int) int { return 1 }

func (m mixed) Batch(_, _ int, x []float32, y []int32) (int, error) { return copy(y, m), nil }

func TestConsistencyRefuses(t *testing.T) {
	for name, k := range map[string]struct {
		method string
		labels mixed
		says   string
	}{
		"labeled last":    {"VAT", mixed{0, -1, 1}, "labeled images come first"},
		"labeled alone":   {"VAT", mixed{0, 2, 1}, "3 labeled of 3"},
		"nothing labeled": {"VAT", mixed{-1, -1}, "0 labeled of 2"},
		"one view":        {"mean teacher", mixed{0, -1, -1}, "two views"},
		"no such label":   {"mean teacher", mixed{9, -1, -1, -1}, "label 9"},
	} {
		c, _ := withTerm(t, k.method, 1, t.TempDir())
		c.Source = k.labels
		if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), k.says) {
			t.Errorf("%s: error %v, expected one with %q", name, err, k.says)
		}
	}
	trunk, obj := networkFor[float32](t, 1, 8)
	other, head := networkFor[float32](t, 2, 8)
	small, smallHead := network(t, 3)
	ldam, err := objective.New[float32](objective.Spec{Loss: "ldam", Features: 64, Classes: classes, Batch: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer ldam.Close()
	tenfold, err := objective.New[float32](objective.Spec{Loss: "tenfold", Features: 64, Classes: classes, Batch: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer tenfold.Close()
	priors, err := objective.New[float32](objective.Spec{Loss: "balanced-softmax", Features: 64, Classes: classes, Batch: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer priors.Close()
	fine, p, d := Ramp{1, .5}, Perturbation{1, 1, nil}, Decay{.5, .5}
	for says, try := range map[string]func() error{
		"weight NaN":                            func() error { _, err := NewVAT(trunk, obj, Ramp{math.NaN(), .5}, p); return err },
		"over a share 2":                        func() error { _, err := NewVAT(trunk, obj, Ramp{1, 2}, p); return err },
		"epsilon 0":                             func() error { _, err := NewVAT(trunk, obj, fine, Perturbation{0, 1, nil}); return err },
		"xi -1":                                 func() error { _, err := NewVAT(trunk, obj, fine, Perturbation{1, -1, nil}); return err },
		`of loss "ldam" are not the softmax`:    func() error { _, err := NewVAT(trunk, ldam, fine, p); return err },
		`of loss "tenfold" are not the softmax`: func() error { _, err := NewVAT(trunk, tenfold, fine, p); return err },
		"trunk for 4":                           func() error { _, err := NewVAT(small, obj, fine, p); return err },
		"teacher for 4 images":                  func() error { _, err := NewMeanTeacher(trunk, obj, small, smallHead, fine, d); return err },
		"decays are 0.5 and 1":                  func() error { _, err := NewMeanTeacher(trunk, obj, other, head, fine, Decay{.5, 1}); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, expected one with %q", err, says)
		}
	}
	if _, err := NewVAT(trunk, priors, fine, p); err != nil { // priors are in the loss of labels alone
		t.Error(err)
	}
	// A checkpoint without a teacher is not gone on from.
	dir := t.TempDir()
	c, _ := withTerm(t, "VAT", 1, dir)
	mustRun(t, c)
	c, _ = withTerm(t, "mean teacher", 1, dir)
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "teacher/conv1.weight") {
		t.Errorf("a checkpoint of VAT for a mean teacher: %v", err)
	}
}

// A term that is not finite ends the run, as a loss does.
func TestConsistencyDiverges(t *testing.T) {
	for _, method := range terms {
		c, _ := withTerm(t, method, 1, t.TempDir())
		c.LR = 1e30
		if _, err := Run(t.Context(), c); !errors.Is(err, ErrNotFinite) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

// What a method has besides the model is as good as the model before it goes
// into a checkpoint: the one of the step before stays.
func TestMethodStateOverflows(t *testing.T) {
	for _, method := range []string{"MoCo", "mean teacher"} {
		var c Config
		if method == "MoCo" {
			c, _ = toyMoCo(t, 2, t.TempDir())
		} else {
			c, _ = withTerm(t, method, 1, t.TempDir())
		}
		c.CheckpointEverySteps = 1
		var kept []byte
		c.Report = func(p Progress) {
			if p.Step != 2 {
				return
			}
			var err error
			if kept, err = os.ReadFile(c.CheckpointPath); err != nil {
				t.Fatal(err)
			}
			c.Method.State()[0].Data.([]float32)[0] = float32(math.Inf(1))
		}
		if _, err := Run(t.Context(), c); !errors.Is(err, ErrNotFinite) {
			t.Errorf("%s: %v", method, err)
		}
		if now, err := os.ReadFile(c.CheckpointPath); err != nil || !bytes.Equal(now, kept) {
			t.Errorf("%s: the good checkpoint is gone (%v)", method, err)
		}
	}
}
