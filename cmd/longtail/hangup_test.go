//go:build unix

package main

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"longtail/results"
	"longtail/runner"
)

// A terminal that is closed stops a task with a checkpoint, however many times it says so,
// and does not stop one that nohup keeps from hearing of it. What is said of stopping, its
// runner says.
func TestHangup(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"heard": "", "nohup": "trap '' HUP; "} {
		task, store := storedTask(t)
		cmd := exec.Command("sh", "-c", before+`exec "$@"`, "sh", program, "task", task.Name, "--supervised", "--store", string(store))
		var stderr strings.Builder
		cmd.Stderr = &stderr
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
		lines := bufio.NewScanner(stdout)
		if !lines.Scan() {
			t.Fatal("no progress")
		}
		for range 2 {
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		went := 0
		for went < 10 && lines.Scan() { // a line is due every fifth of a second
			went++
		}
		if stopped := went < 10; stopped != (before == "") {
			t.Errorf("%s: %d lines of progress afterwards", name, went)
		}
		stdin.Close()
		for lines.Scan() { // to its end
		}
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != runner.ExitStopped || !store.Has(task.Name, results.FileState) {
			t.Errorf("%s: %v, checkpoint %v: %s", name, cmd.ProcessState, store.Has(task.Name, results.FileState), stderr.String())
		}
		if strings.Contains(stderr.String(), "second Ctrl-C") {
			t.Errorf("%s: %s", name, stderr.String())
		}
	}
}
