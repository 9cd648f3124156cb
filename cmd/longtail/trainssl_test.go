package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/own"
	"longtail/results"
)

// VAT and mean teacher on one's own images: a kill changes no bit, the file that
// is left is what was evaluated, and pseudo-labels are nowhere.
func TestTrainSSL(t *testing.T) {
	dir := t.TempDir()
	at := func(name ...string) string { return filepath.Join(append([]string{dir}, name...)...) }
	rows(t, at("d.npz"), "train", 30, 12, 6)
	rows(t, at("t.npz"), "test", 8, 8, 8)
	rows(t, at("u.npz"), "more", 20, 20, 20)
	args := func(ssl, out string, more ...string) []string {
		return append([]string{"train", "--data", at("d.npz"), "--test", at("t.npz"), "--unlabeled", at("u.npz"), "--ssl", ssl, "--arch", "resnet8",
			"--epochs", "3", "--batch", "12", "--checkpoint-every", "1", "--out", at(out)}, more...)
	}
	for _, ssl := range []string{"vat", "mean-teacher"} {
		calm, killed := "calm "+ssl, "killed "+ssl
		prints(t, []string{"60 unlabeled images (--ssl " + ssl + ")"}, args(ssl, calm)...)
		killWhenSaved(t, at(killed), []string{results.FileState}, args(ssl, killed)...)
		if _, stderr, code := longtail(t, []string{"GOMAXPROCS=3"}, args(ssl, killed)...); code != 0 {
			t.Fatal(stderr)
		}
		for _, file := range []string{"last.pth", "best.pth"} {
			x, errX := os.ReadFile(at(calm, file))
			y, errY := os.ReadFile(at(killed, file))
			if errX != nil || errY != nil || string(x) != string(y) {
				t.Errorf("%s: %s of the killed run differs (%v, %v)", ssl, file, errX, errY)
			}
		}
		r := readJSON[own.Result](t, at(killed, results.FileResult))
		if r.Unlabeled == nil || r.Unlabeled.Images != 60 || r.Unlabeled.PseudoCounts != nil || r.Unlabeled.Base != "" || !slices.Equal(r.TrainCounts, []int{30, 12, 6}) || len(r.ResumedAt) == 0 {
			t.Errorf("%s: %+v", ssl, r)
		}
		if _, err := os.Stat(at(killed, own.FilePseudoLabels)); err == nil {
			t.Errorf("%s: there are pseudo-labels", ssl)
		}
		if e := decoded[own.Evaluation](t, "eval", "--checkpoint", at(killed, "last.pth"), "--data", at("t.npz")); e.ErrorPct == nil || *e.ErrorPct != *r.ErrorPct {
			t.Errorf("%s: eval says %+v, the run %v", ssl, e, *r.ErrorPct)
		}
		lines, err := os.ReadFile(at(killed, results.FileMetrics))
		if err != nil || strings.Count(string(lines), `"consistency_loss":`) != 3 {
			t.Errorf("%s: metrics %s", ssl, lines)
		}
	}
	for want, more := range map[string][]string{
		"are for pseudo-labels":     {"--omega", "2"},
		"are not the softmax":       {"--loss", "ldam"},
		"draws its own batches":     {"--rule", "drs"},
		"--batch is at least 2":     {"--batch", "1"},
		"--epsilon -1":              {"--epsilon", "-1"},
		"--epsilon needs --ssl vat": {"--ssl", "mean-teacher", "--epsilon", "3"},
	} {
		wrongUsage(t, 2, want, args("vat", "x", more...)...)
	}
	labeled := args("vat", "x")
	du := slices.Index(labeled, "--unlabeled")
	wrongUsage(t, 2, "--ssl vat needs --unlabeled", slices.Delete(labeled, du, du+2)...)
	wrongUsage(t, 2, "other settings (ssl, epsilon)", args("vat", "calm mean-teacher")...)
}
