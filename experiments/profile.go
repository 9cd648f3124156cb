package experiments

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"longtail/dataset"
	"longtail/paper"
	"longtail/setup"
)

// Recipe is a run's epochs, images per step, learning rate and batch-norm momentum.
type Recipe struct {
	Epochs, Batch int
	LR            float64 // 0: 0.1, the paper's
	BNMomentum    float64 // a batch's weight in the running statistics of batch normalization; 0: 0.1, the paper's
}

// Contrast is the recipe of MoCo's pre-training and the number of earlier keys that
// it keeps.
type Contrast struct {
	Recipe
	Queue int
}

// Source is the data that stand for one of the paper's long-tailed sets.
type Source struct {
	Data string // data id
	NMax int    // images of the largest class; the paper's: dataset.Describe
	Pool string // as dataset.Files.OpenPool takes it; "": D_U cannot be drawn
}

// Profile is a scale at which the paper's cells are run. Everything in which two
// profiles differ is a field.
type Profile struct {
	Name    string
	About   string // one line for --help
	Variant string // what a variant changes

	Sets         map[string]Source // by the paper's data set; cells of others are not run
	Arch         string
	TestPerClass int // test images a class; 0: all
	PoolPerClass int // pool images a class; 0: all
	MapPerClass  int // images a class of test set and D_U on a t-SNE map; 0: all

	Supervised  Recipe   // CE, pre-training and fine-tuning
	WithDU      Recipe   // with unlabeled data; batch twice the supervised one, as in the released program
	Probe       Recipe   // for a head on frozen features; ours
	Retrain     int      // epochs of classifier re-training, in the batches of the labeled set
	Contrast    Contrast // MoCo's pre-training; its queue holds at most about 40 % of the labeled set
	WeightDecay float64  // except for probes and MoCo; 0: the paper's
	NoCrop      bool     // images are flipped, but not padded and cropped at random
	Schedule    string   // of the learning rate, except for probes, re-training and MoCo; "": the paper's drops
	// Evaluations is the number of evaluations on the test set in a run, evenly
	// spaced, the last epoch's included.
	Evaluations int

	Blocks [][]paper.Key // what runs first, block by block
	Rest   bool          // whether every other cell follows

	Seeds  int           // replicates without --seeds
	Fixed  int           // replicates at which a verdict is final, fixed beforehand; 0: Seeds
	Budget time.Duration // without --budget; 0: none
	Trials int64         // Monte Carlo trials per row of a theory grid
}

// The paper's own schedule, from its released program, whose learning rate is the
// default.
var (
	paperSupervised = Recipe{Epochs: paper.Supervised.Epochs, Batch: paper.Supervised.Batch}
	paperWithDU     = Recipe{Epochs: paper.WithUnlabeled.Epochs, Batch: paper.WithUnlabeled.Batch}
	probeRecipe     = Recipe{Epochs: 100, Batch: 128}
)

// momentumContrast is MoCo as run on CIFAR, as far as we know. Batch, queue and the
// rest are ours.
var momentumContrast = Contrast{Recipe{Epochs: 200, Batch: 256}, 4096}

// profiles, smallest first. The recipes of quick were chosen by cost and by the
// gain from doubling the epochs, on data seeds that no result uses. Nobody had
// looked at SSP's effect there, and at D_U's error only for that gain. Without
// random crops a run fits its few images in a third of the epochs, as the paper's
// runs fit theirs; with crops CE gained more from doubling. A linear schedule
// removes the noise of batches of 8 by the end, which drops keep. Running
// statistics over as many images as the paper's (0.1 of 128) steady the test error.
// Controls at twice the epochs, CE and CE with D_U, show whether quick has
// converged; tables.Controls writes the sentence.
var profiles = []Profile{
	{
		Name: "smoke", About: "a slice of the embedded data, every kind of task once, about a minute; shows only that everything works",
		Sets: map[string]Source{paper.CIFAR10: {Data: "fashion-mnist", NMax: 100, Pool: "fashion-mnist"}},
		Arch: "resnet8", TestPerClass: 10, PoolPerClass: 600, MapPerClass: 10,
		Supervised: Recipe{Epochs: 3, Batch: 8}, WithDU: Recipe{Epochs: 1, Batch: 16}, Probe: Recipe{Epochs: 2, Batch: 8}, Retrain: 2, Contrast: Contrast{Recipe{Epochs: 2, Batch: 16}, 64}, Evaluations: 2,
		Blocks: smokeBlocks, Seeds: 1, Trials: 2_000,
	},
	{
		Name: "quick", About: "embedded Fashion-MNIST in place of CIFAR-10, ResNet-8; the core at ρ = 100 first",
		Sets: map[string]Source{paper.CIFAR10: {Data: "fashion-mnist", NMax: 500, Pool: "fashion-mnist"}},
		Arch: "resnet8", MapPerClass: 100,
		Supervised: Recipe{40, 8, .05, .00625}, WithDU: Recipe{18, 16, .2, .0125}, NoCrop: true, Schedule: "linear", Probe: Recipe{Epochs: 100, Batch: 32}, Retrain: setup.RetrainEpochs, Contrast: Contrast{Recipe{Epochs: 60, Batch: 32}, 384}, Evaluations: 10,
		Blocks: coreBlocks, Rest: true, Seeds: 3, Budget: 15 * time.Minute, Trials: 200_000,
	},
	{
		Name: "desktop", About: "official data (--data-dir), CIFAR-10 at n_max 700 with D_U from its held-out images, the paper's networks and epochs",
		Sets: map[string]Source{
			paper.CIFAR10:  {Data: "cifar10", NMax: 700, Pool: dataset.PoolHeldOut},
			paper.CIFAR100: {Data: "cifar100", NMax: 500},
			paper.SVHN:     {Data: "svhn", NMax: 1000, Pool: dataset.PoolExtra},
		},
		Arch: "resnet32", MapPerClass: 500,
		Supervised: paperSupervised, WithDU: paperWithDU, Probe: probeRecipe, Retrain: setup.RetrainEpochs, Contrast: Contrast{Recipe{Epochs: 200, Batch: 32}, 512}, Evaluations: 50,
		Blocks: desktopBlocks, Rest: true, Seeds: 1, Fixed: 3, Trials: 1_000_000,
	},
	{
		Name: "paper", About: "official data (--data-dir), the paper's own settings",
		Sets: map[string]Source{
			paper.CIFAR10:  {Data: "cifar10", NMax: 5000},
			paper.CIFAR100: {Data: "cifar100", NMax: 500},
			paper.SVHN:     {Data: "svhn", NMax: 1000, Pool: dataset.PoolExtra},
		},
		Arch:       "resnet32",
		Supervised: paperSupervised, WithDU: paperWithDU, Probe: probeRecipe, Retrain: setup.RetrainEpochs, Contrast: momentumContrast, Evaluations: 200,
		Blocks: paperBlocks, Rest: true, Seeds: 3, Trials: 10_000_000,
	},
}

// CIFAR10 returns the source for CIFAR-10-LT, which every profile has.
func (p Profile) CIFAR10() Source { return p.Sets[paper.CIFAR10] }

// Official reports whether the profile reads files of the data folder.
func (p Profile) Official() bool {
	for _, s := range p.Sets {
		if !dataset.Embedded(s.Data) || s.Pool == dataset.PoolAuthors || dataset.Named(s.Pool) && !dataset.Embedded(s.Pool) {
			return true
		}
	}
	return false
}

// ProfileNamed returns a profile or, for NAME:SETTING=VALUE,…, a variant of it. An
// unknown name is an error that lists the known ones.
func ProfileNamed(name string) (Profile, error) {
	name, set, varied := strings.Cut(name, ":")
	for _, p := range profiles {
		if p.Name == name && varied {
			return p.variant(set)
		}
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("there is no profile %q; there are %s", name, strings.Join(ProfileNames(), ", "))
}

// Replicates returns how many replicates were fixed beforehand for each profile and
// its variants, by profile name.
func Replicates() map[string]int {
	n := map[string]int{}
	for _, p := range profiles {
		n[p.Name] = cmp.Or(p.Fixed, p.Seeds)
	}
	return n
}

// ProfileNames returns the names of the profiles, smallest first.
func ProfileNames() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return names
}
