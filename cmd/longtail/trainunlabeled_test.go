package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/own"
	"longtail/results"
	"longtail/score"
)

// D_U of one's own in one command: the base is the run without it, its labels
// are what eval's logits say, every image of both parts is trained on, and kills
// in either stage change no bit.
func TestTrainUnlabeled(t *testing.T) {
	dir := t.TempDir()
	at := func(name ...string) string { return filepath.Join(append([]string{dir}, name...)...) }
	rows(t, at("d.npz"), "train", 30, 12, 6)
	rows(t, at("t.npz"), "test", 8, 8, 8)
	rows(t, at("u.npz"), "more", 20, 20, 20)
	common := []string{"train", "--data", at("d.npz"), "--test", at("t.npz"), "--arch", "resnet8", "--rule", "drw",
		"--epochs", "5", "--batch", "16", "--no-crop", "--checkpoint-every", "1"}
	args := func(out string, more ...string) []string {
		return append(append(slices.Clone(common), "--unlabeled", at("u.npz"), "--out", at(out)), more...)
	}
	same := func(a, b string) {
		t.Helper()
		x, errX := os.ReadFile(at(a))
		y, errY := os.ReadFile(at(b))
		if errX != nil || errY != nil || string(x) != string(y) {
			t.Errorf("%s and %s differ (%v, %v)", a, b, errX, errY)
		}
	}
	read := func(out string) own.Result {
		t.Helper()
		return readJSON[own.Result](t, at(out, results.FileResult))
	}
	printed := prints(t, []string{"pseudo-labeled"}, args("calm")...)
	calm, base := read("calm"), read("calm/base")
	if calm.Unlabeled == nil || calm.Unlabeled.Images != 60 || calm.Unlabeled.LeftOut != 0 || *calm.Unlabeled.BaseErrorPct != *base.ErrorPct ||
		!strings.Contains(printed, fmt.Sprintf("base classifier: error %.2f %%", *base.ErrorPct)) {
		t.Errorf("result %+v, base %+v, printed %s", calm.Unlabeled, base, printed)
	}

	// The base is the command without --unlabeled.
	prints(t, nil, append(slices.Clone(common), "--out", at("plain"))...)
	same("plain/last.pth", "calm/base/last.pth")

	// Its labels are the largest logits; counts are of both parts.
	prints(t, nil, "eval", "--checkpoint", at("plain/last.pth"), "--data", at("u.npz"), "--logits", at("l.npy"))
	logits := float32s(t, at("l.npy"), 60, 3)
	labels, counts := readCSV(t, at("calm", own.FilePseudoLabels)), readCSV(t, at("calm", own.FilePseudoCounts))
	if strings.Join(labels[0], ",") != "image,label,confidence,used" || len(labels) != 61 {
		t.Fatalf("%d rows under %q", len(labels), labels[0])
	}
	pseudo := make([]int, 3)
	for i, row := range labels[1:] {
		l := logits[3*i : 3*i+3]
		y := slices.Index(l, slices.Max(l))
		if pseudo[y]++; row[0] != fmt.Sprint(i) || row[1] != fmt.Sprint(y) || row[3] != "yes" {
			t.Errorf("image %d: %q, logits %v", i, row, l)
		}
	}
	for c, n := range []int{30, 12, 6} {
		if calm.TrainCounts[c] != n+pseudo[c] || calm.Unlabeled.PseudoCounts[c] != pseudo[c] ||
			strings.Join(counts[c+1][:4], ",") != fmt.Sprintf("%d,%d,%d,0", c, n, pseudo[c]) {
			t.Errorf("class %d: trained on %d, pseudo %d, row %q; expected %d + %d", c, calm.TrainCounts[c], calm.Unlabeled.PseudoCounts[c], counts[c+1], n, pseudo[c])
		}
	}

	// Killed twice in each stage and taken up again.
	ofBase := filepath.Join("base", results.FileState)
	killWhenSaved(t, at("killed"), []string{ofBase, ofBase, results.FileState, results.FileState}, args("killed")...)
	if _, stderr, code := longtail(t, []string{"GOMAXPROCS=3"}, args("killed")...); code != 0 {
		t.Fatal(stderr)
	}
	if k, b := read("killed"), read("killed/base"); len(k.ResumedAt) == 0 || len(b.ResumedAt) == 0 || *k.ErrorPct != *calm.ErrorPct {
		t.Errorf("resumed at %v and %v, error %v; undisturbed %v", b.ResumedAt, k.ResumedAt, *k.ErrorPct, *calm.ErrorPct)
	}
	for _, file := range []string{"last.pth", "best.pth", "base/last.pth", own.FilePseudoLabels, own.FilePseudoCounts} {
		same("calm/"+file, "killed/"+file)
	}
	if out := prints(t, []string{"finished already"}, args("calm")...); strings.Contains(out, "labels 60") {
		t.Errorf("again: %s", out)
	}

	// A base of one's own gives the same network; ω and the threshold another.
	prints(t, nil, args("given", "--base", at("plain/last.pth"))...)
	same("calm/last.pth", "given/last.pth")
	if _, err := os.Stat(at("given/base")); err == nil {
		t.Error("a base was trained although one was given")
	}
	for name, more := range map[string][]string{"omega": {"--omega", "0.5"}, "threshold": {"--threshold", "0.9"}} {
		prints(t, nil, args(name, append(more, "--base", at("plain/last.pth"))...)...)
		a, _ := os.ReadFile(at(name, "last.pth"))
		if b, _ := os.ReadFile(at("given/last.pth")); len(a) == 0 || string(a) == string(b) {
			t.Errorf("--%s changes nothing", name)
		}
	}
	out := 0
	for _, row := range readCSV(t, at("threshold", own.FilePseudoLabels))[1:] {
		var p float64
		if fmt.Sscan(row[2], &p); (p < .9) != (row[3] == "no") {
			t.Errorf("row %q", row)
		}
		if row[3] == "no" {
			out++
		}
	}
	if r := read("threshold"); r.Unlabeled.LeftOut != out || out == 0 || score.Sum(r.TrainCounts) != 48+60-out || score.Sum(read("omega").TrainCounts) != 108 {
		t.Errorf("%d images are left out of %+v, trained on %v", out, r.Unlabeled, r.TrainCounts)
	}

	// Labels from a file: those that the base gave make the same network, and a line
	// that says so, or is missing, leaves its image out.
	prints(t, []string{"labels from"}, args("read", "--pseudo-labels", at("calm", own.FilePseudoLabels))...)
	same("calm/last.pth", "read/last.pth")
	same("calm/"+own.FilePseudoLabels, "read/"+own.FilePseudoLabels)
	if u := read("read").Unlabeled; u.BaseErrorPct != nil || u.Base != "" || u.PseudoLabels != at("calm", own.FilePseudoLabels) {
		t.Errorf("of labels from a file: %+v", u)
	}
	edited := "used,label,image\n no,9,0\n"
	for i := 2; i < 60; i++ {
		edited += fmt.Sprintf("yes,%d,%d\n", i%3, i)
	}
	if err := os.WriteFile(at("edited.csv"), []byte(edited), 0o666); err != nil {
		t.Fatal(err)
	}
	prints(t, nil, args("edited", "--pseudo-labels", at("edited.csv"), "--epochs", "1")...)
	if u := read("edited").Unlabeled; u.Images != 60 || u.LeftOut != 2 || !slices.Equal(u.PseudoCounts, []int{19, 19, 20}) {
		t.Errorf("edited labels: %+v", u)
	}
	if r := readCSV(t, at("edited", own.FilePseudoLabels)); strings.Join(r[1], ",") != "0,,,no" || strings.Join(r[3], ",") != "2,2,,yes" {
		t.Errorf("edited labels are written as %q, %q", r[1], r[3])
	}

	// What cannot be. A base that has learned nothing is sure of nothing.
	prints(t, nil, append(slices.Clone(common), "--lr", "1e-9", "--epochs", "1", "--out", at("weak"))...)
	writeArrays(t, at("small.npz"), make([]byte, 2*3*3*3), 3, 3, []int64{0, 0})
	rows(t, at("two.npz"), "two", 8, 8)
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{2, "need --unlabeled", append(slices.Clone(common), "--base", at("plain/last.pth"), "--out", at("x"))},
		{2, "need --unlabeled", append(slices.Clone(common), "--threshold", "0.5", "--out", at("x"))},
		{2, "no --target rotation", append(slices.Clone(common), "--rule", "none", "--target", "rotation", "--unlabeled", at("u.npz"), "--out", at("x"))},
		{2, "--omega 0", args("x", "--omega", "0")},
		{2, "--threshold 1", args("x", "--threshold", "1")},
		{2, "knows no weight of an image", args("x", "--omega", "2", "--rule", "resample")},
		{2, "other settings (unlabeled_digest, omega)", args("plain")},
		{2, "other settings (omega)", args("given", "--base", at("plain/last.pth"), "--omega", "2")},
		{2, "no such file", args("x", "--unlabeled", at("none"))},
		{1, "all must have one size", args("x", "--unlabeled", at("small.npz"))},
		{1, "made square", args("x", "--unlabeled", dir)},
		{1, "a .csv file whose first column are paths, or an .npz file", args("x", "--unlabeled", at("l.npy"))},
		{2, "both label", args("x", "--base", at("plain/last.pth"), "--pseudo-labels", at("edited.csv"))},
		{2, "which --ssl vat has none of", args("x", "--rule", "none", "--ssl", "vat", "--pseudo-labels", at("edited.csv"))},
		{1, "has no confidence", args("x", "--pseudo-labels", at("edited.csv"), "--threshold", "0.5")},
		{1, "a .csv file or a .pickle", args("x", "--pseudo-labels", at("u.npz"))},
		{1, "there is no unlabeled image", args("x", "--unlabeled", at("t.npz"), "--pseudo-labels", at("edited.csv"))},
		{2, "other settings (pseudo_labels_sha256)", args("read", "--pseudo-labels", at("edited.csv"))},
		{1, "--base", args("x", "--base", at("plain", results.FileState))},
		{1, "no label of the 60 unlabeled images is that sure", args("x", "--base", at("weak/last.pth"), "--threshold", "0.99")},
		{1, "it knows the classes", append(slices.Clone(common), "--data", at("two.npz"), "--test", at("two.npz"), "--unlabeled", at("u.npz"), "--base", at("plain/last.pth"), "--out", at("x"))},
		{1, "the gray ones", []string{"train", "--data", "fashion-mnist", "--unlabeled", at("u.npz"), "--out", at("x")}},
	} {
		wrongUsage(t, c.code, c.want, c.args...)
	}
	if _, err := os.Stat(at("x")); err == nil {
		t.Error("a refused command left a folder")
	}
	prints(t, []string{"24 of them are test images"}, args("leak", "--unlabeled", at("t.npz"), "--base", at("plain/last.pth"), "--epochs", "1")...)
}
