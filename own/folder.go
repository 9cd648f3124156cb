package own

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"longtail/internal/atomic"
	"longtail/internal/lock"
	"longtail/internal/plural"
	"longtail/internal/usage"
	"longtail/results"
	"longtail/setup"
)

// Check returns an error if Train would refuse the run's folder or that of its base
// classifier.
func (t Training) Check() error {
	if done, err := t.finished(); done || err != nil || !t.trainsBase() {
		return err
	}
	_, err := t.baseTraining().finished()
	return err
}

// finished reports whether the folder holds this run's result. A folder with another
// run is an error.
func (t Training) finished() (bool, error) {
	old, err := readFile[Settings](t.path(results.FileSettings), "choose another folder, or delete this one")
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, t.checkFresh()
	case err != nil:
		return false, outError(err)
	case old.withoutPaths() != t.withoutPaths():
		names := differing(old.withoutPaths(), t.withoutPaths())
		if at := slices.Index(names, "data_digest"); at >= 0 { // the mean and deviation follow from the images
			names[at] = "data_digest: other images, labels or split than then"
			names = slices.DeleteFunc(names, func(name string) bool { return name == "mean" || name == "std" })
		}
		return false, usage.Errorf("--out %s: it holds a run with other settings (%s); choose another folder, or delete this one", t.Dir, strings.Join(names, ", "))
	}
	done, err := readFile[Result](t.path(results.FileResult), "delete it, and the same command makes it again")
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, outError(err)
	}
	if t.Target == setup.TargetLabels && !slices.Equal(done.Classes, t.Set.Classes) { // class names are not part of the digest
		return false, usage.Errorf("--out %s: it holds this run with the classes called %s, which are %s now; choose another folder, or delete this one", t.Dir, plural.Names(done.Classes), plural.Names(t.Set.Classes))
	}
	return true, nil
}

// outError returns the error for an unusable file in the folder --out. It suggests
// another folder, unless the file is damaged: then err has its own remedy.
func outError(err error) error {
	if errors.As(err, new(*os.PathError)) {
		err = fmt.Errorf("%w; choose another folder", err)
	}
	return fmt.Errorf("--out: %w", err)
}

// noteBuild logs a note if another build of the program began or finished the run.
func (t Training) noteBuild() {
	s, r := runOfModel(t.path(FileLast))
	for _, build := range []string{s.Program, r.Program} {
		if build != "" && t.Program != "" && build != t.Program {
			fmt.Fprintf(t.Log, "note: %s is of another build of longtail (program %s, this is %s): if the loss, or anything else that it computes, was changed since, what is there was trained by the old one; choose another folder to train anew\n",
				t.Dir, build, t.Program)
			return
		}
	}
}

// checkFresh returns an error if a folder without a run holds the runs of train
// --seeds, or a file named like one that a run writes.
func (t Training) checkFresh() error {
	for _, name := range []string{results.FileResult, results.FileState, results.FileMetrics, FileLast, FileBest, FileTrained, FilePseudoLabels, FilePseudoCounts} {
		if _, err := os.Lstat(t.path(name)); err == nil {
			return usage.Errorf("--out %s: it holds a %s, but no run (%s); choose another folder", t.Dir, name, results.FileSettings)
		}
	}
	if seeds := SeedRuns(t.Dir); len(seeds) > 0 {
		return usage.Errorf("--out %s: it holds the runs of --seeds %s, which a run beside them would hide; give --seeds to go on with them, or choose another folder", t.Dir, strings.Join(seeds, ", "))
	}
	return nil
}

// claim locks the folder for this run until release is called, and writes its
// settings there. key identifies the run in its checkpoints.
func (t Training) claim() (key string, release func(), err error) {
	if release, err = lock.Try(t.Dir); err != nil {
		who, _, _ := lock.State(t.Dir)
		switch {
		case !errors.Is(err, lock.ErrBusy):
			return "", nil, fmt.Errorf("--out: %w; choose another folder", err)
		case who == nil:
			return "", nil, fmt.Errorf("--out %s: %w; wait, or choose another folder", t.Dir, err)
		}
		return "", nil, fmt.Errorf("--out %s: process %d on %s trains in this folder; wait for its end, or choose another folder", t.Dir, who.PID, who.Host)
	}
	atomic.Clean(t.Dir) // temporary files of a killed run
	unlock := release
	defer func() {
		if err != nil {
			unlock()
		}
	}()
	if _, e := os.Stat(t.path(results.FileResult)); e == nil { // created after finished looked
		return "", nil, fmt.Errorf("--out %s: another process has just finished a run here; the same command says whether it is this one", t.Dir)
	}
	identity, err := json.Marshal(t.withoutPaths())
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(identity)
	key = hex.EncodeToString(sum[:])
	if t.Base == "" {
		t.BaseSHA256 = "" // follows from the other settings
	}
	text, err := json.MarshalIndent(t.Settings, "", "  ")
	if err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(t.path(results.FileSettings)); err == nil {
		_, err := t.finished() // another process may have created it meanwhile
		return key, release, err
	}
	return key, release, results.WriteFile(t.path(results.FileSettings), append(text, '\n'))
}
