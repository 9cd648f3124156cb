package experiments

import (
	"cmp"
	"fmt"
	"strings"

	"longtail/results"
)

// Describe returns a short description of a task.
func Describe(s results.Settings) string {
	if t, ok := theoryOf(s); ok {
		return fmt.Sprintf("Theorem %d: %s", s.Theorem, t.about)
	}
	var b strings.Builder
	switch {
	case s.Arch == results.ArchLogistic:
		b.WriteString("logistic regression")
	case s.Kind == results.KindPseudolabel:
		b.WriteString("pseudo-labels of the pool")
	case s.Kind == results.KindEmbed:
		b.WriteString("embedding")
		if s.Multiple > 0 {
			fmt.Fprintf(&b, " with D_U@%gx", s.Multiple)
		}
	case s.Frozen:
		b.WriteString("linear probe of pre-training")
	case s.Retrained:
		b.WriteString("classifier re-training")
	case s.Kind == results.KindPretrain && s.Target == results.TargetMoCo:
		b.WriteString("MoCo pre-training")
	case s.Kind == results.KindPretrain && s.Target != "":
		b.WriteString(s.Target + " pre-training")
	case s.Kind == results.KindPretrain:
		b.WriteString("supervised pre-training")
	case s.Init != "":
		b.WriteString(method(s) + " from pre-training")
	case s.Multiple > 0:
		fmt.Fprintf(&b, "%s + D_U@%gx, ρ_U=%g", method(s), s.Multiple, s.RhoU)
		if s.IrrelevantPct > 0 {
			fmt.Fprintf(&b, ", relevance %g %%", 100-s.IrrelevantPct)
		}
		if s.PoolLabels != "" {
			b.WriteString(", true labels")
		}
		if s.Omega > 0 {
			fmt.Fprintf(&b, ", ω=%g", s.Omega)
		}
		if s.Threshold > 0 {
			fmt.Fprintf(&b, ", threshold %g", s.Threshold)
		}
		if s.SSL != "" {
			b.WriteString(", without labels: " + s.SSL)
		}
	default:
		b.WriteString(method(s))
	}
	fmt.Fprintf(&b, ", %s, ρ=%g", s.Data, s.Rho)
	if s.Imbalance != "" {
		fmt.Fprintf(&b, " (%s)", s.Imbalance)
	}
	if s.Amount > 0 {
		fmt.Fprintf(&b, ", D_L×%g", s.Amount)
	}
	if s.Epochs > 0 {
		fmt.Fprintf(&b, ", %d epochs of batch %d", s.Epochs, s.Batch)
	}
	fmt.Fprintf(&b, ", replicate %d", s.Replicate)
	return b.String()
}

// method returns loss and rule as the paper writes them, "LDAM-DRW".
func method(s results.Settings) string {
	name := strings.ToUpper(cmp.Or(s.Loss, "ce"))
	if s.Rule != "" {
		name += "-" + strings.ToUpper(s.Rule)
	}
	return name
}
