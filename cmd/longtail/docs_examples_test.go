package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"longtail/own"
)

// example is a file that the pages docs/add-a-*.md make or change.
type example struct{ page, path, content string }

// newFile is a file that a page names just before its Go block.
var newFile = regexp.MustCompile("(?s)`([a-z/_]+\\.go)`[^`]*:\n\n```go\n(.*?)```")

// examples applies the pages' Go blocks and differences to the source.
func examples(t testing.TB) []example {
	t.Helper()
	var all []example
	edited := map[string]*example{}
	for _, p := range pages(t) {
		if !strings.HasPrefix(p.path, "docs/add-a-") {
			continue
		}
		for _, m := range newFile.FindAllStringSubmatch(string(p.source), -1) {
			all = append(all, example{p.path, m[1], m[2]})
		}
		for _, f := range p.fences() {
			if f.language != "diff" {
				continue
			}
			path, is := strings.CutPrefix(f.lines[0], "+++ ")
			if !is {
				t.Fatalf("%s: a difference without its file", p.path)
			}
			if edited[path] == nil {
				source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
				if err != nil {
					t.Fatal(err)
				}
				edited[path] = &example{p.path, path, string(source)}
			}
			var before, after strings.Builder
			for _, line := range f.lines[1:] {
				kind, rest := byte(' '), ""
				if line != "" {
					kind, rest = line[0], line[1:]
				}
				if kind != '+' {
					before.WriteString(rest + "\n")
				}
				if kind != '-' {
					after.WriteString(rest + "\n")
				}
			}
			e := edited[path]
			if n := strings.Count(e.content, before.String()); n != 1 {
				t.Fatalf("%s: these lines stand %d times in %s (if your change stands where the example starts, mend the page):\n%s", p.path, n, path, before.String())
			}
			e.content = strings.Replace(e.content, before.String(), after.String(), 1)
		}
	}
	for _, e := range edited {
		all = append(all, *e)
	}
	if len(all) < 8 {
		t.Fatalf("only %d files of worked examples", len(all))
	}
	return all
}

// idx writes a file in MNIST's format, gzipped, and returns the SHA-256 of its
// unpacked content.
func idx(t *testing.T, path string, size []int, content []byte) string {
	t.Helper()
	b := []byte{0, 0, 8, byte(len(size))}
	for _, n := range size {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	b = append(b, content...)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	write(t, z.Bytes(), path+".gz")
	return fmt.Sprintf("sha256:%x", sha256.Sum256(b))
}

// The worked examples of docs/add-a-*.md compile, all together, and do what
// their pages say.
func TestDocsExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program again")
	}
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	source, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}

	// Kuzushiji-MNIST by its sizes alone.
	var sums []any
	for _, part := range []struct {
		name   string
		images int
	}{{"train", 60000}, {"t10k", 10000}} {
		pixels, labels := make([]byte, part.images*28*28), make([]byte, part.images)
		for i := range labels {
			labels[i] = byte(i % 10)
			for j := range 28 {
				pixels[i*28*28+28*int(labels[i])+j] = byte(200 + i%50)
			}
		}
		sums = append(sums, idx(t, at("data/kmnist/"+part.name+"-images-idx3-ubyte"), []int{part.images, 28, 28}, pixels),
			idx(t, at("data/kmnist/"+part.name+"-labels-idx1-ubyte"), []int{part.images}, labels))
	}

	overlay := map[string]string{}
	for i, e := range examples(t) {
		if e.path == "dataset/official.go" {
			if n := strings.Count(e.content, `"sha256:…"`); n != len(sums) {
				t.Fatalf("%s: %d checksums, want %d", e.page, n, len(sums))
			}
			e.content = fmt.Sprintf(strings.ReplaceAll(strings.ReplaceAll(e.content, "%", "%%"), `"sha256:…"`, "%q"), sums...)
		}
		if filepath.Ext(e.path) == ".go" {
			if formatted, err := format.Source([]byte(e.content)); err != nil || string(formatted) != e.content {
				t.Errorf("%s: %s is not as gofmt has it (%v)", e.page, e.path, err)
			}
		}
		overlay[filepath.Join(source, filepath.FromSlash(e.path))] = write(t, []byte(e.content), at(fmt.Sprint("file", i)))
	}
	replace, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	built := at("longtail.exe")
	if out, err := exec.Command("go", "build", "-overlay", write(t, replace, at("overlay.json")), "-o", built, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(built, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("longtail %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	says := func(what, in string) {
		t.Helper()
		if !strings.Contains(in, what) {
			t.Errorf("%q is not in\n%s", what, in)
		}
	}

	says("yours to place", run("data", "where", "kmnist", "--data-dir", "elsewhere"))
	says("kmnist/train-images-idx3-ubyte: there", run("data", "fetch", "kmnist", "--data-dir", "data"))
	says("kmnist/t10k-labels-idx1-ubyte: yours to place", run("data", "fetch", "kmnist", "--data-dir", "elsewhere"))
	says("official", run("data", "verify", "kmnist", "--data-dir", "data"))
	says("20", run("data", "describe", "kmnist", "--data-dir", "data", "--rho", "10", "--n-max", "20"))
	says("Kuzushiji-MNIST", run("plan", "--profile", "kmnist", "--only", "block1"))

	rows(t, at("d.npz"), "brier", 20, 20)
	run("train", "--data", "d.npz", "--test", "d.npz", "--arch", "resnet8", "--loss", "brier", "--rule", "drw", "--epochs", "4", "--batch", "8", "--no-crop", "--out", "brier")
	if trained := readJSON[own.Result](t, at("brier/result.json")); trained.ErrorPct == nil || *trained.ErrorPct > 30 {
		t.Errorf("the loss learns nothing: %+v", trained)
	}

	// Of one image in the tail; to correct twice would leave nothing but the tail.
	rows(t, at("skewed.npz"), "balanced softmax", 60, 1)
	for _, loss := range []string{"balanced-softmax", "logit-adjusted-0.75"} {
		run("train", "--data", "skewed.npz", "--test", "d.npz", "--arch", "resnet8", "--loss", loss, "--lr", "0.02", "--epochs", "4", "--batch", "8", "--no-crop", "--out", loss)
		balanced := readJSON[struct {
			Errors   []float64 `json:"per_class_error_pct"`
			Adjusted []float64 `json:"per_class_error_prior_adjusted_pct"`
		}](t, at(loss+"/result.json"))
		if len(balanced.Errors) != 2 || slices.Max(balanced.Errors) > 30 || !slices.Equal(balanced.Errors, balanced.Adjusted) {
			t.Errorf("%s learns nothing, or is corrected for the class shares again: %+v", loss, balanced)
		}
	}

	says("1 task computed", run("reproduce", "--profile", "smoke", "--only", "controls:CE, class-aware"))
	table, err := os.ReadFile(at("out/tables/controls.md"))
	if err != nil {
		t.Fatal(err)
	}
	says("CE, class-aware", string(table))
	text, err := os.ReadFile(at("out/report.md"))
	if err != nil {
		t.Fatal(err)
	}
	says("Class-aware sampling is better than plain cross-entropy", string(text))
	says("cells run", string(text))
	if strings.Contains(string(text), "In the paper: ours") {
		t.Error("a claim of one's own is said to be in the paper")
	}
}
