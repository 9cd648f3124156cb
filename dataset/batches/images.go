package batches

import (
	"fmt"

	"longtail/dataset"
	"longtail/internal/parallel"
)

// Images are samples for evaluation: in a fixed order, normalized and not augmented.
// They implement the interface of that name in nn/train and are safe for concurrent
// use.
type Images struct {
	samples   dataset.Samples
	positions []int
	norm      *normalizer
}

// NewImages returns the samples at the given positions (nil: all), normalized as s.
// Samples of another set, such as a pool of irrelevant images, keep that set's
// classes as labels. Other image sizes are an error.
func NewImages(s *dataset.Set, samples dataset.Samples, positions []int) (*Images, error) {
	if samples.C != s.C || samples.H != s.H || samples.W != s.W {
		return nil, fmt.Errorf("images of %s are %d×%d×%d, those of %s %d×%d×%d", samples.Set, samples.C, samples.H, samples.W, s.ID, s.C, s.H, s.W)
	}
	if positions == nil {
		positions = samples.Positions()
	}
	for _, p := range positions {
		if p < 0 || p >= samples.Len() {
			return nil, fmt.Errorf("position %d is outside the %d images of %s", p, samples.Len(), samples.Set)
		}
	}
	return &Images{samples: samples, positions: positions, norm: newNormalizer(s)}, nil
}

// Len returns the number of images.
func (m *Images) Len() int { return len(m.positions) }

// Fill writes the images from position first on to x (n×3×H×W) and their labels to y.
// It returns their number n, at most len(y).
func (m *Images) Fill(first int, x []float32, y []int32) (int, error) {
	if first < 0 || first > m.Len() {
		return 0, fmt.Errorf("image %d is outside the %d images", first, m.Len())
	}
	n := min(len(y), m.Len()-first)
	size := m.norm.size()
	if len(x) < n*size {
		return 0, fmt.Errorf("a buffer of %d floats cannot hold %d images", len(x), n)
	}
	return n, parallel.Each(n, 4, func(i int) error { // in parallel: the network waits for it
		at := m.positions[first+i]
		y[i] = m.samples.Labels[at]
		pixels, err := m.samples.Read(at)
		if err == nil {
			m.norm.fill(x[i*size:(i+1)*size], pixels, view{})
		}
		return err
	})
}
