package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"longtail/results"
	"longtail/runner"
)

// The job script of docs/cluster.md goes back into the queue while tasks are left, also
// where others failed, and not when no more can be done or the run was cut off. Slurm is
// a script that writes down what it is asked.
func TestClusterScript(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script for sh")
	}
	t.Parallel()
	fences := readPage(t, "docs/cluster.md").fences()
	at := slices.IndexFunc(fences, func(f fence) bool { return len(f.lines) > 1 && strings.HasPrefix(f.lines[1], "#SBATCH") })
	if at < 0 {
		t.Fatal("docs/cluster.md has no job script")
	}
	text := strings.Join(fences[at].lines, "\n")
	dir := t.TempDir()
	file := func(name, content string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	file("slurm/scontrol", "#!/bin/sh\necho \"$@\" >> \"$HOME/asked\"\n")
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(dir, "bin", "longtail")); err != nil {
		t.Fatal(err)
	}
	run := func(budget string) (asked string, err error) {
		t.Helper()
		script := strings.NewReplacer("--profile paper --only table2", "--profile smoke --only table2:CE --seeds 2", "--data-dir ~/data ", "", "11h30m", budget).Replace(text)
		if script == text || strings.Contains(script, "paper") || !strings.Contains(script, budget) {
			t.Fatalf("another script than this test expects:\n%s", text)
		}
		file("job.sh", script)
		os.Remove(filepath.Join(dir, "asked"))
		cmd := exec.Command("sh", "job.sh")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "PATH="+filepath.Join(dir, "slurm")+string(os.PathListSeparator)+os.Getenv("PATH"),
			"SLURM_CPUS_PER_TASK=2", "SLURM_ARRAY_TASK_ID=3", "SLURM_JOB_ID=77")
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		b, _ := os.ReadFile(filepath.Join(dir, "asked"))
		return string(b), err
	}
	if asked, err := run("1ms"); err != nil || asked != "requeue 77\n" {
		t.Errorf("out of budget: %v, asked %q", err, asked)
	}
	store := results.Store(filepath.Join(dir, "longtail-runs"))
	plan := storedPlan(t, store)
	if len(plan.Tasks) < 2 {
		t.Fatalf("%d tasks", len(plan.Tasks))
	}
	failed := plan.Tasks[0].Name // under another worker, in an hour
	failure := store.Path(failed, results.FileError)
	later := time.Now().Add(time.Hour)
	if err := errors.Join(store.WriteFailure(failed, results.FailureDiverged, "NaN"), os.Chtimes(failure, later, later)); err != nil {
		t.Fatal(err)
	}
	if asked, err := run("1ms"); err == nil || asked != "requeue 77\n" {
		t.Errorf("out of budget, and one failed: %v, asked %q", err, asked)
	}
	if asked, err := run("10m"); err == nil || asked != "" {
		t.Errorf("done but for one that failed: %v, asked %q", err, asked)
	}
	if err := os.Remove(failure); err != nil {
		t.Fatal(err)
	}
	if asked, err := run("10m"); err != nil || asked != "" {
		t.Errorf("done: %v, asked %q", err, asked)
	}
	link := filepath.Join(dir, "bin", "longtail")
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	file("bin/longtail", "#!/bin/sh\necho '{\n  \"ended\": \""+runner.EndedInterrupted+"\",\n  \"left_out\": [\"a\"]\n}'\nexit 1\n")
	if asked, err := run("10m"); err == nil || asked != "" {
		t.Errorf("interrupted: %v, asked %q", err, asked)
	}
	if err := errors.Join(os.Remove(link), os.Symlink(program, link)); err != nil {
		t.Fatal(err)
	}
	// What cannot be written fails.
	if err := os.RemoveAll(filepath.Join(dir, "longtail-out")); err != nil {
		t.Fatal(err)
	}
	file("longtail-out", "")
	if asked, err := run("10m"); err == nil || asked != "" {
		t.Errorf("failed: %v, asked %q", err, asked)
	}
}
