package train

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"longtail/internal/stream"
	"longtail/nn/checkpoint"
)

// otherToys are toySource's steps with other images.
type otherToys struct{ toySource }

func (otherToys) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n := min(batch, 10-batch*step)
	toyImages(stream.New("other toy", epoch, step), n, x, y)
	return n, nil
}

// ruled is a run of 5 epochs under a rule, of which 4 come before the deferred
// part.
func ruled(t testing.TB, name string, seed int, dir string) Config {
	t.Helper()
	rule, err := ParseRule(name)
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, seed, dir)
	c.Epochs, c.Key = 5, "toy "+name
	c.Source = rule.Source(c.Epochs, toySource{}, otherToys{})
	c.Weights = rule.Weights(c.Epochs, []float64{.5, 1, 1.5})
	c.ForkEpoch, c.ForkPath = FirstDeferred(c.Epochs)-1, filepath.Join(dir, "fork.ckpt")
	return c
}

// forked is the same run beside one of another rule that has left its fork.
func forked(t testing.TB, name string, seed int, dir string, from Config) Config {
	t.Helper()
	c := ruled(t, name, seed, dir)
	c.Forks = []Fork{{"nobody", filepath.Join(dir, "not there.ckpt")}, {from.Key, from.ForkPath}}
	return c
}

// sameButForIts compares a forked run with one from the start: all but what it
// cost.
func sameButForIts(t *testing.T, what string, a, b Config, outA, outB Outcome) {
	t.Helper()
	outB.Images, outB.ForkedFrom, outB.ForkedEpochs = outA.Images, outA.ForkedFrom, outA.ForkedEpochs
	sameBits(t, what, a, b, outA, outB)
}

func TestDeferredRulesShareTheFirstEpochs(t *testing.T) {
	for name, want := range map[string]bool{"none": true, "drw": true, "drs": true, "reweight": false, "resample": false, "class-aware": false} {
		rule, err := ParseRule(name)
		if err != nil || rule.PlainUntilDeferred() != want {
			t.Errorf("%s: %v, %v", name, !want, err)
		}
	}
	plain := ruled(t, "none", 1, t.TempDir())
	mustRun(t, plain)
	fork, err := checkpoint.Read(plain.ForkPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"drw", "drs"} {
		alone := ruled(t, name, 1, t.TempDir())
		want := mustRun(t, alone)
		// Whichever rule is there first, the moment of the fork is the same.
		own, err := checkpoint.Read(alone.ForkPath)
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(fork.Tensors, own.Tensors); d != "" {
			t.Errorf("%s differs from no rule before its deferred part: %s", name, d)
		}
		if d := difference(Model(plain.Trunk, plain.Objective), Model(alone.Trunk, alone.Objective)); d == "" {
			t.Errorf("%s does not differ from no rule at the end", name)
		}
		c := forked(t, name, 7, t.TempDir(), plain)
		got := mustRun(t, c)
		sameButForIts(t, name, alone, c, want, got)
		if got.ForkedFrom != plain.Key || got.ForkedEpochs != 4 || got.Images != 10 || want.Images != 50 || len(got.ResumedAt) != 0 || got.TrainSeconds != got.Epochs[4].Seconds {
			t.Errorf("%s: forked from %q, %d images of %d, resumed at %v, %v s, its last epoch %v s", name, got.ForkedFrom, got.Images, want.Images, got.ResumedAt, got.TrainSeconds, got.Epochs[4].Seconds)
		}
		if _, err := os.Stat(c.ForkPath); err == nil {
			t.Errorf("%s: a run that was forked leaves a fork", name)
		}
		// No rule goes on from a deferred one as well.
		back := forked(t, "none", 7, t.TempDir(), alone)
		if got := mustRun(t, back); got.ForkedFrom != alone.Key {
			t.Errorf("forked from %q", got.ForkedFrom)
		}
		if d := difference(Model(plain.Trunk, plain.Objective), Model(back.Trunk, back.Objective)); d != "" {
			t.Errorf("no rule after %s: %s", name, d)
		}
	}
}

// Stopped at any step around the fork and taken up again, before it and after,
// by any number of threads.
func TestForkAndResume(t *testing.T) {
	ref := ruled(t, "drw", 1, t.TempDir())
	want := mustRun(t, ref)
	for _, stop := range []int{11, 12, 13, 14} { // an epoch has 3 steps
		t.Run(fmt.Sprint(stop), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1 + stop%3))
			dir := t.TempDir()
			stopAt(t, ruled(t, "none", 1, dir), stop)
			os.Remove(filepath.Join(dir, "fork.ckpt"))
			plain := ruled(t, "none", 7, dir) // as by a program that left no fork: taken up with this one
			mustRun(t, plain)
			if _, err := os.Stat(plain.ForkPath); (err == nil) != (stop <= 12) {
				t.Fatalf("after a stop at step %d: %v", stop, err)
			} else if err != nil {
				return
			}
			dir = t.TempDir()
			stopAt(t, forked(t, "drw", 7, dir, plain), stop+1)
			os.Remove(plain.ForkPath) // of no use to a run with a checkpoint
			c := forked(t, "drw", 8, dir, plain)
			got := mustRun(t, c)
			if len(got.ResumedAt) != 1 || got.ResumedAt[0] != max(12, stop+1) || got.ForkedFrom != plain.Key || got.ForkedEpochs != 4 || got.Images != 10 {
				t.Errorf("resumed at %v, forked from %q, %d images", got.ResumedAt, got.ForkedFrom, got.Images)
			}
			got.ResumedAt = nil
			sameButForIts(t, "stopped after the fork", ref, c, want, got)
		})
	}
	dir := t.TempDir()
	stopAt(t, ruled(t, "drw", 1, dir), 4)
	c := ruled(t, "drw", 7, dir)
	got := mustRun(t, c)
	sameBits(t, "stopped before the deferred part", ref, c, want, got)
}

// What cannot be used is left as it is, a note says why, and the run begins at
// its first step.
func TestUnusableForks(t *testing.T) {
	plain := ruled(t, "none", 1, t.TempDir())
	mustRun(t, plain)
	good, err := os.ReadFile(plain.ForkPath)
	if err != nil {
		t.Fatal(err)
	}
	last, err := os.ReadFile(plain.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	ref := ruled(t, "drw", 1, t.TempDir())
	want := mustRun(t, ref)
	versioned := append([]byte(nil), good...)
	versioned[8]++
	for _, k := range []struct {
		name   string
		file   []byte
		change func(*Config)
		says   string
	}{
		{"cut", good[:len(good)/2], func(*Config) {}, "checksum"},
		{"other version", versioned, func(*Config) {}, "another version"},
		{"other kernels", good, func(c *Config) { onAnother(t, c) }, "set " + plain.Trunk.Kernels() + ", this is another"},
		{"other task", good, func(c *Config) { c.Forks[1].Key = "other" }, `checkpoint of task "toy none"`},
		{"other moment", last, func(*Config) {}, "contradict"},
	} {
		c := forked(t, "drw", 1, t.TempDir(), plain)
		k.change(&c)
		var notes []string
		c.Note = func(s string) { notes = append(notes, s) }
		if err := os.WriteFile(plain.ForkPath, k.file, 0o644); err != nil {
			t.Fatal(err)
		}
		got := mustRun(t, c)
		if len(notes) != 1 || !strings.Contains(notes[0], k.says) || got.ForkedFrom != "" || got.Images != 50 {
			t.Errorf("%s: %q, forked from %q, %d images", k.name, notes, got.ForkedFrom, got.Images)
		}
		sameBits(t, k.name, ref, c, want, got)
		if now, _ := os.ReadFile(plain.ForkPath); string(now) != string(k.file) {
			t.Errorf("%s: the file was changed", k.name)
		}
	}
}
