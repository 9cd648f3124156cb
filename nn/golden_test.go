package nn

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
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
	for key, p := range t.Params() {
		a, b := 0.0, 0.25
		switch {
		case len(p.Shape) == 4:
			b = math.Sqrt(6 / float64(9*p.Shape[1]))
		case strings.HasSuffix(p.Name, "weight"):
			a = 1
		}
		for i, u := range noise(key, len(p.Value)) {
			p.Value[i] = a + b*u
		}
	}
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

// linearCrossEntropy returns the mean cross entropy of features·weightᵀ + bias
// and its gradients.
func linearCrossEntropy(f, weight, bias []float64, labels []int) (loss float64, df, dw, db []float64) {
	n, classes := len(labels), len(bias)
	df, dw, db = make([]float64, len(f)), make([]float64, len(weight)), make([]float64, classes)
	for i, label := range labels {
		x := f[i*features : (i+1)*features]
		logits, total := make([]float64, classes), 0.0
		for c := range logits {
			logits[c] = bias[c]
			for k, v := range x {
				logits[c] += v * weight[c*features+k]
			}
			total += math.Exp(logits[c])
		}
		loss -= (logits[label] - math.Log(total)) / float64(n)
		for c, z := range logits {
			g := math.Exp(z) / total
			if c == label {
				g--
			}
			g /= float64(n)
			db[c] += g
			for k, v := range x {
				dw[c*features+k] += g * v
				df[i*features+k] += g * weight[c*features+k]
			}
		}
	}
	return loss, df, dw, db
}

// TestAgainstPyTorch compares a training step of ResNet-8 on odd images, two
// shards of them, its images' gradient, and an evaluation after it with
// PyTorch's, all in float64; and ResNet-14, where blocks follow one another within a stage.
func TestAgainstPyTorch(t *testing.T) {
	const n, height, width, classes = 18, 13, 11, 10
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
	var wantLoss float64
	if err := json.Unmarshal(raw["loss"], &wantLoss); err != nil {
		t.Fatal(err)
	}
	same := func(name string, got []float64) {
		t.Helper()
		var want []float64
		if err := json.Unmarshal(raw[name], &want); err != nil || len(want) != len(got) {
			t.Fatalf("%s: %d values in the golden file, %d here (%v)", name, len(want), len(got), err)
		}
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
	weight, bias := noise(200, classes*features), noise(201, classes)
	for i := range weight {
		weight[i] /= 2
	}
	for i := range bias {
		bias[i] /= 8
	}
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i * 7 % classes
	}
	got := trunk.Forward(x, n, true)
	same("features", got)
	loss, df, dw, db := linearCrossEntropy(got, weight, bias, labels)
	if !(math.Abs(loss-wantLoss) <= 1e-9*wantLoss) {
		t.Errorf("loss %.15g, PyTorch %.15g", loss, wantLoss)
	}
	same("features_grad", df)
	same("head_weight_grad", dw)
	same("head_bias_grad", db)
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
	if want := 6 + 1 + 2 + len(trunk.Params()) + len(trunk.Buffers()); len(raw) != want {
		t.Errorf("%d entries in the golden file, %d compared", len(raw), want)
	}
	same("eval_features", trunk.Forward(x, n, false))

	deeper := newTestTrunk[float64](t, Options[float64]{Arch: Arch{"resnet14", 14}, Height: height, Width: width, Batch: n})
	noisy(deeper)
	same("resnet14 features", deeper.Forward(x, n, true))
	deeper.Backward(noise(301, n*features))
	same("resnet14 conv1.weight grad", deeper.Params()[0].Grad)
}
