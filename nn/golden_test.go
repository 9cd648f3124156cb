package nn

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"longtail/nn/kernel"
)

// noise repeats the function of the same name in testdata/golden_resnet8.py.
func noise(key, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		h := uint32(i)*2654435761 + uint32(key)*40503
		h ^= h >> 15
		h *= 0x85ebca6b
		h ^= h >> 13
		v[i] = float64(h)/(1<<31) - 1
	}
	return v
}

// noisy fills a trunk as the script does.
func noisy(t *Trunk[float64]) {
	noisyWeights(t)
	for key, p := range t.Buffers() {
		a := 0.0
		if strings.HasSuffix(p.Name, "var") {
			a = 1
		}
		for i, u := range noise(100+key, len(p.Value)) {
			p.Value[i] = a + 0.5*u
		}
	}
}

func noisyWeights[T kernel.Float](t *Trunk[T]) {
	for key, p := range t.Params() {
		a, b := 0.0, 0.25
		switch {
		case len(p.Shape) == 4:
			b = math.Sqrt(6 / float64(9*p.Shape[1]))
		case strings.HasSuffix(p.Name, "weight"):
			a = 1
		}
		for i, u := range noise(key, len(p.Value)) {
			p.Value[i] = T(a + float64(b*u)) // not fused
		}
	}
}

// TestAgainstPyTorch compares a training step of ResNet-8 on odd images, two
// shards of them, from PyTorch's gradient of the features back, its images'
// gradient, and an evaluation after it with PyTorch's, all in float64; and
// ResNet-14, where blocks follow one another within a stage.
func TestAgainstPyTorch(t *testing.T) {
	const n, height, width = 18, 13, 11
	f, err := os.Open("testdata/golden_resnet8.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(z).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	golden := func(name string, n int) (v []float64) {
		t.Helper()
		if err := json.Unmarshal(raw[name], &v); err != nil || len(v) != n {
			t.Fatalf("%s: %d values in the golden file, %d here (%v)", name, len(v), n, err)
		}
		return v
	}
	same := func(name string, got []float64) {
		t.Helper()
		want := golden(name, len(got))
		var largest, off float64
		for i, w := range want {
			largest, off = max(largest, math.Abs(w)), max(off, math.Abs(got[i]-w))
		}
		if !(off <= 1e-9*largest) {
			t.Errorf("%s: off by %.3g of the largest value", name, off/largest)
		}
	}

	trunk := newTestTrunk[float64](t, Options[float64]{Arch: Arch{"resnet8", 8}, Height: height, Width: width, Batch: n})
	noisy(trunk)
	x := noise(300, n*3*height*width)
	same("features", trunk.Forward(x, n, true))
	df := golden("features_grad", n*Features)
	trunk.Backward(df)
	for _, p := range trunk.Params() {
		same("grad "+p.Name, p.Grad)
	}
	for _, p := range trunk.Buffers() {
		same("buffer "+p.Name, p.Value)
	}
	dx := make([]float64, len(x))
	trunk.ForwardAside(x, n)
	trunk.BackwardImages(df, dx)
	same("images_grad", dx)
	// Three of the nine, the loss and the head's gradients, are of no trunk.
	if want := 9 + len(trunk.Params()) + len(trunk.Buffers()); len(raw) != want {
		t.Errorf("%d entries in the golden file, want %d", len(raw), want)
	}
	same("eval_features", trunk.Forward(x, n, false))

	deeper := newTestTrunk[float64](t, Options[float64]{Arch: Arch{"resnet14", 14}, Height: height, Width: width, Batch: n})
	noisy(deeper)
	same("resnet14 features", deeper.Forward(x, n, true))
	deeper.Backward(noise(301, n*Features))
	same("resnet14 conv1.weight grad", deeper.Params()[0].Grad)
}
