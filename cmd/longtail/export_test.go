package main

import (
	"path/filepath"
	"strings"
	"testing"

	"longtail/results"
)

// exports takes models out of the store of a whole smoke run: the file that
// PyTorch reads is the model.
func exports(t *testing.T, store results.Store) {
	t.Helper()
	dir := t.TempDir()
	var plan results.Plan
	if err := results.Read(filepath.Join(string(store), results.FilePlan), &plan); err != nil {
		t.Fatal(err)
	}
	task := func(is func(results.Settings) bool) string {
		for _, x := range plan.Tasks {
			if is(x.Settings) {
				return x.Name
			}
		}
		t.Fatal("the smoke profile has no such task")
		return ""
	}
	ldam := task(func(s results.Settings) bool { return s.Kind == results.KindTrain && s.Loss == "ldam" && s.Pool == "" })
	file := filepath.Join(dir, "ldam.pth")
	prints(t, []string{"ldam.pth: resnet8, epoch 3, 43 tensors, 10 classes"}, "export", ldam[:12], file, "--store", string(store))
	evaluated := func(checkpoint string) string {
		return strings.ReplaceAll(prints(t, nil, "eval", "--checkpoint", checkpoint, "--data", "fashion-mnist", "--json"), checkpoint, "")
	}
	if a, b := evaluated(store.Path(ldam, results.FileModel)), evaluated(file); a != b {
		t.Errorf("as stored %s\nexported %s", a, b)
	}
	rotation := task(func(s results.Settings) bool { return s.Target == "rotation" })
	prints(t, []string{"44 tensors, 4 classes"}, "export", store.Path(rotation, results.FileModel), filepath.Join(dir, "rotation.pth"))
	moco := task(func(s results.Settings) bool { return s.Target == "moco" })
	prints(t, []string{"42 tensors, no head"}, "export", store.Dir(moco), filepath.Join(dir, "moco.pth"))

	theorem := task(func(s results.Settings) bool { return s.Kind == results.KindTheory })
	for _, c := range []struct {
		says string
		args []string
	}{
		{"is there: choose another name", []string{ldam[:12], file}},
		{"trains none", []string{theorem[:12], filepath.Join(dir, "x.pth")}},
		{"neither last.pth nor model.ckpt", []string{dir, filepath.Join(dir, "x.pth")}},
		{"nothing is no file", []string{"nothing", filepath.Join(dir, "x.pth")}},
		{"<file.pth>", []string{ldam}},
	} {
		wrongUsage(t, 2, c.says, append([]string{"export", "--store", string(store)}, c.args...)...)
	}
}
