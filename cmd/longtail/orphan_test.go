package main

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"

	"longtail/results"
	"longtail/runner"
)

// A task whose runner dies leaves a checkpoint, long before the minute after
// which it writes one unasked. To the task a dead runner is two pipes without
// another end; here it writes to the one before it looks at the other.
func TestTaskOutlivesItsRunner(t *testing.T) {
	t.Parallel()
	task, store := storedTask(t)
	cmd := exec.Command(program, "task", task.Name, "--supervised", "--store", string(store))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(stdout).Scan() {
		t.Fatal("no progress")
	}
	stdout.Close()
	time.Sleep(time.Second) // a line is due every fifth of it
	stdin.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != runner.ExitStopped {
		t.Errorf("%v, want exit status %d", cmd.ProcessState, runner.ExitStopped)
	}
	if !store.Has(task.Name, results.FileState) {
		t.Error("no checkpoint")
	}
}

// storedTask is the first task of profile quick, a training, in a store of its own, as a
// runner leaves it to a process.
func storedTask(t *testing.T) (results.Task, results.Store) {
	t.Helper()
	_, plan := expanded(t, "quick", results.Selection{Only: []string{"block1"}, Seeds: 1})
	task, store := plan.Tasks[0], results.Store(t.TempDir())
	if err := results.Write(store.Path(task.Name, results.FileSettings), task); err != nil {
		t.Fatal(err)
	}
	return task, store
}
