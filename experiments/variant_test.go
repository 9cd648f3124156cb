package experiments

import (
	"reflect"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
)

// A verdict is final at the replicates that were fixed for a profile, not at those that
// it runs by default.
func TestFixedReplicates(t *testing.T) {
	for profile, want := range map[string]int{"smoke": 1, "quick": 3, "desktop": 3, "paper": 3} {
		if got := Replicates()[profile]; got != want {
			t.Errorf("%s: fixed at %d, want %d", profile, got, want)
		}
	}
	if p := expand(t, "desktop", results.Selection{}); p.Seeds != 1 {
		t.Errorf("desktop runs %d replicates by default, want 1", p.Seeds)
	}
}

// A variant trains what its profile trains, but as it was told, under other names.
func TestVariantOfAProfile(t *testing.T) {
	plain := expand(t, "quick", results.Selection{Seeds: 1})
	varied := expand(t, "quick:weight_decay=5e-4, batch=16 ,n_max=400,du.lr=0.1,crop=yes,schedule=paper,arch=resnet14,evaluations=5", results.Selection{Seeds: 1})
	const name = "quick:arch=resnet14,n_max=400,batch=16,du.lr=0.1,weight_decay=0.0005,schedule=paper,crop=yes,evaluations=5"
	if varied.Profile != name || !strings.HasPrefix(varied.Command(), "longtail reproduce --profile "+name+" ") {
		t.Errorf("named %s, run by %s", varied.Profile, varied.Command())
	}
	if again := expand(t, varied.Profile, results.Selection{Seeds: 1}); again.Profile != varied.Profile || again.Tasks[len(again.Tasks)-1].Name != varied.Tasks[len(varied.Tasks)-1].Name {
		t.Error("its name does not name it")
	}
	if len(varied.Cells) != len(plain.Cells) || len(varied.Tasks) != len(plain.Tasks) {
		t.Fatalf("%d cells and %d tasks, of the profile %d and %d", len(varied.Cells), len(varied.Tasks), len(plain.Cells), len(plain.Tasks))
	}
	old := map[string]bool{}
	for _, task := range plain.Tasks {
		old[task.Name] = true
	}
	for _, task := range varied.Tasks {
		s := task.Settings
		if old[task.Name] != (s.Kind == results.KindTheory) {
			t.Errorf("%s: its name is also the profile's: %v", Describe(s), old[task.Name])
		}
		if s.Kind != results.KindTrain && s.Kind != results.KindPretrain || s.Arch == results.ArchLogistic || s.Frozen || s.Target == results.TargetMoCo {
			continue
		}
		if s.Retrained {
			if s.Batch != 16 || s.LR != .2*16/512 || s.WeightDecay != 5e-4 || s.NoCrop || s.Evaluations != 5 || s.BNMomentum != .0125 {
				t.Errorf("%s: %+v", Describe(s), s)
			}
			continue
		}
		if s.Arch != "resnet14" || s.NMax != 400 || s.WeightDecay != 5e-4 || s.Schedule != "" || s.NoCrop || s.Evaluations != 5 {
			t.Errorf("%s: %+v", Describe(s), s)
		}
		if s.Multiple == 0 && s.Batch == 16 && s.LR == .05 && s.Epochs%40 == 0 {
			continue // on the labeled set; its epochs and rate were left alone
		}
		if s.LR != 0 || s.Batch != 16 { // 0.1 is the paper's rate, and stands as 0
			t.Errorf("%s: learning rate %g", Describe(s), s.LR)
		}
	}
	for _, c := range varied.Cells {
		if c.Task != "" && c.Part == "table1" && !strings.Contains(strings.Join(c.Marks, "; "), "variant "+strings.TrimPrefix(name, "quick:")) {
			t.Errorf("%v does not say that it is of a variant: %q", c.Key, c.Marks)
		}
	}
	if p, err := ProfileNamed("quick:epochs=40,lr=.05,n_max=500,crop=no"); err != nil || p.Name != "quick" {
		t.Errorf("what changes nothing makes variant %s: %v", p.Name, err)
	}
	if p, err := ProfileNamed("paper:lr=0.1,weight_decay=0.0002"); err != nil || p.Name != "paper" {
		t.Errorf("the paper's rate and decay make variant %s: %v", p.Name, err)
	}
}

// Each setting changes its own field of the profile and no other.
func TestVariantSettings(t *testing.T) {
	quick, err := ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]struct {
		value string
		do    func(*Profile)
	}{
		"arch": {"resnet56", func(p *Profile) { p.Arch = "resnet56" }},
		"n_max": {"400", func(p *Profile) {
			p.Sets = map[string]Source{paper.CIFAR10: {Data: "fashion-mnist", NMax: 400, Pool: "fashion-mnist"}}
		}},
		"test_set":     {"11", func(p *Profile) { p.TestPerClass = 11 }},
		"epochs":       {"7", func(p *Profile) { p.Supervised.Epochs = 7 }},
		"batch":        {"32", func(p *Profile) { p.Supervised.Batch, p.Supervised.BNMomentum = 32, .025 }}, // as many images as before
		"lr":           {"0.3", func(p *Profile) { p.Supervised.LR = .3 }},
		"du.epochs":    {"7", func(p *Profile) { p.WithDU.Epochs = 7 }},
		"du.batch":     {"256", func(p *Profile) { p.WithDU.Batch, p.WithDU.BNMomentum = 256, 0 }}, // the paper's at the most
		"du.lr":        {"0.3", func(p *Profile) { p.WithDU.LR = .3 }},
		"probe.epochs": {"7", func(p *Profile) { p.Probe.Epochs = 7 }},
		"crt.epochs":   {"7", func(p *Profile) { p.Retrain = 7 }},
		"moco.epochs":  {"7", func(p *Profile) { p.Contrast.Epochs = 7 }},
		"moco.batch":   {"64", func(p *Profile) { p.Contrast.Batch = 64 }},
		"moco.queue":   {"64", func(p *Profile) { p.Contrast.Queue = 64 }},
		"weight_decay": {"0.001", func(p *Profile) { p.WeightDecay = .001 }},
		"schedule":     {"cosine", func(p *Profile) { p.Schedule = "cosine" }},
		"crop":         {"yes", func(p *Profile) { p.NoCrop = false }},
		"evaluations":  {"7", func(p *Profile) { p.Evaluations = 7 }},
	}
	for _, v := range Variables {
		c, there := changes[v.Name]
		if !there {
			t.Errorf("%s: not looked at", v.Name)
			continue
		}
		set := v.Name + "=" + c.value
		want := quick
		c.do(&want)
		want.Name, want.Variant, want.About = "quick:"+set, set, quick.About+"; but "+set
		if got, err := ProfileNamed("quick:" + set); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n%+v, want\n%+v", set, err, got, want)
		}
	}
}

// Making one variant leaves the profile, and the next variant, alone.
func TestVariantsShareNothing(t *testing.T) {
	if _, err := ProfileNamed("paper:n_max=300,epochs=10"); err != nil {
		t.Fatal(err)
	}
	p, err := ProfileNamed("paper")
	if err != nil || p.CIFAR10().NMax != 5000 || p.Supervised.Epochs != 200 {
		t.Errorf("%+v: %v", p, err)
	}
}

func TestVariantsMistakes(t *testing.T) {
	for name, want := range map[string]string{
		"papr:epochs=1":           `no profile "papr"`,
		"paper:":                  "weight_decay",
		"paper:epoch=1":           `no setting "epoch"; there are arch, n_max`,
		"paper:epochs":            "give epochs=VALUE",
		"paper:epochs=":           "whole number from 1",
		"paper:epochs=1.5":        "whole number from 1",
		"paper:batch=1":           "from 2",
		"paper:epochs=9,epochs=9": "set twice",
		"paper:lr=NaN":            "above 0",
		"paper:lr=0":              "above 0",
		"paper:du.lr=Inf":         "above 0",
		"paper:weight_decay=1":    "below 1",
		"paper:arch=vgg":          "resnet56",
		"paper:schedule=steps":    "cosine",
		"paper:crop=maybe":        "yes or no",
		"paper:n_max=9":           "from 10",
		"paper:moco.batch=100":    "moco.queue=4096: it must be a multiple of moco.batch, which is 100; set both",
		"paper:moco.batch=6":      "a multiple of 4 from 8 on",
		"paper:moco.queue=128":    "multiple of moco.batch, which is 256",
	} {
		if _, err := ProfileNamed(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	// Where a class has fewer test images than are set, there is no such run.
	for profile, fits := range map[string]map[string]bool{
		"paper:test_set=1001": {paper.SVHN: true}, "paper:test_set=1000": {paper.SVHN: true, paper.CIFAR10: true},
		"paper:test_set=1596": {}, "smoke:test_set=301": {}, "smoke:test_set=300": {paper.CIFAR10: true},
	} {
		seen := map[string]bool{}
		for _, c := range expand(t, profile, results.Selection{Seeds: 1}).Cells {
			if !strings.HasPrefix(c.Source, "Table") || c.Method != "CE" || c.Rho != 100 || c.RhoU != 0 {
				continue
			}
			seen[c.Dataset] = true
			if (c.Task != "") != fits[c.Dataset] || c.Task == "" && !strings.Contains(c.Reason, "test_set") && !strings.Contains(c.Reason, "stand-in") {
				t.Errorf("%s: %v has task %.12q, reason %q", profile, c.Key, c.Task, c.Reason)
			}
		}
		if len(seen) != 3 {
			t.Errorf("%s: cells of %v", profile, seen)
		}
	}
	// A set or a part of it that n_max leaves a class of without images is no reason to end.
	few := 0
	for _, c := range expand(t, "quick:n_max=150", results.Selection{Seeds: 1}).Cells {
		if strings.Contains(c.Reason, "n_max = 37 at rho = 50 leaves the smallest class empty") {
			few++
		} else if c.Part == "table1" && c.Dataset == paper.CIFAR10 && c.Task == "" {
			t.Errorf("%v: %s", c.Key, c.Reason)
		}
	}
	if few == 0 {
		t.Error("no cell says that a quarter of 150 images is too few")
	}
	for _, c := range expand(t, "paper:n_max=501", results.Selection{Seeds: 1}).Cells {
		if c.Dataset == paper.CIFAR100 && (c.Task != "" || !strings.Contains(c.Reason, "500") && c.Part == "table2") {
			t.Errorf("%v: task %q, reason %q", c.Key, c.Task, c.Reason)
		}
	}
}

// No variant is the paper's own setting, and all its runs have one grade, so that
// they are compared with each other.
func TestGradesOfVariants(t *testing.T) {
	for name, want := range map[string]results.Grade{
		"paper:du.epochs=1":              results.GradeSimilar,
		"paper:epochs=400":               results.GradeSimilar,
		"paper:batch=256":                results.GradeSimilar,
		"paper:batch=64,epochs=29":       results.GradeSimilar, // 2,813 steps of 128 images
		"paper:batch=64,epochs=28":       results.GradeStandIn,
		"paper:batch=1024":               results.GradeStandIn,
		"desktop:epochs=150":             results.GradeStandIn, // 2,100 steps at ρ = 100, more at 50 and 10
		"paper:moco.epochs=100":          results.GradeSimilar,
		"desktop:moco.queue=64":          results.GradeSimilar,
		"desktop:evaluations=9":          results.GradeSimilar,
		"quick:epochs=200,arch=resnet32": results.GradeStandIn,
	} {
		plan := expand(t, name, results.Selection{Seeds: 1, Pool: map[bool]string{true: dataset.PoolAuthors}[strings.HasPrefix(name, "paper")]})
		n := 0
		for _, c := range plan.Cells {
			if c.Task != "" && c.Part == "table1" && c.Dataset == paper.CIFAR10 {
				if n++; c.Grade != want {
					t.Errorf("%s: %v has grade %s, want %s", name, c.Key, c.Grade, want)
				}
			}
		}
		if n < 18 {
			t.Errorf("%s: %d cells", name, n)
		}
	}
}
