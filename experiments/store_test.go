package experiments

import (
	"bytes"
	"context"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"longtail/dataset"
	"longtail/internal/lock"
	"longtail/results"
)

// Two runners on one store share the work: each task is computed once, by the
// one or the other, and both end with everything done.
func TestTwoRunnersShareTheWork(t *testing.T) {
	f, r := setUp(t)
	f.wait = 5 * time.Millisecond
	plain := r.Launch
	r.Jobs = Jobs{N: 2, Threads: 1}
	// As a task process does: give up at once where another is at the task.
	r.Launch = func(ctx context.Context, task string, threads int, report func(Progress)) error {
		unlock, err := lock.Try(f.store.Dir(task))
		if err != nil {
			return err
		}
		defer unlock()
		if _, err := f.store.Result(task); err == nil {
			return nil
		}
		return plain(ctx, task, threads, report)
	}
	var out [2]Outcome
	var wait sync.WaitGroup
	for i := range out {
		wait.Go(func() {
			var err error
			if out[i], err = r.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	times := map[string]int{}
	for _, task := range f.ran {
		times[task]++
	}
	for _, task := range r.Plan.Tasks {
		if times[task.Name] != 1 {
			t.Errorf("%s was computed %d times", Describe(task.Settings), times[task.Name])
		}
	}
	for i, o := range out {
		if len(o.Ran)+len(o.Already) != len(r.Plan.Tasks) || len(o.Failed)+len(o.LeftOut) > 0 {
			t.Errorf("runner %d: %d computed, %d there, %v, %v", i, len(o.Ran), len(o.Already), o.Failed, o.LeftOut)
		}
		if len(o.Ran) == 0 {
			t.Errorf("runner %d did nothing", i)
		}
	}
}

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
		if !found || len(wrong) != before+1 {
			t.Errorf("%s: %+v", c.says, wrong)
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
	if wrong := notOK(examineData(dataset.Files{Dir: "/nowhere"})); len(wrong) != 1 || !strings.Contains(wrong[0].Remedy, "fetch") {
		t.Errorf("a folder that is not there: %+v", wrong)
	}
}

// A plan's parts sum up to the whole, evaluation costs a third, and what is
// done costs nothing.
func TestEstimate(t *testing.T) {
	plan := expand(t, "desktop", results.Selection{Seeds: 2})
	speed := Speed{ImagesPerSecond: 1000}
	costs, err := EstimatePlan(plan, speed, func(string, string) bool { return false }, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, rows, each := costs.All, costs.Parts, costs.Tasks
	var sum, ofTasks Estimate
	seconds, numbers := 0.0, 0
	for i, one := range each {
		if one.Name != plan.Tasks[i].Name || one.Done || one.About == "" || one.Part == "" {
			t.Errorf("task %d: %+v", i, one)
		}
		ofTasks.add(Estimate{Images: one.Images, Evaluated: one.Evaluated, Seconds: one.Seconds})
		numbers += len(one.Cells)
	}
	if ofTasks.Images != all.Images || ofTasks.Evaluated != all.Evaluated || math.Abs(ofTasks.Seconds/all.Seconds-1) > 1e-9 || numbers < all.Cells {
		t.Errorf("tasks sum up to %+v with %d numbers, all is %+v", ofTasks, numbers, all)
	}
	for _, r := range rows {
		sum.add(r)
	}
	for _, task := range ToCompute(plan, func(string, string) bool { return false }) {
		seconds += task.Work() / 1000
	}
	if sum != all || all.Tasks != len(plan.Tasks) || all.Seconds < .999*seconds || all.Seconds > 1.001*seconds {
		t.Errorf("%+v in %d parts sum up to %+v; %d tasks, %v s", all, len(rows), sum, len(plan.Tasks), seconds)
	}
	if rows[3].Part != "block 1" {
		t.Errorf("after theory comes %q", rows[3].Part)
	}
	// ResNet-32 at 32×32: 68.86 M multiply-adds an image and pass (design 8.3).
	if want := 2 * 68.86e6 * (3*float64(all.Images) + float64(all.Evaluated)); all.FLOPs < .99*want || all.FLOPs > 1.01*want {
		t.Errorf("%.4g FLOP, want about %.4g", all.FLOPs, want)
	}
	nothing, err := EstimatePlan(plan, Speed{}, func(string, string) bool { return true }, nil)
	if none := nothing.All; err != nil || none.Done != all.Tasks || none.Images != 0 || none.Seconds != 0 {
		t.Errorf("all done: %+v, %v", none, err)
	}
}
