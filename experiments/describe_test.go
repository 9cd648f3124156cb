package experiments

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/fields"
	"longtail/results"
)

// A new field of the settings has to be told by Describe, or be listed here with why it
// need not be.
func TestDescribe(t *testing.T) {
	const profile, grid, told = "as the profile has it for all such tasks", "as its grid", "follows from what is told"
	why := map[string]string{
		"NMax": profile, "TestPerClass": profile, "Arch": profile, "LR": profile, "NoCrop": profile, "Schedule": profile, "BNMomentum": profile,
		"WeightDecay": profile, "Evaluations": profile, "Exact": profile, "Variant": profile, "Queue": profile,
		"Pool": profile, "PoolPerClass": profile, "Irrelevant": profile, "MapPerClass": profile, "MapUnlabeled": profile,
		"Trials": profile, "TheoryVersion": grid,
		"DataSeed": told, "Seed": told, "Stage": told, "Epsilon": told, "Base": told, "Labels": told,
	}
	untold := fields.Untold(Describe,
		results.Settings{Kind: results.KindTrain, Multiple: 5, IrrelevantPct: 40, SSL: results.SSLVAT, Epochs: 10},
		results.Settings{Kind: results.KindPretrain},
		results.Settings{Kind: results.KindTheory, Theorem: 1, Grid: "settings"},
	)
	if d := cmp.Diff(slices.Sorted(maps.Keys(why)), slices.Sorted(slices.Values(untold))); d != "" {
		t.Errorf("fields that are not told (+), and fields listed here that are (-):\n%s", d)
	}
	// Pre-training of one's own is not called supervised.
	for target, want := range map[string]string{"": "supervised", results.TargetRotation: "rotation", results.TargetMoCo: "MoCo", "jigsaw": "jigsaw"} {
		if got := Describe(results.Settings{Kind: results.KindPretrain, Target: target, Data: "cifar10", Rho: 100}); got != want+" pre-training, cifar10, ρ=100, replicate 0" {
			t.Errorf("target %q: %s", target, got)
		}
	}
}
