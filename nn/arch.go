package nn

import (
	"fmt"
	"strconv"
	"strings"

	"longtail/nn/kernel"
)

// Arch is a residual network for small images (He et al. 2016, section 4.2). It has
// a stem of 16 channels, three stages of (Depth−2)/6 basic blocks with 16, 32 and
// 64 channels, and global average pooling. Shortcuts have no parameters (option A).
type Arch struct {
	Name  string // "resnet32"
	Depth int    // 6n+2
}

// ArchNames are the usual networks. Every depth of 6n+2 is possible.
var ArchNames = []string{"resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56"}

// maxDepth is the depth of the deepest reported network of the family. A larger
// number is a typing mistake.
const maxDepth = 1202

// ParseArch parses a name such as "resnet32". An unknown name or impossible depth
// is an error.
func ParseArch(name string) (Arch, error) {
	digits, ok := strings.CutPrefix(name, "resnet")
	depth, err := strconv.Atoi(digits)
	a := Arch{Name: name, Depth: depth}
	if !ok || err != nil || strconv.Itoa(depth) != digits {
		return Arch{}, fmt.Errorf("architecture %q: unknown; use %s", name, strings.Join(ArchNames, ", "))
	}
	if err := a.check(); err != nil {
		return Arch{}, err
	}
	return a, nil
}

func (a Arch) check() error {
	if a.Depth > maxDepth {
		return fmt.Errorf("architecture %q: depth %d is above %d; use %s", a.Name, a.Depth, maxDepth, strings.Join(ArchNames, ", "))
	}
	if a.Depth < 8 || (a.Depth-2)%6 != 0 {
		return fmt.Errorf("architecture %q: depth %d is not 6n+2 with n ≥ 1; use %s", a.Name, a.Depth, strings.Join(ArchNames, ", "))
	}
	return nil
}

// Features is the number of channels of the last stage.
const Features = 64

// convolution is one layer of the network: its shape and PyTorch's names.
type convolution struct {
	kernel.Conv
	name, bn string // "layer1.0.conv1", "layer1.0.bn1"
}

// convolutions returns the layers for images of h×w. Layer 0 is the stem; layers
// 2b+1 and 2b+2 are the two convolutions of block b.
func (a Arch) convolutions(h, w int) []convolution {
	list := []convolution{{kernel.Conv{In: 3, Out: 16, H: h, W: w, Stride: 1}, "conv1", "bn1"}}
	in := 16
	for stage, out := range []int{16, 32, Features} {
		for block := range (a.Depth - 2) / 6 {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			first := kernel.Conv{In: in, Out: out, H: h, W: w, Stride: stride}
			h, w, in = first.OutH(), first.OutW(), out
			second := kernel.Conv{In: out, Out: out, H: h, W: w, Stride: 1}
			prefix := fmt.Sprintf("layer%d.%d.", stage+1, block)
			list = append(list,
				convolution{first, prefix + "conv1", prefix + "bn1"},
				convolution{second, prefix + "conv2", prefix + "bn2"})
		}
	}
	return list
}

// StepMemory returns about how many bytes a training step on that many images of
// h×w fills: what Trunk keeps of each image, without weights. The first step fills
// them, not NewTrunk.
func (a Arch) StepMemory(h, w, images int) int64 {
	sum, most := 0, 0 // elements of an image
	for k, c := range a.convolutions(h, w) {
		sum += c.OutLen()
		if !insideBlock(k) {
			sum += c.OutLen()
		}
		most = max(most, c.OutLen())
	}
	const gradients, float = 3, 4
	return int64(images) * int64(sum+gradients*most) * float
}

// MACs returns the multiply-adds of all convolutions in one forward pass of one
// image of h×w, counting padding taps. A training step costs three times as many,
// less the stem's input gradient, which only BackwardImages computes.
func (a Arch) MACs(h, w int) int {
	sum := 0
	for _, c := range a.convolutions(h, w) {
		sum += c.MACs()
	}
	return sum
}
