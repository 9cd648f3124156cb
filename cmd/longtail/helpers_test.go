package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"longtail/experiments"
	"longtail/internal/npy"
	"longtail/internal/usage"
	"longtail/nn/kernel"
	"longtail/results"
)

// program is longtail, built once for the tests that need real processes.
var program string

func TestMain(m *testing.M) {
	for _, of := range []string{"LONGTAIL_DATA", "LONGTAIL_STORE", kernel.Variable} { // the user's
		os.Unsetenv(of)
	}
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
	limit := 3 * time.Minute
	if os.Getenv("LONGTAIL_SOAK") == "1" {
		limit = 2 * time.Hour
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
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

// prints runs the program, which must succeed, and looks for words in what it
// prints to either stream.
func prints(t *testing.T, words []string, args ...string) string {
	t.Helper()
	stdout, stderr, code := longtail(t, nil, args...)
	if code != 0 {
		t.Fatalf("longtail %s: exit status %d:\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	for _, want := range words {
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("longtail %s lacks %q:\n%s%s", strings.Join(args, " "), want, stdout, stderr)
		}
	}
	return stdout + stderr
}

// wrongUsage checks the exit status of a command and words of its complaint.
func wrongUsage(t *testing.T, code int, want string, args ...string) {
	t.Helper()
	stdout, stderr, got := longtail(t, nil, args...)
	if got != code || !strings.Contains(stderr, want) || stdout != "" || strings.Contains(stderr, "goroutine") {
		t.Errorf("longtail %s: exit status %d, want %d with %q:\n%s%s", strings.Join(args, " "), got, code, want, stderr, stdout)
	}
}

// decoded runs the program, which must succeed, with --json and reads what it prints.
func decoded[T any](t *testing.T, args ...string) (v T) {
	t.Helper()
	stdout, stderr, code := longtail(t, nil, append(slices.Clip(args), "--json")...)
	if err := json.Unmarshal([]byte(stdout), &v); code != 0 || err != nil {
		t.Fatalf("longtail %s: exit status %d, %v:\n%s%s", strings.Join(args, " "), code, err, stdout, stderr)
	}
	return v
}

// computed is decoded of a command in this process.
func computed[T any](t *testing.T, command string) (v T) {
	t.Helper()
	stdout, err := runCommand(t, append(strings.Fields(command), "--json")...)
	if err = errors.Join(err, json.Unmarshal([]byte(stdout), &v)); err != nil {
		t.Fatalf("longtail %s: %v:\n%s", command, err, stdout)
	}
	return v
}

// readJSON reads a file that the program wrote.
func readJSON[T any](t *testing.T, path string) (v T) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err = errors.Join(err, json.Unmarshal(b, &v)); err != nil {
		t.Fatalf("%s: %v:\n%s", path, err, b)
	}
	return v
}

// runCommand gives what a command prints.
func runCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return runCommandWithin(context.Background(), t, args...)
}

func runCommandWithin(ctx context.Context, t *testing.T, args ...string) (string, error) {
	t.Helper()
	parsed, err := commandLine(t, new(cli)).Parse(args)
	if err != nil {
		return "", usage.Error{Err: err}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = w
	out := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r)
		out <- b.String()
	}()
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run()
	os.Stdout = old
	w.Close()
	return <-out, err
}

// at walks a decoded JSON object along dotted names.
func at(t *testing.T, v any, path string) any {
	t.Helper()
	for _, key := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			t.Errorf("%s: no object at %s", path, key)
			return nil
		}
		if v, ok = m[key]; !ok {
			t.Errorf("%s is missing", path)
		}
	}
	return v
}

// commandLine is the program's own parser; parsing runs nothing.
func commandLine(t testing.TB, c *cli) *kong.Kong {
	t.Helper()
	k, err := parserOf(c)
	if err != nil {
		t.Fatal(err)
	}
	k.Exit = func(int) { panic("a command line asks for help") }
	return k
}

// expanded is a profile with the plan of a selection of it.
func expanded(t testing.TB, name string, sel results.Selection) (experiments.Profile, results.Plan) {
	t.Helper()
	profile, err := experiments.ProfileNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := experiments.Expand(profile, sel)
	if err != nil {
		t.Fatal(err)
	}
	return profile, plan
}

// storedPlan is the plan that reproduce left in a store.
func storedPlan(t *testing.T, store results.Store) (plan results.Plan) {
	t.Helper()
	if err := results.Read(filepath.Join(string(store), results.FilePlan), &plan); err != nil {
		t.Fatal(err)
	}
	return plan
}

// markDone leaves a result of each task, which says nothing else.
func markDone(t *testing.T, store results.Store, tasks ...results.Task) {
	t.Helper()
	for _, task := range tasks {
		if err := results.Write(store.Path(task.Name, results.FileResult), results.Result{Schema: results.SchemaVersion, Task: task.Name}); err != nil {
			t.Fatal(err)
		}
	}
}

// write makes a file and its folder.
func write(t *testing.T, content []byte, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// readCSV reads a file that the program wrote.
func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// float32s reads an array of that shape.
func float32s(t *testing.T, path string, shape ...int) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := npy.Decode(b)
	if err != nil || a.Type != "<f4" || !slices.Equal(a.Shape, shape) {
		t.Fatalf("%s: %s of shape %v, want <f4 of shape %v; %v", path, a.Type, a.Shape, shape, err)
	}
	v := make([]float32, len(a.Raw)/4)
	if _, err := binary.Decode(a.Raw, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	return v
}
