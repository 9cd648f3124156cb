package experiments

import (
	"slices"
	"strings"

	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

// GradeOf returns how strong the evidence is that a number trained under these
// settings gives. about is the task's data set. Once opened it knows whether its
// files are official; unofficial files say nothing about the paper's. A task checks
// its unlabeled images when it opens them. Grade S needs base runs of at least
// 2,800 steps at the paper's batch or a larger one; shorter runs are T. A variant
// of a profile is never P.
//
// A part of the labels (Amount) has the grade of all of them. A method with parts
// of ours (relevance, ω, threshold, VAT, mean teacher, MoCo) has the grade of the
// runs it is compared with; marks name these parts. Comparisons never cross grades,
// except with a base that is graded higher because it needs no pool.
func GradeOf(s results.Settings, about *dataset.Set) results.Grade {
	if about.StandsFor != "" || about.NMax == 0 || !slices.Contains(paper.LongTails(), about.Name+"-LT") || strings.Contains(about.Mark, dataset.Unverified) {
		return results.GradeStandIn
	}
	base := paperSupervised
	ownRecipe := s.Frozen || s.Retrained
	switch {
	case s.Variant != "": // the same for all runs of a variant on a data set
		v, err := Profile{Supervised: base}.variant(s.Variant)
		if err != nil {
			return results.GradeStandIn
		}
		s.Rho, s.Imbalance = slices.Max(paper.Rhos), ""
		base = Recipe{Epochs: min(v.Supervised.Epochs, base.Epochs), Batch: max(v.Supervised.Batch, base.Batch)}
	case s.Epochs > 0 && !ownRecipe: // pseudo-labels, probes, re-trained heads and embeddings are graded as their runs
		base.Epochs = min(s.Epochs, base.Epochs)
	}
	counts, err := dataset.Counts(len(about.Classes), s.NMax, s.Rho, s.Imbalance)
	if err != nil || base.Epochs*ceilDiv(score.Sum(counts), base.Batch) < 2800 {
		return results.GradeStandIn
	}
	batch := s.Batch == 0 || s.Batch == paperSupervised.Batch || s.Batch == paperWithDU.Batch
	pool := s.Multiple == 0 || s.Pool == dataset.PoolExtra || s.Pool == dataset.PoolAuthors
	recipe := s.Variant == "" && (s.LR == 0 && s.Schedule == "" || ownRecipe) && s.BNMomentum == 0 && !s.NoCrop
	if s.NMax == about.NMax && s.TestPerClass == 0 && recipe && s.Arch == "resnet32" && base.Epochs == paperSupervised.Epochs && batch && pool {
		return results.GradePaper
	}
	return results.GradeSimilar
}
