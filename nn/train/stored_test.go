package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"longtail/internal/pickle"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// Losses of one's own, whose logits count ten times in the softmax: on a head that
// there is, and on one of one's own.
func init() {
	loss, _ := objective.LossNamed("ce")
	loss.Scale = 10
	objective.RegisterLoss("tenfold", loss)
	loss.Head = "other"
	objective.RegisterLoss("tenfold, other", loss)
	objective.RegisterHead("other", objective.Head{Params: func(features, classes int) []objective.Param {
		return []objective.Param{{Name: "fc.scale", Shape: []int{1}}, {Name: "fc.other", Shape: []int{features, classes}}}
	}})
}

// A file says by its loss which head it has and how its logits are scaled; one of
// before by its tensors.
func TestHeadFollowsFromTheLoss(t *testing.T) {
	trunk, linear := headed(t, "linear", 1)
	_, normed := headed(t, "normed", 1)
	other := append(Model(trunk, nil), checkpoint.Tensor{Name: "fc.scale", Shape: []int{1}, Data: make([]float32, 1)},
		checkpoint.Tensor{Name: "fc.other", Shape: []int{64, classes}, Data: make([]float32, 64*classes)})
	for _, c := range []struct {
		loss  string // as the file says
		model []checkpoint.Tensor
		head  string
		scale float64
		known bool // or else a guess
	}{
		{"ce", Model(trunk, linear), "linear", 1, true},
		{"", Model(trunk, linear), "linear", 1, true},
		{"of another program", Model(trunk, linear), "linear", 1, false},
		{"of another program", Model(trunk, normed), "normed", 30, false},
		{"tenfold", Model(trunk, linear), "linear", 10, true},
		{"ldam", Model(trunk, normed), "normed", 30, true},
		{"", Model(trunk, normed), "normed", 30, true},
		{"tenfold, other", other, "other", 10, true},
	} {
		path, native := filepath.Join(t.TempDir(), "model.pth"), filepath.Join(t.TempDir(), "model.ckpt")
		if err := errors.Join(WriteTorch(path, c.model, About{Arch: "resnet8", Loss: c.loss}), SaveModel(native, c.model, map[string]string{"loss": c.loss})); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{path, native} {
			s, err := ReadModel(file)
			if err != nil {
				t.Fatal(err)
			}
			scale, known := s.Scale()
			if head, n, err := s.Head(); head != c.head || n != classes || err != nil || scale != c.scale || known != c.known {
				t.Errorf("%s of loss %q: head %q of %d classes, scale %v (known: %v), %v; want %s, %v", file, c.loss, head, n, scale, known, err, c.head, c.scale)
			}
			if used, err := s.FillTrunk(trunk); err != nil || used != 42 {
				t.Errorf("%d tensors transferred, %v", used, err)
			}
		}
	}
}

// headed returns a trained-looking network on the given head.
func headed(t *testing.T, head string, seed int) (*nn.Trunk[float32], *objective.Objective[float32]) {
	t.Helper()
	trunk, obj := newNetwork[float32](t, nil, "resnet8", head, "ce", side, side, classes, batch)
	trunk.Init(stream.New("toy network", seed))
	r := stream.New("headed", seed)
	obj.Init(r)
	for _, b := range trunk.Buffers() {
		for i := range b.Value {
			b.Value[i] = float32(r.Float64())
		}
	}
	trunk.SetBatchesTracked(1 << 40)
	return trunk, obj
}

var about = About{Arch: "resnet8", Epoch: 7, BestAccuracyPct: 71.25, Mean: [3]float32{.1, .2, .3}, Std: [3]float32{.4, .5, .6}, Height: 24, Width: 40, Classes: []string{"Zebra", "chat noir", "犬"}, Loss: "a loss of later", Scale: 8, Priors: true}

// What is written as .pth is read back bit for bit, with what it says of itself.
func TestTorchModelRoundTrip(t *testing.T) {
	for _, head := range []string{"linear", "normed"} {
		trunk, obj := headed(t, head, 1)
		path := filepath.Join(t.TempDir(), "model.pth")
		if err := WriteTorch(path, Model(trunk, obj), about); err != nil {
			t.Fatal(err)
		}
		s, err := ReadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, n, err := s.Head(); got != head || n != classes || err != nil {
			t.Errorf("head %q of %d classes, %v", got, n, err)
		}
		if scale, known := s.Scale(); !reflect.DeepEqual(s.About, about) || scale != 8 || !known {
			t.Errorf("it says %+v", s.About)
		}
		trunk2, obj2 := headed(t, head, 2)
		if err := s.Fill(trunk2, obj2); err != nil {
			t.Fatal(err)
		}
		if d := difference(Model(trunk, obj), Model(trunk2, obj2)); d != "" {
			t.Error(d)
		}
		used, err := InitFrom(trunk2, path)
		if err != nil || used != 42 {
			t.Errorf("%d tensors transferred, %v", used, err)
		}
	}
}

// What a foreign file says is believed only where it can be so.
func TestForeignEntries(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		epoch     any
		mean, std []float32
		want      About
		err       string
	}{
		{int64(7), []float32{.1, .2, .3}, []float32{.4, .5, .6}, About{Epoch: 7, Mean: [3]float32{.1, .2, .3}, Std: [3]float32{.4, .5, .6}}, ""},
		{1e300, []float32{.1, .2, .3}, []float32{0, 0, 0}, About{}, ""}, // zeros say nothing
		// The least that dataset writes, of one pixel in a billion.
		{int64(7), []float32{.1, .2, .3}, []float32{1.3e-7, .5, .6}, About{Epoch: 7, Mean: [3]float32{.1, .2, .3}, Std: [3]float32{1.3e-7, .5, .6}}, ""},
		{nan, []float32{.1, .2}, []float32{.4, .5, .6}, About{}, ""},
		{-1.0, []float32{.1, .2, .3}, []float32{.4, 0, .6}, About{}, "mean [0.1 0.2 0.3] and std [0.4 0 0.6]"},
		{0.0, []float32{.1, .2, .3}, []float32{.4, float32(nan), .6}, About{}, "std [0.4 NaN 0.6]"},
		{0.0, []float32{.1, float32(math.Inf(-1)), .3}, []float32{.4, .5, .6}, About{}, "mean [0.1 -Inf 0.3]"},
	} {
		extra := &pickle.Dict{}
		if err := errors.Join(extra.Add("epoch", c.epoch),
			extra.Add("mean", checkpoint.Tensor{Shape: []int{len(c.mean)}, Data: c.mean}),
			extra.Add("std", checkpoint.Tensor{Shape: []int{len(c.std)}, Data: c.std})); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "foreign.pth")
		if err := checkpoint.WriteTorch(path, []checkpoint.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}, extra); err != nil {
			t.Fatal(err)
		}
		s, err := ReadModel(path)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		case err != nil:
			t.Error(err)
		case !reflect.DeepEqual(s.About, c.want):
			t.Errorf("it says %+v, want %+v", s.About, c.want)
		}
	}
}

// Whatever the bytes, ReadModel returns; what a file says of its model, WriteTorch writes
// so that it is read again; and what does not fit a network is refused.
func FuzzReadModel(f *testing.F) {
	dir := f.TempDir() // of this process: a folder an input is slow
	path, again := filepath.Join(dir, "model"), filepath.Join(dir, "again")
	seeds, err := filepath.Glob("../checkpoint/testdata/*.pth")
	if err != nil || len(seeds) == 0 {
		f.Fatal(seeds, err)
	}
	one := []checkpoint.Tensor{{Name: "fc.weight", Shape: []int{1, 1}, Data: []float32{1}}}
	if err := errors.Join(checkpoint.Write(path, &checkpoint.File{Meta: []byte(`{"loss": "ldam"}`), Tensors: one}), WriteTorch(again, one, about)); err != nil {
		f.Fatal(err)
	}
	for _, seed := range append(seeds, path, again) {
		b, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	trunk, obj := network(f, 1)
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := ReadModel(path)
		if err != nil {
			if s != nil {
				t.Fatalf("a model and an error: %v", err)
			}
			return
		}
		if _, n, err := s.Head(); (n > 0) != (err == nil) {
			t.Fatalf("a head of %d classes, %v", n, err)
		}
		s.Scale()
		if err := s.Fill(trunk, obj); err == nil && len(s.Tensors) < 30 {
			t.Fatalf("%d tensors fill a network", len(s.Tensors))
		}
		if err := WriteTorch(again, one, s.About); err != nil {
			if strings.Contains(err.Error(), "UTF-8") {
				return
			}
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if r, err := ReadModel(again); err != nil || fmt.Sprintf("%+v", r.About) != fmt.Sprintf("%+v", s.About) { // as text NaN is itself
			t.Fatalf("written and read again it says %+v, not %+v: %v", r, s.About, err)
		}
	})
}

// Upstream's and MoCo's names lead to the same tensors; files that do not fit
// are refused with the tensor and both shapes, and nothing is changed.
func TestForeignNames(t *testing.T) {
	trunk, obj := headed(t, "linear", 1)
	model := Model(trunk, obj)
	dir := t.TempDir()
	write := func(ts []checkpoint.Tensor) string {
		path := filepath.Join(dir, "foreign.pth")
		if err := checkpoint.WriteTorch(path, ts, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	renamed := func(f func(string) string) []checkpoint.Tensor {
		out := slices.Clone(model)
		for i := range out {
			out[i].Name = f(out[i].Name)
		}
		return out
	}
	upstream := renamed(func(n string) string { return "module." + strings.Replace(n, "fc.", "linear.", 1) })
	trunk2, obj2 := headed(t, "linear", 2)
	if _, err := loadModel(trunk2, obj2, write(upstream)); err != nil {
		t.Fatal(err)
	}
	if d := difference(model, Model(trunk2, obj2)); d != "" {
		t.Error(d)
	}
	moco := renamed(func(n string) string { return "module.encoder_q." + strings.Replace(n, "fc.", "fc.0.", 1) })
	moco = append(moco, renamed(func(n string) string { return "module.encoder_k." + n })...)
	moco = append(moco, checkpoint.Tensor{Name: "module.queue", Shape: []int{2}, Data: []float32{1, 2}})
	trunk3, _ := headed(t, "linear", 3)
	if used, err := InitFrom(trunk3, write(moco)); err != nil || used != 42 {
		t.Errorf("MoCo: %d tensors, %v", used, err)
	}
	if d := difference(trunkTensors(trunk), trunkTensors(trunk3)); d != "" {
		t.Error(d)
	}

	other, _ := objective.New[float32](objective.Spec{Head: "normed", Loss: "ce", Features: 64, Classes: classes, Batch: batch})
	defer other.Close()
	before := clone(Model(trunk3, other))
	negative := clone(model)
	i := slices.IndexFunc(negative, func(x checkpoint.Tensor) bool { return x.Name == "bn1.running_var" })
	negative[i].Data.([]float32)[0] = -.5
	for want, ts := range map[string][]checkpoint.Tensor{
		"tensor fc.weight has shape [3 64], the network's has [64 3]": model,
		"tensor conv1.weight (shape [16 3 3 3]) is missing":           model[1:],
		"tensor extra (shape [2]) is not part of the network":         append(slices.Clone(model[:len(model)-2]), checkpoint.Tensor{Name: "fc.weight", Shape: []int{64, 3}, Data: make([]float32, 192)}, checkpoint.Tensor{Name: "extra", Shape: []int{2}, Data: []float32{1, 2}}),
		"tensor bn1.weight holds []float64, the network's []float32":  append([]checkpoint.Tensor{model[0], {Name: "bn1.weight", Shape: []int{16}, Data: make([]float64, 16)}}, model[2:]...),
		"element 0 of tensor bn1.running_var is -0.5":                 negative,
		"element 1 of tensor conv1.weight is NaN":                     append([]checkpoint.Tensor{{Name: "conv1.weight", Shape: model[0].Shape, Data: append([]float32{0, float32(math.NaN())}, model[0].Data.([]float32)[2:]...)}}, model[1:]...),
	} {
		if _, err := loadModel(trunk3, other, write(ts)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if d := difference(before, Model(trunk3, other)); d != "" {
		t.Errorf("half loaded: %s", d)
	}
	for name, ts := range map[string][]checkpoint.Tensor{
		"no matrix":       model[:5],
		"an empty matrix": {{Name: "fc.weight", Shape: []int{math.MaxInt32, 0}, Data: []float32{}}, {Name: "fc.bias", Shape: []int{3}, Data: make([]float32, 3)}},
	} {
		if _, n, err := (&Stored{Path: "x.pth", Tensors: ts}).Head(); err == nil || !strings.Contains(err.Error(), "x.pth: there is no head") {
			t.Errorf("%s: %d classes, %v", name, n, err)
		}
	}
}
