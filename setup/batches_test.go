package setup

import "testing"

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
