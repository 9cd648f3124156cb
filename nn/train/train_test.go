package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/kernel"
	"longtail/nn/objective"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	side    = 8 // pixels
	classes = 3
	batch   = 4
)

// toySource is 10 images an epoch (batches of 4, 4, 2), drawn by a hash of
// (epoch, step): a class is a brighter row, under noise.
type toySource struct{}

func (toySource) Steps(int) int { return 3 }

func (toySource) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n := min(batch, 10-batch*step)
	toyImages(stream.New("toy", epoch, step), n, x, y)
	return n, nil
}

// toyTest is 11 images, two full batches and a short one.
type toyTest struct{}

func (toyTest) Len() int { return 11 }

func (toyTest) Fill(first int, x []float32, y []int32) (int, error) {
	for i := range y {
		toyImages(stream.New("toy test", first+i), 1, x[i*3*side*side:], y[i:])
	}
	return len(y), nil
}

func toyImages(r interface {
	IntN(int) int
	NormFloat64() float64
}, n int, x []float32, y []int32) {
	for i := range n {
		y[i] = int32(r.IntN(classes))
		for j := range 3 * side * side {
			v := r.NormFloat64() / 2
			if j/side%side == 2*int(y[i]) {
				v++
			}
			x[i*3*side*side+j] = float32(v)
		}
	}
}

// newNetwork compiles a network, on the usual kernels if nil; its objective
// stands on the given head.
func newNetwork[T kernel.Float](t testing.TB, kernels *kernel.Set[T], arch, head, loss string, height, width, classes, batch int) (*nn.Trunk[T], *objective.Objective[T]) {
	t.Helper()
	a, err := nn.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	trunk, err := nn.NewTrunk(nn.Options[T]{Arch: a, Height: height, Width: width, Batch: batch, Kernels: kernels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trunk.Close)
	obj, err := objective.New[T](objective.Spec{Head: head, Loss: loss, Features: trunk.Features(), Classes: classes, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { obj.Close() })
	return trunk, obj
}

// network returns fresh weights; another seed gives others.
func network(t testing.TB, seed int) (*nn.Trunk[float32], *objective.Objective[float32]) {
	t.Helper()
	return networkFor[float32](t, seed, batch)
}

func networkFor[T kernel.Float](t testing.TB, seed, batch int) (*nn.Trunk[T], *objective.Objective[T]) {
	t.Helper()
	return networkOn[T](t, nil, seed, batch)
}

func networkOn[T kernel.Float](t testing.TB, set *kernel.Set[T], seed, batch int) (*nn.Trunk[T], *objective.Objective[T]) {
	t.Helper()
	trunk, obj := newNetwork(t, set, "resnet8", "linear", "ce", side, side, classes, batch)
	r := stream.New("toy network", seed)
	trunk.Init(r)
	obj.Init(r)
	return trunk, obj
}

func config(t testing.TB, seed int, dir string) Config {
	trunk, obj := network(t, seed)
	return Config{Trunk: trunk, Objective: obj, Source: toySource{}, Test: toyTest{},
		Epochs: 2, LR: .1, Momentum: .9, WeightDecay: 2e-4, Key: "toy",
		CheckpointPath: filepath.Join(dir, "state.ckpt"), MetricsPath: filepath.Join(dir, "metrics.jsonl")}
}

// onAnother gives a run of seed 1 the network that it begins with on kernels of
// another name and the same arithmetic.
func onAnother(t testing.TB, c *Config) {
	t.Helper()
	set, err := kernel.Select("", false)
	if err != nil {
		t.Fatal(err)
	}
	set.Name = "another"
	c.Trunk, c.Objective = networkOn(t, set, 1, batch)
}

func mustRun(t *testing.T, c Config) Outcome {
	t.Helper()
	out, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameBits compares everything of two runs but times and resumption.
func sameBits(t *testing.T, what string, a, b Config, outA, outB Outcome) {
	t.Helper()
	untimed := cmp.Options{cmpopts.IgnoreFields(Epoch{}, "Seconds"),
		cmpopts.IgnoreFields(Outcome{}, "Best", "TrainSeconds", "EvalSeconds", "ResumedAt", "Restarted")}
	if d := cmp.Diff(outA, outB, untimed); d != "" {
		t.Errorf("%s: outcomes differ:\n%s", what, d)
	}
	if d := difference(Model(a.Trunk, a.Objective), Model(b.Trunk, b.Objective)); d != "" {
		t.Errorf("%s: last weights: %s", what, d)
	}
	if d := difference(outA.Best, outB.Best); d != "" {
		t.Errorf("%s: best weights: %s", what, d)
	}
	if d := cmp.Diff(readMetrics(t, a.MetricsPath), readMetrics(t, b.MetricsPath), untimed); d != "" {
		t.Errorf("%s: metrics files differ:\n%s", what, d)
	}
}

// difference names the first tensor that is not the same bit for bit. (go-cmp
// takes a second for a network.)
func difference(a, b []checkpoint.Tensor) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d tensors and %d", len(a), len(b))
	}
	for i, x := range a {
		y, same := b[i], false
		switch v := x.Data.(type) {
		case []float32:
			w, ok := y.Data.([]float32)
			same = ok && slices.EqualFunc(v, w, func(p, q float32) bool { return math.Float32bits(p) == math.Float32bits(q) })
		case []int64:
			w, ok := y.Data.([]int64)
			same = ok && slices.Equal(v, w)
		}
		if !same || x.Name != y.Name || !slices.Equal(x.Shape, y.Shape) {
			return fmt.Sprintf("%s %v and %s %v differ", x.Name, x.Shape, y.Name, y.Shape)
		}
	}
	return ""
}

func readMetrics(t *testing.T, path string) (es []Epoch) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var e Epoch
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%s: %v in %q", path, err, line)
		}
		es = append(es, e)
	}
	return es
}

func TestRunRecords(t *testing.T) {
	c := config(t, 1, t.TempDir())
	c.Epochs = 5
	c.Evaluations = 2
	var progress []Progress
	c.Report = func(p Progress) {
		if got := readMetrics(t, c.MetricsPath); len(got) != p.Epoch-1 {
			t.Errorf("in epoch %d the metrics file has %d lines", p.Epoch, len(got))
		}
		progress = append(progress, p)
		if p.Step == p.Steps { // as a file that was never synced may be after a crash
			if err := os.Truncate(c.MetricsPath, 0); err != nil {
				t.Error(err)
			}
		}
	}
	out := mustRun(t, c)
	if d := cmp.Diff(out.Epochs, readMetrics(t, c.MetricsPath)); d != "" {
		t.Errorf("the metrics file holds others: %s", d)
	}
	for i, e := range out.Epochs {
		rate := []float64{.1, .1, .1, .1, .1 * .0001}[i] // round(4) = 4 and round(4.5) = 5: …
		if i == 4 {
			rate = .1 * .01 // … so the fifth epoch has the first drop only
		}
		if e.Epoch != i+1 || e.Step != 3*(i+1) || e.LR != rate || (e.TestErrorPct != nil) != (i == 2 || i == 4) {
			t.Errorf("record %+v", e)
		}
		if wrong := e.TrainErrorPct / 10; math.Abs(wrong-math.Round(wrong)) > 1e-9 || e.TrainLoss <= 0 || e.Seconds <= 0 {
			t.Errorf("record %+v", e)
		}
	}
	if first, last := out.Epochs[0].TrainLoss, out.Epochs[4].TrainLoss; last >= first {
		t.Errorf("loss %v, then %v", first, last)
	}
	if len(progress) != 16 || progress[0].Step != 0 || progress[15].Step != 15 || progress[15].Steps != 15 || progress[15].Images != 50 || progress[7].Epoch != 3 {
		t.Errorf("progress: %+v", progress)
	}
	if out.Images != 50 || len(out.ResumedAt) != 0 || out.TrainSeconds <= 0 || out.EvalSeconds <= 0 {
		t.Errorf("images %d, resumed at %v, seconds %v and %v", out.Images, out.ResumedAt, out.TrainSeconds, out.EvalSeconds)
	}
	// Best is the first of the lowest, and the last evaluation is the final weights'.
	best, bestPct := 0, math.Inf(1)
	for _, e := range out.Epochs {
		if e.TestErrorPct != nil && *e.TestErrorPct < bestPct {
			best, bestPct = e.Epoch, *e.TestErrorPct
		}
	}
	if out.BestEpoch != best || out.BestErrorPct != bestPct {
		t.Errorf("best epoch %d (%v %%), by the records %d (%v %%)", out.BestEpoch, out.BestErrorPct, best, bestPct)
	}
	logits, labels, err := Evaluate(t.Context(), c.Trunk, c.Objective, toyTest{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(logits, out.Logits) || !slices.Equal(labels, out.Labels) || len(logits) != 11*classes {
		t.Error("the outcome's logits are not those of the final weights")
	}
	if got := ErrorPct(logits, labels, classes); got != *out.Epochs[4].TestErrorPct {
		t.Errorf("error %v, recorded %v", got, *out.Epochs[4].TestErrorPct)
	}
}

// A model of finite weights whose outputs overflow predicts nothing.
func TestEvaluateOfNoNumbers(t *testing.T) {
	c := config(t, 1, "")
	for _, p := range c.Objective.Params() {
		for i := range p.Value {
			p.Value[i] = math.MaxFloat32
		}
	}
	_, _, err := Evaluate(t.Context(), c.Trunk, c.Objective, toyTest{})
	if err == nil || !strings.Contains(err.Error(), "image 0: the output for class 0 is") {
		t.Errorf("%v", err)
	}
}

// A run is the steps that Step takes, which are compared with PyTorch's: each with its
// epoch's rate and class weights.
func TestRunIsItsSteps(t *testing.T) {
	drw := func(epoch int) []float64 {
		if epoch < 3 {
			return nil
		}
		return []float64{.5, 1, 2}
	}
	c := config(t, 1, t.TempDir())
	c.Epochs, c.Weights = 3, drw
	out := mustRun(t, c)
	trunk, obj := network(t, 1)
	sgd := NewSGD(Params(trunk, obj), c.Momentum, c.WeightDecay)
	x, y := make([]float32, batch*3*side*side), make([]int32, batch)
	for epoch, rate := range []float64{.1, .1, .1 * .01} { // round(2.4) = 2 before the first drop, round(2.7) = 3 before the second
		if epoch == 2 {
			obj.SetWeights([]float32{.5, 1, 2})
		}
		loss, wrong := 0.0, 0 // over the 10 images of the epoch
		for step := range 3 {
			n, err := toySource{}.Batch(epoch, step, x, y)
			if err != nil {
				t.Fatal(err)
			}
			l, err := Step(trunk, obj, sgd, x, y, n, rate)
			if err != nil {
				t.Fatal(err)
			}
			loss, wrong = loss+l*float64(n)/10, wrong+obj.Wrong()
		}
		if e := out.Epochs[epoch]; math.Abs(e.TrainLoss-loss) > 1e-12 || e.TrainErrorPct != 10*float64(wrong) {
			t.Errorf("epoch %d: loss %v and %v %% wrong, by its steps %v and %d of 10", epoch+1, e.TrainLoss, e.TrainErrorPct, loss, wrong)
		}
	}
	if d := difference(Model(trunk, obj), Model(c.Trunk, c.Objective)); d != "" {
		t.Error(d)
	}
}

// shared is toySource with another part in the loss for each image.
type shared struct{ toySource }

func (s shared) BatchWeighted(epoch, step int, x []float32, y []int32, w []float32) (int, error) {
	n, err := s.Batch(epoch, step, x, y)
	for i := range n {
		w[i] = float32(1+(step+i)%3) / 2
	}
	return n, err
}

// So is one whose images have unequal parts in the loss, stopped on the way or not.
func TestWeightedRunIsItsSteps(t *testing.T) {
	c := config(t, 1, t.TempDir())
	c.Source = shared{}
	out := mustRun(t, c)
	trunk, obj := network(t, 1)
	sgd := NewSGD(Params(trunk, obj), c.Momentum, c.WeightDecay)
	x, y := make([]float32, batch*3*side*side), make([]int32, batch)
	for epoch, weights := range [][][]float32{{{.5, 1, 1.5, .5}, {1, 1.5, .5, 1}, {1.5, .5}}, {{.5, 1, 1.5, .5}, {1, 1.5, .5, 1}, {1.5, .5}}} {
		for step, w := range weights {
			n, err := toySource{}.Batch(epoch, step, x, y)
			if err != nil {
				t.Fatal(err)
			}
			obj.SetShares(w)
			if _, err := Step(trunk, obj, sgd, x, y, n, out.Epochs[epoch].LR); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d := difference(Model(trunk, obj), Model(c.Trunk, c.Objective)); d != "" {
		t.Error(d)
	}
	for _, stop := range []int{2, 4} {
		dir := t.TempDir()
		again := config(t, 1, dir)
		again.Source = shared{}
		stopAt(t, again, stop)
		again = config(t, 7, dir)
		again.Source = shared{}
		sameBits(t, fmt.Sprintf("stopped at step %d", stop), c, again, out, mustRun(t, again))
	}
}

// The best weights are the best epoch's: evaluated again they give its error.
func TestBestWeights(t *testing.T) {
	c := config(t, 2, t.TempDir())
	c.Epochs = 6
	out := mustRun(t, c)
	path := filepath.Join(t.TempDir(), "best.ckpt")
	if err := SaveModel(path, out.Best, map[string]int{"epoch": out.BestEpoch}); err != nil {
		t.Fatal(err)
	}
	trunk, obj := network(t, 99)
	meta, err := loadModel(trunk, obj, path)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`{"epoch":%d}`, out.BestEpoch); string(meta) != want {
		t.Errorf("meta %s, want %s", meta, want)
	}
	logits, labels, err := Evaluate(t.Context(), trunk, obj, toyTest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := ErrorPct(logits, labels, classes); got != out.BestErrorPct {
		t.Errorf("error of the best weights %v, recorded %v", got, out.BestErrorPct)
	}
	if trunk.BatchesTracked() != int64(3*out.BestEpoch) {
		t.Errorf("%d batches tracked at epoch %d", trunk.BatchesTracked(), out.BestEpoch)
	}
}

// unanswerable images have labels that no prediction equals.
type unanswerable struct{ toyTest }

func (u unanswerable) Fill(first int, x []float32, y []int32) (int, error) {
	n, err := u.toyTest.Fill(first, x, y)
	for i := range y {
		y[i] = -1
	}
	return n, err
}

func TestBestOfEqualEpochsIsTheFirst(t *testing.T) {
	c := config(t, 1, t.TempDir())
	c.Test = unanswerable{}
	out := mustRun(t, c)
	if out.BestEpoch != 1 || out.BestErrorPct != 100 || *out.Epochs[1].TestErrorPct != 100 {
		t.Errorf("best epoch %d with %v %%; the second has %v %%", out.BestEpoch, out.BestErrorPct, *out.Epochs[1].TestErrorPct)
	}
}

func TestWithoutTestSet(t *testing.T) {
	c := config(t, 1, t.TempDir())
	c.Test, c.CheckpointPath = nil, ""
	out := mustRun(t, c)
	if out.BestEpoch != 0 || out.Best != nil || out.Logits != nil || out.Epochs[1].TestErrorPct != nil || out.EvalSeconds != 0 {
		t.Errorf("%+v", out)
	}
	ref := config(t, 1, t.TempDir())
	mustRun(t, ref)
	if d := difference(Model(ref.Trunk, ref.Objective), Model(c.Trunk, c.Objective)); d != "" {
		t.Errorf("evaluation changes training: %s", d)
	}
}

// canceling ends the context in the middle of its k-th evaluation.
type canceling struct {
	toyTest
	left   *int
	cancel func()
}

func (c canceling) Fill(first int, x []float32, y []int32) (int, error) {
	if first == 0 {
		if *c.left--; *c.left == 0 {
			c.cancel()
		}
	}
	return c.toyTest.Fill(first, x, y)
}

func TestCancelInEvaluationAndResume(t *testing.T) {
	ref := config(t, 1, t.TempDir())
	want := mustRun(t, ref)
	for k := 1; k <= 2; k++ {
		dir, left := t.TempDir(), k
		ctx, cancel := context.WithCancel(t.Context())
		c := config(t, 1, dir)
		c.Test = canceling{left: &left, cancel: cancel}
		if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		c = config(t, 7, dir)
		got := mustRun(t, c)
		if !slices.Equal(got.ResumedAt, []int{3 * k}) {
			t.Errorf("resumed at %v", got.ResumedAt)
		}
		sameBits(t, fmt.Sprintf("stopped in evaluation %d", k), ref, c, want, got)
	}
}

// Canceled after any step and taken up again on a network with other weights,
// a run ends with the bits of one never interrupted.
func TestCancelAtEveryStepAndResume(t *testing.T) {
	for what, made := range map[string]func(testing.TB, int, string) Config{"all weights": config, "the head": retrainConfig} {
		ref := made(t, 1, t.TempDir())
		want := mustRun(t, ref)
		for stop := range 6 {
			dir := t.TempDir()
			stopAt(t, made(t, 1, dir), stop)
			c := made(t, 7, dir)
			got := mustRun(t, c)
			if !slices.Equal(got.ResumedAt, []int{stop}) {
				t.Errorf("%s: resumed at %v, stopped after %d", what, got.ResumedAt, stop)
			}
			sameBits(t, fmt.Sprintf("%s, stopped after step %d", what, stop), ref, c, want, got)
		}
	}
}

// A run killed at any moment leaves some step's checkpoint and a metrics file
// that may be ahead of it and torn.
func TestResumeFromEveryCheckpoint(t *testing.T) {
	ref := config(t, 1, t.TempDir())
	ref.CheckpointEverySteps = 1
	var saved [][]byte
	ref.Report = func(p Progress) {
		b, err := os.ReadFile(ref.CheckpointPath)
		if p.Step > 1 && err != nil {
			t.Fatal(err)
		}
		if err == nil {
			saved = append(saved, b)
		}
	}
	want := mustRun(t, ref)
	last, err := os.ReadFile(ref.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := os.ReadFile(ref.MetricsPath)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for i, b := range append(saved, last) {
		dir := t.TempDir()
		c := config(t, 7, dir)
		if err := os.WriteFile(c.CheckpointPath, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.MetricsPath, metrics[:len(metrics)-20], 0o644); err != nil {
			t.Fatal(err)
		}
		got := mustRun(t, c)
		if at := min(i+1, 6); !slices.Equal(got.ResumedAt, []int{at}) {
			t.Errorf("checkpoint %d: resumed at %v", at, got.ResumedAt)
		}
		steps++
		sameBits(t, fmt.Sprintf("checkpoint %d", i+1), ref, c, want, got)
	}
	if steps != 6 {
		t.Errorf("%d checkpoints tried", steps)
	}
}

// What cannot be resumed is named, and stays on disk as it was.
func TestUnusableCheckpoints(t *testing.T) {
	dir := t.TempDir()
	ref := config(t, 1, dir)
	want := mustRun(t, ref)
	good, err := os.ReadFile(ref.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	f, err := checkpoint.Decode(good)
	if err != nil {
		t.Fatal(err)
	}
	reshape := func(name string) []byte {
		t.Helper()
		i := slices.IndexFunc(f.Tensors, func(x checkpoint.Tensor) bool { return x.Name == name })
		f.Tensors[i].Shape = []int{16, 27}
		b, err := checkpoint.Encode(f)
		f.Tensors[i].Shape = []int{16, 3, 3, 3}
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	bestless, err := checkpoint.Encode(&checkpoint.File{Meta: f.Meta, Tensors: slices.DeleteFunc(slices.Clone(f.Tensors), func(x checkpoint.Tensor) bool { return x.Name == "best/conv1.weight" })})
	if err != nil {
		t.Fatal(err)
	}
	at := func(epoch, step, global int) []byte {
		t.Helper()
		var s state
		err := json.Unmarshal(f.Meta, &s)
		s.Epoch, s.Step, s.Global, s.Records = epoch, step, global, s.Records[:epoch]
		meta, err2 := json.Marshal(s)
		b, err3 := checkpoint.Encode(&checkpoint.File{Meta: meta, Tensors: f.Tensors})
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		return b
	}
	const contradicts = "its epoch, step and records contradict each other: delete it to start again"
	for _, c := range []struct {
		name   string
		file   []byte
		change func(*Config)
		want   string
	}{
		{"without its best", bestless, func(*Config) {}, "the best epoch's network: tensor conv1.weight (shape [16 3 3 3]) is missing: delete it to start again"},
		{"before the epoch", at(1, -1, 2), func(*Config) {}, contradicts},
		{"behind the epoch", at(1, 4, 6), func(*Config) {}, contradicts},
		{"behind the run", at(2, 1, 6), func(*Config) {}, contradicts},
		{"another count", at(1, 2, 4), func(*Config) {}, contradicts},
		{"flipped", flipped, func(*Config) {}, "checksum"},
		{"cut", good[:len(good)/2], func(*Config) {}, "delete"},
		{"velocity", reshape("velocity/conv1.weight"), func(*Config) {}, "velocities: tensor conv1.weight has shape [16 27], the network's has [16 3 3 3]: delete it to start again"},
		{"reshaped", reshape("model/conv1.weight"), func(*Config) {}, "conv1.weight has shape [16 27], the network's has [16 3 3 3]: delete it to start again"},
		{"other task", good, func(c *Config) { c.Key = "other" }, `checkpoint of task "toy"`},
		{"other length", good, func(c *Config) { c.Epochs = 3 }, "2 epochs and 6 steps"},
		{"other kernels", good, func(c *Config) { onAnother(t, c); c.SameKernels = true }, "this is another: set LONGTAIL_KERNELS=" + ref.Trunk.Kernels() + " to go on from it, or delete it to start again"},
	} {
		c2 := config(t, 1, t.TempDir())
		c.change(&c2)
		if err := os.WriteFile(c2.CheckpointPath, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		before := clone(Model(c2.Trunk, c2.Objective))
		_, err := Run(t.Context(), c2)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c2.CheckpointPath) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if after, _ := os.ReadFile(c2.CheckpointPath); !bytes.Equal(after, c.file) {
			t.Errorf("%s: the file was changed", c.name)
		}
		if d := difference(before, Model(c2.Trunk, c2.Objective)); d != "" {
			t.Errorf("%s: the network was changed: %s", c.name, d)
		}
	}
	// Another kernel set begins again and ends the same, if its arithmetic is the same.
	again := config(t, 1, dir)
	onAnother(t, &again)
	got := mustRun(t, again)
	if got.Restarted == "" || len(got.ResumedAt) != 0 {
		t.Errorf("another kernel set: restarted %q, resumed at %v", got.Restarted, got.ResumedAt)
	}
	sameBits(t, "another kernel set", ref, again, want, got)
	aside := again.CheckpointPath + "." + ref.Trunk.Kernels()
	if kept, _ := os.ReadFile(aside); !bytes.Equal(kept, good) {
		t.Error("the checkpoint of the first kernel set is gone")
	}
	// It is still known when the run is taken up once more.
	resumed := config(t, 1, dir)
	onAnother(t, &resumed)
	if once := mustRun(t, resumed); once.Restarted != got.Restarted || len(once.ResumedAt) != 1 {
		t.Errorf("taken up once more: restarted %q, resumed at %v", once.Restarted, once.ResumedAt)
	}
	// Back on the first one, the run goes on from what was put aside.
	back := config(t, 1, dir)
	if got := mustRun(t, back); got.Restarted != "" || len(got.ResumedAt) != 1 {
		t.Errorf("back again: restarted %q, resumed at %v", got.Restarted, got.ResumedAt)
	}
	if _, err := os.Stat(aside); err == nil {
		t.Error("what is taken up still lies aside")
	}
	if _, err := os.Stat(back.CheckpointPath + ".another"); err != nil {
		t.Error(err)
	}
	// So it does where the one that took its place is gone.
	os.Remove(back.CheckpointPath)
	alone := config(t, 1, dir)
	onAnother(t, &alone)
	if once := mustRun(t, alone); once.Restarted != got.Restarted || len(once.ResumedAt) != 2 {
		t.Errorf("put aside alone: restarted %q, resumed at %v", once.Restarted, once.ResumedAt)
	}
	if _, err := os.Stat(back.CheckpointPath + ".another"); err == nil {
		t.Error("what is taken up alone still lies aside")
	}
}

// poisoned turns to NaN from one step on.
type poisoned struct {
	toySource
	epoch, step int
}

func (p poisoned) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n, err := p.toySource.Batch(epoch, step, x, y)
	if epoch == p.epoch && step == p.step {
		x[0] = float32(math.NaN())
	}
	return n, err
}

func TestNaNStopsAndKeepsTheGoodCheckpoint(t *testing.T) {
	c := config(t, 1, t.TempDir())
	c.Source = poisoned{epoch: 1, step: 1}
	c.CheckpointEverySteps = 1
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrNotFinite) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"epoch 2 of 2", "step 5", "learning rate 0.1", "NaN"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %q is missing", err, want)
		}
	}
	// Of a first step no learning rate is the cause.
	first := config(t, 1, t.TempDir())
	first.Source = poisoned{}
	if _, at1 := Run(t.Context(), first); !errors.Is(at1, ErrNotFinite) || strings.Contains(at1.Error(), smallerRate) || !strings.Contains(err.Error(), smallerRate) {
		t.Errorf("in the first step: %v; later: %v", at1, err)
	}
	// After an ordinary loss a gradient may be the cause, after a large one it is the rate.
	if after := remedyAfter(1e6); !strings.Contains(err.Error(), "TestGradients") || after != smallerRate {
		t.Errorf("after an ordinary loss: %v; after a large one: %s", err, after)
	}
	// Without the poison the kept checkpoint leads to the usual end.
	ref := config(t, 1, t.TempDir())
	want := mustRun(t, ref)
	c.Source = toySource{}
	got := mustRun(t, c)
	if !slices.Equal(got.ResumedAt, []int{4}) {
		t.Errorf("resumed at %v", got.ResumedAt)
	}
	sameBits(t, "after the poison", ref, c, want, got)
}

// A rate at which the weights overflow before the loss does leaves the
// checkpoint of the step before.
func TestOverflowOfWeights(t *testing.T) {
	c := config(t, 1, t.TempDir())
	c.CheckpointEverySteps = 1
	c.Schedule = func(p Position) float64 {
		if p.Step == 3 {
			return 1e50
		}
		return 1
	}
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "at step 3, learning rate 1e+49: conv1.weight holds") {
		t.Fatalf("error %v", err)
	}
	want := config(t, 1, t.TempDir())
	want.Schedule = c.Schedule
	stopAt(t, want, 2)
	kept, err := checkpoint.Read(c.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	second, err := checkpoint.Read(want.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(kept.Tensors, second.Tensors); d != "" {
		t.Errorf("the kept checkpoint is not the second step's: %s", d)
	}
}

// counted are batches, and test images, of another number than there is.
type counted struct {
	toySource
	toyTest
	n int
}

func (c counted) Batch(int, int, []float32, []int32) (int, error) { return c.n, nil }

func (c counted) Fill(int, []float32, []int32) (int, error) { return c.n, nil }

type stepless struct{ toySource }

func (stepless) Steps(int) int { return 0 }

type failing struct{ toySource }

func (failing) Batch(int, int, []float32, []int32) (int, error) {
	return 0, errors.New("no such image")
}

func TestErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Source = failing{} }, "epoch 1, step 1: no such image"},
		{func(c *Config) { c.Source = counted{n: 0} }, "epoch 1, step 1: 0 images, expected 1 to 4"},
		{func(c *Config) { c.Source = counted{n: 5} }, "epoch 1, step 1: 5 images, expected 1 to 4"},
		{func(c *Config) { c.Source = stepless{} }, "epoch 1 has no training images"},
		{func(c *Config) { c.Test = counted{n: 0} }, "test images from 0 on: got 0, expected 1 to 4"},
		{func(c *Config) { c.Test = counted{n: 5} }, "test images from 0 on: got 5, expected 1 to 4"},
		{func(c *Config) { c.Epochs = 0 }, "0 epochs"},
		{func(c *Config) { c.Source = nil }, "source"},
		{func(c *Config) { c.MetricsPath = filepath.Join(c.MetricsPath, "no", "folder") }, "metrics"},
	} {
		cfg := config(t, 1, t.TempDir())
		c.change(&cfg)
		if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// BenchmarkCheckpoint is the cost of one save, for --checkpoint-every 5.
func BenchmarkCheckpoint(b *testing.B) {
	c := config(b, 1, b.TempDir())
	r := &run{c: c, sgd: NewSGD(Params(c.Trunk, c.Objective), .9, 0)}
	for b.Loop() {
		if err := r.save(); err != nil {
			b.Fatal(err)
		}
	}
}

// A checkpoint is written a minute after the one before it, or the start, and not
// sooner.
func TestCheckpointEveryMinute(t *testing.T) {
	clock := time.Unix(0, 0)
	c := config(t, 1, t.TempDir())
	c.now = func() time.Time { return clock }
	var saved []int // steps after which there was one
	c.Report = func(p Progress) {
		if os.Remove(c.CheckpointPath) == nil {
			saved = append(saved, p.Step-1)
		}
		if p.Step > 0 {
			clock = clock.Add(25 * time.Second)
		}
	}
	mustRun(t, c)
	if !slices.Equal(saved, []int{3}) { // of 6; the end has its own
		t.Errorf("checkpoints after steps %v", saved)
	}
}
