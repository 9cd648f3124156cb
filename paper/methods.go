package paper

import (
	"fmt"
	"slices"
	"strings"
)

// Method is a Key's Method taken apart, its parts in the order of the name:
// "CE + D_U@5x, relevance 60 %" is {"CE", ["D_U@5x"], ["relevance 60 %"]}.
type Method struct {
	Rule           string   // a row of Table 2, or what stands in the place of one
	Added, Changed []string // each behind " + ", and then each behind ", "
}

// ParseMethod returns the parts of a method's name. A name without parts is a rule.
func ParseMethod(name string) Method {
	parts := strings.Split(name, ", ")
	added := strings.Split(parts[0], " + ")
	return Method{added[0], added[1:], parts[1:]}
}

// String returns the name that ParseMethod took apart.
func (m Method) String() string {
	added := strings.Join(append([]string{m.Rule}, m.Added...), " + ")
	return strings.Join(append([]string{added}, m.Changed...), ", ")
}

// Base returns the method that m is an addition to or a change of: its rule, but CE
// for the README's name of it and for the linear probe.
func (m Method) Base() string {
	if m.Rule == "CE(Uniform)" || m.Rule == "SSP" {
		return "CE"
	}
	return m.Rule
}

// Relevance returns m without its relevance, and how many percent of D_U show one of
// the classes; −1: the name does not say.
func (m Method) Relevance() (rest Method, pct float64) {
	for i, c := range m.Changed {
		if _, err := fmt.Sscanf(c, "relevance %g %%", &pct); err == nil {
			m.Changed = slices.Delete(slices.Clone(m.Changed), i, i+1)
			return m, pct
		}
	}
	return m, -1
}

// A Key's Method is a rule as in Table 2, "CE-DRW", followed by additions and
// changes in the order below. Plans, verdicts and figures all spell it with these.
const (
	WithDU  = " + D_U@5x" // D_U with pseudo-labels, UnlabeledMultiple times the labeled set
	WithSSP = " + SSP"    // fine-tuned from self-supervised pre-training by rotation

	WithCRT = " + cRT" // then a new head is trained on the frozen trunk, with class-aware sampling

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
