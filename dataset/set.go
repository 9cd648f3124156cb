// Package dataset reads images from disk (or embedded in the program) and selects
// the long-tailed and unlabeled sets of the paper.
//
// Set.Declared is the digest in task names. Set.Digest and Pool.Digest are measured
// on the opened images. Results record the measured digests, Set.Mark ("",
// "stand-in", "unverified"), Pool.Name, Pool.Mark ("held-out", "authors' pickle", …)
// and Pool.Unverified.
//
// Files opens a Set, which holds decoded images or a decoder. LongTail.Select
// selects its labeled subset, Subset.Draw the unlabeled one, and a List joins them
// into a training set, of which package batches makes batches.
package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"longtail/internal/parallel"
)

// Channels is the number of channels in every batch. Gray images are copied to all
// three.
const Channels = 3

// Set is a data set, in memory or with a decoder. Sets returned by Open are shared:
// treat them as read-only.
type Set struct {
	ID        string   // "fashion-mnist"
	Name      string   // "Fashion-MNIST"
	StandsFor string   // the paper's set that it replaces: "CIFAR-10-LT", or ""
	Mark      string   // mark of its results: "stand-in", …; "" for the official files
	Digest    string   // SHA-256 of pixels and labels (digest), hexadecimal
	Classes   []string // names by class id; for lists only known once opened
	Numbered  bool     // the user's labels are class numbers; names, if any, are derived
	RankOrder []int    // class id of each rank, head first; nil: the class id is the rank
	H, W, C   int      // size of a stored image; batches always have three channels
	Mean, Std [3]float32

	Train Samples // long-tailed subsets are selected from it
	Test  Samples
	Pool  Samples // unlabeled images; its labels only shape ρ_U

	Declared string // the digest in task names (Files.Declare)

	// TrainCounts, TestCounts and PoolCounts are the images per class id in the
	// official or embedded files, known before they are opened; nil: not known.
	TrainCounts, TestCounts, PoolCounts []int

	NMax  int      // largest class of the paper's long tails; 0: the set is used as it is
	Notes []string // caveats on its results: missing files, prefixes, the split

	Skipped []Skipped // images left out because of Files.SkipBroken; not part of Digest
}

// Skipped is an image that cannot be read, with its path below the set's folder.
type Skipped struct {
	Image  string `json:"image"`
	Reason string `json:"reason"`
}

// Samples is a list of images of one size.
type Samples struct {
	Set     string  // id of the set whose classes the labels are
	C, H, W int     // channels, height and width of an image
	Pixels  []uint8 // N×C×H×W: channel planes, rows from the top; nil if Lazy is set
	Labels  []int32 // N class ids
	Lazy    Decoder // decodes images of sets too large for memory; nil: Pixels holds them

	// Names are the images' paths below their folder, with slashes; nil if images are
	// not single files.
	Names []string
}

// Decoder decodes the images of a set that is not held in memory. It is safe for
// concurrent use.
type Decoder interface {
	// Decode writes the C×H×W pixels of image i to dst.
	Decode(i int, dst []uint8) error
}

// Len returns the number of images.
func (s Samples) Len() int { return len(s.Labels) }

// Positions returns the positions of all images, in order.
func (s Samples) Positions() []int { return upTo(s.Len()) }

// upTo returns 0, …, n−1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// Image returns the C×H×W pixels of image i, not a copy. It needs samples in memory;
// Read works for all samples.
func (s Samples) Image(i int) []uint8 {
	n := s.C * s.H * s.W
	return s.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// Read returns the C×H×W pixels of image i, not a copy if they are in memory, else
// decoded.
func (s Samples) Read(i int) ([]uint8, error) {
	if s.Lazy == nil {
		return s.Image(i), nil
	}
	pixels := make([]uint8, s.C*s.H*s.W)
	return pixels, s.Lazy.Decode(i, pixels)
}

// chosen decodes some images of another decoder.
type chosen struct {
	from      Decoder
	positions []int
}

func (c chosen) Decode(i int, dst []uint8) error { return c.from.Decode(c.positions[i], dst) }

// At returns a copy of the images at the given positions, in that order. Images that
// are not in memory are not copied.
func (s Samples) At(positions []int) Samples {
	out := Samples{Set: s.Set, C: s.C, H: s.H, W: s.W}
	if s.Names != nil {
		for _, p := range positions {
			out.Names = append(out.Names, s.Names[p])
		}
	}
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

// FirstPerClass returns the ascending positions of the first n images of each label;
// n = 0: all.
func FirstPerClass(labels []int32, n int) []int {
	seen := map[int32]int{}
	var out []int
	for i, y := range labels {
		if seen[y]++; n == 0 || seen[y] <= n {
			out = append(out, i)
		}
	}
	return out
}

// CountLabels returns the number of labels of each class.
func CountLabels(labels []int32, classes int) []int {
	out := make([]int, classes)
	for _, y := range labels {
		out[y]++
	}
	return out
}

// ByClass returns the ascending positions of each class. A label outside 0..classes−1
// is an error.
func ByClass(labels []int32, classes int) ([][]int, error) {
	out := make([][]int, classes)
	for i, y := range labels {
		if y < 0 || int(y) >= classes {
			return nil, fmt.Errorf("label %d at position %d is outside 0..%d", y, i, classes-1)
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
	return upTo(len(s.Classes))
}

// ByRank returns numbers per class in the order of ranks, head first.
func (s *Set) ByRank(byClass []int) []int {
	out := make([]int, 0, len(byClass))
	for _, class := range s.Ranks() {
		out = append(out, byClass[class])
	}
	return out
}

// digest returns the digest (digestOf) of Train, Test and Pool, which are in memory.
func (s *Set) digest() string {
	d, _ := Files{}.digestOf(s.Train, s.Test, s.Pool) // only decoding fails
	return d
}

// digestOf returns the SHA-256 of lists of images. Each is hashed as its length, C,
// H, W and labels, little-endian 32-bit numbers, and then its pixels.
func (f Files) digestOf(lists ...Samples) (string, error) {
	h := sha256.New()
	for _, s := range lists {
		head := []int32{int32(s.Len()), int32(s.C), int32(s.H), int32(s.W)}
		b := make([]byte, 0, 4*(len(head)+len(s.Labels)))
		for _, v := range append(head, s.Labels...) {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		h.Write(b)
		h.Write(s.Pixels)
		const run = 64
		size := s.C * s.H * s.W
		var pixels []uint8
		if s.Lazy != nil {
			pixels = make([]uint8, run*size)
		}
		for first := 0; s.Lazy != nil && first < s.Len(); first += run {
			n := min(run, s.Len()-first)
			if err := parallel.Each(n, 4, func(i int) error { return s.Lazy.Decode(first+i, pixels[i*size:(i+1)*size]) }); err != nil {
				return "", err
			}
			h.Write(pixels[:n*size])
			if f.Report != nil {
				if err := f.Report(first+n, s.Len()); err != nil {
					return "", err
				}
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
