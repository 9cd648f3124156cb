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
		want         []any
	}{
		{"labels", "", []any{"longtail train", 7}},
		{"labels", "a.pth", []any{"longtail train", 7, "init"}},
		{"rotation", "", []any{"longtail train", 7, "rotation"}},
		{"rotation", "a.pth", []any{"longtail train", 7, "rotation, init"}},
		{"moco", "", []any{"longtail train", 7, "moco"}},
	} {
		keys := Settings{Stage: Stage(c.target, c.init != ""), Seed: 7}.keys()
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
