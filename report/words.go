package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
)

// Losses and rules as text, by their names in settings and in paper.Table2Rows.
var (
	lossWords = map[string]string{
		"": "cross-entropy", "focal": fmt.Sprintf("focal loss (γ = %g)", paper.FocalGamma),
		"ldam": fmt.Sprintf("LDAM loss (largest margin %g, scale %g)", paper.LDAMMargin, paper.LDAMScale),
	}
	ruleWords = map[string]string{
		"reweight":    fmt.Sprintf("class-balanced weights (β = %g) throughout", paper.Beta),
		"resample":    "class-balanced re-sampling throughout",
		"drw":         fmt.Sprintf("class-balanced weights (β = %g) after 80 %% of the epochs (DRW)", paper.Beta),
		"drs":         "class-balanced re-sampling after 80 % of the epochs (DRS)",
		"class-aware": "classes in turn, four images of each",
	}
)

// objective returns loss and rule as text.
func objective(loss, rule string) string {
	text := cmp.Or(lossWords[loss], loss)
	if rule != "" {
		text += ", " + cmp.Or(ruleWords[rule], rule)
	}
	return text
}

// describeTask returns as text what a task does, from its settings. Parents, seeds
// and data digest are omitted, because the record shows them separately.
func describeTask(s results.Settings) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case s.Kind == results.KindTheory:
		add("Theorem %d, grid “%s”", s.Theorem, s.Grid)
		if s.Trials > 0 {
			add("up to %s trials a row", thousands(s.Trials))
		}
		return strings.Join(parts, "; ")
	case s.Kind == results.KindPseudolabel:
		add("the base labels the pool")
	case s.Kind == results.KindEmbed:
		add("features and t-SNE map of the base")
	case s.Target != "":
		add("%s pre-training", s.Target)
		if s.Queue > 0 {
			parts[0] += fmt.Sprintf(" with a queue of %d keys", s.Queue)
		}
	case s.Kind == results.KindPretrain:
		add("supervised pre-training, cross-entropy")
	case s.Frozen:
		add("linear probe, %s", objective(s.Loss, s.Rule))
	case s.Retrained:
		add("classifier re-training (cRT): a new head on the frozen trunk, %s", objective(s.Loss, s.Rule))
	default:
		add("%s", objective(s.Loss, s.Rule))
	}
	data := fmt.Sprintf("%s on %s, ρ = %g", s.Arch, s.Data, s.Rho)
	if s.NMax > 0 {
		data += fmt.Sprintf(", n_max %d", s.NMax)
	}
	if s.Imbalance != "" {
		data += ", " + s.Imbalance + " imbalance"
	}
	if s.Amount > 0 {
		data += fmt.Sprintf(", %g of it", s.Amount)
	}
	add("%s", data)
	if s.Multiple > 0 {
		whole := ""
		if s.Amount > 0 { // D_U keeps the size that it has with all labels
			whole = "whole "
		}
		unlabeled := fmt.Sprintf("D_U of %g times the %slabeled set at ρ_U = %g from pool %s", s.Multiple, whole, s.RhoU, s.PoolName())
		if s.IrrelevantPct > 0 {
			unlabeled += fmt.Sprintf(", %g %% of it %s", s.IrrelevantPct, s.Irrelevant)
		}
		if s.PoolLabels != "" {
			unlabeled += ", " + s.PoolLabels + " labels"
		}
		if s.Omega > 0 {
			unlabeled += fmt.Sprintf(", ω = %g", s.Omega)
		}
		if s.Threshold > 0 {
			unlabeled += fmt.Sprintf(", confidence at least %g", s.Threshold)
		}
		switch s.SSL {
		case results.SSLVAT:
			unlabeled += fmt.Sprintf(", used without labels by VAT, perturbations of length %g", s.Epsilon)
		case results.SSLMeanTeacher:
			unlabeled += ", used without labels by a mean teacher"
		}
		add("%s", unlabeled)
	}
	if s.Epochs > 0 {
		add("%d epochs of batch %d, learning rate %g", s.Epochs, s.Batch, cmp.Or(s.LR, paper.Supervised.LR))
		switch falls := &parts[len(parts)-1]; {
		case s.Schedule == "" && !s.Frozen:
			first, second := math.Round(.8*float64(s.Epochs)), math.Round(.9*float64(s.Epochs))
			*falls += fmt.Sprintf(" dropping after epochs %g and %g", first, second)
		case s.Schedule != "":
			*falls += fmt.Sprintf(", %s schedule", s.Schedule)
		}
	}
	if s.NoCrop {
		add("no random crops")
	}
	if s.WeightDecay > 0 {
		add("weight decay %g", s.WeightDecay)
	}
	if s.BNMomentum > 0 {
		add("batch-norm momentum %g", s.BNMomentum)
	}
	if s.Exact {
		add("direct convolutions")
	}
	return strings.Join(parts, "; ")
}

// printedRecipe returns as text how the paper or its code trains a cell; "" if that
// is not printed or the cell is ours.
func printedRecipe(k paper.Key) string {
	if k.Source == paper.SourceControl || !strings.HasPrefix(k.Source, "Table ") && k.Source != "README" || k.Network != "ResNet-32" {
		return ""
	}
	method, ssp := strings.CutSuffix(k.Method, paper.WithSSP)
	method, unlabeled := strings.CutSuffix(method, paper.WithDU)
	note := ""
	switch method {
	case "CE(Uniform)":
		method = "CE"
	case "CE(Balanced)":
		method, note = "CB-CE", "re-weighted or re-sampled: see “Errata”"
	}
	rows := paper.Table2Rows()
	i := slices.IndexFunc(rows, func(r paper.RowRecipe) bool { return r.Method == method })
	if i < 0 {
		return ""
	}
	recipe := paper.Supervised
	text := k.Network + ", " + objective(rows[i].Loss, rows[i].Rule)
	if unlabeled {
		recipe = paper.WithUnlabeled
		text += fmt.Sprintf("; D_U of %d times the labeled set, pseudo-labels of %s", paper.UnlabeledMultiple, method)
	}
	if ssp {
		text += "; starts from rotation pre-training"
	}
	text += fmt.Sprintf("; %d epochs of batch %d, learning rate %g", recipe.Epochs, recipe.Batch, recipe.LR)
	if note = cmp.Or(note, rows[i].Note); note != "" {
		text += " (" + note + ")"
	}
	return text
}

// outcome returns as text the number, or other content, of a result.
func outcome(r *results.Result) string {
	switch {
	case r.Pool != nil:
		return fmt.Sprintf("%.2f %% of the pool's labels wrong", r.Pool.ErrorPct)
	case r.Embedding != nil:
		return "map of features"
	case r.Grid != nil:
		return "grid of " + plural.Of(len(r.Grid.Rows), "row")
	case len(r.Findings) > 0:
		return "verdicts on " + plural.Of(len(r.Findings), "claim")
	case r.Settings.Target != "" && r.Confusion != nil: // of a pretext task, such as rotation
		return fmt.Sprintf("%.2f %% of %ss wrong", r.LastErrorPct, r.Settings.Target)
	case r.BestEpoch > 0 || len(r.PerClassErrorPct) > 0 || r.Reported != "":
		return fmt.Sprintf("%.2f %%", r.LastErrorPct)
	}
	return "done"
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// duration returns seconds as text, rounded for planning.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", math.Ceil(seconds))
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", math.Ceil(d.Minutes()))
	case d < 100*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	default:
		return thousands(int64(math.Round(d.Hours()))) + " h"
	}
}
