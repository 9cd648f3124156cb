package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longtail/internal/npy"
	"longtail/results"
)

// A model is found in the folder of a run, of a task and of --seeds.
func TestModelIn(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, file := range []string{"run/last.pth", "task/model.ckpt", "one/3/settings.json", "one/3/last.pth", "two/3/settings.json", "two/3/last.pth", "two/4/settings.json", "begun/5/settings.json", "none/a"} {
		write(t, nil, at(file))
	}
	for _, c := range []struct{ path, seed, want, fails string }{
		{"run", "", "run/last.pth", ""},
		{"run", "7", "run/last.pth", ""},
		{"run/last.pth", "7", "run/last.pth", ""},
		{"task", "", "task/model.ckpt", ""},
		{"task", "7", "task/model.ckpt", ""},
		{"one", "", "one/3/last.pth", ""},
		{"one", "3", "one/3/last.pth", ""},
		{"one", "7", "", "seeds 3"},
		{"two", "3", "two/3/last.pth", ""},
		{"two", "4", "", "4: not finished"},
		{"two", "", "", "seeds 3, 4"},
		{"begun", "", "", "5: not finished"},
		{"none", "", "", "neither last.pth nor model.ckpt"},
	} {
		got, err := modelIn(at(c.path), c.seed)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s, seed %s: %v lacks %q", c.path, c.seed, err, c.fails)
			}
		} else if err != nil || got != at(c.want) {
			t.Errorf("%s, seed %s: %s, %v", c.path, c.seed, got, err)
		}
	}
}

// exports takes models out of the store of a whole smoke run: the file that
// PyTorch reads is the model.
func exports(t *testing.T, store results.Store) {
	t.Helper()
	dir := t.TempDir()
	plan := storedPlan(t, store)
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

	// As arrays: what the result holds, of a task of the store or one that ships.
	labels := task(func(s results.Settings) bool { return s.Kind == results.KindPseudolabel })
	features := task(func(s results.Settings) bool { return s.Kind == results.KindEmbed })
	arrays := func(name string, want ...string) map[string]npy.Array {
		file := filepath.Join(dir, name[:12]+".npz")
		prints(t, want, "export", name[:12], file, "--store", string(store))
		read := map[string]npy.Array{}
		for _, one := range want {
			one, _, _ = strings.Cut(one, " ")
			a, err := npy.ReadNPZ(file, one)
			if err != nil {
				t.Fatal(err)
			}
			read[one] = a[0]
		}
		return read
	}
	result := func(name string) *results.Result {
		r, err := store.Result(name)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o777); err != nil {
		t.Fatal(err)
	}
	wrongUsage(t, 2, "other has no task", "export", filepath.Join(dir, "other", ldam), filepath.Join(dir, "other.npz"), "--store", string(store))
	prints(t, []string{"predictions 100"}, "export", store.Dir(ldam), filepath.Join(dir, "folder.npz"), "--store", filepath.Join(dir, "other"))
	trained := arrays(ldam, "logits 100×10", "predictions 100")
	if !bytes.Equal(trained["predictions"].Raw, result(ldam).Predictions) || trained["logits"].Type != "<f2" {
		t.Errorf("%+v", trained["predictions"])
	}
	if got := arrays(labels, "pseudo_labels "); !bytes.Equal(got["pseudo_labels"].Raw, result(labels).Pool.Labels) {
		t.Error("other pseudo-labels than the result's")
	}
	if got, e := arrays(features, "map ", "map_labels ", "map_part "), result(features).Embedding; !bytes.Equal(got["map_labels"].Raw, e.Labels) || len(got["map_part"].Raw) != len(e.Labels) || bytes.Count(got["map_part"].Raw, []byte{2}) != e.Test || !bytes.Equal(got["map"].Raw, npy.Float32(e.XY).Raw) {
		t.Error("another map than the result's")
	}
	shipped, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range shipped {
		if len(r.Predictions) > 0 {
			if got := arrays(name, fmt.Sprintf("predictions %d", len(r.Predictions))); !bytes.Equal(got["predictions"].Raw, r.Predictions) {
				t.Errorf("%.12s: other predictions than the result's", name)
			}
			break
		}
	}

	theorem := task(func(s results.Settings) bool { return s.Kind == results.KindTheory })
	for _, c := range []struct {
		says string
		args []string
	}{
		{"is there: choose another name", []string{ldam[:12], file}},
		{"has no arrays", []string{theorem[:12], filepath.Join(dir, "x.npz")}},
		{"of a task", []string{"012345678901", filepath.Join(dir, "x.npz")}},
		{"of a task", []string{file, filepath.Join(dir, "x.npz")}},
		{"trains none", []string{theorem[:12], filepath.Join(dir, "x.pth")}},
		{"neither last.pth nor model.ckpt", []string{dir, filepath.Join(dir, "x.pth")}},
		{"nothing is no file", []string{"nothing", filepath.Join(dir, "x.pth")}},
		{"<file>", []string{ldam}},
	} {
		wrongUsage(t, 2, c.says, append([]string{"export", "--store", string(store)}, c.args...)...)
	}
}
