package doctor

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"longtail/dataset"
	"longtail/internal/lock"
	"longtail/nn/kernel"
	"longtail/results"
)

// The doctor finds every kind of damage, names the task and says what to do.
func TestExamineStore(t *testing.T) {
	store := results.Store(t.TempDir())
	put := func(task string) string {
		if err := results.Write(store.Path(task, results.FileSettings), results.Task{Name: task}); err != nil {
			t.Fatal(err)
		}
		return store.Path(task, results.FileResult)
	}
	good := put("aaaaaaaaaaaa0")
	if err := results.Write(good, results.Result{Schema: results.SchemaVersion, Task: "aaaaaaaaaaaa0"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := notOK(examineStore(store)); len(wrong) > 0 {
		t.Fatalf("a sound store: %+v", wrong)
	}
	for _, c := range []struct {
		task, says string
		make       func(task string)
	}{
		{"bbbbbbbbbbbb0", "truncated", func(task string) { os.WriteFile(put(task), data[:len(data)/2], 0o666) }},
		{"cccccccccccc0", "edited", func(task string) {
			os.WriteFile(put(task), bytes.Replace(data, []byte("aaaaaaaaaaaa0"), []byte("aaaaaaaaaaaa1"), 1), 0o666)
		}},
		{"dddddddddddd0", "another version", func(task string) {
			os.WriteFile(put(task), bytes.Replace(data, []byte(`"schema": 1`), []byte(`"schema": 99`), 1), 0o666)
		}},
		{"eeeeeeeeeeee0", "checkpoint is damaged", func(task string) {
			put(task)
			os.WriteFile(store.Path(task, results.FileState), []byte("LTCK garbage"), 0o666)
		}},
		{"eaeaeaeaeaea0", "network is damaged", func(task string) {
			put(task)
			os.WriteFile(store.Path(task, results.FileModel), []byte("LTCK garbage"), 0o666)
		}},
		{"fafafafafafa0", "first epochs", func(task string) {
			put(task)
			os.WriteFile(store.Path(task, results.FileFork), []byte("LTCK garbage"), 0o666)
		}},
		{"ffffffffffff0", "died", func(task string) {
			put(task)
			os.WriteFile(store.Path(task, lock.File), []byte(`{"host":"there","pid":7,"started":"2026-01-01T00:00:00Z"}`), 0o666)
		}},
		{"abababababab0", "not been heard of", func(task string) {
			put(task)
			unlock, err := lock.Try(store.Dir(task))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(unlock)
			old := time.Now().Add(-time.Hour)
			os.Chtimes(store.Path(task, lock.File), old, old)
		}},
	} {
		before := len(notOK(examineStore(store)))
		c.make(c.task)
		wrong := notOK(examineStore(store))
		found := false
		for _, k := range wrong {
			found = found || strings.Contains(k.What, c.task[:12]) && strings.Contains(k.Found, c.says) && k.Remedy != ""
		}
		if c.says == "first epochs" && !slices.ContainsFunc(wrong, func(k Check) bool { return strings.Contains(k.Remedy, store.Path(c.task, results.FileFork)) }) {
			t.Errorf("the remedy does not name the file: %+v", wrong)
		}
		if !found || len(wrong) != before+1 {
			t.Errorf("%s: %+v", c.says, wrong)
		}
	}
	// A process is at it whose name is not to be read.
	if err := os.Truncate(store.Path("abababababab0", lock.File), 0); err != nil {
		t.Fatal(err)
	}
	if all := examineStore(store); !strings.Contains(all[len(all)-1].Found, "of which 1 running") {
		t.Errorf("%+v", all[len(all)-1])
	}
	old := time.Now().Add(-time.Hour)
	os.Chtimes(store.Path("abababababab0", lock.File), old, old)
	if !slices.ContainsFunc(notOK(examineStore(store)), func(k Check) bool { return strings.Contains(k.Found, "does not name") && k.Remedy != "" }) {
		t.Errorf("silent and unnamed: %+v", notOK(examineStore(store)))
	}
}

// A wrong file is a fault unless it is allowed, and the remedy can be followed: to fetch
// what has an address, once the wrong file is out of the way. The file of a pool alone
// is no set.
func TestExamineData(t *testing.T) {
	for _, c := range []struct {
		file, set string
		ok        bool
		remedy    string
	}{
		{"svhn/train_32x32.mat", "svhn", false, "move away"},
		{"svhn/train_32x32.mat", "svhn", false, "data fetch svhn"},
		{"ImageNet_LT_train.txt", "imagenet-lt", false, "data where imagenet-lt"},
		{"extra_32x32.mat", "svhn", true, ""},
		{"imagenet/train/n01440764/a.JPEG", "imagenet-lt", true, ""}, // images without the lists
	} {
		files := dataset.Files{Dir: t.TempDir()}
		path := filepath.Join(files.Dir, filepath.FromSlash(c.file))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		checks := examineData(files)
		at := slices.IndexFunc(checks, func(k Check) bool { return k.What == "data "+c.set })
		if k := checks[at]; k.OK != c.ok || !strings.Contains(k.Remedy, c.remedy) || (k.Remedy == "") != c.ok {
			t.Errorf("%s: %+v", c.file, k)
		}
		files.AllowUnverified = true
		if wrong := notOK(examineData(files)); len(wrong) > 0 {
			t.Errorf("%s is allowed: %+v", c.file, wrong)
		}
	}
}

func notOK(checks []Check) []Check {
	var out []Check
	for _, c := range checks {
		if !c.OK {
			out = append(out, c)
		}
	}
	return out
}

// A set of which any call is wrong, also of those that only training makes, does not agree.
func TestWrongKernels(t *testing.T) {
	want, err := sampleOf(kernel.Select("portable", true))
	if err != nil {
		t.Fatal(err)
	}
	triple := func(v []float32) {
		for i := range v {
			v[i] *= 3
		}
	}
	for _, exact := range []bool{true, false} {
		for call, spoil := range map[string]func(good kernel.Set[float32], s *kernel.Set[float32]){
			"":     func(_ kernel.Set[float32], _ *kernel.Set[float32]) {},
			"sums": func(_ kernel.Set[float32], s *kernel.Set[float32]) { s.Add = func(_, _ []float32) {} },
			"forward": func(good kernel.Set[float32], s *kernel.Set[float32]) {
				s.ConvForward = func(c kernel.Conv, n int, x, packed, y, scratch []float32) {
					good.ConvForward(c, n, x, packed, y, scratch)
					triple(y[:1])
				}
			},
			"backward-data": func(good kernel.Set[float32], s *kernel.Set[float32]) {
				s.ConvBackwardData = func(c kernel.Conv, n int, dy, packed, dx, scratch []float32) {
					good.ConvBackwardData(c, n, dy, packed, dx, scratch)
					triple(dx[:c.InLen()/8])
				}
			},
			"backward-weights": func(good kernel.Set[float32], s *kernel.Set[float32]) {
				s.ConvBackwardWeights = func(c kernel.Conv, n int, x, dy, acc, scratch []float32) {
					if c.Stride == 1 {
						good.ConvBackwardWeights(c, n, x, dy, acc, scratch)
					}
				}
			},
			"batch norm's sums": func(good kernel.Set[float32], s *kernel.Set[float32]) {
				s.BNBackwardSums = func(n, channels, hw int, dy, y, z, mean, sum, dot []float32) {
					good.BNBackwardSums(n, channels, hw, dy, y, z, mean, sum, dot)
					triple(dot[:1])
				}
			},
			"batch norm's gradient": func(good kernel.Set[float32], s *kernel.Set[float32]) {
				s.BNBackwardApply = func(n, channels, hw int, dy, z, a, b, c, dz []float32) {
					good.BNBackwardApply(n, channels, hw, dy, z, a, b, c, dz)
					dz[0] = float32(math.NaN())
				}
			},
		} {
			set, err := kernel.Select("portable", exact)
			if err != nil {
				t.Fatal(err)
			}
			spoil(*set, set)
			got, err := sampleOf(set, nil)
			if err != nil {
				t.Fatal(err)
			}
			ok, found := agree(got, want, exact)
			if ok != (call == "") || strings.HasPrefix(found, "agree") != ok {
				t.Errorf("exact %v, wrong %s: %v, %s", exact, call, ok, found)
			}
		}
	}
}

func TestExamineMachine(t *testing.T) {
	store := results.Store(t.TempDir())
	for _, c := range append(examineKernels(), examineData(dataset.Files{})...) {
		if !c.OK || c.Found == "" {
			t.Errorf("%+v", c)
		}
	}
	if c := examineDisk(store); !strings.Contains(c.Found, "GB free") {
		t.Errorf("%+v", c)
	}
	// A store that is not there, as of a mistyped name, is told and not made.
	none := results.Store(filepath.Join(string(store), "rnus", "deeper"))
	if c := examineDisk(none); !strings.Contains(c.Found, "GB free") || !strings.Contains(c.What, string(none)) {
		t.Errorf("%+v", c)
	}
	if c := examineStore(none); len(c) != 1 || !c[0].OK || !strings.Contains(c[0].Found, "no store") {
		t.Errorf("%+v", c)
	}
	if entries, err := os.ReadDir(string(store)); err != nil || len(entries) > 0 {
		t.Errorf("the doctor left %v: %v", entries, err)
	}
	t.Setenv(kernel.Variable, "quantum")
	if all := examineKernels(); len(notOK(all)) != 1 || !strings.HasSuffix(all[len(all)-1].Found, "the set in use is none") {
		t.Errorf("an unknown set: %+v", all)
	}
	if wrong := notOK(examineData(dataset.Files{Dir: os.Args[0]})); len(wrong) != 1 || !strings.Contains(wrong[0].Found, "is a file") || !strings.Contains(wrong[0].Remedy, "folder that it lies in") {
		t.Errorf("a file as the folder: %+v", wrong)
	}
	if wrong := notOK(examineData(dataset.Files{Dir: "/nowhere"})); len(wrong) != 1 || !strings.Contains(wrong[0].Remedy, "fetch") {
		t.Errorf("a folder that is not there: %+v", wrong)
	}
}
