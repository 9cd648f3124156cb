//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"longtail/nn/train"
	"longtail/results"
	"longtail/runner"
)

// A run goes on as the program that it began with, whatever becomes of that file.
func TestARunKeepsItsProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, mine := filepath.Join(dir, "store"), filepath.Join(dir, "longtail")
	if err := os.Link(program, mine); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(mine, "reproduce", "--profile", "smoke", "--only", "table2:CE", "--seeds", "2", "--jobs", "1", "--checkpoint-every", "1", "--store", store, "--out", filepath.Join(dir, "out"))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	ended := startToCheckpoint(t, cmd, store)
	if err := errors.Join(os.Remove(mine), os.WriteFile(mine, []byte("#!/bin/sh\nexit 1\n"), 0o777)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("%v: %s", err, stderr.String())
	}
	plan := storedPlan(t, results.Store(store))
	done, _ := results.Store(store).Done(plan.Tasks)
	for _, task := range plan.Tasks {
		if !done[task.Name] {
			t.Errorf("%.12s was not computed", task.Name)
		}
	}
	if len(plan.Tasks) < 2 {
		t.Error("nothing was started afterwards")
	}
}

// A disk that is full ends a run: what is left of it has not failed. /dev/full is one.
func TestAFullDiskIsNoFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "store")
	run := []string{"reproduce", "--profile", "smoke", "--only", "table2:CE", "--jobs", "1", "--store", store, "--out", filepath.Join(dir, "out")}
	prints(t, nil, append(run, "--budget", "1ms")...)
	plan := storedPlan(t, results.Store(store))
	for _, task := range plan.Tasks {
		curve := results.Store(store).Path(task.Name, results.FileMetrics)
		os.Remove(curve)
		if err := errors.Join(os.MkdirAll(filepath.Dir(curve), 0o777), os.Symlink("/dev/full", curve)); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, code := longtail(t, nil, append(run, "--json")...)
	var did runner.Outcome
	if err := json.Unmarshal([]byte(stdout), &did); err != nil || code != 1 || did.Ended != runner.EndedError || len(did.Failed) > 0 || len(did.LeftOut) != len(plan.Tasks) || !strings.Contains(stderr, "the disk is full") {
		t.Errorf("status %d, %v: %s%s", code, err, stdout, stderr)
	}
}

// Training that diverges says so to the store, for other runners, and to the report
// without that line.
func TestDivergenceIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := results.Store(filepath.Join(dir, "store"))
	args := []string{"--profile", "smoke:lr=1e5,weight_decay=0.9", "--only", "table2:CE", "--store", string(store), "--out", filepath.Join(dir, "out")}
	stdout, stderr, code := longtail(t, nil, append([]string{"reproduce", "--jobs", "1", "--json"}, args...)...)
	var did runner.Outcome
	if err := json.Unmarshal([]byte(stdout), &did); err != nil || code != 1 || len(did.Failed) == 0 {
		t.Fatalf("status %d, %v: %s%s", code, err, stdout, stderr)
	}
	for name := range did.Failed {
		if kind, reason, err := store.Failure(name); err != nil || kind != results.FailureDiverged || !strings.Contains(reason, train.ErrNotFinite.Error()) {
			t.Errorf("%v: of kind %q: %s", err, kind, reason)
		}
	}
	longtail(t, nil, append([]string{"report"}, args...)...) // by what the store holds
	page, err := os.ReadFile(filepath.Join(dir, "out", "report.md"))
	if err != nil || !strings.Contains(string(page), train.ErrNotFinite.Error()) || strings.Contains(string(page), "kind: ") {
		t.Errorf("%v: %s", err, page)
	}
}

// longtail report tells a run that is at work from one that was killed with its
// tasks, and says how to go on; done, it says neither.
func TestReportTellsDeadFromAlive(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for ten seconds")
	}
	dir := t.TempDir()
	store, out := filepath.Join(dir, "st ore"), filepath.Join(dir, "out")
	run := []string{"reproduce", "--profile", "smoke", "--only", "table1:CE", "--seeds", "1", "--store", store, "--out", out, "--checkpoint-every", "1", "--jobs", "1"}
	report := func() (stdout, page string) {
		t.Helper()
		stdout, stderr, code := longtail(t, nil, "report", "--profile", "smoke", "--seeds", "1", "--store", store, "--out", out+"-now")
		b, err := os.ReadFile(filepath.Join(out+"-now", "report.md"))
		if code != 0 || err != nil {
			t.Fatal(err, stderr)
		}
		return stdout, string(b)
	}
	cmd := exec.Command(program, run...)
	ended := startToCheckpoint(t, cmd, store)
	child := 0
	for _, pid := range childrenOf(cmd.Process.Pid) {
		child = pid
	}
	if child == 0 {
		t.Fatal("the run has no child")
	}
	stopped, err := os.FindProcess(child)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped.Kill() })
	if err := stopped.Signal(syscall.SIGSTOP); err != nil { // it stays at its task while the report is written
		t.Fatal(err)
	}
	if stdout, page := report(); !strings.Contains(stdout, "a run is going on: 1 of") || !strings.Contains(page, "1 task is being computed") || strings.Contains(stdout, "stopped on the way") {
		t.Errorf("alive: %s%.600s", stdout, page)
	}
	cmd.Process.Kill()
	stopped.Kill()
	<-ended
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child)); err != nil || strings.Contains(string(stat), ") Z ") {
			break
		}
	}
	goOn := " reproduce --profile smoke --only table1:CE --seeds 1 --store '" + store + "' --out " + out + "-now"
	if stdout, page := report(); !strings.Contains(stdout, "a run stopped on the way: 1 of") || !strings.Contains(stdout, program+goOn) || !strings.Contains(page, "longtail"+goOn) ||
		!strings.Contains(page, "1 of them was cut off") || strings.Contains(stdout, "going on") {
		t.Errorf("killed: %s%.600s", stdout, page)
	}
	prints(t, nil, run...)
	if stdout, page := report(); strings.Contains(stdout, "a run ") || strings.Contains(page, "A run ") {
		t.Errorf("done: %s%.600s", stdout, page)
	}
}

// startToCheckpoint starts a reproduce and returns when one of its tasks has left a
// checkpoint; ended says how it ends.
func startToCheckpoint(t *testing.T, cmd *exec.Cmd, store string) (ended chan error) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	gone := make(chan struct{})
	go func() { ended <- cmd.Wait(); close(gone) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-gone }) // whatever fails below
	if waitForCheckpoint(store, victims{}, 1, ended) == "" {
		t.Fatal("no checkpoint")
	}
	return ended
}
