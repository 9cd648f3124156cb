package setup

import (
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/nn"
	"longtail/nn/kernel"
)

// What cannot be made says why, and leaves nothing open.
func TestMoCoComplains(t *testing.T) {
	arch, err := nn.ParseArch("resnet8")
	if err != nil {
		t.Fatal(err)
	}
	set := &dataset.Set{Name: "toy", Classes: []string{"a", "b"}, C: 3, H: 8, W: 8, Train: dataset.Samples{C: 3, H: 8, W: 8, Pixels: make([]byte, 4*192), Labels: []int32{0, 0, 1, 1}}}
	l := dataset.NewList(set)
	if err := l.Append(set.Train, []int{0, 1, 2, 3}, set.Train.Labels); err != nil {
		t.Fatal(err)
	}
	if _, err := NewMoCo(l, nn.Options[float32]{Arch: arch}, 2, 3, 2, []any{"t"}); err == nil || !strings.Contains(err.Error(), "queue") {
		t.Errorf("a queue that batches do not fill: %v", err)
	}
	t.Setenv(kernel.Variable, "nope")
	if _, err := NewMoCo(l, nn.Options[float32]{Arch: arch}, 2, 4, 2, []any{"t"}); err == nil || !strings.Contains(err.Error(), "nope") {
		t.Errorf("kernels that do not exist: %v", err)
	}
}
