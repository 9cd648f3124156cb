package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReproduces runs every command that `go generate ./nn/kernel` would and
// requires the files that are committed.
func TestReproduces(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the generator")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "gen.exe")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const kernel, run = "../..", "//go:generate go run ./internal/gen "
	sources, err := filepath.Glob(filepath.Join(kernel, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	commands, size := 0, 0
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			args, is := strings.CutPrefix(strings.TrimSpace(line), run)
			if !is {
				continue
			}
			commands++
			cmd := exec.Command(program, strings.Fields(args)...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", args, err, out)
			}
			for _, name := range strings.Fields(args) {
				if !strings.Contains(name, ".") {
					continue
				}
				want, err := os.ReadFile(filepath.Join(kernel, name))
				if err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s is not what the generator writes; run go generate ./nn/kernel", name)
				}
				if strings.HasSuffix(name, ".s") {
					size += len(got)
					needs(t, name, string(got))
				}
			}
		}
	}
	if commands != len(families) {
		t.Errorf("%d commands for %d families", commands, len(families))
	}
	if size > 2<<20 {
		t.Errorf("%d bytes of assembly, at most 2 MB are allowed", size)
	}
}

// needs compares what avo says that the assembly requires with what is looked for
// before it runs (haveAVX2, haveAVX512). MMX+ is prefetching, which every
// amd64 has.
func needs(t *testing.T, name, text string) {
	t.Helper()
	allowed := []string{"AVX", "AVX2", "FMA3", "MMX+"}
	if strings.HasPrefix(name, "avx512") {
		allowed = append(allowed, "AVX512F")
	}
	said := 0
	for line := range strings.Lines(text) {
		list, is := strings.CutPrefix(strings.TrimSpace(line), "// Requires: ")
		if !is {
			continue
		}
		said++
		for _, feature := range strings.Split(list, ", ") {
			if !slices.Contains(allowed, feature) {
				t.Errorf("%s: a function requires %s", name, feature)
			}
		}
	}
	if said == 0 {
		t.Errorf("%s says of no function what it requires", name)
	}
}
