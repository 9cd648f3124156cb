package main

import (
	"bytes"
	"os"
	"slices"
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
		if !bytes.Equal(p.Pixels, want.Pixels) {
			t.Errorf("%s: pixels differ", p.name)
		}
		if !slices.Equal(p.Labels, want.Labels) {
			t.Errorf("%s: labels differ", p.name)
		}
	}
}
