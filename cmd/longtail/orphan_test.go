package main

import (
	"bufio"
	"io"
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
	stdin, stdout, _ := startTask(t, cmd)
	stdout.Close()
	time.Sleep(time.Second) // a line is due every fifth of it
	stdin.Close()
	leavesCheckpoint(t, cmd, store, task)
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

// startTask starts a command and returns its pipes when it has told of some progress.
func startTask(t *testing.T, cmd *exec.Cmd) (stdin, stdout io.Closer, lines *bufio.Scanner) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines = bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("no progress")
	}
	return in, out, lines
}

// leavesCheckpoint waits until the command ends, which must have stopped its task with a
// checkpoint.
func leavesCheckpoint(t *testing.T, cmd *exec.Cmd, store results.Store, task results.Task) {
	t.Helper()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != runner.ExitStopped || !store.Has(task.Name, results.FileState) {
		t.Errorf("%q: %v, checkpoint %v", cmd.Args, cmd.ProcessState, store.Has(task.Name, results.FileState))
	}
}
