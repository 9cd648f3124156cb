package experiments

import (
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// What a number is evidence of, from the paper's own setting downwards.
func TestGrade(t *testing.T) {
	ten := make([]string, 10)
	cifar := dataset.Set{Name: "CIFAR-10", NMax: 5000, Classes: ten}
	own := results.Settings{Kind: results.KindTrain, NMax: 5000, Rho: 100, Arch: "resnet32", Epochs: 200, Batch: 128}
	unverified := cifar
	unverified.Mark = dataset.Unverified
	with := func(change func(*results.Settings)) results.Settings {
		s := own
		change(&s)
		return s
	}
	for _, c := range []struct {
		name  string
		s     results.Settings
		about dataset.Set
		want  results.Grade
	}{
		{"as in print", own, cifar, results.GradePaper},
		{"a head of 700", with(func(s *results.Settings) { s.NMax = 700 }), cifar, results.GradeSimilar},
		{"another network", with(func(s *results.Settings) { s.Arch = "resnet20" }), cifar, results.GradeSimilar},
		{"another learning rate", with(func(s *results.Settings) { s.LR = 0.05 }), cifar, results.GradeSimilar},
		{"no random crops", with(func(s *results.Settings) { s.NoCrop = true }), cifar, results.GradeSimilar},
		{"another schedule", with(func(s *results.Settings) { s.Schedule = "linear" }), cifar, results.GradeSimilar},
		{"slower running statistics", with(func(s *results.Settings) { s.BNMomentum = .00625 }), cifar, results.GradeSimilar},
		{"a probe", with(func(s *results.Settings) { s.Frozen, s.Schedule, s.Epochs = true, "cosine-plain", 100 }), cifar, results.GradePaper},
		{"a re-trained head", with(func(s *results.Settings) { s.Retrained, s.Schedule, s.LR, s.Epochs = true, "cosine-plain", .05, 10 }), cifar, results.GradePaper},
		{"a re-trained head of a head of 700", with(func(s *results.Settings) { s.Retrained, s.NMax, s.Epochs = true, 700, 10 }), cifar, results.GradeSimilar},
		{"held-out pool", with(func(s *results.Settings) { s.Multiple, s.Pool = 5, dataset.PoolHeldOut }), cifar, results.GradeSimilar},
		{"a quarter of the labels", with(func(s *results.Settings) { s.Amount = .25 }), cifar, results.GradePaper},
		{"a quarter of the labels, head of 700", with(func(s *results.Settings) { s.Amount, s.NMax = .25, 700 }), cifar, results.GradeSimilar}, // 800 steps
		{"ω of ours", with(func(s *results.Settings) { s.Multiple, s.Pool, s.Omega = 5, dataset.PoolAuthors, 2 }), cifar, results.GradePaper},
		{"another batch", with(func(s *results.Settings) { s.Batch = 64 }), cifar, results.GradeSimilar},
		{"a part of the test set", with(func(s *results.Settings) { s.TestPerClass = 100 }), cifar, results.GradeSimilar},
		{"half the epochs", with(func(s *results.Settings) { s.Epochs = 100 }), cifar, results.GradeSimilar},
		{"2,813 steps", with(func(s *results.Settings) { s.Epochs = 29 }), cifar, results.GradeSimilar}, // of 97 an epoch
		{"2,716 steps", with(func(s *results.Settings) { s.Epochs = 28 }), cifar, results.GradeStandIn},
		{"too few steps", with(func(s *results.Settings) { s.Epochs = 20 }), cifar, results.GradeStandIn},
		{"a stand-in", own, dataset.Set{Name: "Fashion-MNIST", StandsFor: "CIFAR-10-LT", NMax: 5000, Classes: ten}, results.GradeStandIn},
		{"a set that the paper does not have", own, dataset.Set{Name: "KMNIST", NMax: 5000, Classes: ten}, results.GradeStandIn},
		{"files that are not the official ones", own, unverified, results.GradeStandIn},
	} {
		if got := GradeOf(c.s, &c.about); got != c.want {
			t.Errorf("%s: grade %s, want %s", c.name, got, c.want)
		}
	}
}
