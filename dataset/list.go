package dataset

import (
	"fmt"
	"slices"
)

// List is a training set: images with their training labels, in the order of Append.
// It refers to images of other samples and does not copy their pixels.
type List struct {
	Set    *Set // gives the classes and the normalization
	images []stored
	labels []int32
}

// stored is an image of other samples.
type stored struct {
	from *Samples
	at   int
}

// NewList returns an empty list of images with the classes of s.
func NewList(s *Set) *List { return &List{Set: s} }

// Append adds the images of from at the given positions. labels[i], for example a
// pseudo-label, is the label of positions[i]. If labels is nil, the images keep their
// own, which must be classes of the list's set. Other image sizes are an error.
func (l *List) Append(from Samples, positions []int, labels []int32) error {
	s := l.Set
	if labels == nil && from.Set != s.ID {
		return fmt.Errorf("images of %s have no labels of %s: give their pseudo-labels", from.Set, s.ID)
	}
	if labels != nil && len(labels) != len(positions) {
		return fmt.Errorf("%d labels for %d images", len(labels), len(positions))
	}
	if len(positions) > 0 && (from.C != s.C || from.H != s.H || from.W != s.W) {
		return fmt.Errorf("images of %s are %d×%d×%d, those of %s %d×%d×%d", from.Set, from.C, from.H, from.W, s.ID, s.C, s.H, s.W)
	}
	images := make([]stored, len(positions))
	own := make([]int32, len(positions))
	for i, p := range positions {
		if p < 0 || p >= from.Len() {
			return fmt.Errorf("position %d is outside the %d images of %s", p, from.Len(), from.Set)
		}
		images[i] = stored{&from, p}
		own[i] = from.Labels[p]
		if labels != nil {
			own[i] = labels[i]
		}
		if own[i] < 0 || int(own[i]) >= len(s.Classes) {
			return fmt.Errorf("label %d of image %d is outside 0..%d", own[i], i, len(s.Classes)-1)
		}
	}
	l.images = append(l.images, images...)
	l.labels = append(l.labels, own...)
	return nil
}

// Snapshot returns the list as it is now. Later calls of l.Append do not change it.
func (l *List) Snapshot() *List {
	return &List{Set: l.Set, images: slices.Clip(l.images), labels: slices.Clip(l.labels)}
}

// Len returns the number of images.
func (l *List) Len() int { return len(l.labels) }

// Read returns the C×H×W pixels of image i, not to be changed.
func (l *List) Read(i int) ([]uint8, error) { return l.images[i].from.Read(l.images[i].at) }

// Labels returns the label of each image, not a copy.
func (l *List) Labels() []int32 { return l.labels }

// Counts returns the images of each class, pseudo-labels counted as given.
func (l *List) Counts() []int { return CountLabels(l.labels, len(l.Set.Classes)) }

// Pick returns the labels at the given positions.
func Pick(labels []int32, positions []int) []int32 {
	out := make([]int32, len(positions))
	for i, p := range positions {
		out[i] = labels[p]
	}
	return out
}
