package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"longtail/results"
	"longtail/tables"
)

// program is longtail, built once for the tests that need real processes.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "longtail-test-*")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "longtail.exe")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// longtail runs the program and returns what it printed and its exit status.
func longtail(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = t.TempDir()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if exit, ok := err.(*exec.ExitError); ok {
		return o.String(), e.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), 0
}

// smokeArgs selects two replicates of the smoke profile's first block: every way
// to train.
func smokeArgs(store, out string, more ...string) []string {
	return append([]string{"reproduce", "--profile", "smoke", "--only", "block1", "--seeds", "2",
		"--store", store, "--out", out, "--checkpoint-every", "5"}, more...)
}

// killWhenSaved starts the program and kills it as soon as it has written the
// file at state anew.
func killWhenSaved(t *testing.T, state string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(state)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if now, err := os.Stat(state); err == nil && (before == nil || now.ModTime() != before.ModTime()) {
			break
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
}

// timeless reads results.csv without its time columns.
func timeless(t *testing.T, out string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(out, "results.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&b, strings.Join(tables.WithoutTime(row), ","))
	}
	if len(rows) < 10 || !strings.Contains(b.String(), "measured") {
		t.Fatalf("results.csv holds only\n%s", b.String())
	}
	return b.String()
}

// Ten times the runner or one of its tasks dies at a random moment; what is
// left in the end has the bits of a run that nothing disturbed.
func TestTenKills(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for half a minute")
	}
	t.Parallel()
	dir := t.TempDir()
	calm, killed := filepath.Join(dir, "calm"), filepath.Join(dir, "killed")
	if _, stderr, code := longtail(t, nil, smokeArgs(calm, calm+"-out")...); code != 0 {
		t.Fatal(stderr)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	already := map[string]bool{}
	kills := 0
	for starts := 0; kills < 10 && starts < 20; starts++ {
		cmd := exec.Command(program, smokeArgs(killed, killed+"-out")...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for kills < 10 {
			victim := waitForCheckpoint(killed, already, ended)
			if victim == "" {
				break // the runner got to its end
			}
			already[victim] = true
			time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
			kills++
			if child := childOf(cmd.Process.Pid); child > 0 && r.IntN(2) == 0 {
				kill(child) // the runner reports it and goes on with the next task
				continue
			}
			cmd.Process.Kill()
			break
		}
		cmd.Process.Kill()
		<-ended
	}
	if _, stderr, code := longtail(t, nil, smokeArgs(killed, killed+"-out")...); code != 0 {
		t.Fatal(stderr)
	}
	if kills < 10 {
		t.Errorf("only %d kills", kills)
	}
	if a, b := timeless(t, calm+"-out"), timeless(t, killed+"-out"); a != b {
		t.Errorf("undisturbed:\n%s\nafter %d kills:\n%s", a, kills, b)
	}
	resumed := 0
	for task := range already {
		res, err := results.Store(killed).Result(task)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range res.Cost.ResumedAt {
			if step > 0 {
				resumed++
				break
			}
		}
	}
	t.Logf("%d kills, %d tasks resumed at a step above 0", kills, resumed)
	if resumed < 5 {
		t.Errorf("only %d tasks resumed at a step above 0", resumed)
	}
}

// waitForCheckpoint returns a task that has one and was not a victim before;
// "" if the runner ended first.
func waitForCheckpoint(store string, already map[string]bool, ended chan error) string {
	for {
		select {
		case err := <-ended:
			ended <- err
			return ""
		case <-time.After(2 * time.Millisecond):
		}
		states, _ := filepath.Glob(filepath.Join(store, "*", results.FileState))
		for _, s := range states {
			if task := filepath.Base(filepath.Dir(s)); !already[task] {
				return task
			}
		}
	}
}

// childOf returns a child process of pid, 0 if there is none or it cannot be
// told on this system.
func childOf(pid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0
	}
	for _, f := range strings.Fields(string(data)) {
		if n, err := strconv.Atoi(f); err == nil {
			return n
		}
	}
	return 0
}

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
	}
}
