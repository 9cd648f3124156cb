package batches

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"longtail/dataset"
)

// Rotations is the number of classes in rotation pre-training (Gidaris et al. 2018).
// Label k is a rotation by k·90° counterclockwise.
const Rotations = 4

// Rotated is a Source for rotation pre-training: the batches of another source with
// each image rotated once, and the rotation as its label. Rotations follow
// augmentation and normalization and are keyed by (keys, epoch, step).
type Rotated struct {
	from Source
	side int
	keys []any
}

// NewRotated returns a source of the rotated batches of from, whose images are
// side×side.
func NewRotated(from Source, side int, keys []any) *Rotated {
	return &Rotated{from: from, side: side, keys: slices.Clone(keys)}
}

// Steps returns the number of batches in an epoch.
func (r *Rotated) Steps(epoch int) int { return r.from.Steps(epoch) }

// Batch implements Source.
func (r *Rotated) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n, err := r.from.Batch(epoch, step, x, y)
	if err != nil {
		return 0, err
	}
	turns(keyed(r.keys, "rotate", epoch, step), y[:n])
	turnAll(x, y[:n], r.side)
	return n, nil
}

// RotatedImages are evaluation images, each in one fixed rotation keyed by keys, with
// the rotation as its label.
type RotatedImages struct {
	from *Images
	side int
	k    []int32
}

// NewRotatedImages returns the images of from, rotated. Images that are not square
// are an error.
func NewRotatedImages(from *Images, keys []any) (*RotatedImages, error) {
	if from.norm.h != from.norm.w {
		return nil, fmt.Errorf("images of %d×%d cannot be rotated: they must be square", from.norm.h, from.norm.w)
	}
	k := make([]int32, from.Len())
	turns(keyed(keys, "rotate-evaluation"), k)
	return &RotatedImages{from: from, side: from.norm.h, k: k}, nil
}

// Len returns the number of images.
func (r *RotatedImages) Len() int { return r.from.Len() }

// Fill is Images.Fill with rotated images.
func (r *RotatedImages) Fill(first int, x []float32, y []int32) (int, error) {
	n, err := r.from.Fill(first, x, y)
	if err != nil {
		return 0, err
	}
	copy(y[:n], r.k[first:])
	turnAll(x, y[:n], r.side)
	return n, nil
}

// turns fills k with the first entries of a random permutation of ⌊len(k)/4⌋+1 copies
// of each rotation, so that rotations are nearly equally frequent.
func turns(r *rand.Rand, k []int32) {
	each := len(k)/Rotations + 1
	all := make([]int32, Rotations*each)
	for i := range all {
		all[i] = int32(i / each)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	copy(k, all)
}

func turnAll(x []float32, k []int32, side int) {
	plane := side * side
	scratch := make([]float32, plane)
	for i, turn := range k {
		for c := range dataset.Channels {
			p := x[(i*dataset.Channels+c)*plane:][:plane]
			turnPlane(p, scratch, side, int(turn))
		}
	}
}

// turnPlane rotates p by k·90° counterclockwise. One rotation is out[i,j] =
// in[j,side−1−i].
func turnPlane(p, scratch []float32, side, k int) {
	last := side - 1
	switch k {
	case 1:
		copy(scratch, p)
		for i := range side {
			for j := range side {
				p[i*side+j] = scratch[j*side+last-i]
			}
		}
	case 2:
		slices.Reverse(p)
	case 3:
		copy(scratch, p)
		for i := range side {
			for j := range side {
				p[i*side+j] = scratch[(last-j)*side+i]
			}
		}
	}
}
