package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func example() *Result {
	third, bias := 100.0/3, 0.125
	return &Result{Schema: SchemaVersion, Task: "abc", Settings: Settings{Kind: KindTrain, Data: "x", Rho: 100, NMax: 500, Arch: "resnet8"},
		LastErrorPct: 25.6, BestErrorPct: 24.9, BestEpoch: 3, PerClassErrorPct: []*float64{&third, nil},
		Predictions: []byte{0, 1, 255}, LabelBias: &bias, Confusion: [][]int{{2, 1}, {0, 0}}}
}

func TestResultSurvivesTheFile(t *testing.T) {
	s := Store(t.TempDir())
	want := example()
	if err := Write(s.Path("abc", FileResult), want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Result("abc")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// A copy under another task's name is not that task's result.
	data, _ := os.ReadFile(s.Path("abc", FileResult))
	if err := WriteFile(s.Path("other", FileResult), data); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Result("other"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a copied result: %v", err)
	}
	if _, err := s.Result("absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent result: %v", err)
	}
}

func TestReformattingIsAllowed(t *testing.T) {
	s := Store(t.TempDir())
	path := s.Path("abc", FileResult)
	if err := Write(path, example()); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	var small bytes.Buffer
	if err := json.Compact(&small, data); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, small.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Result("abc"); err != nil {
		t.Error(err)
	}
}

func TestDamageIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	if err := Write(path, example()); err != nil {
		t.Fatal(err)
	}
	good, _ := os.ReadFile(path)
	for what, data := range map[string][]byte{
		"an edited number":  bytes.Replace(good, []byte("25.6"), []byte("15.6"), 1),
		"a truncated file":  good[:len(good)/2],
		"an empty file":     nil,
		"another schema":    bytes.Replace(good, []byte(`"schema": 1`), []byte(`"schema": 99`), 1),
		"a file of garbage": []byte("\x00\xff{"),
	} {
		if bytes.Equal(data, good) {
			t.Fatalf("%s: the damage did nothing", what)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		var r Result
		err := Read(path, &r)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), path) || errors.Is(err, ErrForeign) != (what == "another schema") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Many results are read at a time; what is not there, named twice or broken does
// not disturb the others.
func TestManyResults(t *testing.T) {
	s := Store(t.TempDir())
	names := []string{"none", "broken", "n07", "n07"}
	for i := range 40 {
		r := example()
		r.Task, r.LastErrorPct = fmt.Sprintf("n%02d", i), float64(i)
		if err := Write(s.Path(r.Task, FileResult), r); err != nil {
			t.Fatal(err)
		}
		names = append(names, r.Task)
	}
	if err := WriteFile(s.Path("broken", FileResult), []byte("{")); err != nil {
		t.Fatal(err)
	}
	done, problems := s.Results(names)
	if len(done) != 40 || len(problems) != 1 || !errors.Is(problems["broken"], ErrCorrupt) {
		t.Fatalf("%d results, problems %v", len(done), problems)
	}
	for name, r := range done {
		if want := fmt.Sprintf("n%02.0f", r.LastErrorPct); r.Task != name || name != want {
			t.Errorf("%s holds %s", name, r.Task)
		}
	}
}

// Whatever the bytes, a file is read or corrupt; what is read is written as it is read
// again. Bytes are tried as they are and as the body under a right checksum.
func FuzzRead(f *testing.F) {
	good, err := seal(example())
	if err != nil {
		f.Fatal(err)
	}
	body, err := json.Marshal(example())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(body)
	f.Add([]byte(`{"schema":1,"sha256":"","body":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		sealed, err := seal(json.RawMessage(data))
		if err != nil {
			sealed = nil // no JSON
		}
		for _, data := range [][]byte{data, sealed} {
			var first, second Result
			if err := decode("f", data, &first); err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Error(err)
				}
				continue
			}
			again, err := seal(first)
			if err != nil {
				t.Fatal(err)
			}
			if err := decode("f", again, &second); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(first, second, cmpopts.EquateEmpty()); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func TestUnwritableStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o666)
	err := Store(filepath.Join(file, "store")).Writable()
	if err == nil || !strings.Contains(err.Error(), "--store") {
		t.Errorf("a store below a file: %v", err)
	}
	if err := Store(t.TempDir()).Writable(); err != nil {
		t.Error(err)
	}
}

// The error of a file that cannot be written names what stands in its place.
func TestFolderInPlaceOfAFile(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFile(dir, nil); err == nil || !strings.Contains(err.Error(), dir+": a folder stands there") {
		t.Error(err)
	}
}

// A store may lie in a folder of any name.
func TestTasksOfAStore(t *testing.T) {
	store := Store(filepath.Join(t.TempDir(), `my [work] \ it's*`))
	if names, err := store.Tasks(); err != nil || len(names) != 0 {
		t.Errorf("no folder yet: %q, %v", names, err)
	}
	one, other := strings.Repeat("a", 64), "aaaaaaaaaaaab"+strings.Repeat("b", 51)
	for _, name := range []string{one, other} {
		if err := Write(store.Path(name, FileSettings), Task{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(store.Dir("empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	if names, err := store.Tasks(); err != nil || strings.Join(names, ",") != one+","+other {
		t.Errorf("%q, %v", names, err)
	}
	if name, err := store.Find(other[:14]); err != nil || name != other {
		t.Errorf("%q, %v", name, err)
	}
	for prefix, want := range map[string]string{"aaaaaaaaaaaa": "several tasks", "bbbbbbbbbbbb": "has no task", "aaaaaaaaaaa": "at least 12", "aaaaaaaaaaa*": "not the name"} {
		if _, err := store.Find(prefix); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", prefix, err, want)
		}
	}
}

// A committed result says what it was computed with.
func TestCommittedResultsAreValid(t *testing.T) {
	noRevision := []string{"5292029cf3e8", "0a1015875417"} // older than that field was filled in by every build
	all, err := Committed()
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range all {
		if r.Task != name || r.Grade == "" {
			t.Errorf("task %s: named %s, grade %q", name, r.Task, r.Grade)
		}
		if c := r.Cost; c.CPU == "" || c.KernelSet == "" || c.Go == "" || (c.Revision == "") != slices.Contains(noRevision, ShortHash(name)) {
			t.Errorf("task %s: CPU %q, kernels %q, Go %q, revision %q", name, c.CPU, c.KernelSet, c.Go, c.Revision)
		}
	}
}

func TestCommittedTwiceIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := Write(path, example()); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	fsys := fstest.MapFS{"c/a.json": {Data: data}, "c/b.json": {Data: data}}
	if _, err := readAll(fsys, "c"); err == nil {
		t.Error("two files of one task were accepted")
	}
}
