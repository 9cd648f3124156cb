package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"longtail/dataset"
)

// isFile tells --data FILE.npz, whose images are taken as they are, from a data
// set that has training and test images.
func isFile(data string) bool { return strings.HasSuffix(strings.ToLower(data), ".npz") }

// readArrays reads FILE.npz.
func readArrays(flag, path string) (dataset.Samples, error) {
	if _, err := os.Stat(path); err != nil {
		return dataset.Samples{}, fmt.Errorf("%s: %w", flag, err)
	}
	s, err := dataset.ReadNPZ(path)
	if err != nil {
		return s, fmt.Errorf("%s: %w", flag, err)
	}
	return s, nil
}

// openData opens a named data set, a folder of images or a list of them.
func openData(name, dir string) (*dataset.Set, error) {
	if _, err := os.Stat(name); err != nil && !slices.Contains(dataset.Known(), name) {
		return nil, usageError{fmt.Errorf("--data %s: neither a file or folder nor one of %s", name, strings.Join(dataset.Known(), ", "))}
	}
	return dataset.OpenIn(name, dir, false)
}
