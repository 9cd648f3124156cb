package paper

import "slices"

// Mark says where a setting or a fact was read.
type Mark string

const (
	MarkText     Mark = "P" // the paper's main text
	MarkProgram  Mark = "C" // the released program, newest version
	MarkAuthors  Mark = "A" // the authors' answer to a reader; Note has the thread
	MarkUpstream Mark = "U" // a project the released program builds on
	MarkInferred Mark = "?" // not confirmed in print: our reading
)

// Recipe is how the released program trains a network on 32×32 images.
type Recipe struct {
	Name        string
	Optimiser   string
	Momentum    float64
	Nesterov    bool
	WeightDecay float64 // added to the gradient of every parameter, batch norm and biases included
	Batch       int
	Epochs      int
	LR          float64
	Warmup      int    // epochs e = 1…Warmup run at LR·e/Warmup
	Drops       []Drop // in order of epoch
	Mark        Mark
	Note        string
}

// Drop sets the learning rate to Factor times the base rate from the 1-based
// epoch From on.
type Drop struct {
	From   int
	Factor float64
}

// At returns the learning rate of the 1-based epoch e.
func (r Recipe) At(e int) float64 {
	if e <= r.Warmup {
		return r.LR * float64(e) / float64(r.Warmup)
	}
	lr := r.LR
	for _, d := range r.Drops {
		if e >= d.From {
			lr = r.LR * d.Factor
		}
	}
	return lr
}

func recipe(name string, batch int, note string) Recipe {
	return Recipe{
		Name: name, Optimiser: "SGD", Momentum: 0.9, WeightDecay: 2e-4,
		Batch: batch, Epochs: 200, LR: 0.1, Warmup: 5,
		Drops: []Drop{{161, 1e-2}, {181, 1e-4}},
		Mark:  MarkProgram, Note: note,
	}
}

// Recipes returns the four recipes of the 32×32 experiments: supervised
// (and fine-tuning after SSP), with unlabeled data, rotation pre-training, and
// the schedule of the program before April 2021.
func Recipes() []Recipe {
	old := recipe("supervised, pre2021", 128, "the second drop was unreachable; the authors call it a typo made while cleaning the code (thread #16)")
	old.Drops = []Drop{{161, 1e-2}}
	return []Recipe{
		recipe("supervised", 128, "also fine-tuning after SSP, all layers, warm-up included; the batch was 256 by default until October 2020"),
		recipe("with D_U", 256, "the learning rate is not rescaled for the batch; epochs are those of the enlarged set (thread #13), some three times the steps of a supervised run"),
		recipe("rotation", 128, "cross-entropy on the four rotations, each image once a step; the checkpoint to go on from is the user's choice, ours the last epoch"),
		old,
	}
}

// LongTail is a data set's long-tailed version.
type LongTail struct {
	Dataset   string // as in Key
	Classes   int
	NMax      int // images of the largest class
	Network   string
	Rhos      []float64 // of the tables, as the columns stand; nil: the data set's own imbalance
	Pool      string    // source of unlabeled images
	Mean, Std [3]float64
	Mark      Mark
	Note      string
}

// LongTails returns the paper's data sets.
func LongTails() []LongTail {
	grid := []float64{100, 50, 10}
	cifarMean := [3]float64{.4914, .4822, .4465}
	cifarStd := [3]float64{.2023, .1994, .2010}
	half := [3]float64{.5, .5, .5}
	return []LongTail{
		{"CIFAR-10-LT", 10, 5000, "ResNet-32", grid, "TinyImages, images near CIFAR-10's classes", cifarMean, cifarStd, MarkProgram, "the standard deviations are those commonly copied, smaller than the pixels' own (.2470, .2435, .2616)"},
		{"CIFAR-100-LT", 100, 500, "ResNet-32", slices.Clone(grid), "", cifarMean, cifarStd, MarkProgram, "fine labels"},
		{"SVHN-LT", 10, 1000, "ResNet-32", slices.Clone(grid), "SVHN extra", half, half, MarkProgram, "the head is fixed at 1000 images; ranks are the digits 1…9, 0; digits are flipped in training; the test set is the official, unbalanced one"},
		{"ImageNet-LT", 1000, 1280, "ResNet-10, ResNet-50", nil, "", [3]float64{.485, .456, .406}, [3]float64{.229, .224, .225}, MarkUpstream, "115,846 training images by a published list, 1280 to 5 a class; a validation set of 20 a class apart from the test set"},
		{"iNaturalist 2018", 8142, 1000, "ResNet-50", nil, "", [3]float64{.466, .471, .380}, [3]float64{.195, .194, .192}, MarkUpstream, "437,513 training images, 1000 to 2 a class; its validation set is both selection and report set"},
	}
}

// RhoUs returns the imbalances of the unlabeled sets of Table 1 at ρ, in the
// order of its columns: 1, ρ/2, ρ, 2ρ.
func RhoUs(rho float64) []float64 { return []float64{1, rho / 2, rho, 2 * rho} }

// Constants of the losses and rules [C].
const (
	UnlabeledMultiple = 5      // |D_U| over the labelled set, "D_U@5x"
	Beta              = 0.9999 // effective-number weights (1−β)/(1−βⁿ), scaled to mean 1
	FocalGamma        = 1.0
	LDAMMargin        = 0.5  // largest margin
	LDAMScale         = 30.0 // multiplies the cosines
	DeferFrom         = 161  // 1-based epoch from which DRW weights and DRS samples
)

// RowRecipe is how a row of Table 2 is trained. A row with " + SSP" starts
// from rotation pre-training and is otherwise the same.
type RowRecipe struct {
	Method, Loss, Rule string
	Mark               Mark
	Note               string
}

// Table2Rows returns the rules behind Table 2's rows without SSP.
func Table2Rows() []RowRecipe {
	return []RowRecipe{
		{"CE", "ce", "none", MarkProgram, ""},
		{"CB-CE", "ce", "reweight", MarkText, "the README's \"CE(Balanced) + SSP\" has the same numbers and the authors say it means re-sampling (threads #1, #10): run both"},
		{"Focal", "focal", "none", MarkProgram, ""},
		{"CB-Focal", "focal", "reweight", MarkProgram, "the weight stands inside the focal exponent"},
		{"CE-DRW", "ce", "DRW", MarkProgram, ""},
		{"CE-DRS", "ce", "DRS", MarkText, "not in the released program"},
		{"LDAM", "ldam", "none", MarkProgram, ""},
		{"LDAM-DRW", "ldam", "DRW", MarkProgram, ""},
	}
}

// Obstacle is why a number cannot be run as printed by anyone, and the
// nearest run that can.
type Obstacle struct{ Why, Nearest string }

// ObstacleOf returns what stands in the way of running k as printed, if
// anything does. That a run is long or needs the user's own copy of a data
// set is no obstacle in this sense.
func ObstacleOf(k Key) (Obstacle, bool) {
	// Figures 2 and 3 and E.3 draw from the same pool as Table 1a.
	if k.Dataset == "CIFAR-10-LT" && k.RhoU != 0 {
		return Obstacle{
			Why:     "the TinyImages pool was withdrawn by its owners in 2020",
			Nearest: "official CIFAR-10-LT with a smaller n_max (700), D_U from held-out images of the same set (grade S)",
		}, true
	}
	return Obstacle{}, false
}
