// Package dataset turns images on disk (or embedded in the program) into
// batches: readers, the long-tailed and unlabeled sets of the paper, samplers,
// augmentation, rotation of inputs and normalisation.
//
// OpenIn finds a Set: embedded, in official files (official.go lists them), or
// a user's own images. A Set holds decoded images, or says where they are
// decoded from when needed. LongTail.Select chooses its labelled subset,
// Subset.Draw the unlabeled one; a List joins them into what is trained on;
// Uniform, Resampled and ClassAware make batches of a List, Images those of an
// evaluation.
package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Set is a data set in memory. Sets returned by Open are shared: treat them as
// read-only.
type Set struct {
	ID        string // "fashion-mnist"
	Name      string // "Fashion-MNIST"
	StandsFor string // the paper's set whose cells it can stand in for: "CIFAR-10-LT", or ""
	Mark      string // how its numbers are marked: "stand-in", …; "" for the official files
	Digest    string // SHA-256 of pixels and labels (digest), hexadecimal
	Licence   string
	Classes   []string // names by class id
	RankOrder []int    // class id of each rank, head first; nil: the class id is the rank
	H, W, C   int      // of a stored image; batches always have three channels
	Mean, Std [3]float32

	Train Samples // long-tailed subsets are cut from it
	Test  Samples
	Val   Samples // ImageNet-LT alone has one
	Pool  Samples // unlabeled images; its labels only shape ρ_U

	NMax  int      // head size of the paper's long tails; 0: the set is used as it is
	Notes []string // what a reader of its numbers must know: missing files, prefixes, the split
}

// Samples is a list of images of one size.
type Samples struct {
	Set     string  // id of the set whose classes the labels are
	C, H, W int     //
	Pixels  []uint8 // N×C×H×W: channel planes, rows from the top; nil where Lazy is set
	Labels  []int32 // N class ids
	Lazy    Decoder // decodes images of sets too large for memory
}

// Decoder decodes the images of a set that is not held in memory. It is safe
// for concurrent use.
type Decoder interface {
	// Decode writes the C×H×W pixels of image i to dst.
	Decode(i int, dst []uint8) error
}

// Len returns the number of images.
func (s Samples) Len() int { return len(s.Labels) }

// Image returns the C×H×W pixels of image i, not a copy, of samples held in
// memory; Read serves all samples.
func (s Samples) Image(i int) []uint8 {
	n := s.C * s.H * s.W
	return s.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// Read returns the C×H×W pixels of image i: those in memory, or decoded into
// buf, which is used if it is large enough.
func (s Samples) Read(i int, buf []uint8) ([]uint8, error) {
	if s.Lazy == nil {
		return s.Image(i), nil
	}
	buf = sized(buf, s.C*s.H*s.W)
	return buf, s.Lazy.Decode(i, buf)
}

func sized(buf []uint8, n int) []uint8 {
	if cap(buf) < n {
		return make([]uint8, n)
	}
	return buf[:n]
}

// chosen are some images of another decoder.
type chosen struct {
	from      Decoder
	positions []int
}

func (c chosen) Decode(i int, dst []uint8) error { return c.from.Decode(c.positions[i], dst) }

// At copies the images at the given positions, in that order; images that are
// not in memory stay where they are.
func (s Samples) At(positions []int) Samples {
	out := Samples{Set: s.Set, C: s.C, H: s.H, W: s.W}
	if s.Lazy != nil {
		out.Lazy = chosen{s.Lazy, positions}
		out.Labels = Pick(s.Labels, positions)
		return out
	}
	out.Pixels = make([]uint8, 0, len(positions)*s.C*s.H*s.W)
	out.Labels = make([]int32, 0, len(positions))
	for _, p := range positions {
		out.Pixels = append(out.Pixels, s.Image(p)...)
		out.Labels = append(out.Labels, s.Labels[p])
	}
	return out
}

// FirstPerClass returns the positions, ascending, of the first n images of
// each label.
func (s Samples) FirstPerClass(n int) []int {
	seen := map[int32]int{}
	var out []int
	for i, y := range s.Labels {
		if seen[y] < n {
			seen[y]++
			out = append(out, i)
		}
	}
	return out
}

// ByClass returns the ascending positions of each class.
func ByClass(labels []int32, classes int) ([][]int, error) {
	out := make([][]int, classes)
	for i, y := range labels {
		if y < 0 || int(y) >= classes {
			return nil, fmt.Errorf("dataset: label %d at position %d is outside 0..%d", y, i, classes-1)
		}
		out[y] = append(out[y], i)
	}
	return out, nil
}

// Ranks returns the class id of each rank.
func (s *Set) Ranks() []int {
	if s.RankOrder != nil {
		return s.RankOrder
	}
	out := make([]int, len(s.Classes))
	for i := range out {
		out[i] = i
	}
	return out
}

// digest is the SHA-256 of Train, Test and Pool: for each its length, C, H and
// W and then its labels as little-endian 32-bit numbers, and its pixels.
func (s *Set) digest() string {
	h := sha256.New()
	for _, p := range []Samples{s.Train, s.Test, s.Pool} {
		head := []int32{int32(p.Len()), int32(p.C), int32(p.H), int32(p.W)}
		b := make([]byte, 0, 4*(len(head)+len(p.Labels)))
		for _, v := range append(head, p.Labels...) {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		h.Write(b)
		h.Write(p.Pixels)
	}
	return hex.EncodeToString(h.Sum(nil))
}
