package train

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// Transfer takes every tensor of the trunk and none of the head: 6 a
// convolution with its normalization; 186 for ResNet-32 (paper-spec 6.1).
func TestInitFromCountsEveryTensor(t *testing.T) {
	for name, want := range map[string]int{"resnet8": 42, "resnet32": 186} {
		first, obj := newNetwork[float32](t, nil, name, "linear", "ce", side, side, 4, 1)
		second, _ := newNetwork[float32](t, nil, name, "linear", "ce", side, side, 4, 1)
		trunks := []*nn.Trunk[float32]{first, second}
		for seed, trunk := range trunks {
			trunk.Init(stream.New("transfer", seed))
		}
		trunks[0].SetBatchesTracked(12)
		trunks[0].Buffers()[3].Value[2] = 1.25
		model := Model(trunks[0], obj)
		if len(model) != want+2 {
			t.Errorf("%s: %d tensors, want %d and the head's two", name, len(model), want)
		}
		if name == "resnet8" {
			var names []string
			for _, x := range model[:7] {
				names = append(names, x.Name)
			}
			if d := cmp.Diff([]string{"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked", "layer1.0.conv1.weight"}, names); d != "" {
				t.Error(d)
			}
		}
		path := filepath.Join(t.TempDir(), "model.ckpt")
		if err := SaveModel(path, model, nil); err != nil {
			t.Fatal(err)
		}
		used, err := InitFrom(trunks[1], path)
		if err != nil || used != want {
			t.Errorf("%s: %d tensors used, error %v; want %d", name, used, err, want)
		}
		if d := difference(trunkTensors(trunks[0]), trunkTensors(trunks[1])); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		// A file without any counter.
		without := slices.DeleteFunc(model, func(x checkpoint.Tensor) bool { return strings.HasSuffix(x.Name, tracked) })
		if err := SaveModel(path, without, nil); err != nil {
			t.Fatal(err)
		}
		used, err = InitFrom(trunks[1], path)
		if counters := want / 6; err != nil || used != want-counters || trunks[1].BatchesTracked() != 0 {
			t.Errorf("%s without counters: %d used, %d batches tracked, error %v", name, used, trunks[1].BatchesTracked(), err)
		}
	}
}

func TestTransferFailsLoudly(t *testing.T) {
	source, head := network(t, 1)
	path := filepath.Join(t.TempDir(), "model.ckpt")
	for _, c := range []struct {
		reason string
		change func([]checkpoint.Tensor) []checkpoint.Tensor
		want   string
	}{
		{"missing", func(ts []checkpoint.Tensor) []checkpoint.Tensor { return slices.Delete(ts, 6, 7) },
			"tensor layer1.0.conv1.weight (shape [16 16 3 3]) is missing"},
		{"surplus", func(ts []checkpoint.Tensor) []checkpoint.Tensor {
			return append(ts, checkpoint.Tensor{Name: "layer9.conv1.weight", Shape: []int{1}, Data: []float32{1}})
		}, "tensor layer9.conv1.weight (shape [1]) is not part of the network"},
		{"shape", func(ts []checkpoint.Tensor) []checkpoint.Tensor {
			ts[0].Shape = []int{3, 16, 3, 3}
			return ts
		}, "tensor conv1.weight has shape [3 16 3 3], the network's has [16 3 3 3]"},
		{"type", func(ts []checkpoint.Tensor) []checkpoint.Tensor {
			ts[1].Data = make([]float64, 16)
			return ts
		}, "tensor bn1.weight holds []float64"},
		{"one counter missing", func(ts []checkpoint.Tensor) []checkpoint.Tensor { return slices.Delete(ts, 5, 6) },
			"tensor bn1.num_batches_tracked (shape []) is missing"},
		{"counters differ", func(ts []checkpoint.Tensor) []checkpoint.Tensor {
			ts[5].Data = []int64{8}
			return ts
		}, "is 0 but bn1.num_batches_tracked is 8"},
		{"prefix", func(ts []checkpoint.Tensor) []checkpoint.Tensor { return prefixed("module.", ts) },
			"tensor conv1.weight (shape [16 3 3 3]) is missing"},
	} {
		if err := SaveModel(path, c.change(Model(source, head)), nil); err != nil {
			t.Fatal(err)
		}
		target, _ := network(t, 2)
		before := clone(trunkTensors(target))
		used, err := InitFrom(target, path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "model.ckpt") || used != 0 {
			t.Errorf("%s: %d used, error %v, want %q", c.reason, used, err, c.want)
		}
		if d := difference(before, trunkTensors(target)); d != "" {
			t.Errorf("%s: half loaded: %s", c.reason, d)
		}
	}
	// A head of another size is left out in transfer but not in loading.
	if err := SaveModel(path, Model(source, head), nil); err != nil {
		t.Fatal(err)
	}
	other, err := objective.New[float32](objective.Spec{Head: "linear", Loss: "ce", Features: 64, Classes: 4, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := loadModel(source, other, path); err == nil || !strings.Contains(err.Error(), "fc.weight has shape [3 64], the network's has [4 64]") {
		t.Errorf("error %v", err)
	}
}

// loadModel fills trunk and head from a model file and returns its meta.
func loadModel(t *nn.Trunk[float32], o *objective.Objective[float32], path string) (json.RawMessage, error) {
	s, err := ReadModel(path)
	if err != nil {
		return nil, err
	}
	return s.Meta, s.Fill(t, o)
}
