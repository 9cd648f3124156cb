package experiments

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"longtail/results"
)

// Recipe is how long a run trains and on how many images a step.
type Recipe struct{ Epochs, Batch int }

// Profile is a scale at which the paper's cells are run. Everything that
// distinguishes two profiles stands here, as data.
type Profile struct {
	Name  string
	About string // one line for --help

	Data    string // data id that stands for CIFAR-10-LT
	Grade   results.Grade
	Arch    string
	NMax    int // images of the largest class
	TestSet int // test images a class; 0: all
	PoolSet int // pool images a class; 0: all
	Rho     float64

	Supervised Recipe // CE, pre-training and fine-tuning
	WithDU     Recipe // with unlabeled data; batch twice the supervised one, as in the released program
	// Evaluations of the test set in a run, evenly spaced, the last included.
	Evaluations int

	Seeds  int           // replicates unless --seeds says otherwise
	Budget time.Duration // unless --budget says otherwise; 0: none
	Trials int64         // Monte Carlo trials a row of a theory grid
}

// Profiles. Batch and epochs of quick were chosen by cost and by being trained
// out (3,500 steps; CE at twice the epochs is run beside it), before anyone
// looked at what D_U or SSP do there.
var profiles = []Profile{
	{
		Name: "smoke", About: "a slice of the embedded data, every kind of task once, under a minute; shows nothing but that it works",
		Data: "fashion-mnist", Grade: results.GradeStandIn, Arch: "resnet8", NMax: 24, TestSet: 10, PoolSet: 140, Rho: 10,
		Supervised: Recipe{Epochs: 2, Batch: 8}, WithDU: Recipe{Epochs: 1, Batch: 16}, Evaluations: 2,
		Seeds: 1, Trials: 2_000,
	},
	{
		Name: "quick", About: "embedded Fashion-MNIST in place of CIFAR-10, ResNet-8, the core cells at ρ = 100",
		Data: "fashion-mnist", Grade: results.GradeStandIn, Arch: "resnet8", NMax: 500, Rho: 100,
		Supervised: Recipe{Epochs: 90, Batch: 32}, WithDU: Recipe{Epochs: 40, Batch: 64}, Evaluations: 20,
		Seeds: 3, Budget: 30 * time.Minute, Trials: 200_000,
	},
}

// ProfileNamed returns a profile, or an error that lists those there are.
func ProfileNamed(name string) (Profile, error) {
	for _, p := range profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("there is no profile %q; there are %s", name, strings.Join(ProfileNames(), ", "))
}

// ProfileNames lists the profiles, smallest first.
func ProfileNames() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return names
}

// Parts are the names that --only takes.
func Parts() []string {
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// parts maps a name of --only to the sources of the cells it selects.
var parts = map[string][]string{
	"theory":   {"Theorem 1", "Theorem 2", "Theorem 3"},
	"theorem1": {"Theorem 1"},
	"theorem2": {"Theorem 2"},
	"theorem3": {"Theorem 3"},
	"table1":   {"Table 1a", "Table 1b"},
	"table2":   {"Table 2", "README"},
	"table3":   {"Table 3"},
	"table4":   {"Table 4"},
	"controls": {"control"},
}
