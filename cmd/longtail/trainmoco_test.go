package main

import (
	"os"
	"path/filepath"
	"testing"

	"longtail/own"
	"longtail/results"
)

// MoCo on one's own images leaves a trunk from which --init goes on, the same
// after a kill, and refuses what it cannot obey.
func TestTrainMoCo(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	rows(t, at("d.npz"), "moco", 30, 10)
	common := []string{"train", "--data", at("d.npz"), "--arch", "resnet8"}
	moco := func(out string, more ...string) []string {
		return append(append(append([]string{}, common...), "--target", "moco", "--batch", "8", "--epochs", "6", "--out", at(out)), more...)
	}
	prints(t, []string{"nearer to another image's key", "queue 8\nlearning rate 0.000937"}, moco("a")...)
	if r := readJSON[own.Result](t, filepath.Join(at("a"), results.FileResult)); r.ErrorPct != nil || r.N != 0 || len(r.TrainCounts) != 2 {
		t.Errorf("%+v", r)
	}
	// MoCo's weight decay unless another is asked for.
	if s := readJSON[own.Settings](t, filepath.Join(at("a"), results.FileSettings)); s.WeightDecay != 1e-4 {
		t.Errorf("%+v", s)
	}
	prints(t, []string{"note: batch 16 for 40 images makes few steps, 2 in 1 epoch: take a smaller one (--batch 8)"}, moco("bare", "--epochs", "1", "--batch", "16", "--weight-decay", "0")...)
	if s := readJSON[own.Settings](t, filepath.Join(at("bare"), results.FileSettings)); s.WeightDecay != 0 {
		t.Errorf("%+v", s)
	}
	prints(t, []string{"tensors of the trunk taken"}, append(common, "--init", filepath.Join(at("a"), own.FileLast), "--epochs", "1", "--batch", "8", "--out", at("tuned"))...)
	prints(t, []string{"finished already"}, moco("a")...)

	// One that is taken up from its checkpoint ends with the same weights.
	want, err := os.ReadFile(filepath.Join(at("a"), own.FileLast))
	if err != nil {
		t.Fatal(err)
	}
	killWhenSaved(t, at("b"), []string{results.FileState}, moco("b", "--checkpoint-every", "1")...)
	prints(t, nil, moco("b", "--checkpoint-every", "1")...)
	if r := readJSON[own.Result](t, filepath.Join(at("b"), results.FileResult)); len(r.ResumedAt) == 0 {
		t.Errorf("not resumed: %+v", r)
	}
	if got, err := os.ReadFile(filepath.Join(at("b"), own.FileLast)); err != nil || string(got) != string(want) {
		t.Errorf("other weights after a kill (%v)", err)
	}

	wrongUsage(t, 1, "is pre-trained without labels (--target moco) and knows no classes: train goes on from it with --init", "eval", "--checkpoint", at("a"), "--data", at("d.npz"))
	for _, c := range []struct {
		want string
		args []string
	}{
		{"no --loss", moco("x", "--loss", "ldam")},
		{"begins with new weights", moco("x", "--init", filepath.Join(at("a"), own.FileLast))},
		{"--bn-momentum or --init", moco("x", "--bn-momentum", "0.5")},
		{"no error to test", moco("x", "--test", at("d.npz"))},
		{"a multiple of the batch of 8", moco("x", "--queue", "12")},
		{"groups of at least 2", moco("x", "--batch", "6")},
		{"--queue needs --target moco", append(common, "--queue", "8", "--out", at("x"))},
		{"no --target rotation or moco", moco("x", "--unlabeled", at("d.npz"))},
	} {
		wrongUsage(t, 2, c.want, c.args...)
	}
	wrongUsage(t, 1, "40 images are fewer than --batch 256", append(common, "--target", "moco", "--out", at("x"))...)
	if _, err := os.Stat(at("x")); err == nil {
		t.Error("a refused command left a folder")
	}
}
