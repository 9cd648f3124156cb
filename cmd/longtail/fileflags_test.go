package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/internal/testdata"
	"longtail/own"
)

// square is an image of one color.
func square(side int, c color.Color) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		m.Set(i%side, i/side, c)
	}
	return m
}

// writePNG makes the file of a square.
func writePNG(t *testing.T, path string, side int, c color.Color) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, square(side, c)); err != nil {
		t.Fatal(err)
	}
	write(t, b.Bytes(), path)
}

// A folder, a CSV file and a .npz file are divided in the same way, or not at
// all, by describe, train and eval.
func TestOwnImagesEverywhere(t *testing.T) {
	dir := t.TempDir()
	var table, divided strings.Builder
	for class, c := range []struct {
		name   string
		images int
		color  color.RGBA
	}{{"ant", 11, color.RGBA{220, 20, 20, 255}}, {"bee", 6, color.RGBA{20, 220, 20, 255}}, {"cat", 2, color.RGBA{20, 20, 220, 255}}, {"dog", 1, color.RGBA{90, 90, 90, 255}}} {
		for i := range c.images {
			name := fmt.Sprintf("photos/%s/%02d.png", c.name, i)
			writePNG(t, filepath.Join(dir, name), 8, c.color)
			fmt.Fprintf(&table, "%s,%s\n", name, c.name)
			fmt.Fprintf(&divided, "%s,%d,%s\n", name, class, map[bool]string{true: "test", false: "train"}[i == 0 && c.images > 1])
		}
	}
	rows(t, filepath.Join(dir, "d.npz"), "own", 9, 4, 3)
	for _, c := range []struct {
		data        string
		train, test []int
		evaluated   int
	}{
		{filepath.Join(dir, "photos"), []int{9, 5, 1, 1}, []int{2, 1, 1, 0}, 4},
		{write(t, []byte(table.String()), dir, "table.csv"), []int{9, 5, 1, 1}, []int{2, 1, 1, 0}, 4},
		{write(t, []byte(divided.String()), dir, "divided.csv"), []int{10, 5, 1, 1}, []int{1, 1, 1, 0}, 3},
		{filepath.Join(dir, "d.npz"), []int{9, 4, 3}, []int{0, 0, 0}, 16}, // one list: train takes all of it, as eval does
	} {
		name, out := filepath.Base(c.data), filepath.Join(t.TempDir(), "run")
		side := []string{"--side", "8"}
		if strings.HasSuffix(name, ".npz") { // is not resized
			side = nil
		}
		d := describeSet(t, append([]string{"--data", c.data}, side...)...)
		if !slices.Equal(d.Counts, c.train) || !slices.Equal(d.Test, c.test) {
			t.Errorf("%s: describe counts %v and %v", name, d.Counts, d.Test)
		}
		r := decoded[own.Result](t, append([]string{"train", "--data", c.data, "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--out", out}, side...)...)
		if !slices.Equal(r.TrainCounts, c.train) || r.N != d.TestAll || (r.ErrorPct == nil) != (d.TestAll == 0) || !slices.Equal(r.Classes, d.Classes) {
			t.Errorf("%s: trained on %v, tested on %d images of %q", name, r.TrainCounts, r.N, r.Classes)
		}
		if e := decoded[own.Evaluation](t, append([]string{"eval", "--checkpoint", filepath.Join(out, "last.pth"), "--data", c.data}, side...)...); e.N != c.evaluated || d.TestAll > 0 && *e.ErrorPct != *r.ErrorPct {
			t.Errorf("%s: eval of %d images gives %v", name, e.N, *e.ErrorPct)
		}
	}
	// A long tail is cut of them as of any set.
	folder, arrays := filepath.Join(dir, "photos"), filepath.Join(dir, "d.npz")
	wrongUsage(t, 2, "--side 3", "data", "describe", folder, "--side", "3")
	d := describeSet(t, arrays, "--rho", "3", "--n-max", "3")
	r := decoded[own.Result](t, "train", "--data", arrays, "--rho", "3", "--n-max", "3", "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--out", filepath.Join(dir, "tail"))
	if !slices.Equal(d.Counts, []int{3, 1, 1}) || !slices.Equal(r.TrainCounts, d.Counts) {
		t.Errorf("long tail: %v described, %v trained on", d.Counts, r.TrainCounts)
	}
	if d := describeSet(t, arrays, "--test", arrays); d.Total != 16 || d.TestAll != 16 || d.Data != "d.npz" || d.Name != "d.npz" {
		t.Errorf("--test: %d and %d images of %s, %s", d.Total, d.TestAll, d.Data, d.Name)
	}
	// The same images at another place are the same run.
	moved := filepath.Join(dir, "moved")
	if err := os.Rename(folder, moved); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "run")
	args := []string{"--side", "8", "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--out", out}
	decoded[own.Result](t, append([]string{"train", "--data", moved}, args...)...)
	if err := os.Rename(moved, folder); err != nil {
		t.Fatal(err)
	}
	prints(t, []string{"finished already"}, append([]string{"train", "--data", folder}, args...)...)
	// Direct convolutions give the same answer, and their name stays in the result.
	e := decoded[own.Evaluation](t, "eval", "--checkpoint", filepath.Join(out, "last.pth"), "--data", folder, "--side", "8", "--exact")
	x := decoded[own.Result](t, "train", "--data", folder, "--side", "8", "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--exact", "--rule", "class-aware", "--out", filepath.Join(dir, "exact"))
	for _, set := range []string{e.KernelSet, x.KernelSet} {
		if !strings.HasSuffix(strings.TrimSuffix(set, "+fma"), "-exact") {
			t.Errorf("--exact computed with %s", set)
		}
	}
	wrongUsage(t, 2, "other settings (rule, exact)", "train", "--data", folder, "--side", "8", "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--out", filepath.Join(dir, "exact"))
}

// A few records in the place of the official files are taken only on demand,
// and every result says so.
func TestUnverifiedIsMarked(t *testing.T) {
	dir := t.TempDir()
	records := func(n int) (b []byte) {
		for i := range n {
			b = append(b, byte(i%10))
			b = append(b, bytes.Repeat([]byte{byte(25 * (i % 10))}, 3072)...)
		}
		return b
	}
	write(t, records(40), dir, "cifar-10-batches-bin", "data_batch_1.bin")
	write(t, records(10), dir, "cifar-10-batches-bin", "test_batch.bin")
	out := filepath.Join(t.TempDir(), "run")
	train := []string{"train", "--data", "cifar10", "--data-dir", dir, "--arch", "resnet8", "--epochs", "1", "--batch", "20", "--out", out}
	for _, args := range [][]string{train, {"data", "describe", "cifar10", "--data-dir", dir}} {
		wrongUsage(t, 1, "--allow-unverified", args...)
	}
	wrongUsage(t, 2, "LONGTAIL_DATA", "train", "--data", "cifar10", "--out", out)
	if r := decoded[own.Result](t, append(train, "--allow-unverified")...); r.DataMark != "unverified" || r.N != 10 || len(r.TrainCounts) != 10 {
		t.Errorf("%+v", r)
	}
	ours := t.TempDir()
	_, stderr, code := longtail(t, nil, "report", "--profile", "paper", "--seeds", "1", "--allow-unverified", "--store", filepath.Join(ours, "runs"), "--out", filepath.Join(ours, "out"))
	if code != 0 || !strings.Contains(stderr, "results from other files are not shown") {
		t.Errorf("a report needs no files: status %d: %s", code, stderr)
	}
	nowhere := t.TempDir() // the files were moved away
	for _, command := range []string{"plan", "report --out " + filepath.Join(ours, "out")} {
		args := append(strings.Fields(command), "--profile", "desktop", "--only", "table2:CE:CIFAR-10-LT:rho=10", "--store", filepath.Join(ours, "runs"), "--allow-unverified", "--data-dir")
		want := fmt.Sprintf("note: no file in --data-dir %q of cifar10: taken as official; ", nowhere)
		if _, stderr, code := longtail(t, nil, append(args, nowhere)...); code != 0 || strings.Count(stderr, want) != 1 {
			t.Errorf("%s: status %d, lacks %q: %s", command, code, want, stderr)
		}
		if _, stderr, code := longtail(t, nil, append(args, dir)...); code != 0 || strings.Contains(stderr, "taken as official") {
			t.Errorf("%s, with the files: status %d: %s", command, code, stderr)
		}
	}
	only := []string{"--profile", "paper", "--pool", "authors", "--seeds", "1", "--only", "table1:CE:CIFAR-10-LT:rho=100", "--allow-unverified", "--store", filepath.Join(ours, "runs"), "--data-dir", dir}
	prints(t, []string{"Run it: "}, append([]string{"plan"}, only...)...)
	eval := []string{"eval", "--checkpoint", filepath.Join(out, "last.pth"), "--data", "cifar10", "--data-dir", dir}
	wrongUsage(t, 1, "--allow-unverified", eval...)
	if e := decoded[own.Evaluation](t, append(eval, "--allow-unverified")...); e.DataMark != "unverified" || e.N != 10 {
		t.Errorf("%+v", e)
	}
	if d := describeSet(t, "cifar10", "--data-dir", dir, "--allow-unverified"); d.Mark != "unverified" || d.Total != 40 || len(d.Notes) == 0 {
		t.Errorf("%+v", d)
	}
}

// Lists over a JPEG tree: decoded ahead, with a cache or without, the bits are
// the same.
func TestTreeAndCache(t *testing.T) {
	dir := t.TempDir()
	var list strings.Builder
	for i := range 10 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, square(40, color.RGBA{byte(25 * i), byte(200 * (i % 2)), 60, 255}), nil); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("train/n%d/%d.JPEG", i%2, i)
		write(t, b.Bytes(), dir, name)
		fmt.Fprintf(&list, "%s %d\n", name, i%2)
	}
	for _, name := range []string{"ImageNet_LT_train.txt", "ImageNet_LT_val.txt", "ImageNet_LT_test.txt"} {
		write(t, []byte(list.String()), dir, name)
	}
	cache := filepath.Join(dir, "resized")
	var models [][]byte
	for i, more := range [][]string{{"--cache", cache}, {"--cache", cache}, nil} {
		out := filepath.Join(t.TempDir(), "run")
		args := append([]string{"train", "--data", "imagenet-lt", "--data-dir", dir, "--allow-unverified", "--side", "16", "--arch", "resnet8",
			"--rule", "class-aware", "--epochs", "2", "--batch", "4", "--out", out}, more...)
		stdout, stderr, code := longtail(t, nil, args...)
		if code != 0 || more == nil != strings.Contains(stderr, "--cache FOLDER keeps them") || strings.Count(stderr, "the rates of Table 3 (--epochs 90 ") != 1 {
			t.Fatalf("%d %s%s", code, stdout, stderr)
		}
		b, err := os.ReadFile(filepath.Join(out, "last.pth"))
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, b)
		if kept, _ := filepath.Glob(filepath.Join(cache, "*.images")); len(kept) != 2 { // training and test images
			t.Errorf("run %d: the cache holds %q", i, kept)
		}
		if e := decoded[own.Evaluation](t, append([]string{"eval", "--checkpoint", filepath.Join(out, "last.pth"), "--data", "imagenet-lt", "--data-dir", dir,
			"--allow-unverified", "--side", "16"}, more...)...); e.N != 10 {
			t.Errorf("%+v", e)
		}
	}
	if !bytes.Equal(models[0], models[1]) || !bytes.Equal(models[0], models[2]) {
		t.Error("the cache changes the bits")
	}
}

// Every command of docs/data.md runs.
func TestDataDocument(t *testing.T) {
	official := filepath.Dir(testdata.Rebuilt(t, "cifar-10-batches-bin"))
	dir := t.TempDir()
	for i := range 10 {
		writePNG(t, filepath.Join(dir, "my-photos", fmt.Sprint("class", i%2), fmt.Sprint(i, ".png")), 16, color.Gray{byte(20 * i)})
	}
	commands := readPage(t, "docs/data.md").commands(t)
	for _, c := range commands {
		line := strings.ReplaceAll(strings.Join(c.words, " "), "~/data", official)
		args, is := strings.CutPrefix(line, "longtail ")
		if !is {
			t.Fatalf("no command of longtail: %s", line)
		}
		cmd := exec.Command(program, strings.Fields(args)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
	for _, name := range []string{"kept.txt", "sizes.png", "sheet.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(commands) < 15 {
		t.Errorf("only %d commands were found", len(commands))
	}
}
