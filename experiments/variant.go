package experiments

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"longtail/nn"
	"longtail/nn/train"
)

// A variant is a profile with other settings, named after its profile and what is
// set: "paper:arch=resnet20,epochs=100". What is set is part of the name of every
// task that trains (results.Settings.Variant), so runs of a variant are compared
// only with each other.

// Variable is a setting of a profile that a variant can change.
type Variable struct {
	Name, About string
	// set parses a value into the profile and returns its canonical text.
	set func(p *Profile, value string) (string, error)
}

// Variables are the settings that a variant can change, in the order of its name. A
// cell decides what a run draws and how it trains (ρ, loss, rule, D_U).
var Variables = []Variable{
	{"arch", "network: " + strings.Join(nn.ArchNames, ", "), func(p *Profile, value string) (string, error) {
		_, err := nn.ParseArch(value)
		p.Arch = value
		return value, err
	}},
	{"n_max", "images of the largest class, the same in every data set", func(p *Profile, value string) (string, error) {
		n, err := wholeNumber(value, 10)
		p.Sets = maps.Clone(p.Sets) // the profile keeps its own map
		for name, s := range p.Sets {
			s.NMax = n
			p.Sets[name] = s
		}
		return strconv.Itoa(n), err
	}},
	whole("test_set", "test images of each class", 1, func(p *Profile) *int { return &p.TestPerClass }),
	whole("epochs", "epochs on the labeled set, of pre-training too", 1, func(p *Profile) *int { return &p.Supervised.Epochs }),
	whole("batch", "images of a step on the labeled set", 2, func(p *Profile) *int { return &p.Supervised.Batch }),
	positive("lr", "base learning rate on the labeled set", train.LearningRate, 1e6, func(p *Profile) *float64 { return &p.Supervised.LR }),
	whole("du.epochs", "epochs with D_U", 1, func(p *Profile) *int { return &p.WithDU.Epochs }),
	whole("du.batch", "images of a step with D_U and of equal-step controls", 2, func(p *Profile) *int { return &p.WithDU.Batch }),
	positive("du.lr", "base learning rate with D_U and of equal-step controls", train.LearningRate, 1e6, func(p *Profile) *float64 { return &p.WithDU.LR }),
	whole("probe.epochs", "epochs of a linear probe", 1, func(p *Profile) *int { return &p.Probe.Epochs }),
	whole("crt.epochs", "epochs of classifier re-training", 1, func(p *Profile) *int { return &p.Retrain }),
	whole("moco.epochs", "epochs of MoCo", 1, func(p *Profile) *int { return &p.Contrast.Epochs }),
	whole("moco.batch", "images of a step of MoCo; its learning rate is in proportion", 2, func(p *Profile) *int { return &p.Contrast.Batch }),
	whole("moco.queue", "keys of earlier steps that MoCo holds", 1, func(p *Profile) *int { return &p.Contrast.Queue }),
	positive("weight_decay", "of all but probes and MoCo", train.WeightDecay, 1, func(p *Profile) *float64 { return &p.WeightDecay }),
	{"schedule", "of the learning rate: " + strings.Join(train.ScheduleNames(), ", ") + ", or paper", func(p *Profile, value string) (string, error) {
		if value == "paper" {
			p.Schedule = ""
			return value, nil
		}
		if !slices.Contains(train.ScheduleNames(), value) {
			return "", fmt.Errorf("known are paper, %s", strings.Join(train.ScheduleNames(), ", "))
		}
		p.Schedule = value
		return value, nil
	}},
	{"crop", "random crops: yes or no", func(p *Profile, value string) (string, error) {
		if value != "yes" && value != "no" {
			return "", fmt.Errorf("give yes or no")
		}
		p.NoCrop = value == "no"
		return value, nil
	}},
	whole("evaluations", "looks at the test set in a run", 1, func(p *Profile) *int { return &p.Evaluations }),
}

// whole returns a Variable that takes a whole number from least to a million.
func whole(name, about string, least int, field func(*Profile) *int) Variable {
	return Variable{name, about, func(p *Profile, value string) (string, error) {
		n, err := wholeNumber(value, least)
		*field(p) = n
		return strconv.Itoa(n), err
	}}
}

// wholeNumber parses a whole number from least to a million.
func wholeNumber(value string, least int) (int, error) {
	const most = 1_000_000
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("give a whole number from %d to %d", least, most)
	}
	return n, nil
}

// positive returns a Variable that takes a number above 0 and below most. It stores
// the paper's own value as 0.
func positive(name, about string, paper, most float64, field func(*Profile) *float64) Variable {
	return Variable{name, about, func(p *Profile, value string) (string, error) {
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || !(x > 0 && x < most) {
			return "", fmt.Errorf("give a number above 0 and below %g", most)
		}
		if *field(p) = x; x == paper {
			*field(p) = 0
		}
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	}}
}

// variant returns the profile with the settings of set, "epochs=100,lr=0.05".
// Settings that change nothing are left out of its name.
func (p Profile) variant(set string) (Profile, error) {
	fail := func(format string, args ...any) (Profile, error) {
		return p, fmt.Errorf("profile %s:%s: %w", p.Name, set, fmt.Errorf(format, args...))
	}
	out := p
	given := make([]bool, len(Variables))
	changes := make([]string, len(Variables))
	for _, one := range strings.Split(set, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(one), "=")
		i := slices.IndexFunc(Variables, func(v Variable) bool { return v.Name == name })
		switch {
		case i < 0:
			return fail("there is no setting %q; there are %s", name, strings.Join(VariableNames(), ", "))
		case !ok:
			return fail("give %s=VALUE (%s)", name, Variables[i].About)
		case given[i]:
			return fail("%s is set twice", name)
		}
		given[i] = true
		before := out
		text, err := Variables[i].set(&out, value)
		if err != nil {
			return fail("%s=%s: %w", name, value, err)
		}
		if !reflect.DeepEqual(before, out) {
			changes[i] = name + "=" + text
		}
	}
	// (GradeOf passes a profile without MoCo, which has nothing to check.)
	if c := out.Contrast; c != p.Contrast && p.Contrast != (Contrast{}) {
		if err := train.CheckMoCoBatch(c.Batch); err != nil {
			return fail("moco.batch=%d: %w", c.Batch, err)
		}
		if c.Queue < c.Batch || c.Queue%c.Batch != 0 {
			return fail("moco.queue=%d: it must be a multiple of moco.batch, which is %d; set both", c.Queue, c.Batch)
		}
	}
	scaleBNMomentum(&out.Supervised, p.Supervised)
	scaleBNMomentum(&out.WithDU, p.WithDU)
	changes = slices.DeleteFunc(changes, func(text string) bool { return text == "" })
	if len(changes) == 0 {
		return p, nil
	}
	out.Variant = strings.Join(changes, ",")
	out.Name = p.Name + ":" + out.Variant
	out.About += "; but " + strings.Join(changes, ", ")
	return out, nil
}

// scaleBNMomentum scales the momentum with the batch, so that running statistics of
// batch normalization average as many images as before. The result is at most the
// paper's momentum.
func scaleBNMomentum(r *Recipe, before Recipe) {
	if m := before.BNMomentum * float64(r.Batch) / float64(before.Batch); m < nn.DefaultBNMomentum {
		r.BNMomentum = m
	} else {
		r.BNMomentum = 0
	}
}

// VariableNames returns the settings that a variant of a profile can change.
func VariableNames() []string {
	names := make([]string, len(Variables))
	for i, v := range Variables {
		names[i] = v.Name
	}
	return names
}
