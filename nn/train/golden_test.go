package train

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"

	"longtail/nn"
	"longtail/nn/objective"
)

// golden is testdata/golden.json, made by testdata/golden.py.
type golden struct {
	SGD struct {
		Grads, After [][][]float64 // step, parameter, element
		Rates        []float64
	}
	Step struct {
		Losses, Rates []float64
		Images        []int
		After         map[string][][]float64 // finished steps; tensor, projection
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

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

func TestSGDEqualsPyTorch(t *testing.T) {
	g := readGolden(t).SGD
	params := []nn.Param[float64]{
		{Name: "a", Value: []float64{1, -2, .5}, Grad: make([]float64, 3)},
		{Name: "b", Value: []float64{3}, Grad: make([]float64, 1)},
	}
	s := NewSGD(params, .9, .01)
	for step, rate := range g.Rates {
		for i, p := range params {
			copy(p.Grad, g.Grads[step][i])
		}
		s.Step(rate)
		for i, p := range params {
			for j, v := range p.Value {
				if want := g.After[step][i][j]; math.Abs(v-want) > 1e-15*math.Abs(want) {
					t.Errorf("step %d, %s[%d]: %v, PyTorch %v", step+1, p.Name, j, v, want)
				}
			}
		}
	}
}

// Loss, every gradient and the network after one and three steps of ResNet-8
// with weighted cross-entropy agree with PyTorch's float64 to 1e-9; the third
// batch is short.
func TestStepEqualsPyTorch(t *testing.T) {
	const height, width, classes, batch, tolerance = 12, 10, 5, 8, 1e-9
	g := readGolden(t).Step
	arch, err := nn.ParseArch("resnet8")
	if err != nil {
		t.Fatal(err)
	}
	trunk, err := nn.NewTrunk(nn.Options[float64]{Arch: arch, Height: height, Width: width, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	defer trunk.Close()
	obj, err := objective.New[float64](objective.Spec{Head: "linear", Loss: "ce", Features: trunk.Features(), Classes: classes, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	defer obj.Close()
	obj.SetWeights([]float64{.25, .5, 1, 1.25, 2})
	for _, b := range trunk.Buffers() { // running variances start at 1
		if b.Name[len(b.Name)-3:] == "var" {
			for i := range b.Value {
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
				p.Value[i] = v * math.Sqrt(6/float64(fan))
			case p.Name[len(p.Name)-6:] == "weight":
				p.Value[i] = 1 + v/4
			default:
				p.Value[i] = v / 4
			}
		}
	}
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
		x := uniform(uint64(500+s), n*3*height*width)
		for i := range x {
			x[i] *= 2
		}
		y := make([]int32, n)
		for i := range y {
			y[i] = int32((3*i + s) % classes)
		}
		loss, err := Step(trunk, obj, sgd, x, y, n, g.Rates[s])
		if err != nil {
			t.Fatal(err)
		}
		near("loss", "step", loss, g.Losses[s], 1)
		if s == 0 {
			raw, err := os.ReadFile("testdata/resnet8_grads.f64")
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
					near("gradient", p.Name, v, want[i], 1)
				}
			}
			if len(raw) != 0 {
				t.Errorf("%d bytes of gradients are left", len(raw))
			}
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
