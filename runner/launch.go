package runner

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"longtail/internal/lock"
	"longtail/nn/train"
	"longtail/tasks"
)

// Exit statuses of a task process that was asked to stop, that found another
// process at its task, that found the disk full, or whose training diverged.
const (
	ExitStopped  = 3
	ExitBusy     = 4
	ExitFull     = 5
	ExitDiverged = 6
)

// Launcher runs one task to its end on a number of threads and reports its
// progress.
type Launcher func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error

// ChildProcess returns a launcher that runs tasks as `exe task NAME args…`, so that
// a crash, an out-of-memory kill or a panic fails only that task. Its standard
// input ends when the child should stop or when this process is gone. Every child
// runs the program that exe is now, even if another one is built there meanwhile.
func ChildProcess(exe string, args ...string) Launcher {
	const patience = time.Minute // a step and its checkpoint take seconds
	return childProcess(patience, exe, args...)
}

// childProcess is ChildProcess with the time that a task may take to stop.
func childProcess(patience time.Duration, exe string, args ...string) Launcher {
	program, unknown := os.Stat(exe)
	return func(ctx context.Context, task string, threads int, report func(tasks.Progress)) error {
		if unknown != nil {
			return fmt.Errorf("%w: %w", errProgram, unknown)
		}
		path, err := find(program, exe)
		if err != nil {
			return err
		}
		cmd := exec.Command(path, append([]string{"task", task, "--supervised"}, args...)...)
		cmd.Args[0] = exe // as ps shows it
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(threads))
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return fmt.Errorf("%w: %w", errProgram, err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return fmt.Errorf("%w: %w", errProgram, err)
		}
		var stderr output
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("%w: %s: %w", errProgram, exe, err)
		}
		finished := make(chan struct{})
		var killed atomic.Bool
		go func() {
			select {
			case <-ctx.Done():
				stdin.Close()
				select {
				case <-finished:
				case <-time.After(patience):
					killed.Store(true)
					cmd.Process.Kill()
				}
			case <-finished:
				stdin.Close()
			}
		}()
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			var p tasks.Progress
			if json.Unmarshal(lines.Bytes(), &p) == nil {
				report(p)
			}
		}
		io.Copy(io.Discard, stdout)
		err = cmd.Wait()
		close(finished)
		exit, _ := errors.AsType[*exec.ExitError](err)
		switch {
		case err == nil:
			return nil
		case exit != nil && exit.ExitCode() == ExitStopped:
			return fmt.Errorf("task %.12s: %w", task, tasks.ErrStopped)
		case exit != nil && exit.ExitCode() == ExitBusy:
			return fmt.Errorf("task %.12s: %w", task, lock.ErrBusy)
		case exit != nil && exit.ExitCode() == ExitFull:
			return fmt.Errorf("%w (task %.12s: %s); free some of it, and the same command goes on", errFull, task, stderr.String())
		case exit != nil && exit.ExitCode() == ExitDiverged:
			return fmt.Errorf("task %.12s: %w", task, divergedError(stderr.String()))
		case killed.Load():
			return fmt.Errorf("task %.12s: %w, since it did not stop within a minute of being asked; its last checkpoint, if its kind has one, is there", task, errKilled)
		case exit != nil && exit.ExitCode() < 0: // by somebody else's signal
			return fmt.Errorf("task %.12s: %w (%w), most likely because memory ran out: %s%s", task, errKilled, err, lessMemory, stderr.suffix())
		case stderr.outOfMemory():
			return fmt.Errorf("task %.12s: memory ran out: %s%s", task, lessMemory, stderr.suffix())
		case stderr.String() != "":
			return fmt.Errorf("task %.12s: %s", task, stderr.String())
		default:
			return fmt.Errorf("task %.12s: %w", task, err)
		}
	}
}

// find returns a path of the program that was at exe, or errProgram if it is gone.
func find(program os.FileInfo, exe string) (string, error) {
	for _, path := range []string{"/proc/self/exe", exe} { // Linux keeps the running one
		if now, err := os.Stat(path); err == nil && os.SameFile(program, now) && now.Size() == program.Size() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: %s was built again or removed; the same command goes on with what is there then", errProgram, exe)
}

// errKilled is wrapped by the errors of task processes that a signal ended.
var errKilled = errors.New("killed")

// errFull is wrapped by the errors of tasks that found the disk full.
var errFull = errors.New("the disk is full")

// errProgram is wrapped by the errors of tasks whose process could not be started,
// through no fault of theirs.
var errProgram = errors.New("no task can be started")

// divergedError is the output of a task process whose training diverged.
type divergedError string

func (e divergedError) Error() string { return string(e) }
func (e divergedError) Unwrap() error { return train.ErrNotFinite }

const lessMemory = "run fewer tasks at once (--jobs 1), or with more memory"

// output keeps the beginning and the end of what a child prints. An error is at the
// end. Go's runtime prints the reason of a crash first, before all goroutines.
type output struct{ head, tail []byte }

func (t *output) Write(p []byte) (int, error) {
	const first, last = 1 << 10, 3 << 10
	n := min(len(p), first-len(t.head))
	t.head = append(t.head, p[:n]...)
	t.tail = append(t.tail, p[n:]...)
	if cut := len(t.tail) - last; cut > 0 {
		t.tail = append([]byte("\n…\n"), t.tail[cut:]...)
	}
	return len(p), nil
}

func (t *output) String() string { return strings.TrimSpace(string(t.head) + string(t.tail)) }

// outOfMemory reports whether the child ended because memory ran out.
func (t *output) outOfMemory() bool {
	return bytes.Contains(t.head, []byte("out of memory")) || bytes.Contains(t.head, []byte("cannot allocate memory"))
}

// suffix returns the child's output as an addition to another reason, or "".
func (t *output) suffix() string {
	if t.String() == "" {
		return ""
	}
	return "; it had printed " + t.String()
}

// Supervised returns a context that ends when standard input does. That is how a
// task process learns that its runner stops it or has died.
func Supervised(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx, cancel
}
