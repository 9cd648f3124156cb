package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"longtail/results"
)

// smokeArgs selects two replicates of the smoke profile's first block: every way
// to train.
func smokeArgs(store, out string, more ...string) []string {
	return append([]string{"reproduce", "--profile", "smoke", "--only", "block1", "--seeds", "2",
		"--store", store, "--out", out, "--checkpoint-every", "5"}, more...)
}

// killWhenSaved starts the program, which writes into the folder out, once for each of
// these files below it, and kills it as soon as it has written that file anew. Where the
// program was faster, it all begins again, at most three times.
func killWhenSaved(t *testing.T, out string, states []string, args ...string) {
	t.Helper()
	for range 3 {
		if !slices.ContainsFunc(states, func(state string) bool { return !killedAt(t, filepath.Join(out, state), args...) }) {
			return
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("longtail %s: three times at its end before it could be killed", strings.Join(args, " "))
}

// killedAt is false if the program came to its end first.
func killedAt(t *testing.T, state string, args ...string) bool {
	t.Helper()
	before, _ := os.Stat(state)
	cmd := exec.Command(program, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for deadline := time.Now().Add(time.Minute); ; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s", err, stderr.String())
			}
			return false
		case <-time.After(time.Millisecond):
		}
		if now, err := os.Stat(state); err == nil && (before == nil || now.ModTime() != before.ModTime()) {
			cmd.Process.Kill()
			return <-ended != nil
		}
		if time.Now().After(deadline) {
			cmd.Process.Kill()
			<-ended
			t.Fatalf("%s was not written: %s", state, stderr.String())
		}
	}
}

// timeless reads results.csv without its time columns.
func timeless(t *testing.T, out string) string {
	t.Helper()
	rows := readCSV(t, filepath.Join(out, "results.csv"))
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&b, strings.Join(row[:slices.Index(rows[0], "train_seconds")], ","))
	}
	if len(rows) < 10 || !strings.Contains(b.String(), "measured") {
		t.Fatalf("results.csv holds only\n%s", b.String())
	}
	return b.String()
}

// Ten times a task of the smoke profile's first block, its runner, or both die at a
// random moment; what is left in the end has the bits of a run that nothing
// disturbed.
func TestTenKills(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for half a minute")
	}
	t.Parallel()
	survives(t, 10, 1, 50*time.Millisecond, smokeArgs)
}

// So it is with the quick profile's, whose tasks die again and again on their way.
func TestHundredKills(t *testing.T) {
	if os.Getenv("LONGTAIL_SOAK") != "1" {
		t.Skip("takes half an hour: LONGTAIL_SOAK=1")
	}
	survives(t, 100, 20, 3*time.Second, func(store, out string, more ...string) []string {
		return append([]string{"reproduce", "--profile", "quick", "--only", "block1", "--seeds", "1",
			"--store", store, "--out", out, "--checkpoint-every", "20"}, more...)
	})
}

// survives kills so often, within a moment of a task's checkpoint, and each task at
// most so many times.
func survives(t *testing.T, wanted, most int, moment time.Duration, args func(store, out string, more ...string) []string) {
	t.Helper()
	dir := t.TempDir()
	calm, killed := filepath.Join(dir, "calm"), filepath.Join(dir, "killed")
	prints(t, nil, args(calm, calm+"-out")...)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	chosen := victims{}
	kills, died := 0, 0 // died: task processes
	for starts := 0; kills < wanted && starts < 2*wanted; starts++ {
		cmd := exec.Command(program, args(killed, killed+"-out")...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for kills < wanted {
			task := waitForCheckpoint(killed, chosen, most, ended)
			if task == "" {
				break // the runner got to its end
			}
			time.Sleep(time.Duration(r.Int64N(int64(moment))))
			way := kills % 3
			kills++
			children := childrenOf(cmd.Process.Pid)
			if child := children[task]; way == 0 && kill(child) {
				died++
				continue // the runner reports it and goes on with the next task
			}
			if way == 1 {
				for _, child := range children {
					if kill(child) {
						died++
					}
				}
			}
			cmd.Process.Kill() // tasks that outlive it stop in order
			break
		}
		cmd.Process.Kill()
		<-ended
	}
	prints(t, nil, args(killed, killed+"-out")...)
	if kills < wanted {
		t.Errorf("only %d kills", kills)
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid())); err == nil && died < wanted/3 {
		t.Errorf("only %d tasks died", died)
	}
	if a, b := timeless(t, calm+"-out"), timeless(t, killed+"-out"); a != b {
		t.Errorf("undisturbed:\n%s\nafter %d kills:\n%s", a, kills, b)
	}
	resumed := 0
	for task, v := range chosen {
		res, err := results.Store(killed).Result(task)
		if err != nil {
			t.Fatal(err)
		}
		above := 0
		for _, step := range res.Cost.ResumedAt {
			if step > 0 {
				above++
			}
		}
		resumed += min(above, v.times)
	}
	t.Logf("%d kills, %d of tasks, after which a task resumed %d times at a step above 0", kills, died, resumed)
	if resumed < wanted/2 {
		t.Errorf("a task resumed only %d times at a step above 0", resumed)
	}
}

// victims are the tasks that were chosen to be killed: how often, and the checkpoint
// that was there when it was last.
type victims map[string]struct {
	times int
	saved time.Time
}

// waitForCheckpoint returns a task that has one, newer than when it was last a
// victim, which it was fewer than most times; "" if the runner ended first.
func waitForCheckpoint(store string, chosen victims, most int, ended chan error) string {
	for {
		select {
		case err := <-ended:
			ended <- err
			return ""
		case <-time.After(2 * time.Millisecond):
		}
		states, _ := filepath.Glob(filepath.Join(store, "*", results.FileState))
		for _, s := range states {
			task := filepath.Base(filepath.Dir(s))
			v := chosen[task]
			if info, err := os.Stat(s); err == nil && v.times < most && info.ModTime().After(v.saved) {
				v.times, v.saved = v.times+1, info.ModTime()
				chosen[task] = v
				return task
			}
		}
	}
}

// childrenOf returns the processes at tasks that the runner pid has started, from
// whichever of its threads; none where the system does not tell.
func childrenOf(pid int) map[string]int {
	children := map[string]int{}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		pids, _ := os.ReadFile(list)
		for _, p := range strings.Fields(string(pids)) {
			command, _ := os.ReadFile("/proc/" + p + "/cmdline")
			if args := strings.Split(string(command), "\x00"); len(args) > 2 && args[1] == "task" {
				children[args[2]], _ = strconv.Atoi(p)
			}
		}
	}
	return children
}

// kill reports whether there was such a process to kill.
func kill(pid int) bool {
	if pid <= 0 {
		return false
	}
	p, err := os.FindProcess(pid)
	return err == nil && p.Kill() == nil
}
