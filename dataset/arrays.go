package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"longtail/internal/npy"
)

// maxLabel is the largest accepted label, so that a damaged file cannot ask for a
// network with a billion classes.
const maxLabel = 1<<20 - 1

// ReadNPZ reads labeled images from a .npz archive: images, uint8 N×H×W×3 (RGB), and
// labels, int64 N (int32 and uint8 are accepted too).
func ReadNPZ(path string) (Samples, error) {
	arrays, err := npy.ReadNPZ(path, "images", "labels")
	if err != nil {
		return Samples{}, err
	}
	out, err := planesOf(arrays[0], path)
	if err != nil {
		return Samples{}, err
	}
	labels, n := arrays[1], out.Len()
	if len(labels.Shape) != 1 || labels.Shape[0] != n {
		return Samples{}, fmt.Errorf("%s: labels has shape %v for %d images: it must be (%d,)", path, labels.Shape, n, n)
	}
	for i := range n {
		var y int64
		switch labels.Type {
		case "<i8":
			y = int64(binary.LittleEndian.Uint64(labels.Raw[8*i:]))
		case "<i4":
			y = int64(int32(binary.LittleEndian.Uint32(labels.Raw[4*i:])))
		case "|u1":
			y = int64(labels.Raw[i])
		default:
			return Samples{}, fmt.Errorf("%s: labels is of type %s: save labels.astype(numpy.int64)", path, labels.Type)
		}
		if y < 0 || y > maxLabel {
			return Samples{}, fmt.Errorf("%s: label %d of image %d is outside 0..%d", path, y, i, maxLabel)
		}
		out.Labels[i] = int32(y)
	}
	return out, nil
}

// planesOf converts an archive's array images (uint8 N×H×W×3) to samples, all labeled
// 0.
func planesOf(images npy.Array, path string) (Samples, error) {
	if s := images.Shape; images.Type != "|u1" || len(s) != 4 || s[3] != Channels || s[0] < 1 || s[1] < 1 || s[2] < 1 {
		return Samples{}, fmt.Errorf("%s: images is %s of shape %v: it must be uint8 of shape N×H×W×3, none of them 0", path, images.Type, s)
	}
	n, h, w := images.Shape[0], images.Shape[1], images.Shape[2]
	return Samples{Set: path, C: Channels, H: h, W: w, Pixels: planar(images.Raw, n, h*w), Labels: make([]int32, n)}, nil
}

// FromSamples returns a set of a user's images. It has as many classes as the largest
// label needs, named by their number. The mean and standard deviation are those of
// the training images. test may be empty. Otherwise two classes must have training
// images, and so must every tested class.
func FromSamples(id string, train, test Samples) (*Set, error) {
	if train.Len() == 0 {
		return nil, fmt.Errorf("%s holds no training images", id)
	}
	if test.Len() > 0 && (test.C != train.C || test.H != train.H || test.W != train.W) {
		return nil, fmt.Errorf("images of %s are %d×%d×%d, those of %s %d×%d×%d: all must have one size", test.Set, test.H, test.W, test.C, train.Set, train.H, train.W, train.C)
	}
	train.Set, test.Set = id, id
	s := &Set{ID: id, Name: id, Numbered: true, C: train.C, H: train.H, W: train.W, Train: train, Test: test}
	classes := 0
	for _, y := range slices.Concat(train.Labels, test.Labels) {
		classes = max(classes, int(y)+1)
	}
	for c := range classes {
		s.Classes = append(s.Classes, strconv.Itoa(c))
	}
	if test.Len() > 0 {
		var err error
		if s.Notes, err = (Files{}).checkClasses(id, s.Classes, [3]listed{{labels: train.Labels}, {labels: test.Labels}}, nil); err != nil {
			return nil, err
		}
	}
	s.Mean, s.Std = train.meanStd()
	s.Digest = s.digest()
	s.Declared = s.Digest
	return s, nil
}

// meanStd returns the mean and standard deviation of each channel, for pixels from 0
// to 1. A constant channel has standard deviation 1, so that it can be normalized.
func (s Samples) meanStd() (mean, std [Channels]float32) {
	plane := s.H * s.W
	for c := range Channels {
		var n, sum, squares uint64 // exact: no pixel count overflows them
		for i := range s.Len() {
			image := s.Image(i)
			for _, v := range image[min(c, s.C-1)*plane:][:plane] {
				sum += uint64(v)
				squares += uint64(v) * uint64(v)
			}
			n += uint64(plane)
		}
		m := float64(sum) / float64(n)
		v := float64(squares)/float64(n) - float64(m*m)
		mean[c], std[c] = float32(m/255), 1
		if v > 1e-9 {
			std[c] = float32(math.Sqrt(v) / 255)
		}
	}
	return mean, std
}
