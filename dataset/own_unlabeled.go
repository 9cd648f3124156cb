package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"longtail/internal/npy"
)

// OpenUnlabeled opens a user's images without labels: all images below a folder, in
// the order of their paths; the images in the first column of a CSV file, with paths
// relative to it; or the array images of an .npz file. They are the training images
// of the returned set, which has no classes; their labels are 0. height and width are
// the required size in pixels. Image files are resized to it, if it is square; 0 and
// 0 mean Side, or the .npz file's own size.
func (f Files) OpenUnlabeled(name string, height, width int) (*Set, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	ext, folder := strings.ToLower(filepath.Ext(name)), name
	switch {
	case info.IsDir():
	case ext == ".npz":
		return openUnlabeledNPZ(name, height, width)
	case ext == ".csv":
		folder = filepath.Dir(name)
	default:
		return nil, fmt.Errorf("%s: unlabeled images are a folder of images, a .csv file whose first column are paths, or an .npz file", name)
	}
	if height != width {
		return nil, fmt.Errorf("%s: image files are made square, %d×%d pixels are needed: give them as an .npz file of that size", name, height, width)
	}
	if height > 0 {
		f.Side = height
	}
	return withRoot(folder, func(root *os.Root) (*Set, error) {
		var lists [3]listed
		all := &lists[0]
		var notes []string
		var err error
		if info.IsDir() {
			err = addImages(root, ".", 0, all, &notes)
		} else {
			var b []byte
			if b, err = os.ReadFile(name); err == nil {
				all.paths, notes, err = f.readPaths(b, name, besideFile(name))
			}
			all.labels = make([]int32, len(all.paths))
		}
		if err != nil {
			return nil, err
		}
		skipped, err := f.readable(root, &lists, &notes)
		if err != nil {
			return nil, err
		}
		if len(all.paths) == 0 {
			return nil, fmt.Errorf("%s: there are no images (JPEG, PNG, GIF) in it%s", name, skippedSuffix(skipped))
		}
		for i := range notes {
			notes[i] = strings.TrimPrefix(notes[i], ".: ")
		}
		id := filepath.Base(name)
		if !info.IsDir() {
			id = bare(name)
		}
		return f.ownSet(root, id, nil, lists, notes, skipped)
	})
}

// readPaths reads the paths in the first column of a CSV file and ignores other
// columns.
func (f Files) readPaths(b []byte, name string, there func(path string) bool) (paths, notes []string, err error) {
	lines, notes, err := csvLines(b, name, there)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]int{}
	for _, l := range lines {
		p, err := localPath(l.fields[0], name, l.line)
		if err != nil {
			return nil, nil, err
		}
		if err := checkUnique(seen, p, name, l.line); err != nil {
			return nil, nil, err
		}
		if err := f.checkExists(p, name, l.line); err != nil {
			return nil, nil, err
		}
		paths = append(paths, p)
	}
	return paths, notes, nil
}

func openUnlabeledNPZ(name string, height, width int) (*Set, error) {
	arrays, err := npy.ReadNPZ(name, "images")
	if err != nil {
		return nil, err
	}
	images, err := planesOf(arrays[0], name)
	if err != nil {
		return nil, err
	}
	if height > 0 && (images.H != height || images.W != width) {
		return nil, fmt.Errorf("%s: its images are %d×%d pixels, the labeled ones %d×%d: all must have one size", name, images.H, images.W, height, width)
	}
	s, err := FromSamples(filepath.Base(name), images, Samples{})
	if err == nil {
		s.Classes = nil
	}
	return s, err
}
