package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"longtail/internal/lock"
	"longtail/internal/machine"
	"longtail/internal/usage"
	"longtail/nn/train"
	"longtail/results"
	"longtail/runner"
	"longtail/tasks"
)

type taskCmd struct {
	Name string `arg:"" help:"Name of a task of the store, or of the last plan that reproduce left in it (12 or more digits)."`
	storeFlag
	CheckpointEvery int  `default:"0" hidden:"" placeholder:"STEPS" help:"Checkpoint every so many steps besides every minute."`
	Supervised      bool `hidden:"" help:"Stop with a checkpoint when standard input ends; give up at once where another process is at the task."`
	officialFlags
}

func (taskCmd) Help() string {
	return `A task's folder holds its settings; reproduce writes them, or this command, of a task of
the plan that reproduce left in the store (plan --tasks lists names). What it starts from
must be done. A task that was interrupted goes on from its checkpoint; one that is done,
with its files, does nothing. If another process is at the task, this one waits.

Exit status 1: failed, or what it starts from is not done; 3: stopped, with a checkpoint
if its kind has one; 4: stopped while it waited for another process; 5: the disk is full;
6: training diverged.

Examples:
  longtail task 3fa9c17b20d1 --store runs
  longtail task 3fa9c17b20d1 --data-dir ~/data      a task on official data`
}

// findTask returns the name of a task of the store or of its plan. For one of the plan
// it writes the task's settings.
func findTask(store results.Store, digits string) (string, error) {
	name, err := store.Find(digits)
	if err == nil {
		return name, nil
	} else if !errors.Is(err, results.ErrNoTask) {
		return "", usage.Error{Err: err}
	}
	var plan results.Plan
	if len(digits) >= 12 && results.Read(filepath.Join(string(store), results.FilePlan), &plan) == nil {
		for _, t := range plan.Tasks {
			if strings.HasPrefix(t.Name, digits) {
				return t.Name, results.Write(store.Path(t.Name, results.FileSettings), t)
			}
		}
	}
	return "", usage.Error{Err: err}
}

func (c *taskCmd) Run(ctx context.Context) error {
	if c.Supervised {
		var cancel context.CancelFunc
		ctx, cancel = runner.Supervised(ctx)
		defer cancel()
		// A runner that dies closes both pipes. Without this, the next line of
		// progress would kill the task before it has written its checkpoint.
		signal.Ignore(syscall.SIGPIPE)
	}
	store := c.store()
	name, err := findTask(store, c.Name)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	var last time.Time
	err = tasks.Run(ctx, store, name, tasks.Options{
		CheckpointSteps: c.CheckpointEvery,
		Files:           c.files(),
		NoWait:          c.Supervised,
		Report: func(p tasks.Progress) {
			if now := time.Now(); now.Sub(last) > 200*time.Millisecond || p.Step == p.Steps || p.Note != "" {
				last = now
				out.Encode(p)
			}
		},
	})
	switch {
	case errors.Is(err, tasks.ErrStopped):
		return exitError{err, runner.ExitStopped}
	case errors.Is(err, lock.ErrBusy):
		return exitError{err, runner.ExitBusy}
	case machine.DiskFull(err):
		return exitError{err, runner.ExitFull}
	case errors.Is(err, train.ErrNotFinite):
		return exitError{err, runner.ExitDiverged}
	}
	return err
}
