package paper

// Recipe is how the released program trains a network on 32×32 images.
type Recipe struct {
	Epochs, Batch int
	LR            float64
}

// The released program's recipes. The rate is not rescaled with the batch.
var (
	Supervised    = Recipe{200, 128, .1} // also fine-tuning after SSP, all layers
	WithUnlabeled = Recipe{200, 256, .1} // epochs are those of the enlarged set (thread #13), about three times the steps
)

// LongTails returns the data sets of which the paper has a long-tailed version, or
// that have a long tail of their own.
func LongTails() []string {
	return []string{CIFAR10, CIFAR100, SVHN, "ImageNet-LT", "iNaturalist 2018"}
}

// Table2Datasets returns the data sets of Table 2, each with a column for every one
// of Rhos.
func Table2Datasets() []string { return []string{CIFAR10, CIFAR100} }

// RhoUs returns the imbalances of the unlabeled sets of Table 1 at ρ, in the order
// of its columns: 1, ρ/2, ρ, 2ρ.
func RhoUs(rho float64) []float64 { return []float64{1, rho / 2, rho, 2 * rho} }

// Constants of the losses and rules [C].
const (
	UnlabeledMultiple = 5      // |D_U| relative to the labeled set, "D_U@5x"
	Beta              = 0.9999 // effective-number weights (1−β)/(1−βⁿ), scaled to mean 1
	FocalGamma        = 1.0
	LDAMMargin        = 0.5  // largest margin
	LDAMScale         = 30.0 // multiplies the cosines
)

// RowRecipe is how a row of Table 2 is trained. A row with " + SSP" starts from
// rotation pre-training and is otherwise the same. Loss and Rule are those of
// results.Settings: "" is cross-entropy and no rule.
type RowRecipe struct {
	Method, Loss, Rule string
	Note               string
}

// Table2Rows returns the rules behind Table 2's rows without SSP.
func Table2Rows() []RowRecipe {
	return []RowRecipe{
		{"CE", "", "", ""},
		{"CB-CE", "", "reweight", "the README's \"CE(Balanced) + SSP\" has the same numbers and the authors say it means re-sampling (threads #1, #10): run both"},
		{"Focal", "focal", "", ""},
		{"CB-Focal", "focal", "reweight", "the weight stands inside the focal exponent"},
		{"CE-DRW", "", "drw", ""},
		{"CE-DRS", "", "drs", "not in the released program"},
		{"LDAM", "ldam", "", ""},
		{"LDAM-DRW", "ldam", "drw", ""},
	}
}

// Obstacle is why nobody can run a number as printed, and the nearest possible run.
type Obstacle struct{ Why, Nearest string }

// ObstacleOf returns the obstacle to running k as printed, or false if there is
// none. A long run, or one that needs the user's own copy of a data set, is no
// obstacle in this sense.
func ObstacleOf(k Key) (Obstacle, bool) {
	// Figures 2 and 3 and E.3 draw from the same pool as Table 1a.
	if k.Dataset == CIFAR10 && k.RhoU != 0 {
		o := Obstacle{
			Why:     "the TinyImages pool was withdrawn by its owners in 2020",
			Nearest: "official CIFAR-10-LT with a smaller n_max (700), D_U from held-out images of the same set (grade S)",
		}
		if k.Method == Unlabeled(10) {
			o.Nearest += ", which are too few for 10x: the same at 5x"
		}
		return o, true
	}
	return Obstacle{}, false
}
