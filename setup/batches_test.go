package setup

import (
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/dataset/batches"
)

// A target that is not known is no reason to train with the labels.
func TestUnknownTarget(t *testing.T) {
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	all := NewMixture(set, 0)
	if err := all.List.Append(set.Train, []int{0, 1, 2, 3}, nil); err != nil {
		t.Fatal(err)
	}
	for target, known := range map[string]bool{"": true, "labels": true, "rotation": true, "colors": false} {
		b, err := NewBatches(all, nil, Draw{Target: target, Epochs: 1, Options: batches.Options{Batch: 2}})
		if err == nil {
			b.Close()
		}
		if known != (err == nil) || !known && !strings.Contains(err.Error(), target) {
			t.Errorf("target %q: %v", target, err)
		}
	}
}

// 64 cores read CIFAR's images as far ahead as they like, and those of 224×224 in
// batches of 256, 154 MB each, within a gigabyte.
func TestDepthIsBounded(t *testing.T) {
	for _, c := range []struct{ wanted, images, side, want int }{
		{64, 128, 32, 64}, {64, 256, 224, 6}, {4, 256, 224, 4}, {1, 8, 28, 2}, {64, 512, 1000, 2},
	} {
		if got := depth(c.wanted, c.images*3*c.side*c.side); got != c.want {
			t.Errorf("%d wanted of %d images of side %d: %d, want %d", c.wanted, c.images, c.side, got, c.want)
		}
	}
}
