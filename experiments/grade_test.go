package experiments

import (
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// What a number is evidence of, from the paper's own setting downwards.
func TestGrade(t *testing.T) {
	cifar := dataset.Set{Name: "CIFAR-10", NMax: 5000}
	own := results.Settings{Kind: results.KindTrain, NMax: 5000, Arch: "resnet32", Epochs: 200, Batch: 128}
	with := func(change func(*results.Settings)) results.Settings {
		s := own
		change(&s)
		return s
	}
	for _, c := range []struct {
		name     string
		s        results.Settings
		about    dataset.Set
		labelled int
		want     results.Grade
	}{
		{"as in print", own, cifar, 12406, results.GradePaper},
		{"a head of 700", with(func(s *results.Settings) { s.NMax = 700 }), cifar, 2000, results.GradeSimilar},
		{"another network", with(func(s *results.Settings) { s.Arch = "resnet20" }), cifar, 12406, results.GradeSimilar},
		{"another learning rate", with(func(s *results.Settings) { s.LR = 0.05 }), cifar, 12406, results.GradeSimilar},
		{"no random crops", with(func(s *results.Settings) { s.NoCrop = true }), cifar, 12406, results.GradeSimilar},
		{"another schedule", with(func(s *results.Settings) { s.Schedule = "linear" }), cifar, 12406, results.GradeSimilar},
		{"slower running statistics", with(func(s *results.Settings) { s.BNMomentum = .00625 }), cifar, 12406, results.GradeSimilar},
		{"a probe", with(func(s *results.Settings) { s.Frozen, s.Schedule, s.Epochs = true, "cosine-plain", 100 }), cifar, 12406, results.GradePaper},
		{"held-out pool", with(func(s *results.Settings) { s.Multiple, s.Pool = 5, dataset.PoolHeldOut }), cifar, 12406, results.GradeSimilar},
		{"too few steps", with(func(s *results.Settings) { s.Epochs = 20 }), cifar, 12406, results.GradeStandIn},
		{"a stand-in", own, dataset.Set{Name: "Fashion-MNIST", StandsFor: "CIFAR-10-LT", NMax: 5000}, 12406, results.GradeStandIn},
		{"a set that the paper does not have", own, dataset.Set{Name: "KMNIST", NMax: 5000}, 12406, results.GradeStandIn},
		{"theory", results.Settings{Kind: results.KindTheory}, dataset.Set{}, 0, results.GradeExact},
	} {
		if got := gradeOf(c.s, &c.about, c.labelled); got != c.want {
			t.Errorf("%s: grade %s, want %s", c.name, got, c.want)
		}
	}
}
