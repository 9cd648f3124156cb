package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longtail/own"
	"longtail/results"
)

// A seed that fails is named, and keeps no other from being trained.
func TestSeedsAfterOneThatFails(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	rows(t, at("d.npz"), "train", 8, 4)
	args := []string{"train", "--data", at("d.npz"), "--test", at("d.npz"), "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--seeds", "3", "--out", at("run")}
	prints(t, nil, args...)
	for _, seed := range []string{"1", "2"} {
		if err := os.Remove(at("run/" + seed + "/" + results.FileResult)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, []byte("LONGTAIL"), at("run/1/"+results.FileState))
	stdout, stderr, code := longtail(t, nil, args...)
	if code != 1 || !strings.Contains(stderr, "seed 1: ") || strings.Contains(stderr, "seed 2: ") || strings.Contains(stdout, "seed 1, ") || !strings.Contains(stdout, "seed 2, ") {
		t.Errorf("exit status %d: %s%s", code, stdout, stderr)
	}
	stdout, _, _ = longtail(t, nil, append(args, "--json")...)
	var printed struct{ Runs []*struct{ N int } }
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil || len(printed.Runs) != 3 || printed.Runs[0] == nil || printed.Runs[1] != nil || printed.Runs[2] == nil {
		t.Errorf("%v: %s", err, stdout)
	}
	for seed, done := range map[string]bool{"0": true, "1": false, "2": true} {
		if _, err := os.Stat(at("run/" + seed + "/" + results.FileResult)); (err == nil) != done {
			t.Errorf("seed %s: %v", seed, err)
		}
	}
}

// Replicate r has the subset of --data-seed + r, whatever --seed is (design section 1);
// with both raised alike, replicates that two commands train are one set.
func TestSubsetsOfSeeds(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	rows(t, at("d.npz"), "train", 8, 8)
	train := func(more ...string) {
		t.Helper()
		args := []string{"train", "--data", at("d.npz"), "--arch", "resnet8", "--epochs", "1", "--batch", "4", "--rho", "2", "--n-max", "4"}
		prints(t, nil, append(args, more...)...)
	}
	train("--seed", "1", "--data-seed", "1", "--seeds", "1", "--out", at("run"))
	train("--seeds", "2", "--out", at("run")) // goes on with it
	train("--seed", "2", "--seeds", "2", "--out", at("run"))
	for seed, want := range []int{0, 1, 0, 1} {
		if s := readJSON[own.Settings](t, at(fmt.Sprint("run/", seed, "/", results.FileSettings))); s.DataSeed != want || s.Seed != seed {
			t.Errorf("seed %d: %+v", seed, s)
		}
	}
	images := func(seed string) string {
		t.Helper()
		b, err := os.ReadFile(at("run/" + seed + "/" + own.FileTrained))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if images("0") != images("2") || images("1") != images("3") || images("0") == images("1") {
		t.Errorf("data seeds 0, 1, 0, 1 select %q, %q, %q, %q", images("0"), images("1"), images("2"), images("3"))
	}
}
