package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"longtail/internal/atomic"
)

// envelope is the content of a file: the body as readable JSON and the SHA-256 of
// its compact form. A reformatted file is thus still valid, an edited one is not.
type envelope struct {
	Schema int             `json:"schema"`
	SHA256 string          `json:"sha256"`
	Body   json.RawMessage `json:"body"`
}

// ErrCorrupt is wrapped by the errors for files that exist but cannot be
// trusted: truncated, edited, or of another schema.
var ErrCorrupt = errors.New("not a valid file of this program")

// ErrForeign is wrapped, together with ErrCorrupt, by the errors for files of another
// schema. Another version of the program may accept them.
var ErrForeign = errors.New("of another version of this program")

// Write stores v at path atomically: after a crash the file is either the old or the
// new one, whole.
func Write(path string, v any) error {
	data, err := seal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return WriteFile(path, data)
}

// seal returns v in its envelope, as JSON.
func seal(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	data, err := json.MarshalIndent(envelope{SchemaVersion, hex.EncodeToString(sum[:]), body}, "", " ")
	return append(data, '\n'), err
}

// WriteFile writes data at path atomically and creates its folder if needed.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("cannot make the folder of %s: %w (choose another with --store, --out or the flag that names it)", path, err)
	}
	if err := atomic.WriteFile(path, data, 0o666); err != nil {
		if info, e := os.Stat(path); e == nil && info.IsDir() {
			return fmt.Errorf("cannot write %s: a folder stands there; move it away or write elsewhere", path)
		}
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// Read fills v from a file written by Write. It returns fs.ErrNotExist for a missing
// file and ErrCorrupt for one that cannot be trusted.
func Read(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return decode(path, data, v)
}

func decode(path string, data []byte, v any) error {
	corrupt := func(what string) error {
		return fmt.Errorf("%s: %s: %w; move it away and run the same command again", path, what, ErrCorrupt)
	}
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return corrupt("truncated or not JSON")
	}
	if e.Schema != SchemaVersion {
		return fmt.Errorf("%s: has schema %d, this program writes %d: %w, %w; move it away and run the same command again", path, e.Schema, SchemaVersion, ErrForeign, ErrCorrupt)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Body); err != nil {
		return corrupt("has no body")
	}
	if sum := sha256.Sum256(compact.Bytes()); hex.EncodeToString(sum[:]) != e.SHA256 {
		return corrupt("its checksum does not fit its contents (edited by hand?)")
	}
	if err := json.Unmarshal(e.Body, v); err != nil {
		return corrupt(err.Error())
	}
	return nil
}

// Store is the path of a folder with one subfolder per task, finished or not.
type Store string

// Dir returns the folder of a task.
func (s Store) Dir(task string) string { return filepath.Join(string(s), task) }

// Path returns the path of a task's file.
func (s Store) Path(task, file string) string { return filepath.Join(string(s), task, file) }

// Files of a task's folder.
const (
	FileSettings = "settings.json"
	FileMetrics  = "metrics.jsonl"
	FileState    = "state.ckpt" // checkpoint; state.ckpt.SET: one made with kernel set SET, put aside
	FileFork     = "fork.ckpt"  // checkpoint before the deferred part, for the tasks of Task.Shared; kept until all are done
	FileModel    = "model.ckpt"
	FileLogits   = "logits.npy" // float16, images × classes, for the test set (pseudolabel: the pool)
	FileResult   = "result.json"
	FileError    = "error.txt" // why the last attempt failed (Store.Failure)
)

// FailureDiverged is the kind of a failure that other machines would see, because
// training has the same bits on every machine with the same kernel set.
const FailureDiverged = "diverged"

const failureKind = "kind: " // begins the line before the reason; earlier versions wrote none

// WriteFailure stores why a task failed; kind is FailureDiverged, or empty.
func (s Store) WriteFailure(task, kind, reason string) error {
	if kind != "" {
		reason = failureKind + kind + "\n" + reason
	}
	return WriteFile(s.Path(task, FileError), []byte(reason+"\n"))
}

// Failure returns the kind of a task's last failure, "" or FailureDiverged, and its reason.
func (s Store) Failure(task string) (kind, reason string, err error) {
	b, err := os.ReadFile(s.Path(task, FileError))
	reason = strings.TrimSpace(string(b))
	if rest, is := strings.CutPrefix(reason, failureKind); is {
		kind, reason, _ = strings.Cut(rest, "\n")
	}
	return kind, reason, err
}

// FilePlan is the plan of the last run, in the store's folder and in --out.
const FilePlan = "plan.json"

// Result returns the result of a task; fs.ErrNotExist if it is not done, ErrCorrupt
// if the file cannot be trusted.
func (s Store) Result(task string) (*Result, error) {
	path := s.Path(task, FileResult)
	var r Result
	if err := Read(path, &r); err != nil {
		return nil, err
	}
	if r.Task != task {
		return nil, fmt.Errorf("%s: holds the result of task %.12s: %w; move it away", path, r.Task, ErrCorrupt)
	}
	return &r, nil
}

// Has reports whether a task has a file. A result must also be valid.
func (s Store) Has(task, file string) bool {
	if file == FileResult {
		_, err := s.Result(task)
		return err == nil
	}
	_, err := os.Stat(s.Path(task, file))
	return err == nil
}

// Results returns the results of the named tasks that are done, by task. It reads
// them in parallel, as a large plan has a thousand. Files that exist but cannot be
// read or trusted are in problems, by task.
func (s Store) Results(tasks []string) (done map[string]*Result, problems map[string]error) {
	tasks = slices.Compact(slices.Sorted(slices.Values(tasks)))
	read, errs := make([]*Result, len(tasks)), make([]error, len(tasks))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range tasks {
		group.Go(func() error {
			read[i], errs[i] = s.Result(name)
			return nil
		})
	}
	_ = group.Wait() // each task has its own error
	done, problems = map[string]*Result{}, map[string]error{}
	for i, name := range tasks {
		switch {
		case errs[i] == nil:
			done[name] = read[i]
		case !errors.Is(errs[i], fs.ErrNotExist):
			problems[name] = errs[i]
		}
	}
	return done, problems
}

// Readable returns an error unless the store is a folder that can be read, or is
// missing.
func (s Store) Readable() error {
	if _, err := os.ReadDir(string(s)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot read the store %s: %w; name another folder with --store or LONGTAIL_STORE", s, err)
	}
	return nil
}

// Writable creates the store if needed and returns an error unless files can be
// created in it.
func (s Store) Writable() error {
	if err := os.MkdirAll(string(s), 0o777); err != nil {
		return fmt.Errorf("cannot use the store %s: %w; name a writable folder with --store or LONGTAIL_STORE", s, err)
	}
	f, err := os.CreateTemp(string(s), ".probe-*")
	if err != nil {
		return fmt.Errorf("the store %s is not writable: %w; name another folder with --store or LONGTAIL_STORE", s, err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// Tasks returns the sorted names of the tasks whose settings are in the store.
func (s Store) Tasks() ([]string, error) {
	entries, err := os.ReadDir(string(s))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if s.Has(e.Name(), FileSettings) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// ErrNoTask is the cause of an error of Find where no task has the name.
var ErrNoTask = errors.New("no task")

// Find returns the name of the only task in the store that starts with prefix, which
// must have 12 digits or more.
func (s Store) Find(prefix string) (string, error) {
	if len(prefix) < 12 || strings.ContainsFunc(prefix, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
		return "", fmt.Errorf("%q is not the name of a task: give at least 12 of its digits", prefix)
	}
	found, err := s.Tasks()
	found = slices.DeleteFunc(found, func(name string) bool { return !strings.HasPrefix(name, prefix) })
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot read the store: %w", err)
	case len(found) == 0:
		return "", fmt.Errorf("the store %s has %w %s; name its store with --store", s, ErrNoTask, prefix)
	case len(found) > 1:
		return "", fmt.Errorf("the store %s has several tasks %s…: give more digits", s, prefix)
	}
	return found[0], nil
}

// Lacks reports whether a task leaves a file for later tasks and that file is missing.
func (s Store) Lacks(t Task) bool {
	f := t.Settings.artifact()
	if f == "" {
		return false
	}
	_, err := os.Stat(s.Path(t.Name, f))
	return errors.Is(err, fs.ErrNotExist)
}

// Done returns the tasks that need no computing and those whose files a pending task
// needs. Parents come first in tasks.
func (s Store) Done(tasks []Task) (done, needed map[string]bool) {
	done, needed = map[string]bool{}, map[string]bool{}
	for _, t := range slices.Backward(tasks) {
		done[t.Name] = s.Has(t.Name, FileResult) && !(needed[t.Name] && s.Lacks(t))
		if !done[t.Name] {
			for _, parent := range t.Settings.Reads() {
				needed[parent] = true
			}
		}
	}
	return done, needed
}

// artifact returns the file, besides the result, that a task leaves for later tasks;
// "": none.
func (s Settings) artifact() string {
	switch {
	case s.Arch == ArchLogistic:
		return ""
	case s.Kind == KindTrain || s.Kind == KindPretrain:
		return FileModel
	case s.Kind == KindPseudolabel:
		return FileLogits
	}
	return ""
}

// DropState deletes a task's checkpoints. FileState goes last, because its presence
// shows that a done task still has checkpoints.
func (s Store) DropState(task string) {
	entries, _ := os.ReadDir(s.Dir(task)) // on an error there is nothing to delete
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), FileState+".") {
			os.Remove(s.Path(task, e.Name()))
		}
	}
	os.Remove(s.Path(task, FileState))
}

// DropForks deletes the forks of a task and of those that share its first epochs,
// once all are done. A fork that remains does no harm.
func (s Store) DropForks(t Task) {
	if t.Shared == nil {
		return
	}
	all := append([]string{t.Name}, t.Shared.With...)
	if !slices.ContainsFunc(all, func(name string) bool { return s.Has(name, FileFork) }) {
		return // saves reading the results, which is slow
	}
	for _, name := range all {
		if !s.Has(name, FileResult) {
			return
		}
	}
	for _, name := range all {
		os.Remove(s.Path(name, FileFork))
	}
}
