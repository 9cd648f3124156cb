package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/internal/testdata"
)

// What is committed is what the generator cuts today.
func TestCommittedImagesAreReproduced(t *testing.T) {
	if _, err := os.Stat(debianFashion); err != nil {
		testdata.Missing(t, debianFashion+": install the Debian package dataset-fashion-mnist")
	}
	parts, err := cutAll(debianFashion, "")
	if err != nil {
		t.Fatal(err)
	}
	fashion, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	digits, err := dataset.Files{}.Open("mnist")
	if err != nil {
		t.Fatal(err)
	}
	committed := map[string]dataset.Samples{
		"fashion-mnist-train": fashion.Train, "fashion-mnist-pool": fashion.Pool, "fashion-mnist-test": fashion.Test,
		"mnist-pool": digits.Pool,
	}
	if len(parts) != len(committed) {
		t.Errorf("%d parts are cut, %d committed", len(parts), len(committed))
	}
	for _, p := range parts {
		want := committed[p.name]
		if !bytes.Equal(p.pixels, want.Pixels) {
			t.Errorf("%s: pixels differ", p.name)
		}
		if len(p.labels) != want.Len() {
			t.Errorf("%s: %d labels are cut, %d committed", p.name, len(p.labels), want.Len())
			continue
		}
		for i, y := range p.labels {
			if int32(y) != want.Labels[i] {
				t.Errorf("%s: label %d is %d, committed %d", p.name, i, y, want.Labels[i])
				break
			}
		}
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"} {
		var b bytes.Buffer
		if err := dataset.WriteIDX(&b, []int{1}, []byte{0}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cutAll(dir, dir); err == nil || !strings.Contains(err.Error(), "the official file") {
		t.Errorf("error %v, want one that names the official file", err)
	}
}
