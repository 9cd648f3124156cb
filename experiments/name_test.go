package experiments

import (
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// A released default never changes: these names are how results of earlier
// versions are found again. A failure here means that every stored result of
// that kind is orphaned; bump NumericsVersion only if its numbers changed.
func TestNamesArePinned(t *testing.T) {
	i := 0
	for _, task := range expand(t, "quick", Selection{Seeds: 1}).Tasks {
		if task.Settings.Kind == results.KindTheory || i == 10 {
			continue
		}
		if got := task.Name[:16]; i >= len(pinnedNames) || got != pinnedNames[i] {
			t.Errorf("%q, // %s", got, Describe(task.Settings))
		}
		i++
	}
	if i != len(pinnedNames) {
		t.Errorf("%d tasks for %d names", i, len(pinnedNames))
	}
}

func TestEverySettingIsInTheName(t *testing.T) {
	base := results.Settings{Kind: results.KindTrain, Data: "fashion-mnist", Rho: 100, NMax: 500, Arch: "resnet8", Epochs: 90, Batch: 32}
	names := map[string]string{}
	for what, change := range map[string]func(*results.Settings){
		"nothing": func(*results.Settings) {}, "kind": func(s *results.Settings) { s.Kind = results.KindPretrain },
		"data": func(s *results.Settings) { s.Data = "mnist" }, "rho": func(s *results.Settings) { s.Rho = 50 },
		"imbalance": func(s *results.Settings) { s.Imbalance = "step" }, "n_max": func(s *results.Settings) { s.NMax = 499 },
		"data seed": func(s *results.Settings) { s.DataSeed = 1 }, "test set": func(s *results.Settings) { s.TestSet = 3 },
		"pool": func(s *results.Settings) { s.Pool = "fashion-mnist" }, "multiple": func(s *results.Settings) { s.Multiple = 5 }, "pool set": func(s *results.Settings) { s.PoolSet = 9 },
		"rho_u": func(s *results.Settings) { s.RhoU = 1 }, "pool labels": func(s *results.Settings) { s.PoolLabels = "true" },
		"arch": func(s *results.Settings) { s.Arch = "resnet14" }, "no crop": func(s *results.Settings) { s.NoCrop = true }, "bn momentum": func(s *results.Settings) { s.BNMomentum = .01 }, "target": func(s *results.Settings) { s.Target = TargetRotation },
		"loss": func(s *results.Settings) { s.Loss = "focal" }, "rule": func(s *results.Settings) { s.Rule = "drw" },
		"epochs": func(s *results.Settings) { s.Epochs = 91 }, "batch": func(s *results.Settings) { s.Batch = 33 },
		"lr": func(s *results.Settings) { s.LR = 0.2 }, "schedule": func(s *results.Settings) { s.Schedule = "pre2021" },
		"evaluations": func(s *results.Settings) { s.Evaluations = 20 }, "seed": func(s *results.Settings) { s.Seed = 1 },
		"replicate": func(s *results.Settings) { s.Replicate = 1 }, "stage": func(s *results.Settings) { s.Stage = "pretrain" },
		"init": func(s *results.Settings) { s.Init = "x" }, "base": func(s *results.Settings) { s.Base = "x" },
		"labels": func(s *results.Settings) { s.Labels = "x" }, "theorem": func(s *results.Settings) { s.Theorem = 1 },
		"trials": func(s *results.Settings) { s.Trials = 1 }, "amount": func(s *results.Settings) { s.Amount = .5 },
		"irrelevant": func(s *results.Settings) { s.Irrelevant = "mnist" }, "share of irrelevant": func(s *results.Settings) { s.IrrelevantPct = 20 },
		"threshold": func(s *results.Settings) { s.Threshold = .8 }, "omega": func(s *results.Settings) { s.Omega = 2 },
		"ssl": func(s *results.Settings) { s.SSL = "vat" }, "epsilon": func(s *results.Settings) { s.Epsilon = 6 },
		"frozen": func(s *results.Settings) { s.Frozen = true }, "exact": func(s *results.Settings) { s.Exact = true },
		"map": func(s *results.Settings) { s.MapSet = 100 }, "grid": func(s *results.Settings) { s.Grid = "x" },
	} {
		s := base
		change(&s)
		name, err := Name(dataset.Files{}, s)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if other, dup := names[name]; dup {
			t.Errorf("%s and %s have the same name", what, other)
		}
		names[name] = what
	}
	if _, err := Name(dataset.Files{}, results.Settings{Data: "cifar11"}); err == nil {
		t.Error("unknown data have a name")
	}
}
