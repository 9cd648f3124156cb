package own

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/stream"
)

// The stages of one training share no stream, and plain training has the keys that
// it always had.
func TestStagesHaveTheirOwnStreams(t *testing.T) {
	seen := map[uint64]string{}
	for _, c := range []struct {
		target, init string
		retrained    bool
		want         []any
	}{
		{"labels", "", false, []any{"longtail train", 7}},
		{"labels", "a.pth", false, []any{"longtail train", 7, "init"}},
		{"rotation", "", false, []any{"longtail train", 7, "rotation"}},
		{"rotation", "a.pth", false, []any{"longtail train", 7, "rotation, init"}},
		{"moco", "", false, []any{"longtail train", 7, "moco"}},
		{"labels", "a.pth", true, []any{"longtail train", 7, "retrain"}},
	} {
		keys := Settings{Stage: Stage(c.target, c.init != "", c.retrained), Seed: 7}.keys()
		if d := cmp.Diff(c.want, keys); d != "" || cap(keys) != len(keys) { // appended to by many
			t.Errorf("%s %s: capacity %d, %s", c.target, c.init, cap(keys), d)
		}
		for _, of := range []string{"trunk", "head"} {
			v := stream.New(append(keys, "init", of)...).Uint64()
			if seen[v] != "" {
				t.Errorf("%s %s: its %s begins as that of %s", c.target, c.init, of, seen[v])
			}
			seen[v] = c.target + " " + c.init
		}
	}
}

// A rule that would never begin is told.
func TestDeferredRule(t *testing.T) {
	for epochs, want := range map[int]string{2: "never applied; take 3 or more", 3: "; rule drw begins with epoch 3", 200: "begins with epoch 161"} {
		if got := (Settings{Rule: "drw", Epochs: epochs}).deferred(); !strings.Contains(got, want) {
			t.Errorf("%d epochs: %q lacks %q", epochs, got, want)
		}
	}
	if got := (Settings{Rule: "none", Epochs: 2}).deferred(); got != "" {
		t.Errorf("no rule: %q", got)
	}
}

// Epochs of a few steps are told, with a batch that makes more.
func TestFewSteps(t *testing.T) {
	for _, c := range []struct {
		batch, images int
		want          string
	}{{128, 95, "note: batch 128 for 95 images makes few steps, 3 in 3 epochs: take a smaller one (--batch 8)"}, {128, 1000, "--batch 64"}, {12, 20, "--batch 8"}, {128, 1153, ""}, {8, 9, ""}} {
		if got := (Settings{Batch: c.batch, Epochs: 3}).fewSteps(c.images); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%d images in batches of %d: %q", c.images, c.batch, got)
		}
	}
	// MoCo leaves out what fills no batch, which its groups divide.
	for _, c := range []struct {
		batch, images int
		want          string
	}{{256, 283, "makes few steps, 3 in 3 epochs: take a smaller one (--batch 16)"}, {100, 283, "--batch 24)"}, {8, 9, ""}, {256, 2560, ""}} {
		if got := (Settings{Target: "moco", Batch: c.batch, Epochs: 3}).fewSteps(c.images); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("MoCo, %d images in batches of %d: %q", c.images, c.batch, got)
		}
	}
}
