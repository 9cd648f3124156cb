package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longtail/internal/usage"
	"longtail/results"
)

// ownRun is a finished run of train.
type ownRun struct {
	dir      string
	settings trainSettings
	result   trainResult
	curve    []results.Metrics // nil: not known
}

// steps is how many a run took; 0: not known.
func (r ownRun) steps() int {
	if len(r.curve) == 0 {
		return 0
	}
	return r.curve[len(r.curve)-1].Step
}

// method is its replicates, by seed.
type method struct {
	name       string
	runs       []ownRun
	unfinished []string // folders of runs without a result
}

// readMethod reads the runs that an argument of compare names.
func readMethod(name string) (method, error) {
	m := method{name: name}
	folders := []string{name}
	if _, err := os.Stat(name); err != nil && strings.ContainsAny(name, "*?[") {
		if folders, err = filepath.Glob(name); err != nil {
			return m, usage.Errorf("%s: %w", name, err)
		}
	} else if err != nil {
		return m, usage.Error{Err: err}
	} else if !isRun(name) {
		entries, err := os.ReadDir(name)
		if err != nil {
			return m, usage.Error{Err: err}
		}
		folders = nil
		for _, e := range entries {
			if at := filepath.Join(name, e.Name()); isRun(at) {
				folders = append(folders, at)
			}
		}
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
		m.runs = append(m.runs, r)
	}
	if len(m.runs) == 0 {
		return m, usage.Errorf("%s: no finished run is there: a folder of longtail train, with %s and %s, is expected", name, results.FileSettings, results.FileResult)
	}
	slices.SortFunc(m.runs, func(a, b ownRun) int {
		return cmp.Or(cmp.Compare(a.settings.DataSeed, b.settings.DataSeed), cmp.Compare(a.settings.Seed, b.settings.Seed))
	})
	for i, r := range m.runs[1:] {
		before := m.runs[i]
		if names := differing(before.settings.withoutSeeds(), r.settings.withoutSeeds()); len(names) > 0 {
			return m, usage.Errorf("%s: %s and %s are no replicates: they differ in %s", name, before.dir, r.dir, strings.Join(names, ", "))
		}
		if before.settings.replicate() == r.settings.replicate() {
			return m, usage.Errorf("%s: %s and %s have the same seed, %d", name, before.dir, r.dir, r.settings.Seed)
		}
	}
	return m, nil
}

// isRun tells a run's folder, finished or not.
func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, results.FileSettings))
	return err == nil
}

func readRun(dir string) (ownRun, error) {
	r := ownRun{dir: dir}
	read := func(file string, v any) error {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, v); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, file), err)
		}
		return nil
	}
	if err := read(results.FileSettings, &r.settings); err != nil {
		return r, err
	}
	if err := read(results.FileResult, &r.result); err != nil {
		return r, err
	}
	if r.settings.Arch == "" || r.settings.Target == "labels" && !r.result.whole() {
		return r, usage.Errorf("%s: it holds no run of longtail train", dir)
	}
	r.curve = readCurve(filepath.Join(dir, results.FileMetrics))
	return r, nil
}

// whole reports whether a result has all that is told of every class.
func (r trainResult) whole() bool {
	n := len(r.Classes)
	return n > 1 && len(r.PerClassErrorPct) == n && len(r.TrainCounts) == n && (r.Unlabeled == nil || len(r.Unlabeled.PseudoCounts) <= n) &&
		(r.ErrorPct == nil) == (results.BalancedErrorPct(r.PerClassErrorPct) == nil)
}

// readCurve reads metrics.jsonl; nil: it is not there, or damaged.
func readCurve(path string) (curve []results.Metrics) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		var m results.Metrics
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			return nil
		}
		curve = append(curve, m)
	}
	return curve
}

// withoutSeeds is what replicates have in common: all but seeds, and the models
// and labels that each may have of its own.
func (s trainSettings) withoutSeeds() trainSettings {
	s = s.pathless()
	s.Seed, s.DataSeed = 0, 0
	for _, sum := range []*string{&s.InitSHA256, &s.BaseSHA256, &s.LabelsSHA256} {
		if *sum != "" {
			*sum = "of its own"
		}
	}
	return s
}

// replicate is what runs of two methods are paired by.
func (s trainSettings) replicate() [2]int { return [2]int{s.DataSeed, s.Seed} }

// classifies reports whether the runs were trained on labels.
func (m method) classifies() bool {
	return !slices.ContainsFunc(m.runs, func(r ownRun) bool { return r.settings.Target != "labels" })
}

// evaluated reports whether they have errors besides.
func (m method) evaluated() bool {
	return m.classifies() && !slices.ContainsFunc(m.runs, func(r ownRun) bool { return r.result.ErrorPct == nil })
}

// fits is an error where the runs of two methods had other images; where both are
// compared on a third set, other classes.
func (m method) fits(base method, third bool) error {
	a := base.runs[0]
	for _, b := range m.runs {
		if third {
			if !slices.Equal(a.result.Classes, b.result.Classes) {
				return usage.Errorf("%s and %s have other classes: %.200q, %.200q", a.dir, b.dir, a.result.Classes, b.result.Classes)
			}
			continue
		}
		if a.settings.DataDigest != b.settings.DataDigest || a.result.N != b.result.N || !slices.Equal(a.result.Classes, b.result.Classes) {
			return usage.Errorf("%s and %s are of other images (%s, %d test images; %s, %d): errors on them cannot be compared",
				a.dir, b.dir, a.settings.Data, a.result.N, b.settings.Data, b.result.N)
		}
	}
	return nil
}
