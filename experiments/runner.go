package experiments

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"longtail/results"
)

// Runner computes the tasks of a plan, in its order, into a store.
type Runner struct {
	Store  results.Store
	Plan   results.Plan
	Launch Launcher
	// Budget is the time after which the running task is told to stop and no
	// other is started; 0 is no limit.
	Budget time.Duration
	// Report, if set, hears of every task that starts or moves. done counts
	// work units (Work) of the whole plan.
	Report func(task results.Task, p Progress, done float64)
	// Say, if set, hears one line about every task that ends.
	Say func(line string)
}

// Outcome says what became of every task of the plan.
type Outcome struct {
	Ran     []string          // computed now
	Already []string          // was done before
	Failed  map[string]string // reason, by task
	LeftOut []string          // not done: out of budget, interrupted, or a parent failed
}

// Work is the cost of a task in training images: evaluating an image costs a
// third of training on it (forward against forward and two backward products).
func Work(t results.Task) float64 {
	const seconds = 1000 // a grid of theory takes about as long as so many images
	if t.Settings.Kind == results.KindTheory {
		return seconds
	}
	return float64(t.Images) + float64(t.Evals)/3
}

// Run computes what is not done yet. A failed task fails its descendants and
// nothing else. It returns an error only when it was interrupted from outside
// or the store cannot be used; the outcome is valid in any case.
func (r Runner) Run(ctx context.Context) (Outcome, error) {
	out := Outcome{Failed: map[string]string{}}
	if err := r.Store.Writable(); err != nil {
		return out, err
	}
	runCtx := ctx
	if r.Budget > 0 {
		var cancel context.CancelFunc
		runCtx, cancel = context.WithTimeout(ctx, r.Budget)
		defer cancel()
	}
	needed := map[string]bool{} // tasks whose model a later task reads
	for _, t := range r.Plan.Tasks {
		for _, p := range Parents(t.Settings) {
			needed[p] = true
		}
	}
	ok := map[string]bool{}
	done := 0.0
	for _, t := range r.Plan.Tasks {
		if r.isDone(t, needed[t.Name]) {
			ok[t.Name] = true
			out.Already = append(out.Already, t.Name)
			done += Work(t)
			continue
		}
		if parent, missing := missingParent(t, ok); missing {
			if _, failed := out.Failed[parent]; failed {
				out.Failed[t.Name] = fmt.Sprintf("its parent %.12s failed", parent)
			} else {
				out.LeftOut = append(out.LeftOut, t.Name)
			}
			continue
		}
		if runCtx.Err() != nil {
			out.LeftOut = append(out.LeftOut, t.Name)
			continue
		}
		if err := r.prepare(t); err != nil {
			return out, err
		}
		started := time.Now()
		r.report(t, Progress{}, done)
		err := r.Launch(runCtx, t.Name, func(p Progress) {
			share := float64(p.Step) / float64(max(p.Steps, 1))
			r.report(t, p, done+share*Work(t))
		})
		switch {
		case err == nil:
			ok[t.Name] = true
			out.Ran = append(out.Ran, t.Name)
			done += Work(t)
			r.say("done    %s in %s", Describe(t.Settings), time.Since(started).Round(time.Second))
		case errors.Is(err, ErrStopped) || runCtx.Err() != nil:
			out.LeftOut = append(out.LeftOut, t.Name)
		default:
			out.Failed[t.Name] = err.Error()
			r.say("FAILED  %s: %v", Describe(t.Settings), err)
			if err := results.WriteFile(r.Store.Path(t.Name, results.FileError), []byte(err.Error()+"\n")); err != nil {
				return out, err
			}
		}
	}
	return out, ctx.Err()
}

func (r Runner) report(t results.Task, p Progress, done float64) {
	if r.Report != nil {
		r.Report(t, p, done)
	}
}

func (r Runner) say(format string, args ...any) {
	if r.Say != nil {
		r.Say(fmt.Sprintf(format, args...))
	}
}

// prepare writes the task's settings, which are all that its process gets.
func (r Runner) prepare(t results.Task) error {
	os.Remove(r.Store.Path(t.Name, results.FileError))
	return results.Write(r.Store.Path(t.Name, results.FileSettings), t)
}

// isDone reports whether a task's result, and the model if another task needs
// it, are there and valid. A damaged result is moved aside, never deleted.
func (r Runner) isDone(t results.Task, modelNeeded bool) bool {
	_, err := r.Store.Result(t.Name)
	if errors.Is(err, results.ErrCorrupt) {
		path := r.Store.Path(t.Name, results.FileResult)
		aside := fmt.Sprintf("%s.damaged-%d", path, time.Now().UnixNano())
		if os.Rename(path, aside) == nil {
			r.say("moved a damaged result aside: %s (%v)", aside, err)
		}
	}
	if err != nil {
		return false
	}
	if modelNeeded && hasModel(t.Settings) {
		if _, err := os.Stat(r.Store.Path(t.Name, results.FileModel)); errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

func hasModel(s results.Settings) bool {
	return s.Arch != archLogistic && (s.Kind == results.KindTrain || s.Kind == results.KindPretrain)
}

func missingParent(t results.Task, ok map[string]bool) (string, bool) {
	for _, p := range Parents(t.Settings) {
		if !ok[p] {
			return p, true
		}
	}
	return "", false
}
