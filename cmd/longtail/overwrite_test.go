package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/nn/train"
	"longtail/own"
	"longtail/score"
)

// headOf checks that the model's head, written out, makes logits of features.
func headOf(t *testing.T, path string, features, logits []float32) {
	t.Helper()
	model, err := train.ReadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	tensor := func(name string) []float32 {
		for _, x := range model.Tensors {
			if x.Name == name {
				return x.Data.([]float32)
			}
		}
		return nil
	}
	w, b := tensor("fc.weight"), tensor("fc.bias")
	for i := range len(logits) / 3 {
		x := features[64*i:][:64]
		for c := range 3 {
			var sum, xx, ww float64
			for k, v := range x {
				weight := w[64*c+k]
				if b == nil {
					weight = w[3*k+c] // 64 × classes, of which the cosine counts
				}
				sum, xx, ww = sum+float64(v)*float64(weight), xx+float64(v)*float64(v), ww+float64(weight)*float64(weight)
			}
			if b == nil {
				sum /= math.Sqrt(xx * ww)
			} else {
				sum += float64(b[c])
			}
			if math.Abs(sum-float64(logits[3*i+c])) > 1e-4 {
				t.Fatalf("image %d, class %d: %v from the features, %v from the model", i, c, sum, logits[3*i+c])
			}
		}
	}
}

// Predictions agree with the error and the logits of the same command, name
// files and classes, and never replace anything but predictions.
func TestEvalPredictions(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := photographs(at("photos")); err != nil {
		t.Fatal(err)
	}
	for loss, scale := range map[string]float64{"ce": 1, "ldam": 30} {
		prints(t, nil, "train", "--data", at("photos"), "--side", "8", "--arch", "resnet8", "--epochs", "2", "--batch", "8",
			"--loss", loss, "--out", at(loss))
		model := at(loss + "/last.pth")
		e := decoded[own.Evaluation](t, "eval", "--checkpoint", model, "--data", at("photos"), "--side", "8",
			"--predictions", at(loss+".csv"), "--logits", at("l.npy"), "--features", at("f.npy"))
		rows := readCSV(t, at(loss+".csv"))
		if strings.Join(rows[0], ",")+"\n" != own.PredictionsHeader || len(rows) != e.N+1 || e.N != 6 || score.Sum(e.PredictedCounts) != 6 {
			t.Fatalf("%d rows of %d images under %q", len(rows), e.N, rows[0])
		}
		wrong, classes := 0, []string{"cats", "dogs", "owls"}
		logits := float32s(t, at("l.npy"), e.N, 3)
		headOf(t, model, float32s(t, at("f.npy"), e.N, 64), logits)
		for i, row := range rows[1:] {
			if _, err := os.Stat(at("photos/" + row[0])); err != nil || strings.Split(row[0], "/")[0] != row[1] {
				t.Errorf("%q: %v", row, err)
			}
			if row[1] != row[2] {
				wrong++
			}
			l := logits[3*i : 3*i+3]
			total := 0.
			for _, z := range l {
				total += math.Exp(scale * float64(z))
			}
			top := slices.Max(l)
			var p float64
			fmt.Sscan(row[3], &p)
			if want := math.Exp(scale*float64(top)) / total; math.Abs(p-want) > 1e-6 || row[2] != classes[slices.Index(l, top)] {
				t.Errorf("%s: %q, logits %v, probability %v", loss, row, l, want)
			}
		}
		if want := 100 * float64(wrong) / 6; math.Abs(*e.ErrorPct-want) > 1e-9 {
			t.Errorf("error %v, by the rows %v", *e.ErrorPct, want)
		}
	}

	// Without labels: files in any order of folders, classes by the run's names.
	model := at("ce/last.pth")
	prints(t, []string{"29 images without labels"}, "eval", "--checkpoint", model, "--unlabeled", at("photos"), "--side", "8", "--predictions", at("ce.csv"))
	rows := readCSV(t, at("ce.csv"))
	if len(rows) != 30 || rows[1][0] != "cats/0.png" || rows[1][1] != "" || !slices.Contains([]string{"cats", "dogs", "owls"}, rows[1][2]) {
		t.Errorf("%d rows, first %q", len(rows), rows[1])
	}
	writeArrays(t, at("u.npz"), make([]byte, 2*8*8*3), 8, 8, []int64{900, 7})
	prints(t, []string{`"error_pct": null`}, "eval", "--checkpoint", model, "--unlabeled", at("u.npz"), "--predictions", at("u.csv"), "--json")
	if rows := readCSV(t, at("u.csv")); len(rows) != 3 || rows[2][0] != "1" || rows[2][1] != "" {
		t.Errorf("rows %q", rows)
	}

	// Nothing else is replaced, and nothing is written by a command that fails.
	before, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	eval := func(more ...string) []string {
		return append([]string{"eval", "--checkpoint", model, "--data", at("photos"), "--side", "8"}, more...)
	}
	wrongUsage(t, 2, "holds no predictions", eval("--predictions", model)...)
	wrongUsage(t, 2, "holds no predictions", eval("--predictions", write(t, []byte("\n"), dir, "empty.csv"))...)
	wrongUsage(t, 2, "are one file", eval("--predictions", at("x"), "--logits", at("x"))...)
	wrongUsage(t, 2, "--logits and --features are one file", eval("--logits", at("x"), "--features", at("x"))...)
	wrongUsage(t, 2, "it is a folder", eval("--predictions", dir)...)
	wrongUsage(t, 2, "--predictions -: it is written to a file", eval("--predictions", "-")...)
	wrongUsage(t, 2, "only.npz", "eval", "--checkpoint", model, "--data", at("only.npz"), "--predictions", at("x"))
	wrongUsage(t, 2, "--unlabeled", eval("--unlabeled", at("photos"))...)
	wrongUsage(t, 2, "--data", "eval", "--checkpoint", model)
	if after, err := os.ReadFile(model); err != nil || string(after) != string(before) {
		t.Errorf("the checkpoint was touched: %v", err)
	}
	if _, err := os.Stat(at("x")); err == nil {
		t.Error("a refused command left a file")
	}
}
