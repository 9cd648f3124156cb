package own

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"longtail/internal/plural"
	"longtail/internal/usage"
	"longtail/results"
	"longtail/setup"
)

// Run is a finished run of train.
type Run struct {
	Dir      string
	Settings Settings
	Result   Result
	Curve    []results.Metrics // its metrics.jsonl; nil: not known
}

// steps returns the number of steps of a run; 0: not known.
func (r Run) steps() int {
	if len(r.Curve) == 0 {
		return 0
	}
	return r.Curve[len(r.Curve)-1].Step
}

// Method is a training method with its replicates, sorted by seed.
type Method struct {
	Name       string
	Runs       []Run
	unfinished []string // folders of runs without a result
}

// ReadMethod reads the runs that an argument of compare names: a run's folder, a
// folder of such folders, or a glob pattern. Runs that are not replicates of each
// other, or have equal seeds, are an error.
func ReadMethod(name string) (Method, error) {
	m := Method{Name: name}
	folders, err := runFolders(name)
	if err != nil {
		return m, err
	}
	for _, dir := range folders {
		r, err := readRun(dir)
		switch {
		case errors.Is(err, os.ErrNotExist):
			m.unfinished = append(m.unfinished, dir)
			continue
		case err != nil:
			return m, err
		}
		m.Runs = append(m.Runs, r)
	}
	switch {
	case len(m.Runs) > 0:
	case len(m.unfinished) > 0:
		return m, unfinished(m.unfinished...)
	default:
		return m, usage.Errorf("%s: no finished run is there: a folder of longtail train, with %s and %s, is expected", name, results.FileSettings, results.FileResult)
	}
	slices.SortFunc(m.Runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Settings.DataSeed, b.Settings.DataSeed), cmp.Compare(a.Settings.Seed, b.Settings.Seed))
	})
	for i, r := range m.Runs[1:] {
		before := m.Runs[i]
		if names := differing(before.Settings.withoutSeeds(), r.Settings.withoutSeeds()); len(names) > 0 {
			return m, usage.Errorf("%s: %s and %s are no replicates: they differ in %s", name, before.Dir, r.Dir, strings.Join(names, ", "))
		}
		if before.Settings.replicate() == r.Settings.replicate() {
			return m, usage.Errorf("%s: %s and %s have the same seed, %d", name, before.Dir, r.Dir, r.Settings.Seed)
		}
	}
	return m, nil
}

// runFolders returns the folders of the runs that an argument of compare names.
func runFolders(name string) ([]string, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil && strings.ContainsAny(name, "*?["):
		folders, err := filepath.Glob(name)
		if err != nil {
			return nil, usage.Errorf("%s: %w", name, err)
		}
		return slices.DeleteFunc(folders, func(at string) bool { return !isRun(at) }), nil
	case err != nil:
		return nil, usage.Error{Err: err}
	case !info.IsDir():
		return nil, usage.Errorf("%s is a file: a run is named by its folder", name)
	case isRun(name):
		if seeds := SeedRuns(name); len(seeds) > 0 {
			return nil, usage.Errorf("%s: it is a run itself and holds the runs of seeds %s: move the one or the others to another folder", name, strings.Join(seeds, ", "))
		}
		return []string{name}, nil
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, usage.Error{Err: err}
	}
	var folders []string
	for _, e := range entries {
		if at := filepath.Join(name, e.Name()); isRun(at) {
			folders = append(folders, at)
		}
	}
	return folders, nil
}

// Unfinished returns an error if a folder holds a run that is not finished.
func Unfinished(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, results.FileResult)); err == nil || !isRun(dir) {
		return nil
	}
	return unfinished(dir)
}

func unfinished(dirs ...string) error {
	return usage.Errorf("%s: not finished; the command that began it goes on with it", firstOf(dirs))
}

// isRun reports whether a folder holds a run, finished or not.
func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, results.FileSettings))
	return err == nil
}

// SeedRuns returns the names of the runs of train --seeds in a folder, which are
// their seeds.
func SeedRuns(dir string) (seeds []string) {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read has none
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil && isRun(filepath.Join(dir, e.Name())) {
			seeds = append(seeds, e.Name())
		}
	}
	return seeds
}

func readRun(dir string) (Run, error) {
	r := Run{Dir: dir}
	var err error
	if r.Settings, err = readFile[Settings](filepath.Join(dir, results.FileSettings), "train it again in another folder"); err != nil {
		return r, err
	}
	if r.Result, err = readFile[Result](filepath.Join(dir, results.FileResult), "delete it, and the command that trained it makes it again"); err != nil {
		return r, err
	}
	if r.Settings.Arch == "" || r.Settings.Target == setup.TargetLabels && !r.Result.complete() {
		return r, usage.Errorf("%s: it holds no run of longtail train", dir)
	}
	r.Curve = readCurve(filepath.Join(dir, results.FileMetrics))
	return r, nil
}

// readCurve reads a metrics.jsonl; nil: it is missing or damaged.
func readCurve(path string) (curve []results.Metrics) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(b) {
		var m results.Metrics
		if json.Unmarshal(line, &m) != nil {
			return nil
		}
		curve = append(curve, m)
	}
	return curve
}

// Classifies reports whether all runs were trained on labels.
func (m Method) Classifies() bool {
	return !slices.ContainsFunc(m.Runs, func(r Run) bool { return r.Settings.Target != setup.TargetLabels })
}

// Evaluated reports whether all runs were trained on labels and have test errors.
func (m Method) Evaluated() bool {
	return m.Classifies() && !slices.ContainsFunc(m.Runs, func(r Run) bool { return r.Result.ErrorPct == nil })
}

// Fits returns an error if the runs of two methods have other images or classes. If
// third is set, a third set is compared on, and only the classes must agree.
func (m Method) Fits(base Method, third bool) error {
	a := base.Runs[0]
	for _, b := range m.Runs {
		if !third && (a.Settings.DataDigest != b.Settings.DataDigest || a.Result.N != b.Result.N) {
			return usage.Errorf("%s and %s are of other images (%s, %d test images; %s, %d): errors on them cannot be compared",
				a.Dir, b.Dir, a.Settings.Data, a.Result.N, b.Settings.Data, b.Result.N)
		}
		if !slices.Equal(a.Result.Classes, b.Result.Classes) {
			return usage.Errorf("%s and %s have other classes: %s, %s", a.Dir, b.Dir, plural.Names(a.Result.Classes), plural.Names(b.Result.Classes))
		}
	}
	return nil
}
