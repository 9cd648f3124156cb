//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A terminal that is closed stops a task with a checkpoint, however many times it says so,
// and does not stop one that nohup keeps from hearing of it. What is said of stopping, its
// runner says.
func TestHangup(t *testing.T) {
	t.Parallel()
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // "nohup make test" would start the program deaf
	defer signal.Stop(heard)
	for name, before := range map[string]string{"heard": "", "nohup": "trap '' HUP; "} {
		task, store := storedTask(t)
		cmd := exec.Command("sh", "-c", before+`exec "$@"`, "sh", program, "task", task.Name, "--supervised", "--store", string(store))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdin, _, lines := startTask(t, cmd)
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
		leavesCheckpoint(t, cmd, store, task)
		if strings.Contains(stderr.String(), "second Ctrl-C") {
			t.Errorf("%s: %s", name, stderr.String())
		}
	}
}

// Of a command that has nothing to keep the first Ctrl-C is the last.
func TestInterruptEndsPlainCommands(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := syscall.Mkfifo(list, 0o600); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(program, "data", "describe", list)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	for { // until it reads the list, whose end does not come
		pipe, err := os.OpenFile(list, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			defer pipe.Close()
			break
		}
		select {
		case err := <-ended:
			t.Fatal("it did not read its list:", err)
		case <-time.After(time.Millisecond):
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it read a list without an end")
		}
	case <-time.After(30 * time.Second):
		t.Error("it goes on after Ctrl-C")
	}
}

// Ctrl-C that ends the reader of what is printed as well stops a task with a checkpoint.
func TestInterruptWithoutReader(t *testing.T) {
	t.Parallel()
	task, store := storedTask(t)
	cmd := exec.Command(program, "task", task.Name, "--store", string(store))
	unread, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = stderr
	_, _, lines := startTask(t, cmd)
	stderr.Close()
	unread.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // to its end
	}
	leavesCheckpoint(t, cmd, store, task)
}
