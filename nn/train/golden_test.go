package train

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
)

// uniform is golden.py's: n numbers in [-1, 1), element i splitmix64 of
// key·2³² + i.
func uniform(key uint64, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		z := (key<<32 + uint64(i) + 1) * 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		v[i] = float64(z>>11)/(1<<52) - 1
	}
	return v
}

// fillGolden gives a network golden.py's weights and returns its parameters.
func fillGolden[T kernel.Float](trunk *nn.Trunk[T], obj *objective.Objective[T]) []nn.Param[T] {
	for _, b := range trunk.Buffers() {
		for i := range b.Value {
			b.Value[i] = 0
			if strings.HasSuffix(b.Name, "var") {
				b.Value[i] = 1
			}
		}
	}
	params := Params(trunk, obj)
	for k, p := range params {
		fan := 1
		for _, d := range p.Shape[1:] {
			fan *= d
		}
		for i, v := range uniform(uint64(k), len(p.Value)) {
			switch {
			case len(p.Shape) > 1:
				v *= math.Sqrt(6 / float64(fan))
			case strings.HasSuffix(p.Name, "weight"):
				v = 1 + v/4
			default:
				v /= 4
			}
			p.Value[i] = T(v)
		}
	}
	return params
}

// goldenBatch is golden.py's batch s of n images.
func goldenBatch(s, n, height, width, classes int) ([]float64, []int32) {
	x := uniform(uint64(500+s), n*3*height*width)
	for i := range x {
		x[i] *= 2
	}
	y := make([]int32, n)
	for i := range y {
		y[i] = int32((3*i + s) % classes)
	}
	return x, y
}

// Loss, every gradient and the network after one and three steps of ResNet-8
// with weighted cross-entropy agree with PyTorch's float64 to 1e-9; the third
// batch is short.
func TestStepEqualsPyTorch(t *testing.T) {
	const height, width, classes, batch, tolerance = 12, 10, 5, 8, 1e-9
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Losses, Rates []float64
		Images        []int
		After         map[string][][]float64 // finished steps; tensor, projection
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	trunk, obj := newNetwork[float64](t, nil, "resnet8", "linear", "ce", height, width, classes, batch)
	obj.SetWeights([]float64{.25, .5, 1, 1.25, 2})
	params := fillGolden(trunk, obj)
	sgd := NewSGD(params, .9, 2e-4)
	worst := map[string]float64{}
	near := func(what, name string, got, want, scale float64) {
		d := math.Abs(got-want) / scale
		worst[what] = max(worst[what], d)
		if !(d <= tolerance) {
			t.Errorf("%s of %s: %v, PyTorch %v", what, name, got, want)
		}
	}
	for s, n := range g.Images {
		x, y := goldenBatch(s, n, height, width, classes)
		loss, err := Step(trunk, obj, sgd, x, y, n, g.Rates[s])
		if err != nil {
			t.Fatal(err)
		}
		near("loss", "step", loss, g.Losses[s], 1)
		if s == 0 {
			sameGradients(t, "testdata/resnet8_grads.f64", params, func(name string, got, want float64) {
				near("gradient", name, got, want, 1)
			})
		}
		for k, want := range g.After[string('1'+rune(s))] {
			tensors := append(append([]nn.Param[float64]{}, params...), trunk.Buffers()...)
			for j, w := range want {
				var got, norm float64
				for i, v := range uniform(uint64(1000+8*k+j), len(tensors[k].Value)) {
					got += v * tensors[k].Value[i]
					norm += tensors[k].Value[i] * tensors[k].Value[i]
				}
				near("weights after steps", tensors[k].Name, got, w, max(1, math.Sqrt(norm)))
			}
		}
	}
	if trunk.BatchesTracked() != 3 {
		t.Errorf("%d batches tracked", trunk.BatchesTracked())
	}
	t.Logf("largest differences: %v", worst)
}

// sameGradients compares every gradient with those of a file.
func sameGradients(t *testing.T, path string, params []nn.Param[float64], near func(name string, got, want float64)) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range params {
		want := make([]float64, len(p.Grad))
		if _, err := binary.Decode(raw, binary.LittleEndian, want); err != nil {
			t.Fatal(err)
		}
		raw = raw[8*len(want):]
		for i, v := range p.Grad {
			near(p.Name, v, want[i])
		}
	}
	if len(raw) != 0 {
		t.Errorf("%d bytes of gradients are left", len(raw))
	}
}

// Every loss on every head, with and without class weights, on a full and on a
// short batch of ResNet-8, agrees with PyTorch's float64 to 1e-9.
func TestObjectivesEqualPyTorch(t *testing.T) {
	const height, width, classes, batch = 12, 10, 5, 8
	raw, err := os.ReadFile("testdata/objectives.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Loss, Head string
		Weighted   bool
		Images     int
		Value      float64
		Features   []float64
		FC         [][]float64
		Trunk      [][]float64 // norm and eight projections of each gradient
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 3*2*2*2 {
		t.Fatalf("%d cases", len(all))
	}
	worst := map[string]float64{}
	for _, c := range all {
		trunk, obj := newNetwork[float64](t, nil, "resnet8", c.Head, c.Loss, height, width, classes, batch)
		fillGolden(trunk, obj)
		obj.SetCounts([]int{50, 20, 9, 4, 2})
		if c.Weighted {
			obj.SetWeights([]float64{.25, .5, 1, 1.25, 2})
		}
		near := func(what string, got, want, scale float64) {
			d := math.Abs(got-want) / scale
			worst[what] = max(worst[what], d)
			if !(d <= 1e-9) {
				t.Errorf("%s on %s, weighted %v, %d images: %s %v, PyTorch %v", c.Loss, c.Head, c.Weighted, c.Images, what, got, want)
			}
		}
		x, y := goldenBatch(c.Images, c.Images, height, width, classes)
		loss, d, err := obj.Step(trunk.Forward(x, c.Images, true), y, c.Images)
		if err != nil {
			t.Fatal(err)
		}
		near("loss", loss, c.Value, max(1, c.Value))
		if len(d) != len(c.Features) || len(obj.Params()) != len(c.FC) || len(trunk.Params()) != len(c.Trunk) {
			t.Fatalf("sizes differ from the golden file's")
		}
		for i, v := range d {
			near("gradient of features", v, c.Features[i], 1)
		}
		for k, p := range obj.Params() {
			for i, v := range p.Grad {
				near("gradient of "+p.Name, v, c.FC[k][i], 1)
			}
		}
		trunk.Backward(d)
		for k, p := range trunk.Params() {
			norm := math.Sqrt(dot(p.Grad, p.Grad))
			near("norm of a gradient", norm, c.Trunk[k][0], max(1, norm))
			for j, want := range c.Trunk[k][1:] {
				near("projection of a gradient", dot(p.Grad, uniform(uint64(1000+8*k+j), len(p.Grad))), want, max(1, norm))
			}
		}
		if c.Loss == "ldam" && c.Head == "normed" && c.Weighted && c.Images == batch {
			sameGradients(t, "testdata/resnet8_ldam_grads.f64", Params(trunk, obj), func(name string, got, want float64) {
				near("gradient, weighted LDAM", got, want, 1)
			})
		}
	}
	t.Logf("largest differences: %v", worst)
}

func dot[T kernel.Float](a, b []T) (sum float64) {
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}
