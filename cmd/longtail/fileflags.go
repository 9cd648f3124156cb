package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"longtail/dataset"
	"longtail/internal/usage"
)

// fileFlags say where images lie and how they are read.
type fileFlags struct {
	officialFlags
	Side       int    `placeholder:"PIXELS" help:"Resize images of folders, CSV files and lists to this side. Default: ${side}."`
	SkipBroken bool   `help:"Leave out images of folders and CSV files that cannot be read, and list them, instead of stopping at the first."`
	Cache      string `default:"" type:"path" placeholder:"FOLDER" help:"Keep resized images here if they do not fit into memory, so that each is decoded once. Safe to interrupt and to delete."`
}

func (f fileFlags) files() dataset.Files {
	files := f.officialFlags.files()
	files.Side, files.Cache, files.SkipBroken = f.Side, f.Cache, f.SkipBroken
	return files
}

// sideHeld refuses a --side that was not heard: arrays and named sets have their
// own size.
func (f fileFlags) sideHeld(name string, s *dataset.Set) error {
	if f.Side == 0 || s.H == f.Side && s.W == f.Side {
		return nil
	}
	return usage.Errorf("--side %d: images of %s are %d×%d pixels and are not resized; leave it out", f.Side, name, s.H, s.W)
}

// elsewhere refuses to write where the class folders of --data are.
func elsewhere(data, flag, path string) error {
	if path == "" || dataset.Named(data) || !dataset.AmongClasses(data, path) {
		return nil
	}
	return usage.Errorf("%s %s: it lies among the class folders of --data %s, and would be taken for a class or an image; choose a folder elsewhere", flag, path, data)
}

// isArrays tells --data FILE.npz, one list of images, from a data set that has
// training and test images.
func isArrays(data string) bool { return strings.HasSuffix(strings.ToLower(data), ".npz") }

// openData opens what --data names: a data set, a folder, a CSV file, or a .npz
// file, all of which is then training images. test is a second .npz file.
func openData(f dataset.Files, name, test string) (*dataset.Set, error) {
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

// openUnlabeled opens what --unlabeled names, at a size or, with 0 and 0, its own.
func openUnlabeled(f dataset.Files, name string, height, width int) (*dataset.Set, error) {
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil, usage.Errorf("--unlabeled %s: there is no such file or folder; images without labels are a folder of them, a .csv file whose first column are paths, or an .npz file", name)
	}
	set, err := f.OpenUnlabeled(name, height, width)
	if err != nil {
		return nil, fmt.Errorf("--unlabeled: %w", err)
	}
	return set, nil
}
