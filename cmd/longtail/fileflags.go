package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"longtail/dataset"
	"longtail/internal/progress"
	"longtail/internal/usage"
)

// fileFlags say where images lie and how they are read.
type fileFlags struct {
	officialFlags
	Side       int    `placeholder:"PIXELS" help:"Make images of folders, CSV files and lists squares of this side: the shorter side is resized, and the middle cut out. Default: ${side}."`
	SkipBroken bool   `help:"Leave out images of folders and CSV files that cannot be read, and list them, instead of stopping at the first. Every start of a command then reads every image, unless --cache holds it."`
	Cache      string `default:"" type:"path" placeholder:"FOLDER" help:"Keep resized images here, so that each is decoded once. Safe to interrupt and to delete; files of earlier images or of an earlier longtail are left there and can be deleted."`
}

func (f fileFlags) files() dataset.Files {
	files := f.officialFlags.files()
	files.Side, files.Cache, files.SkipBroken = f.Side, f.Cache, f.SkipBroken
	return files
}

// checkSide refuses a --side that has no effect: arrays and named sets keep their own
// size.
func (f fileFlags) checkSide(name string, s *dataset.Set) error {
	if f.Side == 0 || s.H == f.Side && s.W == f.Side {
		return nil
	}
	return usage.Errorf("--side %d: images of %s are %d×%d pixels and are not resized; leave it out", f.Side, name, s.H, s.W)
}

// checkOutsideClasses refuses a path among the class folders of --data.
func checkOutsideClasses(data, flag, path string) error {
	if path == "" || dataset.Named(data) || !dataset.AmongClasses(data, path) {
		return nil
	}
	return usage.Errorf("%s %s: it lies among the class folders of --data %s, and would be taken for a class or an image; choose a folder elsewhere", flag, path, data)
}

// isArrays reports whether data is FILE.npz, one list of images rather than a data set
// with training and test images.
func isArrays(data string) bool { return strings.HasSuffix(strings.ToLower(data), ".npz") }

// watched returns f such that reading image files ends with ctx, and shows the progress
// once it takes long. The caller calls done after reading.
func watched(ctx context.Context, f dataset.Files) (_ dataset.Files, done func()) {
	start := time.Now()
	var meter *progress.Meter
	done = func() {
		if meter != nil {
			meter.Close()
			meter = nil
		}
	}
	f.Report = func(n, total int) error {
		switch passed := time.Since(start); {
		case ctx.Err() != nil:
			return errors.New("stopped while images were read; nothing was written")
		case n == total:
			done()
			start = time.Now()
		case meter == nil && passed > 2*time.Second: // most sets take less, and need no progress line
			meter = progress.New(os.Stderr, float64(total), float64(n)/passed.Seconds())
			meter.Skip(float64(n))
		case meter != nil:
			meter.Set(float64(n), "reading images")
		}
		return nil
	}
	return f, done
}

// openData returns the set that --data names: a data set, a folder, a CSV file or a
// .npz file, whose images are all for training. test is a second .npz file or "".
func openData(ctx context.Context, f dataset.Files, name, test string) (*dataset.Set, error) {
	f, done := watched(ctx, f)
	defer done()
	if _, err := os.Stat(name); err != nil && !dataset.Named(name) {
		return nil, usage.Errorf("--data %s: neither a file or folder nor one of %s", name, strings.Join(dataset.Known(), ", "))
	}
	if test == "" {
		return f.Open(name)
	}
	if !isArrays(name) {
		return nil, usage.Errorf("--test: %s brings its own test images", name)
	}
	images, err := dataset.ReadNPZ(name)
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	others, err := dataset.ReadNPZ(test)
	if err != nil {
		return nil, fmt.Errorf("--test: %w", err)
	}
	return dataset.FromSamples(filepath.Base(name), images, others)
}

// openUnlabeled returns the images that --unlabeled names, of this size in pixels or,
// with 0 and 0, of --side or their own size.
func openUnlabeled(ctx context.Context, f dataset.Files, name string, height, width int) (*dataset.Set, error) {
	f, done := watched(ctx, f)
	defer done()
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil, usage.Errorf("--unlabeled %s: there is no such file or folder; images without labels are a folder of them, a .csv file whose first column are paths, or an .npz file", name)
	}
	set, err := f.OpenUnlabeled(name, height, width)
	if err != nil {
		return nil, fmt.Errorf("--unlabeled: %w", err)
	}
	return set, nil
}
