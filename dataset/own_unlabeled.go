package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"longtail/internal/npy"
)

// OpenUnlabeled opens a user's images without labels: all images below a
// folder, whatever its sub-folders are called, in the order of their paths, or
// the array images of an .npz file. They are the training images of the set that
// is returned, which has no classes; their labels are all 0. height and width
// are the size that they must have (a folder's images are resized to it, to a
// square); 0 and 0 take Side, or the file's own.
func (f Files) OpenUnlabeled(name string, height, width int) (*Set, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	if strings.ToLower(filepath.Ext(name)) == ".npz" && !info.IsDir() {
		return openUnlabeledNPZ(name, height, width)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("dataset: %s: unlabeled images are a folder of images or an .npz file", name)
	}
	if height != width {
		return nil, fmt.Errorf("dataset: %s: images of folders are made square, %d×%d pixels are needed: give them as an .npz file of that size", name, height, width)
	}
	if height > 0 {
		f.Side = height
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	var all listed
	var notes []string
	if err := addImages(root, ".", 0, &all, &notes); err != nil {
		root.Close()
		return nil, err
	}
	var skipped []Skipped
	if all, err = f.readable(root, all, &skipped); err != nil {
		root.Close()
		return nil, err
	}
	if len(all.paths) == 0 {
		root.Close()
		return nil, fmt.Errorf("dataset: %s: there are no images (JPEG, PNG, GIF) below it%s", name, without(skipped))
	}
	for i := range notes {
		notes[i] = strings.TrimPrefix(notes[i], ".: ")
	}
	return f.ownSet(root, filepath.Base(name), nil, [3]listed{all}, notes, skipped)
}

func openUnlabeledNPZ(name string, height, width int) (*Set, error) {
	arrays, err := npy.ReadNPZ(name, "images")
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	images, err := planesOf(arrays[0], name)
	if err != nil {
		return nil, err
	}
	if height > 0 && (images.H != height || images.W != width) {
		return nil, fmt.Errorf("dataset: %s: its images are %d×%d pixels, the labelled ones %d×%d: all must have one size", name, images.H, images.W, height, width)
	}
	s, err := FromSamples(filepath.Base(name), images, Samples{})
	if err == nil {
		s.Classes = nil
	}
	return s, err
}
