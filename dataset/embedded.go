package dataset

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
)

//go:generate go run ./internal/embed

// internal/embed cuts the images in embedded/ from official files;
// embedded/NOTICE.md says which, and under what license.
//
//go:embed embedded/*.gz
var embeddedFiles embed.FS

// embeddedSet is a data set that is part of the program.
type embeddedSet struct {
	about Set // everything but the images
	once  sync.Once
	set   *Set
	err   error
}

var embedded = [...]embeddedSet{
	{
		about: Set{
			ID: "fashion-mnist", Name: "Fashion-MNIST", StandsFor: "CIFAR-10-LT", Mark: "stand-in",
			Digest:  "900a74179fe3aa585add0229c765bdfab4f177c8dbbb4def990d3f8afd08a3e5",
			Classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
			H:       28, W: 28, C: 1,
			Mean: [3]float32{.2860, .2860, .2860}, Std: [3]float32{.3530, .3530, .3530},
			TrainCounts: alike(10, 500), TestCounts: alike(10, 300),
			// 1.1 times the largest demand of any D_U@5x of Table 1a's grid at n_max 500.
			PoolCounts: []int{3297, 2363, 1693, 1291, 1122, 1122, 1122, 1122, 1122, 1122},
		},
	},
	{
		about: Set{
			ID: "mnist", Name: "MNIST (irrelevant images)", Mark: "stand-in",
			Digest:  "dc01efa808297cd8c5987e0735458eaaa66ab06e8533554d1f982d28d956ebd6",
			Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
			H:       28, W: 28, C: 1,
			Mean: [3]float32{.1307, .1307, .1307}, Std: [3]float32{.3081, .3081, .3081},
			PoolCounts: alike(10, 700),
		},
	},
}

func (e *embeddedSet) open() (*Set, error) {
	e.once.Do(func() { e.set, e.err = e.load(embeddedFiles) })
	return e.set, e.err
}

// declare returns the set without its images, with its declared digest.
func (e *embeddedSet) declare() Set {
	s := e.about
	s.Declared = s.Digest
	return s
}

func (e *embeddedSet) load(files fs.FS) (*Set, error) {
	s := e.declare()
	for _, part := range []struct {
		name   string
		counts []int // nil: the set has no such part
		to     *Samples
	}{{"train", s.TrainCounts, &s.Train}, {"test", s.TestCounts, &s.Test}, {"pool", s.PoolCounts, &s.Pool}} {
		if part.counts == nil {
			continue
		}
		var err error
		if *part.to, err = s.readPart(files, "embedded/"+s.ID+"-"+part.name); err != nil {
			return nil, err
		}
	}
	if got := s.digest(); got != s.Digest {
		return nil, fmt.Errorf("the embedded %s decodes to digest %s, expected %s: the program was built from changed files; run go generate ./dataset", s.ID, got, s.Digest)
	}
	return &s, nil
}

// readPart reads an idx pair, <stem>-images.idx3.gz and <stem>-labels.idx1.gz.
func (s *Set) readPart(files fs.FS, stem string) (Samples, error) {
	read := func(name string) ([]int, []byte, error) {
		f, err := files.Open(name)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		content, _, err := unzipped(f)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: gzip: %w", name, err)
		}
		return readIDX(content, name)
	}
	size, pixels, err := read(stem + "-images.idx3.gz")
	if err != nil {
		return Samples{}, err
	}
	nLabels, labels, err := read(stem + "-labels.idx1.gz")
	if err != nil {
		return Samples{}, err
	}
	if len(size) != 3 || len(nLabels) != 1 || size[0] != nLabels[0] || size[1] != s.H || size[2] != s.W {
		return Samples{}, fmt.Errorf("%s: images %v and labels %v do not fit %d×%d images", stem, size, nLabels, s.H, s.W)
	}
	out := Samples{Set: s.ID, C: 1, H: s.H, W: s.W, Pixels: pixels, Labels: make([]int32, len(labels))}
	for i, y := range labels {
		out.Labels[i] = int32(y)
	}
	if _, err := ByClass(out.Labels, len(s.Classes)); err != nil {
		return Samples{}, fmt.Errorf("%s: %w", stem, err)
	}
	return out, nil
}
