package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"longtail/experiments"
	"longtail/experiments/experimentstest"
	"longtail/internal/lock"
	"longtail/nn/train"
	"longtail/results"
	"longtail/tasks"
)

// fake stands for child processes: it writes a result, or fails.
type fake struct {
	mu    sync.Mutex
	store results.Store
	fail  map[string]bool
	ran   []string
	wait  time.Duration
}

func (f *fake) launch(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
	f.mu.Lock()
	f.ran = append(f.ran, task)
	fails := f.fail[task]
	f.mu.Unlock()
	if threads < 1 {
		return fmt.Errorf("%d threads", threads)
	}
	if fails {
		return errors.New("out of memory")
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("task %s: %w", task, tasks.ErrStopped)
	case <-time.After(f.wait):
	}
	report(tasks.Progress{Step: 1, Steps: 1})
	for _, file := range []string{results.FileModel, results.FileLogits} {
		if err := results.WriteFile(f.store.Path(task, file), []byte("artefact")); err != nil {
			return err
		}
	}
	return results.Write(f.store.Path(task, results.FileResult), results.Result{Schema: results.SchemaVersion, Task: task})
}

func setUp(t *testing.T) (*fake, Runner) {
	p, err := experiments.ProfileNamed("smoke")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{store: results.Store(t.TempDir()), fail: map[string]bool{}}
	return f, Runner{Store: f.store, Plan: plan, Launch: f.launch}
}

func TestRunnerRunsEachTaskOnce(t *testing.T) {
	f, r := setUp(t)
	done := 0.0
	r.Report = func(_ results.Task, _ tasks.Progress, d, _ float64) {
		if d < done {
			t.Errorf("progress goes back from %v to %v", done, d)
		}
		done = d
	}
	out, err := r.Run(context.Background())
	if err != nil || len(out.Ran) != len(r.Plan.Tasks) || len(out.LeftOut)+len(out.Failed)+len(out.Already) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	f.ran, done = nil, 0
	out, err = r.Run(context.Background())
	if err != nil || len(f.ran) != 0 || len(out.Already) != len(r.Plan.Tasks) {
		t.Errorf("a second run computes %d tasks: %v", len(f.ran), err)
	}
}

// The files of a task that is done are missed, and it is computed again, only if a task
// that is to be computed reads them. What is done is known before the run.
func TestMissingFilesOfDoneTasks(t *testing.T) {
	f, r := setUp(t)
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	find := func(is func(results.Task) bool) results.Task {
		t.Helper()
		i := slices.IndexFunc(r.Plan.Tasks, is)
		if i < 0 {
			t.Fatal("the plan has no such task")
		}
		return r.Plan.Tasks[i]
	}
	sure := find(func(t results.Task) bool { return t.Settings.Threshold > 0 })
	labels := find(func(t results.Task) bool { return t.Name == sure.Settings.Labels })
	student := find(func(t results.Task) bool { return t.Settings.Labels == labels.Name && t.Settings.Threshold == 0 })
	for _, c := range []struct {
		what string
		gone []string // results
		want []string // computed, besides the last
	}{
		{"all is done", nil, nil},
		{"labels are in the result", []string{student.Name}, nil},
		{"labeling needs the base", []string{labels.Name}, []string{labels.Settings.Base}},
		{"how sure the labels are is in a file", []string{sure.Name}, []string{labels.Settings.Base, labels.Name}},
	} {
		f.ran = nil
		os.Remove(f.store.Path(labels.Settings.Base, results.FileModel))
		os.Remove(f.store.Path(labels.Name, results.FileLogits))
		for _, name := range c.gone {
			os.Remove(f.store.Path(name, results.FileResult))
		}
		done, _ := f.store.Done(r.Plan.Tasks)
		out, err := r.Run(t.Context())
		if want := append(c.want, c.gone...); err != nil || !slices.Equal(f.ran, want) {
			t.Errorf("%s: computed %.12s, want %.12s; %v", c.what, f.ran, want, err)
		}
		for _, task := range r.Plan.Tasks {
			if done[task.Name] != slices.Contains(out.Already, task.Name) {
				t.Errorf("%s: %s: done %v before the run", c.what, experiments.Describe(task.Settings), done[task.Name])
			}
		}
	}
}

// What earlier runs left is told apart from what this run does: results, and the
// steps before the one at which a task goes on from its checkpoint.
func TestWhatWasFoundIsToldApart(t *testing.T) {
	f, r := setUp(t)
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	du := slices.IndexFunc(r.Plan.Tasks, func(t results.Task) bool { return t.Settings.PoolLabels == "true" }) // none needs it
	task := r.Plan.Tasks[du]
	os.Remove(f.store.Path(task.Name, results.FileResult))
	stored := 0.0
	for _, other := range r.Plan.Tasks {
		stored += other.Work()
	}
	stored -= task.Work()
	r.Launch = func(ctx context.Context, name string, threads int, report func(tasks.Progress)) error {
		report(tasks.Progress{Step: 30, Steps: 100})
		report(tasks.Progress{Step: 80, Steps: 100})
		return f.launch(ctx, name, threads, func(tasks.Progress) {})
	}
	var done, found []float64
	r.Report = func(_ results.Task, _ tasks.Progress, d, f float64) { done, found = append(done, d), append(found, f) }
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][2]float64{{stored, stored}, {stored + .3*task.Work(), stored + .3*task.Work()}, {stored + .8*task.Work(), stored + .3*task.Work()}} {
		if len(done) != 3 || math.Abs(done[i]-want[0]) > 1e-9*stored || math.Abs(found[i]-want[1]) > 1e-9*stored {
			t.Fatalf("done %v, found %v; want at %d %v", done, found, i, want)
		}
	}
}

func TestAFailureFailsItsDescendantsOnly(t *testing.T) {
	f, r := setUp(t)
	var rotation string
	for _, task := range r.Plan.Tasks {
		if task.Settings.Target == results.TargetRotation {
			rotation = task.Name
		}
	}
	f.fail[rotation] = true
	out, err := r.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	// Rotation itself, the run that starts from it, its features, the probe.
	if len(out.Failed) != 4 || len(out.Ran) != len(r.Plan.Tasks)-4 {
		t.Errorf("%d failed, %d ran of %d", len(out.Failed), len(out.Ran), len(r.Plan.Tasks))
	}
	if _, err := os.Stat(f.store.Path(rotation, results.FileError)); err != nil {
		t.Error("the reason was not kept:", err)
	}
	delete(f.fail, rotation)
	if out, err = r.Run(context.Background()); err != nil || len(out.Ran) != 4 || len(out.Failed) != 0 {
		t.Errorf("after the cause is gone: %+v, %v", out, err)
	}
	if _, err := os.Stat(f.store.Path(rotation, results.FileError)); err == nil {
		t.Error("the reason of a failure that is mended was kept")
	}
}

// What has failed under another runner since this one began is not repeated, and fails
// what depends on it, also when the budget is over; what failed before is tried again.
func TestAFailureElsewhereIsNotRepeated(t *testing.T) {
	for _, c := range []struct {
		kind   string
		age    time.Duration
		budget time.Duration
		failed int // rotation itself, the run that starts from it, its features, the probe
		ended  string
	}{
		{results.FailureDiverged, -time.Hour, 0, 4, EndedDone}, {results.FailureDiverged, -time.Hour, 1, 4, EndedBudget}, {results.FailureDiverged, time.Hour, 0, 0, EndedDone},
		{"", -time.Hour, 0, 0, EndedDone}, // files of that node
	} {
		f, r := setUp(t)
		r.Budget = c.budget
		i := slices.IndexFunc(r.Plan.Tasks, func(t results.Task) bool { return t.Settings.Target == results.TargetRotation })
		rotation := r.Plan.Tasks[i].Name
		path, reason := f.store.Path(rotation, results.FileError), train.ErrNotFinite.Error()+"\nor so it says"
		at := time.Now().Add(-c.age)
		if err := errors.Join(f.store.WriteFailure(rotation, c.kind, reason), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
		out, err := r.Run(t.Context())
		if err != nil || out.Ended != c.ended || len(out.Failed) != c.failed || slices.Contains(f.ran, rotation) != (c.failed == 0) {
			t.Errorf("failed %v ago, budget %v: %+v, %v", c.age, c.budget, out, err)
		}
		if c.failed > 0 && out.Failed[rotation] != reason {
			t.Errorf("the reason is %q", out.Failed[rotation])
		}
	}
}

func TestBudgetStopsAndGoesOn(t *testing.T) {
	f, r := setUp(t)
	f.wait = 20 * time.Millisecond
	r.Budget = 50 * time.Millisecond
	out, err := r.Run(context.Background())
	if err != nil {
		t.Errorf("a budget's end is no error: %v", err)
	}
	if len(out.LeftOut) == 0 || len(out.LeftOut)+len(out.Ran) != len(r.Plan.Tasks) || out.Ended != EndedBudget {
		t.Errorf("%+v", out)
	}
	r.Budget = 0
	again, err := r.Run(context.Background())
	if err != nil || len(again.Already) != len(out.Ran) || len(again.Ran) != len(out.LeftOut) {
		t.Errorf("going on: %+v, %v", again, err)
	}
}

// The last of two tasks gets the core of the one that has ended; one that is
// almost done, or of a small network, goes on as it is.
func TestIdleCoresGoToWhatRuns(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for _, c := range []struct {
		arch  string
		batch int
		share int // of 100 steps done when the other task ends
		want  []int
	}{
		{"resnet32", 128, 90, []int{1, 2}},
		{"resnet32", 128, 99, []int{1}},
		{"resnet32", 16, 10, []int{1}},
		{"resnet8", 128, 10, []int{1}},
	} {
		_, r := setUp(t)
		both := []results.Task{{Name: "short"}, {Name: "long"}}
		for i := range both {
			both[i].Settings = results.Settings{Kind: results.KindTrain, Arch: c.arch, Epochs: i + 1, Batch: c.batch}
		}
		r.Plan, r.Jobs = results.Plan{Tasks: both}, 2
		var threadsOfLong []int
		moved := make(chan bool)
		r.Launch = func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
			if task == "short" {
				<-moved
				return nil
			}
			if threadsOfLong = append(threadsOfLong, threads); len(threadsOfLong) > 1 {
				return nil
			}
			report(tasks.Progress{Step: c.share, Steps: 100})
			close(moved)
			patience := 100 * time.Millisecond
			if len(c.want) > 1 {
				patience = time.Minute
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("task %s: %w", task, tasks.ErrStopped)
			case <-time.After(patience):
				return nil
			}
		}
		out, err := r.Run(t.Context())
		if err != nil || len(out.Ran) != 2 || len(out.LeftOut) != 0 || !slices.Equal(threadsOfLong, c.want) {
			t.Errorf("%s at %d %%: %+v, threads %v, want %v; %v", c.arch, c.share, out, threadsOfLong, c.want, err)
		}
	}
}

func TestInterruptIsReported(t *testing.T) {
	f, r := setUp(t)
	f.wait = time.Hour
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	out, err := r.Run(ctx)
	if err == nil || len(out.LeftOut) != len(r.Plan.Tasks) || len(out.Failed) != 0 || out.Ended != EndedInterrupted {
		t.Errorf("%+v, %v", out, err)
	}
}

// A checkpoint that cannot be written on the way out is a failure, whatever else
// ends meanwhile; a child that was killed then is not, and it is told.
func TestFailuresWhileStopping(t *testing.T) {
	for _, c := range []struct {
		err    error
		failed int
	}{{errors.New("stopped without a checkpoint: no space left on device"), 1}, {fmt.Errorf("task: %w (signal: interrupt)", errKilled), 0}} {
		_, r := setUp(t)
		r.Plan.Tasks, r.Jobs = r.Plan.Tasks[:1], 1
		ctx, cancel := context.WithCancel(t.Context())
		var said []string
		r.Say = func(line string) { said = append(said, line) }
		r.Launch = func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
			cancel()
			<-ctx.Done()
			return c.err
		}
		if out, err := r.Run(ctx); err == nil || len(out.Failed) != c.failed || len(out.LeftOut) != 1-c.failed {
			t.Errorf("%v: %+v, %v", c.err, out, err)
		}
		if len(said) != 1 || !strings.Contains(said[0], c.err.Error()) {
			t.Errorf("said %q", said)
		}
	}
}

// child writes a shell script that is started in place of the program.
func child(t *testing.T, text string) string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	script := filepath.Join(t.TempDir(), "child")
	if err := os.WriteFile(script, []byte("#!"+shell+"\n"+text), 0o777); err != nil {
		t.Fatal(err)
	}
	return script
}

// A process that is killed says why it most likely was, whatever it printed before.
func TestKilledChild(t *testing.T) {
	for _, printed := range []string{"", "a library's warning"} {
		err := ChildProcess(child(t, "printf \""+printed+"\" >&2\nkill -9 $$\n"))(t.Context(), "0123456789abcdef", 1, func(tasks.Progress) {})
		if !errors.Is(err, errKilled) || !strings.Contains(err.Error(), "--jobs 1") || !strings.Contains(err.Error(), printed) {
			t.Errorf("%v", err)
		}
	}
}

// A process that does not stop when it is asked to is killed.
func TestChildThatDoesNotStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := childProcess(10*time.Millisecond, child(t, "echo '{}'\nexec sleep 60\n"))(ctx, "0123456789abcdef", 1, func(tasks.Progress) { cancel() })
	if !errors.Is(err, errKilled) || !strings.Contains(err.Error(), "it did not stop within a minute of being asked") {
		t.Errorf("%v", err)
	}
}

// A process says by its exit status that training diverged, and the store by a line of
// its own, whatever the words are.
func TestDivergedChild(t *testing.T) {
	for status, want := range map[int]string{ExitDiverged: results.FailureDiverged, 1: ""} {
		f, r := setUp(t)
		r.Plan.Tasks = r.Plan.Tasks[:1]
		r.Launch = ChildProcess(child(t, fmt.Sprintf("echo training diverged >&2\nexit %d\n", status)))
		out, err := r.Run(t.Context())
		name := r.Plan.Tasks[0].Name
		kind, reason, readErr := f.store.Failure(name)
		if err != nil || readErr != nil || kind != want || reason != out.Failed[name] || !strings.HasSuffix(reason, ": training diverged") || strings.Contains(reason, "kind") {
			t.Errorf("status %d: %+v, %v; stored %q, %q, %v", status, out, err, kind, reason, readErr)
		}
	}
}

// Of a long print both ends are kept, however it is written: the first lines of a crash
// say why. Of memory that ran out the remedy is said.
func TestCrashedChild(t *testing.T) {
	for reason, remedy := range map[string]bool{"fatal error: runtime: out of memory": true, "fatal error: all goroutines are asleep": false} {
		text := "echo '" + reason + "' >&2\nfor i in 1 2 3 4; do echo '" + strings.Repeat("goroutine\n", 200) + "' >&2; done\necho last >&2\nexit 2\n"
		err := ChildProcess(child(t, text))(t.Context(), "0123456789abcdef", 1, func(tasks.Progress) {})
		if err == nil || !strings.Contains(err.Error(), reason) || !strings.HasSuffix(err.Error(), "last") || len(err.Error()) > 5000 || strings.Contains(err.Error(), "--jobs 1") != remedy {
			t.Errorf("%v", err)
		}
	}
	var p output
	for range 3000 {
		p.Write([]byte("abc"))
	}
	if n := len(p.String()); n < 4<<10 || n > 4<<10+10 {
		t.Errorf("%d bytes are kept", n)
	}
}

// A program that was replaced or removed fails no task: the run ends, and the same
// command goes on.
func TestAnotherProgramEndsTheRun(t *testing.T) {
	for what, replace := range map[string]func(script string) error{
		"removed":  os.Remove,
		"replaced": func(script string) error { return os.Rename(child(t, "exit 0\n"), script) },
	} {
		script := child(t, "exit 0\n")
		f, r := setUp(t)
		program, ran := ChildProcess(script), 0
		r.Jobs = 1
		r.Launch = func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
			if ran++; ran == 1 {
				return f.launch(ctx, task, threads, report)
			}
			if ran == 2 {
				if err := replace(script); err != nil {
					t.Error(err)
				}
			}
			return program(ctx, task, threads, report)
		}
		out, err := r.Run(t.Context())
		if !errors.Is(err, errProgram) || ran != 2 || len(out.Ran) != 1 || len(out.Failed) != 0 || len(out.LeftOut) != len(r.Plan.Tasks)-1 {
			t.Errorf("%s: %d started, %+v, %v", what, ran, out, err)
		}
	}
}

// A full disk fails no task and is tried by no further one: the run ends.
func TestAFullDiskEndsTheRun(t *testing.T) {
	_, r := setUp(t)
	r.Jobs, r.Launch = 1, ChildProcess(child(t, fmt.Sprintf("echo no space left >&2\nexit %d\n", ExitFull)))
	out, err := r.Run(t.Context())
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "no space left") || len(out.Failed)+len(out.Ran) != 0 || len(out.LeftOut) != len(r.Plan.Tasks) {
		t.Errorf("%+v, %v", out, err)
	}
}

// What a killed process has left in the folder of a task that is done goes.
func TestLeftoversGo(t *testing.T) {
	f, r := setUp(t)
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	state := f.store.Path(r.Plan.Tasks[0].Name, results.FileState)
	for _, path := range []string{state, state + ".avx512"} {
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := r.Run(t.Context()); err != nil || len(out.Ran) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	for _, path := range []string{state, state + ".avx512"} {
		if _, err := os.Stat(path); err == nil {
			t.Error("a checkpoint of a task that is done is still there:", path)
		}
	}
}

func TestADamagedResultIsMovedAside(t *testing.T) {
	f, r := setUp(t)
	if _, err := r.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := r.Plan.Tasks[len(r.Plan.Tasks)-1].Name
	path := f.store.Path(last, results.FileResult)
	if err := os.WriteFile(path, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := r.Run(context.Background())
	if err != nil || !slices.Equal(out.Ran, []string{last}) {
		t.Errorf("%+v, %v", out, err)
	}
	files, _ := os.ReadDir(f.store.Dir(last))
	kept := slices.ContainsFunc(files, func(e os.DirEntry) bool {
		return len(e.Name()) > len("result.json.damaged-") && e.Name()[:15] == "result.json.dam"
	})
	if !kept {
		t.Error("the damaged file was not kept")
	}
}

// A store that fails ends the run, and the outcome says what was not done.
func TestOutcomeOfAStoreThatFails(t *testing.T) {
	f, r := setUp(t)
	r.Jobs = 1
	second := r.Plan.Tasks[1].Name
	if err := os.WriteFile(f.store.Dir(second), nil, 0o666); err != nil { // no folder
		t.Fatal(err)
	}
	out, err := r.Run(t.Context())
	if err == nil || out.Ended != EndedError || !slices.Contains(out.LeftOut, second) || len(out.Ran)+len(out.LeftOut) != len(r.Plan.Tasks) {
		t.Errorf("%d computed, %d left out of %d, %v", len(out.Ran), len(out.LeftOut), len(r.Plan.Tasks), err)
	}
}

// While what runs is left to end, it is said that nothing more is started, and why.
func TestAStoreThatFailsIsTold(t *testing.T) {
	f, r := setUp(t)
	r.Plan.Tasks, r.Jobs = r.Plan.Tasks[:2], 2
	if err := os.WriteFile(f.store.Dir(r.Plan.Tasks[1].Name), nil, 0o666); err != nil { // no folder
		t.Fatal(err)
	}
	told := make(chan string, 10)
	r.Say = func(line string) { told <- line }
	r.Launch = func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
		if line := <-told; !strings.Contains(line, f.store.Dir(r.Plan.Tasks[1].Name)) {
			t.Errorf("said %q", line)
		}
		return f.launch(ctx, task, threads, report)
	}
	if out, err := r.Run(t.Context()); err == nil || len(out.Ran) != 1 || len(out.LeftOut) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

// A task's folder that may not be written fails that task with what depends on it.
func TestAFolderOfAnotherUser(t *testing.T) {
	f, r := setUp(t)
	base := ""
	for _, task := range r.Plan.Tasks {
		if task.Settings.Kind == results.KindPseudolabel {
			base = task.Settings.Base
		}
	}
	if err := os.MkdirAll(f.store.Dir(base), 0o555); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() <= 0 { // root may write everywhere, and Windows has other rules
		r.prepare = func(s results.Store, t results.Task) error {
			if t.Name == base {
				return &os.PathError{Op: "open", Path: s.Path(base, results.FileSettings), Err: os.ErrPermission}
			}
			return prepare(s, t)
		}
	}
	out, err := r.Run(t.Context())
	if err != nil || len(out.Failed) < 2 || out.Failed[base] == "" || len(out.Ran) == 0 || len(out.Ran)+len(out.Failed) != len(r.Plan.Tasks) {
		t.Errorf("%+v, %v", out, err)
	}
}

// A runner that waits for another looks ever more seldom, and again at once as often when
// something has changed; the end of the run is not waited for.
func TestWaiting(t *testing.T) {
	for waited, want := range map[time.Duration]time.Duration{0: time.Second / 2, 20 * time.Second: 2 * time.Second, time.Hour: 10 * time.Second} {
		if got := pauseAfter(waited); got != want {
			t.Errorf("after %v: %v, want %v", waited, got, want)
		}
	}
	f, r := setUp(t)
	r.Plan.Tasks = slices.DeleteFunc(r.Plan.Tasks, func(t results.Task) bool { return t.Shared != nil || len(t.Settings.Parents()) > 0 })[:2]
	unlock, err := lock.Try(f.store.Dir(r.Plan.Tasks[1].Name))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	looks, done := 0, 0
	r.Say = func(string) { done++ }
	r.pauseAfter = func(waited time.Duration) time.Duration {
		if done == 0 {
			return time.Hour
		}
		if looks++; looks < 5 {
			return time.Millisecond
		}
		cancel()
		return time.Hour
	}
	out, err := r.Run(ctx)
	if !errors.Is(err, context.Canceled) || looks != 5 || len(out.Ran) != 1 || len(out.LeftOut) != 1 {
		t.Errorf("%d looks, %d tasks left out: %v", looks, len(out.LeftOut), err)
	}
}

// Who waits says for whom, also where that is a task of another plan which begins as
// its own does.
func TestWaitingIsTold(t *testing.T) {
	plan := sharing(t, "block1")
	task := experimentstest.Named(t, plan, "CE-DRW")
	store := results.Store(t.TempDir())
	twin := task.Shared.With[0]
	if err := results.Write(store.Path(twin, results.FileSettings), results.Task{Name: twin}); err != nil {
		t.Fatal(err)
	}
	unlock, err := lock.Try(store.Dir(twin))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	var said []string
	plan.Tasks = []results.Task{task}
	s := &schedule{Runner: Runner{Store: store, Plan: plan, Say: func(line string) { said = append(said, line) }}, stored: store.Has, busy: true, lastWaitNotice: time.Now().Add(-2 * time.Minute)}
	s.printWaitNotice()
	if len(said) != 1 || !strings.Contains(said[0], "the first 2 epochs of") || !strings.Contains(said[0], twin[:12]) || !strings.Contains(said[0], fmt.Sprint(os.Getpid())) {
		t.Errorf("%q", said)
	}
	if err := os.Truncate(store.Path(twin, lock.File), 0); err != nil { // as where others may not read it
		t.Fatal(err)
	}
	s.lastWaitNotice = time.Now().Add(-2 * time.Minute)
	if s.printWaitNotice(); len(said) != 2 || !strings.Contains(said[1], twin[:12]+": another process") {
		t.Errorf("%q", said)
	}
	// One that has begun waits for nobody else.
	if err := results.WriteFile(store.Path(task.Name, results.FileState), nil); err != nil {
		t.Fatal(err)
	}
	s.lastWaitNotice = time.Now().Add(-2 * time.Minute)
	if s.printWaitNotice(); len(said) != 2 {
		t.Errorf("%q", said)
	}
}
