package paper

import "fmt"

// A Key's Method is a rule as Table 2 has it, "CE-DRW", with what is added to it
// or changed of it behind, in this order. What plans such a cell, what judges by
// it and what draws it all spell it with these.
const (
	WithDU  = " + D_U@5x" // D_U with pseudo-labels, UnlabeledMultiple times the labelled set
	WithSSP = " + SSP"    // fine-tuned from self-supervised pre-training: rotation

	// Controls, ours.
	EqualSteps     = ", equal steps"      // the labelled set alone, for as many steps as with D_U and with its recipe
	WarmStart      = " + warm start"      // pre-trained on the labels of the same images
	TwiceTheEpochs = ", twice the epochs" // of the same run
	TrueLabels     = ", true labels"      // D_U with its true labels: the ceiling of pseudo-labels
	LinearProbe    = "SSP, linear probe"  // a head on the frozen features of the pre-training

	OnStep    = ", step"      // on a step-imbalanced set
	Embedding = ", embedding" // the run's features, which have no error
)

// Relevance is CE with a D_U of which so many percent show one of the classes.
func Relevance(pct float64) string { return fmt.Sprintf("CE%s, relevance %g %%", WithDU, pct) }

// LabelledShare stands behind a method that has a share of the labelled set.
func LabelledShare(share float64) string { return fmt.Sprintf(", D_L×%g", share) }
