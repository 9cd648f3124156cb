package runner

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"longtail/experiments"
	"longtail/experiments/experimentstest"
	"longtail/internal/lock"
	"longtail/nn/kernel"
	"longtail/results"
	"longtail/tasks"
)

// sharing is a plan of tasks of a second in which several share their first
// epochs: two of three.
func sharing(t *testing.T, only ...string) results.Plan {
	t.Helper()
	p := experimentstest.Smoke(t, 24,
		experimentstest.Cell("Table 2", 10, 0, "CE"),
		experimentstest.Cell("Table 2", 10, 0, "CE-DRW"),
		experimentstest.Cell("Table 2", 10, 0, "CE-DRS"),
		experimentstest.Cell("Table 2", 10, 0, "LDAM-DRW"), // before its twin
		experimentstest.Cell("Table 2", 10, 0, "LDAM"),
		experimentstest.Cell("Table 2", 10, 0, "CE-DRW + SSP"),
		experimentstest.Cell("README", 10, 0, "CE(Uniform) + SSP"),
	)
	p.TestPerClass, p.Evaluations = 5, 3
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1, Only: only})
	if err != nil {
		t.Fatal(err)
	}
	plan.Tasks = slices.DeleteFunc(plan.Tasks, func(t results.Task) bool { return t.Settings.Kind == results.KindTheory })
	return plan
}

// here runs tasks in this process.
func here(store results.Store) Launcher {
	return func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
		return tasks.Run(ctx, store, task, tasks.Options{NoWait: true, Report: report})
	}
}

// computeAlone computes a task from its start, whatever others share with it.
func computeAlone(t *testing.T, store results.Store, task results.Task) {
	t.Helper()
	task.Shared = nil
	if err := results.Write(store.Path(task.Name, results.FileSettings), task); err != nil {
		t.Fatal(err)
	}
	if err := tasks.Run(t.Context(), store, task.Name, tasks.Options{}); err != nil {
		t.Fatal(err)
	}
}

// What a checkpoint holds is not counted again in the cost of going on from it.
func TestABegunTaskCostsItsRest(t *testing.T) {
	plan := sharing(t)
	task := experimentstest.Named(t, plan, "CE")
	plan = sharing(t, task.Name[:12])
	store := results.Store(t.TempDir())
	if err := results.Write(store.Path(task.Name, results.FileSettings), task); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	at := tasks.Progress{}
	err := tasks.Run(ctx, store, task.Name, tasks.Options{Report: func(p tasks.Progress) {
		if at = p; p.Step >= p.Steps/3 {
			cancel()
		}
	}})
	if !errors.Is(err, tasks.ErrStopped) {
		t.Fatal(err)
	}
	set, err := kernel.Select("", false)
	if err != nil {
		t.Fatal(err)
	}
	rest := 1 - float64(at.Step)/float64(at.Steps)
	for _, c := range []struct {
		kernels, asked string
		left           float64
	}{{set.Name, set.Name, rest}, {"another", set.Name, 1}, {"another", "", rest}} { // nobody asks: the checkpoint's own
		t.Setenv(kernel.Variable, c.asked)
		kernels, left := c.kernels, c.left
		e, err := experiments.EstimatePlan(plan, experiments.Speed{}, Stored(store), Reached(store, kernels))
		if want := left * float64(task.Images); err != nil || math.Abs(float64(e.All.Images)-want) > 1 {
			t.Errorf("kernels %s: %d images are left of %d after step %d of %d, want %.0f (%v)", kernels, e.All.Images, task.Images, at.Step, at.Steps, want, err)
		}
	}
}

// Tasks that go on from another's first epochs leave the bits of ones from the
// start, and say honestly what they cost.
func TestSharedEpochsChangeNoBit(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	plan := sharing(t)
	shared, alone := results.Store(t.TempDir()), results.Store(t.TempDir())
	estimated, err := experiments.EstimatePlan(plan, experiments.Speed{}, shared.Has, nil)
	if err != nil {
		t.Fatal(err)
	}
	total, done := 0.0, 0.0
	for _, task := range experiments.ToCompute(plan, shared.Has) {
		total += task.Work()
	}
	r := Runner{Store: shared, Plan: plan, Launch: here(shared), Jobs: 2,
		Report: func(_ results.Task, _ tasks.Progress, d, _ float64) { done = d }}
	out, err := r.Run(t.Context())
	if err != nil || len(out.Failed)+len(out.LeftOut) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	if done > 1.001*total {
		t.Errorf("%v of %v units done", done, total)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	from := map[string]string{}
	images := int64(0)
	for _, task := range plan.Tasks {
		computeAlone(t, alone, task)
		what := experiments.Describe(task.Settings)
		cost := sameResult(t, what, shared, alone, task.Name)
		images += cost.Images
		from[task.Name] = cost.ForkedFrom
		want := task.Images
		if cost.ForkedFrom != "" {
			want -= task.Shared.Images
		}
		if cost.Images != want || (cost.ForkedFrom != "") != (cost.ForkedEpochs == 2) {
			t.Errorf("%s: forked from %.8q after %d epochs, trained on %d images, want %d", what, cost.ForkedFrom, cost.ForkedEpochs, cost.Images, want)
		}
		if shared.Has(task.Name, results.FileFork) {
			t.Errorf("%s: its fork is of no more use and was kept", what)
		}
	}
	if images != estimated.All.Images {
		t.Errorf("%d images, by the plan %d", images, estimated.All.Images)
	}
	for method, twin := range map[string]string{"CE": "", "CE-DRW": "CE", "CE-DRS": "CE", "LDAM-DRW": "", "LDAM": "LDAM-DRW",
		"CE-DRW + SSP": "", "CE(Uniform) + SSP": "CE-DRW + SSP"} {
		want := ""
		if twin != "" {
			want = experimentstest.Named(t, plan, twin).Name
		}
		if got := from[experimentstest.Named(t, plan, method).Name]; got != want {
			t.Errorf("%s goes on from %.8q, want %.8q (%s)", method, got, want, twin)
		}
	}
}

// sameResult compares all that two stores hold of a task, but for time, and
// returns what it cost in the first.
func sameResult(t *testing.T, what string, a, b results.Store, task string) results.Cost {
	t.Helper()
	ra, err := a.Result(task)
	if err != nil {
		t.Fatal(err)
	}
	rb, err := b.Result(task)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(ra, rb, cmpopts.IgnoreFields(results.Result{}, "Cost"), cmpopts.IgnoreFields(results.Metrics{}, "Seconds")); d != "" {
		t.Errorf("%s: results differ:\n%s", what, d)
	}
	if len(ra.Curve) == 0 || len(ra.Predictions) == 0 || ra.BestEpoch == 0 {
		t.Errorf("%s: the result is empty", what)
	}
	for _, file := range []string{results.FileModel, results.FileLogits} {
		fa, errA := os.ReadFile(a.Path(task, file))
		fb, errB := os.ReadFile(b.Path(task, file))
		if errA != nil || errB != nil || !bytes.Equal(fa, fb) {
			t.Errorf("%s: %s differs (%v, %v)", what, file, errA, errB)
		}
	}
	lines := func(s results.Store) int {
		data, _ := os.ReadFile(s.Path(task, results.FileMetrics))
		return bytes.Count(data, []byte("\n"))
	}
	if lines(a) != len(ra.Curve) || lines(b) != len(ra.Curve) {
		t.Errorf("%s: metrics of %d and %d epochs, %d in the result", what, lines(a), lines(b), len(ra.Curve))
	}
	return ra.Cost
}

// A fork that cannot be used is said so, and costs nothing but time; --only
// leaves it for whoever comes later, whose plan knows of it.
func TestForksOfAnotherRun(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	full := sharing(t)
	ce, drw, drs := experimentstest.Named(t, full, "CE"), experimentstest.Named(t, full, "CE-DRW"), experimentstest.Named(t, full, "CE-DRS")
	store, alone := results.Store(t.TempDir()), results.Store(t.TempDir())
	var said []string
	run := func(task results.Task) results.Plan {
		t.Helper()
		plan := sharing(t, task.Name[:12])
		r := Runner{Store: store, Plan: plan, Launch: here(store), Say: func(line string) { said = append(said, line) }}
		if out, err := r.Run(t.Context()); err != nil || len(out.Ran) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		return plan
	}
	plan := sharing(t, ce.Name[:12])
	before, err := experiments.EstimatePlan(plan, experiments.Speed{}, store.Has, nil)
	if err != nil {
		t.Fatal(err)
	}
	run(ce)
	path := store.Path(ce.Name, results.FileFork)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal("there is no fork for the rows left out:", err)
	}
	size := int64(0)
	for _, file := range []string{results.FileFork, results.FileModel, results.FileLogits} {
		info, err := os.Stat(store.Path(ce.Name, file))
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if before.All.Disk < size*9/10 {
		t.Errorf("%d bytes of disk expected, %d taken, of which the fork %d", before.All.Disk, size, info.Size())
	}
	later, err := experiments.EstimatePlan(sharing(t, drw.Name[:12]), experiments.Speed{}, Stored(store), nil)
	if err != nil || later.All.Images != drw.Images-drw.Shared.Images {
		t.Errorf("beside the fork it costs %d images of %d: %v", later.All.Images, drw.Images, err)
	}

	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, good[:len(good)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	if later, err := experiments.EstimatePlan(sharing(t, drw.Name[:12]), experiments.Speed{}, Stored(store), nil); err != nil || later.All.Images != drw.Images {
		t.Errorf("beside a damaged fork it is said to cost %d images of %d: %v", later.All.Images, drw.Images, err)
	}
	run(drw)
	if r, err := store.Result(drw.Name); err != nil || r.Cost.ForkedFrom != "" || r.Cost.Images != drw.Images {
		t.Errorf("went on from a damaged file: %+v, %v", r.Cost, err)
	}
	if i := slices.IndexFunc(said, func(line string) bool {
		return strings.Contains(line, path) && strings.Contains(line, "not taken over")
	}); i < 0 {
		t.Errorf("nothing said of the damaged file: %q", said)
	}
	// The run from the start has left one of its own.
	said = nil
	run(drs)
	if r, err := store.Result(drs.Name); err != nil || r.Cost.ForkedFrom != drw.Name {
		t.Errorf("forked from %q, %v; %q", r.Cost.ForkedFrom, err, said)
	}
	if store.Has(ce.Name, results.FileFork) || store.Has(drw.Name, results.FileFork) {
		t.Error("forks are left when all three are done")
	}
	computeAlone(t, alone, drs)
	sameResult(t, "CE-DRS", store, alone, drs.Name)
}

// slow is a fake whose tasks take a hundred steps and leave a fork at the 80th.
func slow(f *fake, task results.Task, report func(tasks.Progress), ctx context.Context) error {
	fork := task.Shared != nil && !task.HasFork(f.store.Has)
	for step := 1; step <= 100; step++ {
		if fork && step == 81 {
			if err := results.WriteFile(f.store.Path(task.Name, results.FileFork), []byte("fork")); err != nil {
				return err
			}
		}
		if fork || step > 80 {
			time.Sleep(3 * time.Millisecond)
		}
		report(tasks.Progress{Step: step, Steps: 100})
	}
	return f.launch(ctx, task.Name, 1, report)
}

// A task waits while another is at the epochs that both share, as long as there
// is one; others are taken meanwhile, by every runner on the store. Each task is
// computed once, by the one or the other, and both end with everything done.
func TestTasksWaitForSharedEpochs(t *testing.T) {
	for runners := 1; runners <= 2; runners++ {
		f := &fake{store: results.Store(t.TempDir()), fail: map[string]bool{}}
		plan := sharing(t, "block1")
		byName := map[string]results.Task{}
		for i := range plan.Tasks {
			task := &plan.Tasks[i]
			if task.Settings.Epochs = 100; task.Shared != nil { // as slow has it; the names do not matter here
				task.Shared.Epochs = 80
			}
			byName[task.Name] = *task
		}
		ldam := experimentstest.Named(t, plan, "LDAM-DRW").Name
		f.fail[ldam] = true // before it leaves a fork
		var mu sync.Mutex
		whole := map[string]int{} // tasks that computed all epochs, by what they share
		var met sync.WaitGroup    // once every runner has a task: none comes too late for all
		met.Add(runners)
		// As a task process does: it gives up at once where another is at the task.
		launch := func(ctx context.Context, first func(), name string, report func(tasks.Progress)) error {
			unlock, err := lock.Try(f.store.Dir(name))
			if err != nil {
				return err
			}
			defer unlock()
			first()
			met.Wait()
			task := byName[name]
			if f.store.Has(name, results.FileResult) {
				return nil
			}
			if name == ldam {
				time.Sleep(30 * time.Millisecond)
				return errors.New("out of memory")
			}
			if task.Shared != nil && !task.HasFork(f.store.Has) {
				mu.Lock()
				whole[strings.Join(slices.Sorted(slices.Values(append([]string{name}, task.Shared.With...))), " ")]++
				mu.Unlock()
			}
			return slow(f, task, report, ctx)
		}
		var wait sync.WaitGroup
		for range runners {
			wait.Go(func() {
				first := sync.OnceFunc(met.Done)
				out, err := Runner{Store: f.store, Plan: plan, Jobs: 2, Launch: func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
					return launch(ctx, first, task, report)
				}}.Run(t.Context())
				if err != nil || len(out.Failed) != 1 || len(out.LeftOut) != 0 || len(out.Ran)+len(out.Already) != len(plan.Tasks)-1 || len(out.Ran) == 0 {
					t.Errorf("%+v, %v", out, err)
				}
			})
		}
		wait.Wait()
		times := map[string]int{}
		for _, name := range f.ran {
			times[name]++
		}
		for _, task := range plan.Tasks {
			if n := times[task.Name]; task.Name != ldam && n != 1 {
				t.Errorf("%d runners: %s was computed %d times", runners, experiments.Describe(task.Settings), n)
			}
		}
		for group, n := range whole {
			if n != 1 {
				t.Errorf("%d runners: %d tasks computed the first epochs of %s", runners, n, group)
			}
		}
		if len(whole) != 3 {
			t.Errorf("%d groups of tasks, want 3: %v", len(whole), whole)
		}
	}
}

// A task that is stopped to go on with more threads leaves the bits of one that
// was not.
func TestMoreThreadsOnTheWayChangeNoBit(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	p := experimentstest.Smoke(t, 24, experimentstest.Cell("Table 2", 10, 0, "CE"))
	p.Arch, p.TestPerClass, p.Supervised, p.Evaluations = "resnet32", 5, experiments.Recipe{Epochs: 3, Batch: 32}, 3
	plan, err := experiments.Expand(p, results.Selection{Seeds: 1, Only: []string{"block1"}})
	if err != nil {
		t.Fatal(err)
	}
	long := experimentstest.Named(t, plan, "CE")
	long.Shared = nil
	plan.Tasks = []results.Task{{Name: "short"}, long}
	whole, widened := results.Store(t.TempDir()), results.Store(t.TempDir())
	begun := make(chan bool)
	var threads []int
	launch := func(ctx context.Context, task string, n int, report func(tasks.Progress)) error {
		if task == "short" {
			<-begun
			return nil
		}
		threads = append(threads, n)
		return here(widened)(ctx, task, n, func(p tasks.Progress) {
			if report(p); p.Step == 5 && len(threads) == 1 {
				close(begun)
				<-ctx.Done()
			}
		})
	}
	out, err := Runner{Store: widened, Plan: plan, Launch: launch, Jobs: 2}.Run(t.Context())
	if err != nil || len(out.Ran) != 2 || !slices.Equal(threads, []int{1, 2}) {
		t.Fatalf("%+v, threads %v: %v", out, threads, err)
	}
	computeAlone(t, whole, long)
	if cost := sameResult(t, "CE", widened, whole, long.Name); len(cost.ResumedAt) != 1 || cost.ResumedAt[0] == 0 {
		t.Errorf("resumed at %d", cost.ResumedAt)
	}
}
