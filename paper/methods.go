package paper

import "fmt"

// A Key's Method is a rule as Table 2 has it, "CE-DRW", with what is added to it
// or changed of it behind, in this order. What plans such a cell, what judges by
// it and what draws it all spell it with these.
const (
	WithDU  = " + D_U@5x" // D_U with pseudo-labels, UnlabeledMultiple times the labeled set
	WithSSP = " + SSP"    // fine-tuned from self-supervised pre-training: rotation

	// Controls, ours.
	EqualSteps     = ", equal steps"      // the labeled set alone, for as many steps as with D_U and with its recipe
	WarmStart      = " + warm start"      // pre-trained on the labels of the same images
	TwiceTheEpochs = ", twice the epochs" // of the same run
	TrueLabels     = ", true labels"      // D_U with its true labels: the ceiling of pseudo-labels
	LinearProbe    = "SSP, linear probe"  // a head on the frozen features of the pre-training

	// Other ways to use D_U, and another pre-training (E.1, F.1).
	MeanTeacher = "CE + mean teacher"
	VAT         = "CE + VAT"
	MoCo        = "CE + SSP (MoCo)"

	OnStep    = ", step"      // on a step-imbalanced set
	Embedding = ", embedding" // the run's features, which have no error
)

// Relevance is CE with a D_U of which so many percent show one of the classes.
func Relevance(pct float64) string { return fmt.Sprintf("CE%s, relevance %g %%", WithDU, pct) }

// LabeledShare stands behind a method that has a share of the labeled set.
func LabeledShare(share float64) string { return fmt.Sprintf(", D_L×%g", share) }

// Unlabeled is CE with a D_U of so many times the labeled set.
func Unlabeled(multiple float64) string { return fmt.Sprintf("CE + D_U@%gx", multiple) }

// Omega stands behind a method whose D_U weighs so much in the loss.
func Omega(omega float64) string { return fmt.Sprintf(", ω=%g", omega) }

// Threshold stands behind a method that leaves pseudo-labels out that are less sure.
func Threshold(least float64) string { return fmt.Sprintf(", threshold %g", least) }
