package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/nn/kernel"
	"longtail/report"
	"longtail/results"
	"longtail/runner"
)

// After the theory chapter alone its words are counted, and listed where they
// need a condition.
func TestWordsOnTheory(t *testing.T) {
	plan := results.Plan{Tasks: []results.Task{{Name: "a"}, {Name: "failed"}, {Name: "b"}}}
	res := map[string]*results.Result{
		"a": {Findings: []results.Finding{{Claim: "T1.1", Word: "true", Text: "x"}, {Claim: "T1.2", Word: "true but vacuous", Where: "n₊ = 50"}}},
		"b": {Findings: []results.Finding{{Claim: "T3.9", Word: "no word"}, {Claim: "T2.3", Word: "false", Where: "b < 0"}}}, "failed": nil,
	}
	var b strings.Builder
	if err := writeVerdicts(&b, plan, res); err != nil {
		t.Fatal(err)
	}
	want := `Of 4 statements, 1 are true, 1 true but vacuous, 0 true in a weaker form and 1 false, each in the case named with it; 1 is a remark without a verdict.
  T1.2  true but vacuous  n₊ = 50
  T2.3  false             b < 0
`
	if b.String() != want {
		t.Errorf("printed\n%s", b.String())
	}
	b.Reset()
	if err := writeVerdicts(&b, plan, nil); err != nil || b.Len() > 0 {
		t.Errorf("without findings printed %q, %v", b.String(), err)
	}
}

// A run says that all is kept only where it was interrupted and nothing failed.
func TestWhatARunEndsWith(t *testing.T) {
	broken := errors.New("the disk is full")
	failed := map[string]string{"a": "stopped without a checkpoint"}
	for _, c := range []struct {
		ended  string
		failed map[string]string
		err    error
		safe   bool
		want   string // "": no error
	}{
		{runner.EndedDone, nil, nil, false, ""},
		{runner.EndedBudget, nil, nil, false, ""},
		{runner.EndedBudget, failed, nil, false, "1 of 7"},
		{runner.EndedInterrupted, nil, context.Canceled, true, "again"},
		{runner.EndedInterrupted, failed, context.Canceled, false, "1 of 7"},
		{runner.EndedInterrupted, nil, nil, true, "again"}, // a task alone was stopped
		{runner.EndedError, nil, broken, false, broken.Error()},
		{runner.EndedError, failed, broken, false, broken.Error()},
	} {
		err := reproduced{Outcome: runner.Outcome{Ended: c.ended, Failed: c.failed}}.err(c.err, 7, "again")
		if (err != nil) != (c.want != "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "what is done and every checkpoint are kept") != c.safe) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// The whole way: compute, render, compute nothing the second time, render
// again from the store alone.
func TestReproduceSmoke(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	args := []string{"reproduce", "--profile", "smoke", "--store", store, "--out", out}
	if did := decoded[reproduced](t, args...); len(did.Ran) < 15 || len(did.Already) != 0 {
		t.Fatalf("%+v", did)
	}
	everyKind(t, results.Store(store))
	exports(t, results.Store(store))
	for _, want := range []string{
		"report.html", "report.md", "results.csv", "tables/table1.md", "tables/table2.csv", "tables/table3.md", "tables/table4.csv",
		"tables/theorem1.md", "tables/theorem2.csv", "tables/theorem3.tex", "figures/figure1.png", "figures/figure2.svg",
		"figures/figure3.png", "figures/figure4.svg", "figures/theorem1.png", "figures/theorem2.svg", "figures/theorem3.png",
	} {
		if info, err := os.Stat(filepath.Join(out, want)); err != nil || info.Size() < 100 {
			t.Errorf("out/%s: %v", want, err)
		}
	}
	first := timeless(t, out)
	prints(t, []string{"0 tasks computed"}, args...)
	os.RemoveAll(out)
	prints(t, nil, "report", "--profile", "smoke", "--store", store, "--out", out)
	if again := timeless(t, out); again != first {
		t.Errorf("rendered again:\n%s\nfirst:\n%s", again, first)
	}

	// An edited result is not believed: it is moved aside, and computed again.
	found, _ := filepath.Glob(filepath.Join(store, "*", results.FileResult))
	data, _ := os.ReadFile(found[0])
	os.WriteFile(found[0], []byte(strings.Replace(string(data), `"schema"`, `"schemb"`, 1)), 0o666)
	prints(t, []string{"1 task computed", "damaged"}, args...)
	if again := timeless(t, out); again != first {
		t.Errorf("after repair:\n%s\nfirst:\n%s", again, first)
	}
}

// everyKind makes sure that the smoke profile has every kind of task, and what
// each leaves.
func everyKind(t *testing.T, store results.Store) {
	t.Helper()
	plan := storedPlan(t, store)
	seen := map[string]int{}
	for _, task := range plan.Tasks {
		r, err := store.Result(task.Name)
		if err != nil {
			t.Fatal(err)
		}
		s := task.Settings
		seen[string(s.Kind)]++
		for what, is := range map[string]bool{
			"rotation": s.Target == "rotation", "moco": s.Target == "moco", "probe": s.Frozen, "cRT": s.Retrained, "true labels": s.PoolLabels != "", "irrelevant": s.IrrelevantPct > 0,
			"vat": s.SSL == "vat" && r.PoolDigest != "", "mean teacher": s.SSL == "mean-teacher" && r.Curve[0].ConsistencyLoss != nil,
			"threshold": s.Threshold > 0, "amount": s.Amount > 0, "step": s.Imbalance != "", "ldam": s.Loss == "ldam" && r.Margins != nil,
			"deferred": r.DeferredFrom > 0 && r.ClassWeights != nil, "same images": r.InitFingerprint != "" && r.InitFingerprint == r.Fingerprint,
			"quality": r.Drawn != nil && r.PoolDigest != "", "map": r.Embedding != nil && len(r.Embedding.XY) > 0, "logistic": s.Arch == "logistic",
			"forked": r.Cost.ForkedFrom != "" && r.Cost.Images < task.Images && !store.Has(r.Cost.ForkedFrom, results.FileFork),
		} {
			if is {
				seen[what]++
			}
		}
		if s.Kind == results.KindTrain && s.Arch != "logistic" {
			if info, err := os.Stat(store.Path(task.Name, results.FileLogits)); err != nil || info.Size() < 2000 || r.AdjustedErrorPct == nil {
				t.Errorf("%s: logits: %v, adjusted error %v", s.Kind, err, r.AdjustedErrorPct)
			}
		}
	}
	for _, kind := range []string{"pretrain", "train", "pseudolabel", "embed", "theory", "rotation", "moco", "probe", "cRT", "true labels", "irrelevant",
		"vat", "mean teacher", "threshold", "amount", "step", "ldam", "deferred", "same images", "quality", "map", "logistic", "forked"} {
		if seen[kind] == 0 {
			t.Errorf("the smoke profile has nothing with %s: %v", kind, seen)
		}
	}
}

// Two runners on one store share the work, of two replicates: between them every task
// is computed once, and both render the same numbers as one alone.
func TestTwoRunners(t *testing.T) {
	t.Parallel()
	var dir string
	type outcome struct {
		Ran, Already []string
		Failed       map[string]string
	}
	var did [2]outcome
	for range 3 { // where one got no time until the other was done, again
		dir = t.TempDir()
		var wait sync.WaitGroup
		for i := range did {
			wait.Go(func() {
				did[i] = outcome{}
				stdout, stderr, code := longtail(t, nil, "reproduce", "--profile", "smoke", "--only", "table1", "--seeds", "2", "--jobs", "1", "--json",
					"--store", filepath.Join(dir, "store"), "--out", filepath.Join(dir, fmt.Sprint(i)))
				if code != 0 || json.Unmarshal([]byte(stdout), &did[i]) != nil {
					t.Error(stderr, stdout)
				}
			})
		}
		wait.Wait()
		if t.Failed() {
			return
		}
		if len(did[0].Ran) > 0 && len(did[1].Ran) > 0 {
			break
		}
	}
	// What one finishes in the moment in which the other looks at it is started there
	// as well, and found: both count it. (Package runner counts what is computed.)
	tasks, both := len(did[0].Ran)+len(did[0].Already), 0
	for _, task := range did[0].Ran {
		if slices.Contains(did[1].Ran, task) {
			both++
		}
	}
	if n := len(did[0].Ran) + len(did[1].Ran) - both; n != tasks || len(did[1].Ran)+len(did[1].Already) != tasks {
		t.Errorf("of %d tasks the two computed %d and %d, %d of them both", tasks, len(did[0].Ran), len(did[1].Ran), both)
	}
	want := alone(t)
	for i := range did {
		if len(did[i].Ran) == 0 {
			t.Errorf("runner %d computed nothing", i)
		}
		if got := timeless(t, filepath.Join(dir, fmt.Sprint(i))); got != want {
			t.Errorf("runner %d:\n%s\nalone:\n%s", i, got, want)
		}
	}
}

// tableOne holds the numbers of two replicates of Table 1 in smoke, as one runner whose tasks have
// one thread computes them.
var tableOne struct {
	once    sync.Once
	numbers string
}

// alone computes tableOne for the first test that compares with it.
func alone(t *testing.T) string {
	t.Helper()
	tableOne.once.Do(func() { tableOne.numbers = withThreads(t, "1", "table1") })
	if tableOne.numbers == "" {
		t.Fatal("Table 1 failed in another test")
	}
	return tableOne.numbers
}

func withThreads(t *testing.T, threads, only string) string {
	t.Helper()
	dir := t.TempDir()
	_, stderr, code := longtail(t, []string{"GOMAXPROCS=" + threads}, "reproduce", "--profile", "smoke", "--only", only, "--seeds", "2", "--jobs", "1",
		"--store", filepath.Join(dir, "store"), "--out", filepath.Join(dir, "out"))
	if code != 0 {
		t.Fatal(stderr)
	}
	return timeless(t, filepath.Join(dir, "out"))
}

// Processes of one and of several threads render the same numbers: of one and five,
// and one table, here (of two in TestBudgetEndsWithinATask), more under
// LONGTAIL_SOAK=1. Package nn compares every weight.
func TestThreadsDoNotChangeBits(t *testing.T) {
	t.Parallel()
	only, want, counts := "table1", alone(t), []string{"5"}
	if os.Getenv("LONGTAIL_SOAK") == "1" {
		only, counts = "block1,block2", []string{"2", "3", "5", "8"}
		want = withThreads(t, "1", only)
	}
	for _, threads := range counts {
		if got := withThreads(t, threads, only); got != want {
			t.Errorf("GOMAXPROCS=%s:\n%s\nGOMAXPROCS=1:\n%s", threads, got, want)
		}
	}
}

func TestBudgetAndGoingOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"reproduce", "--profile", "smoke", "--only", "table2:CE", "--store", filepath.Join(dir, "store"), "--out", filepath.Join(dir, "out")}
	asGiven := []string{"--budget", "1ms", "--jobs", "1", "--checkpoint-every", "5"}
	_, goOn, _ := strings.Cut(prints(t, []string{"still to do", "budget"}, append(args, asGiven...)...), "go on with: ")
	if goOn, _, _ = strings.Cut(goOn, "\n"); !strings.HasPrefix(goOn, program+" reproduce ") || !strings.HasSuffix(goOn, strings.Join(asGiven, " ")) {
		t.Errorf("goes on with %q", goOn)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "out", "report.md")); err != nil || strings.Contains(string(page), "--jobs 1 --checkpoint-every 5") {
		t.Errorf("%v, or the page says how this run was run", err)
	}
	if out := prints(t, nil, args...); strings.Contains(out, "still to do") {
		t.Errorf("going on: %s", out)
	}
}

// A budget ends within a task as well, which leaves a checkpoint and goes on from it
// to the bits of a run that had time, and here one thread in place of two.
func TestBudgetEndsWithinATask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	kernels, err := kernel.Select("", false)
	if err != nil {
		t.Fatal(err)
	}
	reached := runner.Reached(results.Store(store), kernels.Name)
	run := func(budget string) (done string) {
		t.Helper()
		stdout, stderr, code := longtail(t, []string{"GOMAXPROCS=2"}, "reproduce", "--profile", "smoke", "--only", "table1", "--seeds", "2", "--jobs", "1",
			"--store", store, "--out", out, "--budget", budget)
		if code != 0 {
			t.Fatal(stderr)
		}
		return stdout
	}
	var plan results.Plan
	begun := func(task results.Task) bool { return reached(task.Name) > 0 }
	started := time.Now()
	longtail(t, nil, "--help")
	for budget := 3 * time.Since(started); !slices.ContainsFunc(plan.Tasks, begun); budget += budget / 3 { // a busy machine takes longer to begin
		if did := run(budget.String()); !strings.Contains(did, "still to do") {
			t.Fatal("no budget ended within a task: ", did)
		}
		plan = storedPlan(t, results.Store(store))
	}
	run("none")
	resumed := 0
	for _, task := range plan.Tasks {
		r, err := results.Store(store).Result(task.Name)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(r.Cost.ResumedAt, func(step int) bool { return step > 0 }) {
			resumed++
		}
	}
	if resumed == 0 {
		t.Error("no task went on from a step above 0")
	}
	if got, want := timeless(t, out), alone(t); got != want {
		t.Errorf("in pieces:\n%s\nat once:\n%s", got, want)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o666)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil { // as on Windows without rights
		link = dir
	}
	fetched := slices.Clip([]string{"reproduce", "--profile", "desktop", "--only", "table1:CE:CIFAR-10-LT", "--data-dir", filepath.Join(dir, "data"), "--fetch"})
	for _, c := range []struct {
		why  string
		args []string
		code int
		says string
	}{
		{"an unknown part lists those there are", []string{"reproduce", "--only", "table9"}, 2, "table1"},
		{"a misspelt method is met with its like", []string{"plan", "--only", "table2:CE-DRW + SPP"}, 2, `did you mean "table2:CE-DRW + SSP"`},
		{"an unknown profile lists those there are", []string{"reproduce", "--profile", "fast"}, 2, "quick"},
		{"a budget without a unit", []string{"reproduce", "--budget", "30"}, 2, "30m"},
		{"a negative budget", []string{"reproduce", "--budget", "-1h"}, 2, "30m"},
		{"a budget without a unit, before anything is fetched", append(fetched, "--budget", "30"), 2, "30m"},
		{"a store that cannot be, before anything is fetched", append(fetched, "--store", filepath.Join(file, "s")), 1, "--store"},
		{"an output folder that cannot be, before anything is fetched", append(fetched, "--out", filepath.Join(file, "o")), 1, "--out"},
		{"no replicates", []string{"reproduce", "--seeds", "-1"}, 2, "--seeds"},
		{"0 replicates, not the profile's", []string{"reproduce", "--seeds", "0"}, 2, `--seeds: "0": give`},
		{"a number that is none", []string{"reproduce", "--seeds", "x"}, 2, "--seeds"},
		{"a flag that there is not", []string{"reproduce", "--sedes", "3"}, 2, "--seeds"},
		{"a negative number of tasks at once", []string{"reproduce", "--jobs", "-1"}, 2, "--jobs"},
		{"official data without their folder", []string{"reproduce", "--profile", "desktop"}, 2, "--data-dir or LONGTAIL_DATA; --fetch gets what is missing there"},
		{"a folder in which nothing lies", []string{"reproduce", "--profile", "paper", "--only", "table1", "--data-dir", dir, "--store", filepath.Join(dir, "n"), "--out", filepath.Join(dir, "o")}, 2, "nothing of it lies in " + dir},
		{"a pool for no set of the profile", []string{"plan", "--profile", "quick", "--pool", "nowhere.pickle"}, 2, "nowhere.pickle"},
		{"a negative data seed", []string{"reproduce", "--data-seed", "-1"}, 2, "--data-seed"},
		{"a command that there is not", []string{"reprodcue"}, 2, "reproduce"},
		{"a store that cannot be", []string{"reproduce", "--profile", "smoke", "--store", filepath.Join(file, "s")}, 1, "--store"},
		{"an output folder that cannot be", []string{"reproduce", "--profile", "smoke", "--store", filepath.Join(dir, "s"), "--out", filepath.Join(file, "o")}, 1, "--out"},
		{"a report on a store that is a file", []string{"report", "--profile", "smoke", "--store", file, "--out", filepath.Join(dir, "r")}, 1, "cannot read the store " + file},
		{"a plan on a store below a file", []string{"plan", "--profile", "smoke", "--store", filepath.Join(file, "s")}, 1, "cannot read the store " + filepath.Join(file, "s")},
		{"a store that is the output folder", []string{"report", "--profile", "smoke", "--store", filepath.Join(dir, "s", "."), "--out", filepath.Join(dir, "s")}, 2, "the store " + filepath.Join(dir, "s") + " lies in it"},
		{"a store in the output folder, by a link", []string{"reproduce", "--profile", "smoke", "--store", filepath.Join(link, "s", "runs"), "--out", filepath.Join(dir, "s")}, 2, "--out may be deleted"},
		{"an output folder of a variable that is not set", []string{"report", "--profile", "smoke", "--store", dir, "--out", ""}, 2, "--out is empty"},
		{"the store to export from of a variable that is not set", []string{"export", "0123456789ab", "x.pth", "--store="}, 2, "--store is empty"},
		{"standard output to export to", []string{"export", "0123456789ab", "-"}, 2, "FILE -: it is written to a file"},
		{"a task that the store does not have", []string{"task", "0123456789ab", "--store", dir}, 2, "--store"},
		{"too short a name of a task", []string{"task", "0123", "--store", dir}, 2, "12"},
	} {
		stdout, stderr, code := longtail(t, nil, c.args...)
		line := strings.SplitN(stderr, "\n", 2)[0]
		if code != c.code || !strings.Contains(line, c.says) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%s: %v: status %d, want %d and %q in the first line of\n%s%s", c.why, c.args, code, c.code, c.says, stderr, stdout)
		}
	}
	_, stderr, code := longtail(t, []string{"LONGTAIL_KERNELS=fast"}, "reproduce", "--profile", "smoke", "--store", filepath.Join(dir, "k"), "--out", filepath.Join(dir, "o"))
	if code != 2 && code != 1 || !strings.Contains(stderr, "portable") {
		t.Errorf("an unknown kernel set: status %d: %s", code, stderr)
	}
}

// A damaged checkpoint is an error that names it and the remedy; it is neither
// used nor deleted.
func TestDamagedCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	args := []string{"reproduce", "--profile", "smoke", "--only", "table2:CE", "--store", store, "--out", out}
	prints(t, nil, append(args, "--budget", "1ms")...)
	plan := storedPlan(t, results.Store(store))
	state := results.Store(store).Path(plan.Tasks[0].Name, results.FileState)
	if err := results.WriteFile(state, []byte("LTCK garbage")); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := longtail(t, nil, args...)
	if code != 1 || !strings.Contains(stdout+stderr, results.FileState) {
		t.Errorf("status %d: %s%s", code, stdout, stderr)
	}
	if data, err := os.ReadFile(state); err != nil || string(data) != "LTCK garbage" {
		t.Errorf("the damaged checkpoint was touched: %v", err)
	}
	// The cause removed, the printed command computes what failed.
	_, again, found := strings.Cut(stdout, "again what failed: "+program+" ")
	again, _, _ = strings.Cut(again, "\n")
	if !found {
		t.Fatalf("no command to try again in %s", stdout)
	}
	os.Remove(state)
	stdout, stderr, code = longtail(t, nil, append(strings.Fields(again), "--out", out)...)
	if _, err := results.Store(store).Result(plan.Tasks[0].Name); code != 0 || err != nil || !strings.Contains(stdout, ", 0 failed") {
		t.Errorf("longtail %s: status %d, %v: %s%s", again, code, err, stdout, stderr)
	}
}

// --fetch asks for the sets that a plan reads, and for none that is embedded.
func TestFetchFilesOfAPlan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // whatever would be fetched fails at once
	for profile, set := range map[string]string{"smoke": "", "desktop": "cifar10"} {
		var c reproduceCmd
		c.Profile, c.DataDir, c.Only, c.Store = profile, t.TempDir(), []string{"table1"}, t.TempDir()
		plan, _, err := c.plan()
		if err != nil {
			t.Fatal(err)
		}
		err = c.fetchFiles(ctx, plan)
		if set == "" && err != nil || set != "" && (err == nil || !strings.Contains(err.Error(), "cifar")) {
			t.Errorf("%s: %v", profile, err)
		}
		markDone(t, c.store(), plan.Tasks...)
		if err := c.fetchFiles(ctx, plan); err != nil {
			t.Errorf("%s, all of it done: %v", profile, err)
		}
	}
}

// A folder without any of the plan's sets is refused, one without some is told, and what
// is done needs no files.
func TestFilesOfAPlan(t *testing.T) {
	var c reproduceCmd
	c.Profile, c.DataDir, c.Seeds, c.Only = "paper", t.TempDir(), 1, []string{"table2:CE:rho=10"}
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	store := results.Store(t.TempDir())
	if _, err := c.checkFiles(plan, store); err == nil || !strings.Contains(err.Error(), "nothing of it lies in "+c.DataDir) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(c.DataDir, "cifar-100-binary.tar.gz"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := c.checkFiles(plan, store); err != nil {
		t.Errorf("CIFAR-100 is there: %v", err)
	}
	for _, task := range plan.Tasks {
		if task.Settings.Data == "cifar100" {
			markDone(t, store, task)
		}
	}
	if _, err := c.checkFiles(plan, store); err != nil {
		t.Errorf("CIFAR-100 is there and done, CIFAR-10 is to fail by itself: %v", err)
	}
	c.DataDir = t.TempDir()
	markDone(t, store, plan.Tasks...)
	if _, err := c.checkFiles(plan, store); err != nil {
		t.Errorf("all is done: %v", err)
	}
}

// A pool that is missing, refused, of no class of the set or too small is told before
// anything is trained, and the plan says it too.
func TestPoolsOfAPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"empty.pickle", "few/Bag/0.png", "few/Coat/0.png", "few/Bag/1.png", "few/Coat/1.png", "sv/train_32x32.mat", "sv/test_32x32.mat"} {
		if filepath.Ext(name) == ".png" {
			writePNG(t, filepath.Join(dir, name), 8, color.Black)
		} else {
			write(t, nil, dir, name)
		}
	}
	few := filepath.Join(dir, "fashion-mnist")
	for name, size := range map[string][]int{"train-images-idx3-ubyte": {2, 28, 28}, "train-labels-idx1-ubyte": {2}, "t10k-images-idx3-ubyte": {2, 28, 28}, "t10k-labels-idx1-ubyte": {2}} {
		n := 1
		for _, s := range size {
			n *= s
		}
		var b bytes.Buffer
		if err := dataset.WriteIDX(&b, size, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		write(t, b.Bytes(), few, name)
	}
	one := "table1:CE + D_U@5x:CIFAR-10-LT:rho=100:rho_u=100"
	for _, c := range []struct {
		why  string
		args []string
		note string // in which plan and reproduce agree
	}{
		{"missing", []string{"--only", one, "--pool", "authors", "--allow-unverified"}, "ti_80M_selected.pickle, the authors' pool, is not in"},
		{"refused", []string{"--only", one, "--pool", filepath.Join(dir, "empty.pickle")}, "--allow-unverified takes it"},
		{"no pickle", []string{"--only", one, "--pool", filepath.Join(dir, "empty.pickle"), "--allow-unverified"}, "empty.pickle: "},
		{"other classes", []string{"--only", one, "--pool", "mnist"}, "no class of mnist"},
		{"in color", []string{"--only", one, "--pool", filepath.Join(dir, "few")}, "color images of few cannot stand beside"},
		{"too small", []string{"--only", one, "--pool", "fashion-mnist-full", "--data-dir", dir, "--allow-unverified"}, "pool images of class T-shirt/top, of which there are 2"},
		{"unreachable official pool", []string{"--only", one, "--pool", "cifar100"}, "--data-dir"},
		{"missing with its set there", []string{"--profile", "desktop", "--only", "table1:CE + D_U@5x:SVHN-LT:rho=100:rho_u=1", "--data-dir", filepath.Join(dir, "sv")}, "longtail data fetch svhn --with-pool"},
	} {
		store := filepath.Join(t.TempDir(), "s")
		args := append(c.args, "--store", store, "--out", store+"-out")
		stdout, stderr, code := longtail(t, nil, append([]string{"reproduce"}, args...)...)
		if code != 2 || !strings.Contains(stderr, c.note) {
			t.Errorf("%s: status %d, lacks %q\n%s%s", c.why, code, c.note, stderr, stdout)
		}
		if _, err := os.Stat(store); err == nil {
			t.Errorf("%s: something was begun", c.why)
		}
		stdout, stderr, code = longtail(t, nil, append([]string{"plan"}, args...)...)
		if code != 0 || !strings.Contains(stderr+stdout, c.note) {
			t.Errorf("%s: plan, status %d, lacks %q\n%s%s", c.why, code, c.note, stderr, stdout)
		}
	}
}

// A user's class folders with our names are a pool: four fifths of their images are
// counted and labeled, the cell says where D_U is from, and plan and reproduce say which
// images are used, until nothing is left to draw.
func TestOwnPoolOfAPlan(t *testing.T) {
	t.Parallel()
	set, err := dataset.Describe("cifar10")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "mine")
	for _, class := range set.Classes {
		for i := range 30 {
			writePNG(t, filepath.Join(dir, class, fmt.Sprint(i, ".png")), 1, color.Black)
		}
	}
	var c reproduceCmd
	c.Profile, c.Pool, c.DataDir, c.Seeds, c.Only = "desktop:n_max=10", dir, t.TempDir(), 1, []string{"table1:CE + D_U@5x:CIFAR-10-LT:rho=10:rho_u=1"}
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.checkPool(plan); err != nil {
		t.Error(err)
	}
	marked := func(cell results.Cell) bool { return cell.Task != "" && slices.Contains(cell.Marks, "D_U from mine") }
	labels := func(task results.Task) bool {
		return task.Settings.Kind == results.KindPseudolabel && task.Evals == 10*24
	}
	if !slices.ContainsFunc(plan.Cells, marked) || !slices.ContainsFunc(plan.Tasks, labels) {
		t.Errorf("no cell with D_U from mine, or no task that labels 240 images: %+v", plan.Tasks)
	}
	write(t, nil, c.DataDir, "cifar-10-binary.tar.gz") // there, and broken
	store := t.TempDir()
	run := func(command string) int {
		_, stderr, _ := longtail(t, nil, command, "--profile", c.Profile, "--pool", dir, "--data-dir", c.DataDir, "--seeds", "1", "--only", c.Only[0], "--store", store)
		return strings.Count(stderr, "note: the training images of "+dir+" are the pool: split: a fifth of each class")
	}
	if p, r := run("plan"), run("reproduce"); p != 1 || r != 1 {
		t.Errorf("how the pool's folder is split is said %d times by plan, %d times by reproduce", p, r)
	}
	markDone(t, results.Store(store), plan.Tasks...)
	if n := run("plan"); n != 0 {
		t.Error("of a pool that nothing draws from any more, its split is said")
	}
}

// poolless plans SVHN's cells at ρ = 100 in a data folder that lacks the extra images.
func poolless(t *testing.T) (c reproduceCmd, plan results.Plan) {
	t.Helper()
	c.Profile, c.DataDir, c.Seeds, c.Only = "desktop", t.TempDir(), 1, []string{"table1:SVHN-LT:rho=100"}
	for _, name := range []string{"train_32x32.mat", "test_32x32.mat"} {
		if err := os.WriteFile(filepath.Join(c.DataDir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	return c, plan
}

// doneIn is which of a plan's tasks a store has done.
func doneIn(store results.Store, plan results.Plan) map[string]bool {
	done, _ := store.Done(plan.Tasks)
	return done
}

// Where a number can be computed without the pool that is missing, it is.
func TestPlanWithoutItsPool(t *testing.T) {
	c, plan := poolless(t)
	if _, err := c.checkFiles(plan, results.Store(t.TempDir())); err != nil {
		t.Errorf("CE needs no pool: %v", err)
	}
}

// Of a plan that lacks its pool, classifiers that nobody asks for and that would label
// nothing are not trained; those that are asked for, or that label what can be read, are.
func TestNothingIsTrainedInVain(t *testing.T) {
	names := func(tasks []results.Task) (all []string) {
		for _, task := range tasks {
			all = append(all, task.Name)
		}
		return all
	}
	c, plan := poolless(t)
	store := results.Store(t.TempDir())
	lost := missingUnlabeled(c.files(), plan, doneIn(store, plan))
	rest, vain := withoutLost(plan, lost, store)
	if len(vain) > 0 || len(lost) == 0 || len(rest.Tasks)+len(lost) != len(plan.Tasks) {
		t.Errorf("all are asked for: %d of %d tasks stay, %d are lost, %d in vain", len(rest.Tasks), len(plan.Tasks), len(lost), len(vain))
	}

	c.Only = []string{"table1:SVHN-LT:CE + D_U@5x"}
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	lost = missingUnlabeled(c.files(), plan, doneIn(store, plan))
	rest, vain = withoutLost(plan, lost, store)
	if len(vain) == 0 || len(rest.Tasks) > 0 || len(vain)+len(lost) != len(plan.Tasks) {
		t.Errorf("no student can be trained: %v stay, %d of %d are lost, %d in vain", names(rest.Tasks), len(lost), len(plan.Tasks), len(vain))
	}
	if !slices.IsSortedFunc(vain, func(a, b string) int {
		return slices.Index(names(plan.Tasks), a) - slices.Index(names(plan.Tasks), b)
	}) {
		t.Error("not in the plan's order:", vain)
	}

	// The labels of one student are there: nothing is lost of it.
	i := slices.IndexFunc(plan.Tasks, func(task results.Task) bool {
		return task.Settings.Kind == results.KindTrain && len(task.Settings.Parents()) > 0
	})
	student := plan.Tasks[i]
	delete(lost, student.Name)
	for _, parent := range student.Settings.Parents() {
		delete(lost, parent)
	}
	rest, _ = withoutLost(plan, lost, store)
	want := []string{student.Name}
	for j := i; j >= 0; j-- { // parents stand first
		if name := plan.Tasks[j].Name; slices.Contains(want, name) {
			want = append(want, plan.Tasks[j].Settings.Parents()...)
		}
	}
	for _, name := range want {
		if !slices.Contains(names(rest.Tasks), name) {
			t.Errorf("%.12s serves a student that can be trained and is left out", name)
		}
	}
	if len(rest.Tasks) != len(want) {
		t.Errorf("%v stay, want %v", names(rest.Tasks), want)
	}
}

// What is computed needs no pool any more, and where every number left lacks its pool,
// those fail one by one and the rest is shown.
func TestComputedNumbersNeedNoPool(t *testing.T) {
	c, plan := poolless(t)
	store := results.Store(t.TempDir())
	finish := func(pool bool) {
		for _, task := range plan.Tasks {
			if (task.Settings.Pool != "") == pool {
				markDone(t, store, task)
			}
		}
	}
	finish(false)
	if _, err := c.checkFiles(plan, store); err != nil {
		t.Errorf("all but what needs the pool is done: %v", err)
	}
	lost := missingUnlabeled(c.files(), plan, doneIn(store, plan))
	for _, task := range plan.Tasks {
		if needs := task.Settings.Kind != results.KindTrain || task.Settings.Pool != ""; needs != (lost[task.Name] != nil) {
			t.Errorf("%s (%s): lost %v", experiments.Describe(task.Settings), task.Settings.Kind, lost[task.Name])
		}
	}
	finish(true)
	if lacking := missingUnlabeled(c.files(), plan, doneIn(store, plan)); len(lacking) > 0 {
		t.Errorf("all is done: %v", lacking)
	}

	c = reproduceCmd{}
	c.Profile, c.Seeds, c.Only, c.Pool = "smoke", 1, []string{"table1:CE + D_U@5x:CIFAR-10-LT:rho=100:rho_u=100"}, "authors"
	c.DataDir, c.AllowUnverified = t.TempDir(), true
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.checkFiles(plan, store); len(plan.Tasks) == 0 || err == nil {
		t.Fatalf("%d tasks, a pool that is missing: %v", len(plan.Tasks), err)
	}
	finish(false)
	finish(true)
	if _, err := c.checkFiles(plan, store); err != nil {
		t.Errorf("the pool was moved, all is done: %v", err)
	}
}

// A task whose folder cannot be read has failed; the report of the others is written. It
// names what has failed, also where no number is read from it.
func TestUnreadableTaskFolder(t *testing.T) {
	dir := t.TempDir()
	var c renderFlags
	c.Profile, c.Only, c.Store, c.Out = "smoke", []string{"table2"}, filepath.Join(dir, "store"), filepath.Join(dir, "out")
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(plan.Tasks, func(t results.Task) bool { return t.Settings.Kind == results.KindPretrain })
	if at < 0 {
		t.Fatal("every task has a number")
	}
	name, about := plan.Tasks[at].Name, experiments.Describe(plan.Tasks[at].Settings)
	if err := results.WriteFile(c.store().Dir(name), nil); err != nil { // root reads every folder, but no file as one
		t.Fatal(err)
	}
	in, err := c.render(plan, nil, report.Input{})
	if err != nil || !strings.Contains(in.Failures[name], name) {
		t.Errorf("%v, failures %v", err, in.Failures)
	}
	page, err := os.ReadFile(filepath.Join(c.Out, "report.md"))
	if want := "`" + results.ShortHash(name) + "` " + about + ": "; err != nil || !strings.Contains(string(page), want) {
		t.Errorf("%v; the page lacks %q", err, want)
	}
}

// While a run goes on, beside it, the report is written; after it no more.
func TestKeepRendering(t *testing.T) {
	dir := t.TempDir()
	var c reproduceCmd
	c.Profile, c.Only, c.Store, c.Out = "smoke", []string{"theory"}, filepath.Join(dir, "store"), filepath.Join(dir, "out")
	plan, _, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	stop := c.keepRendering(plan, nil, time.Millisecond)
	for range 1800 { // three minutes, under the race detector
		if _, err = os.Stat(pageOf(c.Out)); err == nil {
			break
		}
		c.activity(plan) // as a run reads the plan
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Error(err)
	}
	stop()
	os.RemoveAll(c.Out)
	time.Sleep(20 * time.Millisecond)
	if _, err := os.Stat(c.Out); err == nil {
		t.Error("it is written after the run")
	}
}

// Figure 2 mixes images of CIFAR-100 into D_U: they are official files that the
// plan reads as much as CIFAR-10's.
func TestOfficialSetsOfAPlan(t *testing.T) {
	for _, c := range []struct {
		profile, only string
		want          map[string]bool
	}{
		{"quick", "block1", map[string]bool{}},
		{"desktop", "table2:CE:CIFAR-10-LT:rho=100", map[string]bool{"cifar10": false}},
		{"desktop", "figure2", map[string]bool{"cifar10": false, "cifar100": false}},
		{"desktop", "table1:CE + D_U@5x:SVHN-LT", map[string]bool{"svhn": true}},
	} {
		_, plan := expanded(t, c.profile, results.Selection{Only: []string{c.only}, Seeds: 1})
		got := officialSets(plan)
		if len(got) != len(c.want) {
			t.Errorf("%s of %s reads %v, want %v", c.only, c.profile, got, c.want)
		}
		for id, pool := range c.want {
			if p, ok := got[id]; !ok || p != pool {
				t.Errorf("%s of %s reads %v, want %v", c.only, c.profile, got, c.want)
			}
		}
	}
}
