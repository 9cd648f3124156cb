package main

import (
	"context"
	"fmt"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"longtail/dataset"
	"longtail/internal/npy"
	"longtail/internal/stream"
	"longtail/internal/testdata"
	"longtail/nn/train"
	"longtail/own"
	"longtail/results"
	"longtail/score"
)

// photoRun makes photographs below dir and trains on them, for as short as can
// be: the run's last.pth. Without more flags it is a copy of one run for all tests.
func photoRun(t *testing.T, dir string, more ...string) (model string) {
	t.Helper()
	if len(more) > 0 {
		return trainOnPhotographs(t, dir, more...)
	}
	once := filepath.Join(filepath.Dir(program), "photoRun")
	plainPhotoRun.Do(func() { trainOnPhotographs(t, once) })
	if err := os.CopyFS(dir, os.DirFS(once)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "run", own.FileLast)
}

var plainPhotoRun sync.Once

func trainOnPhotographs(t *testing.T, dir string, more ...string) (model string) {
	t.Helper()
	photos, out := filepath.Join(dir, "photos"), filepath.Join(dir, "run")
	if err := photographs(photos); err != nil {
		t.Fatal(err)
	}
	prints(t, nil, append([]string{"train", "--data", photos, "--side", "12", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--out", out}, more...)...)
	return filepath.Join(out, own.FileLast)
}

// A checkpoint knows the size of its images: image files are read at it, and
// another size is an error.
func TestCheckpointKnowsItsSize(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model, photos := photoRun(t, dir), at("photos")
	prints(t, []string{"of 6 images"}, "eval", "--checkpoint", model, "--data", photos)
	prints(t, []string{"29 images without"}, "eval", "--checkpoint", model, "--unlabeled", photos)
	const differs = "trained on images of 12×12 pixels, those of "
	wrongUsage(t, 1, differs+photos+" are 32×32", "eval", "--checkpoint", model, "--data", photos, "--side", "32")
	wrongUsage(t, 1, differs, "eval", "--checkpoint", model, "--unlabeled", photos, "--side", "32")
	writeArrays(t, at("n.npz"), make([]byte, 2*8*8*3), 8, 8, []int64{0, 1})
	wrongUsage(t, 1, differs+at("n.npz")+" are 8×8", "eval", "--checkpoint", model, "--data", at("n.npz"))
	wrongUsage(t, 1, "--base "+model+" was "+differs, "train", "--data", photos, "--side", "16", "--arch", "resnet8", "--epochs", "1", "--batch", "8",
		"--unlabeled", photos, "--base", model, "--out", at("x"))
	if b, err := os.ReadFile(at("run/settings.json")); err != nil || !strings.Contains(string(b), `"height": 12`) {
		t.Errorf("settings %s, %v", b, err)
	}
}

// Classes are compared by name: a held-out folder may lack one, and counts the
// others otherwise than the run did.
func TestEvalMatchesClassesByName(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model := photoRun(t, dir)
	errorOf := func(model, data string) own.Evaluation {
		t.Helper()
		return decoded[own.Evaluation](t, "eval", "--checkpoint", model, "--data", data)
	}
	whole := errorOf(model, at("photos"))
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(at(from), at(to)); err != nil {
			t.Fatal(err)
		}
	}
	move("photos/cats", "cats") // without the first class, the others' numbers shift
	less := errorOf(model, at("photos"))
	if less.N != 2 || less.PerClassErrorPct[0] != nil || *less.PerClassErrorPct[1] != *whole.PerClassErrorPct[1] || *less.PerClassErrorPct[2] != *whole.PerClassErrorPct[2] {
		t.Errorf("%+v without a class, %+v with it", less, whole)
	}
	move("photos/owls", "photos/eagles")
	wrongUsage(t, 1, `does not know the class "eagles": it knows ["cats" "dogs" "owls"], the data have ["dogs" "eagles"]`, "eval", "--checkpoint", model, "--data", at("photos"))
	move("photos/eagles", "photos/owls")
	move("cats", "photos/cats")

	nameless, err := train.ReadModel(model)
	if err != nil {
		t.Fatal(err)
	}
	nameless.About.Classes = nil
	if err := train.WriteTorch(model, nameless.Tensors, nameless.About); err != nil {
		t.Fatal(err)
	}
	move("photos/cats", "cats")
	if e := errorOf(model, at("photos")); e.PerClassErrorPct[2] != nil {
		t.Errorf("by number %+v", e)
	}
}

// Labels that are numbers are names as well: a test list may lack some, an .npz file
// begins with 0 where the run's list began with 1, and a model without names knows
// its classes by number.
func TestEvalMatchesNumbers(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := photographs(at("p")); err != nil {
		t.Fatal(err)
	}
	var list, part string
	for class, name := range []string{"cats", "dogs", "owls"} {
		for i := range []int{20, 7, 2}[class] {
			list += fmt.Sprintf("p/%s/%d%s,%d\n", name, i, []string{".png", ".jpg"}[i%2], class+1)
		}
	}
	for _, line := range strings.SplitAfter(list, "\n") {
		if !strings.HasSuffix(line, ",2\n") {
			part += line
		}
	}
	all, lacks := write(t, []byte(list), at("list.csv")), write(t, []byte(part), at("part.csv"))
	prints(t, nil, "train", "--data", all, "--side", "12", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--out", at("run"))
	model := at("run/last.pth")
	eval := func(data string, all ...string) own.Evaluation {
		t.Helper()
		return decoded[own.Evaluation](t, append([]string{"eval", "--checkpoint", model, "--data", data}, all...)...)
	}
	whole, less := eval(all, "--all"), eval(lacks, "--all")
	if !slices.Equal(whole.Classes, []string{"1", "2", "3"}) || less.N != 22 || less.PerClassErrorPct[1] != nil || *less.PerClassErrorPct[2] != *whole.PerClassErrorPct[2] {
		t.Errorf("%+v of all, %+v without a class", whole, less)
	}
	writeArrays(t, at("x.npz"), make([]byte, 3*12*12*3), 12, 12, []int64{1, 3, 3})
	if e := eval(at("x.npz")); score.Sum(e.Confusion[0]) != 1 || score.Sum(e.Confusion[2]) != 2 {
		t.Errorf("of an .npz file: %v", e.Confusion)
	}
	nameless, err := train.ReadModel(model)
	if err != nil {
		t.Fatal(err)
	}
	nameless.About.Classes = nil
	model = at("nameless.pth")
	if err := train.WriteTorch(model, nameless.Tensors, nameless.About); err != nil {
		t.Fatal(err)
	}
	two := write(t, []byte("p/cats/0.png,0\np/owls/0.png,2\n"), at("two.csv"))
	if e := eval(two, "--all"); score.Sum(e.Confusion[0]) != 1 || score.Sum(e.Confusion[2]) != 1 {
		t.Errorf("without names: %v", e.Confusion)
	}
	wrongUsage(t, 1, `does not know the class "3"`, "eval", "--checkpoint", model, "--data", lacks, "--all")
}

// What tells turns is no classifier, whatever stands beside it.
func TestRotationIsNoClassifier(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model := photoRun(t, dir, "--target", "rotation")
	rotation := []string{"train", "--data", at("photos"), "--side", "12", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--target", "rotation", "--out"}
	printed := prints(t, []string{"turned images after", "  270°", "\ngo on with: " + program + " train --data " + at("photos") + " --side 12 --arch resnet8 --epochs 1 --batch 8 --init " + at("run") + " --out " + at("run-tuned") + "\n"}, append(rotation, at("run"))...)
	seeds := prints(t, []string{"\nresnet8, rotation prediction: 23 images, 1 epoch of batch 8\n", " --no-flip --exact --seed 20240101 --seeds 2 --init '" + at("of two") + "' --out '" + at("of two-tuned") + "'\n"}, append(rotation, at("of two"), "--no-flip", "--exact", "--seed", "20240101", "--seeds", "2")...)
	_, next, _ := strings.Cut(seeds, "\ngo on with: "+program+" ")
	next, _, _ = strings.Cut(next, "\n")
	prints(t, []string{"tensors of the trunk taken from " + at("of two/20240102/last.pth")}, shellWords(t, next)...)
	if strings.Contains(printed, "cats") || strings.Contains(printed, "class shares") {
		t.Errorf("turns with what is of classes: %s", printed)
	}
	if err := os.MkdirAll(at("photos/newts"), 0o777); err != nil { // four classes, as turns
		t.Fatal(err)
	}
	const want = "tells how far an image is turned"
	wrongUsage(t, 1, want, "eval", "--checkpoint", model, "--data", at("photos"))
	wrongUsage(t, 1, want, "eval", "--checkpoint", model, "--unlabeled", at("photos"))
	wrongUsage(t, 1, want, "train", "--data", at("photos"), "--side", "12", "--arch", "resnet8", "--epochs", "1", "--unlabeled", at("photos"), "--base", model, "--out", at("x"))
}

// Training images that are test images are told, by their pixels: in train, and in
// eval however they are given.
func TestLeaksAreTold(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model := photoRun(t, dir)
	const told = "was trained on "
	if out := prints(t, []string{"error"}, "eval", "--checkpoint", model, "--data", at("photos")); strings.Contains(out, told) {
		t.Error("noted of the run's own test images:", out)
	}
	prints(t, []string{`"trained_on": 0`}, "eval", "--checkpoint", model, "--data", at("photos"), "--json")
	prints(t, []string{`"trained_on": 23`}, "eval", "--checkpoint", model, "--data", at("photos"), "--all", "--json")
	b, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	alone := write(t, b, at("alone/last.pth"))
	if out := prints(t, []string{"which of these images " + alone + " was trained on cannot be told"}, "eval", "--checkpoint", alone, "--data", at("photos"), "--json"); strings.Contains(out, "trained_on") {
		t.Error("of a model without its run:", out)
	}
	if out := prints(t, []string{"images without labels"}, "eval", "--checkpoint", alone, "--unlabeled", at("photos")); strings.Contains(out, "cannot be told") {
		t.Error("of images without labels:", out)
	}
	list := write(t, []byte("photos/cats/3.jpg,cats\nphotos/owls/0.png,owls\n"), at("list.csv"))
	for data, want := range map[string]string{at("photos"): "23 of these 29 images (cats/1.jpg, ", list: "2 of these 2 images (photos/"} {
		if data == list { // whichever of them is a test image
			want = "of these 2 images (photos/"
		}
		prints(t, []string{told, want, "pixel for pixel"}, "eval", "--checkpoint", model, "--data", data, "--all")
	}
	if b, err = os.ReadFile(at("photos/cats/3.jpg")); err != nil {
		t.Fatal(err)
	}
	for i := range 12 { // some copy falls on each side
		write(t, b, at("photos/cats/copy"+string(rune('a'+i))+".jpg"))
	}
	prints(t, []string{told}, "eval", "--checkpoint", model, "--data", at("photos"))
	if err := os.Remove(at("run/" + own.FileTrained)); err != nil {
		t.Fatal(err)
	}
	for _, all := range [][]string{nil, {"--all"}} {
		prints(t, []string{"some of them were"}, append([]string{"eval", "--checkpoint", model, "--data", at("photos")}, all...)...)
	}
	prints(t, []string{"test images are training images as well"}, "train", "--data", at("photos"), "--side", "12", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--out", at("run2"))
}

// A folder that was kept apart is evaluated whole, and so is a CSV file of test
// images alone.
func TestEvalAll(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model := photoRun(t, dir)
	if out := prints(t, []string{"of 29 images"}, "eval", "--checkpoint", model, "--data", at("photos"), "--all"); strings.Contains(out, "split") {
		t.Errorf("undivided: %s", out)
	}
	list := write(t, []byte("photos/cats/0.png,cats,test\nphotos/owls/0.png,owls,test\n"), at("test.csv"))
	prints(t, []string{"of 2 images (" + model}, "eval", "--checkpoint", filepath.Dir(model), "--data", list)
	wrongUsage(t, 2, "--checkpoint "+at("photos")+" is a folder with neither last.pth nor model.ckpt", "eval", "--checkpoint", at("photos"), "--data", model)
	wrongUsage(t, 2, "--all is of --data", "eval", "--checkpoint", model, "--unlabeled", at("photos"), "--all")
	wrongUsage(t, 2, "has its own test images", "eval", "--checkpoint", model, "--data", "fashion-mnist", "--all")
}

// The balanced error counts every class alike, and agrees with the confusion.
func TestBalancedError(t *testing.T) {
	dir := t.TempDir()
	model, photos := photoRun(t, dir), filepath.Join(dir, "photos")
	e := decoded[own.Evaluation](t, "eval", "--checkpoint", model, "--data", photos)
	mean := 0.
	for c, row := range e.Confusion {
		if score.Sum(row) != []int{4, 1, 1}[c] {
			t.Errorf("class %d: %v", c, row)
		}
		mean += 100 * (1 - float64(row[c])/float64(score.Sum(row))) / 3
	}
	if e.BalancedErrorPct == nil || math.Abs(*e.BalancedErrorPct-mean) > 1e-9 || !slices.Equal(e.Classes, []string{"cats", "dogs", "owls"}) {
		t.Errorf("%+v, by its confusion %v", e, mean)
	}
	line := fmt.Sprintf("balanced error %.2f %%", mean)
	if !slices.Equal(e.TestCounts, []int{4, 1, 1}) {
		t.Errorf("tested on %v", e.TestCounts)
	}
	prints(t, []string{line, "trained on 16  cats", "% of 4  trained on 16  cats", "trained on 1  owls"}, "eval", "--checkpoint", model, "--data", photos)
	prints(t, []string{line, "% of 1  trained on 1  owls", "trained on 16  cats"}, "train", "--data", photos, "--side", "12", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--out", filepath.Dir(model))
}

// The page's Python computes the logits that eval writes, on both heads.
func TestDocsPyTorch(t *testing.T) {
	python := testdata.Python(t, "torch", "numpy")
	var code string
	for _, f := range readPage(t, "docs/own-images.md").fences() {
		if f.language == "python" {
			code = strings.Join(f.lines, "\n")
		}
	}
	for _, loss := range []string{"ce", "ldam"} {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		model := photoRun(t, dir, "--loss", loss)
		r := stream.New("pytorch")
		images := make([]byte, 5*12*12*3)
		for i := range images {
			images[i] = byte(r.IntN(256))
		}
		writeArrays(t, at("x.npz"), images, 12, 12, make([]int64, 5))
		prints(t, []string{"5 images"}, "eval", "--checkpoint", model, "--unlabeled", at("x.npz"), "--logits", at("l.npy"))
		script := strings.ReplaceAll(code, "ce/0/last.pth", model) + `
import numpy as np
images = torch.tensor(np.load("x.npz")["images"]).permute(0, 3, 1, 2)
` + strings.TrimPrefix(code[strings.Index(code, "# logits"):], "# ") + `
worst = abs(logits.detach().numpy() - np.load("l.npy")).max()
assert worst < 1e-3 and file["classes"] == ["cats", "dogs", "owls"] and file["height"] == 12, (worst, file["classes"])
`
		cmd := exec.Command(python, write(t, []byte(script), at("x.py")))
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", loss, err, out)
		}
	}
}

// data describe and data show list one's own classes by size, as they say, and a
// sheet or logits replace nothing but their like.
func TestHeadFirstAndOutputs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model, photos := photoRun(t, dir, "--seed", "1"), at("photos") // a run whose settings name these photographs
	if err := os.Rename(at("photos/cats"), at("photos/zebras")); err != nil {
		t.Fatal(err)
	}
	if d := describeSet(t, photos); !slices.Equal(d.Classes, []string{"zebras", "dogs", "owls"}) || !slices.Equal(d.Counts, []int{16, 6, 1}) || d.Test[0] != 4 {
		t.Errorf("%+v", d)
	}
	if d := describeSet(t, photos, "--side", "4096"); !strings.Contains(strings.Join(d.Notes, "; "), "the images were not read; --skip-broken reads each") {
		t.Errorf("of a set too large for memory: %q", d.Notes)
	}
	for range 2 { // an earlier sheet is replaced
		prints(t, []string{"row 1: zebras, 16 images"}, "data", "show", photos, "--out", at("sheet.png"))
	}
	f, err := os.Open(at("sheet.png"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(f); err != nil {
		t.Errorf("the sheet is no PNG file: %v", err)
	}
	f.Close()
	// Nor does a picture become one of the images, and a sheet says what it leaves out.
	for flag, command := range map[string]string{"--out": "show", "--plot": "describe"} {
		wrongUsage(t, 2, flag+" "+at("photos/owls/9.png")+": it lies among the class folders", "data", command, photos, flag, at("photos/owls/9.png"))
	}
	wrongUsage(t, 2, "--figures "+at("photos/f")+": it lies among the class folders", "compare", filepath.Dir(model), "--figures", at("photos/f"))
	broken := write(t, []byte("no image"), at("photos/owls/broken.jpg"))
	prints(t, []string{"note: left out (--skip-broken): 1 image that cannot be read: owls/broken.jpg"}, "data", "show", photos, "--skip-broken", "--out", at("sheet.png"))
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	notes := write(t, []byte("1\n2\nthree\n"), at("notes.txt"))
	for range 2 {
		prints(t, nil, "data", "describe", photos, "--plot", at("sizes.png"), "--positions", at("kept.txt"))
		prints(t, nil, "data", "describe", photos, "--plot", at("sizes.svg"))
	}
	for _, file := range []string{at("photos/owls/0.png"), notes} {
		if strings.HasSuffix(file, ".png") {
			wrongUsage(t, 2, "holds no drawing that", "data", "show", photos, "--out", file)
		}
		wrongUsage(t, 2, "holds no drawing that", "data", "describe", photos, "--plot", file)
		wrongUsage(t, 2, "holds no positions", "data", "describe", photos, "--positions", file)
	}
	if err := os.WriteFile(at("kept.txt"), []byte("7\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wrongUsage(t, 2, "--plot "+at("x.gif")+": the name must end in", "data", "describe", photos, "--positions", at("kept.txt"), "--plot", at("x.gif"))
	if b, err := os.ReadFile(at("kept.txt")); err != nil || string(b) != "7\n" {
		t.Errorf("wrong usage, and the positions are now %q (%v)", b, err)
	}
	eval := []string{"eval", "--checkpoint", model, "--unlabeled", photos, "--logits"}
	write(t, nil, at("l.npy")) // as mktemp leaves it
	for range 2 {
		prints(t, []string{"29 images"}, append(eval, at("l.npy"))...)
	}
	write(t, npy.Encode(npy.Float32(make([]float32, 15), 5, 3)), at("l.npy")) // of other images
	prints(t, []string{"29 images"}, append(eval, at("l.npy"))...)
	writeArrays(t, at("x.npz"), make([]byte, 12*12*3), 12, 12, []int64{0})
	for _, other := range []string{model, at("sheet.png"), at("x.npz"), write(t, npy.Encode(npy.Array{Type: "|u1", Shape: []int{1, 2}, Raw: []byte{1, 2}}), at("mine.npy")),
		write(t, npy.Encode(npy.Float32(make([]float32, 10), 5, 2)), at("coordinates.npy"))} {
		wrongUsage(t, 2, "holds no logits of this model (.npy, float32 with 3 columns)", append(eval, other)...)
	}
	wrongUsage(t, 2, "holds no features of this model", "eval", "--checkpoint", model, "--unlabeled", photos, "--features", at("l.npy"))
}

// Interrupted while they read, commands read no further.
func TestInterruptedWhileReading(t *testing.T) {
	photos := filepath.Join(t.TempDir(), "photos")
	if err := photographs(photos); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	const want = "stopped while images were read"
	if _, err := openData(ctx, dataset.Files{}, photos, ""); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("--data: %v", err)
	}
	if _, err := openUnlabeled(ctx, dataset.Files{}, photos, 8, 8); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("--unlabeled: %v", err)
	}
}

// Interrupted while it reads, train leaves nothing.
func TestTrainInterruptedWhileReading(t *testing.T) {
	dir := t.TempDir()
	if err := photographs(filepath.Join(dir, "photos")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, seeds := range []string{"0", "2"} {
		out := filepath.Join(dir, "run")
		_, err := runCommandWithin(ctx, t, "train", "--data", filepath.Join(dir, "photos"), "--side", "12", "--arch", "resnet8", "--epochs", "1", "--seeds", seeds, "--out", out)
		if err == nil || !strings.Contains(err.Error(), "stopped; nothing was trained") || exists(out) {
			t.Errorf("--seeds %s: %v, a folder %v", seeds, err, exists(out))
		}
	}
}

// Interrupted, train says how to end it at once, and what it kept.
func TestTrainInterrupted(t *testing.T) {
	dir := t.TempDir()
	if err := photographs(filepath.Join(dir, "photos")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "run")
	cmd := exec.Command(program, "train", "--data", filepath.Join(dir, "photos"), "--side", "12", "--arch", "resnet8", "--epochs", "100000", "--batch", "8", "--checkpoint-every", "5", "--out", out)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() }) // whatever fails below
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(out, results.FileState)); err == nil {
			break
		}
	}
	const goesOn = "run: not finished; the command that began it goes on with it"
	for _, of := range []string{out, filepath.Join(out, own.FileLast)} {
		wrongUsage(t, 2, goesOn, "eval", "--checkpoint", of, "--data", filepath.Join(dir, "photos"))
	}
	wrongUsage(t, 2, goesOn, "compare", out)
	wrongUsage(t, 2, "--init "+out, "train", "--data", filepath.Join(dir, "photos"), "--init", out, "--out", filepath.Join(dir, "x"))
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skip(err)
	}
	err := cmd.Wait()
	if s := stderr.String(); err == nil || !strings.Contains(s, "longtail: stopping; a second Ctrl-C ends it at once\n") || strings.Contains(s, "canceled") || !strings.Contains(s, "stopped in epoch") || !strings.Contains(s, "kept in "+filepath.Join(out, results.FileState)+", and the same command goes on") {
		t.Errorf("%v: %s", err, s)
	}
}
