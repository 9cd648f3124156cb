package paper

import "fmt"

// A Key's Method is a rule as in Table 2, "CE-DRW", followed by additions and
// changes in the order below. Plans, verdicts and figures all spell it with these.
const (
	WithDU  = " + D_U@5x" // D_U with pseudo-labels, UnlabeledMultiple times the labeled set
	WithSSP = " + SSP"    // fine-tuned from self-supervised pre-training by rotation

	// Controls, ours.
	EqualSteps     = ", equal steps"      // the labeled set alone, with the recipe of D_U and as many steps
	WarmStart      = " + warm start"      // pre-trained on the labels of the same images
	TwiceTheEpochs = ", twice the epochs" // the same run for twice its epochs
	TrueLabels     = ", true labels"      // D_U with its true labels, the ceiling of pseudo-labels
	LinearProbe    = "SSP, linear probe"  // a head on the frozen features of the pre-training
	Logistic       = "logistic regression on pixels"

	// Other ways to use D_U, and another pre-training (E.1, F.1).
	MeanTeacher = "CE + mean teacher"
	VAT         = "CE + VAT"
	MoCo        = "CE + SSP (MoCo)"

	OnStep    = ", step"      // on a step-imbalanced set
	Embedding = ", embedding" // the run's features, which have no error
)

// Relevance returns the method CE with a D_U of which pct percent show one of the
// classes.
func Relevance(pct float64) string { return fmt.Sprintf("CE%s, relevance %g %%", WithDU, pct) }

// LabeledShare returns the suffix of a method on a share of the labeled set.
func LabeledShare(share float64) string { return fmt.Sprintf(", D_L×%g", share) }

// Unlabeled returns the method CE with a D_U of multiple times the labeled set.
func Unlabeled(multiple float64) string { return fmt.Sprintf("CE + D_U@%gx", multiple) }

// Omega returns the suffix of a method whose D_U has this weight in the loss.
func Omega(omega float64) string { return fmt.Sprintf(", ω=%g", omega) }

// Threshold returns the suffix of a method that omits pseudo-labels of less
// confidence.
func Threshold(least float64) string { return fmt.Sprintf(", threshold %g", least) }
