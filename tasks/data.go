package tasks

import (
	"fmt"
	"runtime/debug"
	"slices"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/nn/objective"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// openSet opens the task's data and its labeled subset and records them in the
// result.
func (r *run) openSet() (*dataset.Set, *dataset.Subset, error) {
	s := r.s
	set, err := r.o.Files.Open(s.Data)
	if err != nil {
		return nil, nil, err
	}
	if n := len(set.Classes); n > maxClasses {
		return nil, nil, fmt.Errorf("%s has %d classes: a plan's results hold at most %d; longtail train takes more", set.Name, n, maxClasses)
	}
	sub, err := dataset.LongTail{Rho: s.Rho, Imbalance: s.Imbalance, NMax: s.NMax, Amount: s.Amount, DataSeed: s.DataSeed}.Select(set)
	if err != nil {
		return nil, nil, err
	}
	res := r.result
	res.Classes, res.DataDigest, res.DataMark = set.Classes, set.Digest, set.Mark
	res.LabeledCounts = sub.Counts
	res.Fingerprint = dataset.Fingerprint(set.Digest, sub.Positions)
	res.Grade = experiments.GradeOf(s, set)
	if s.Init != "" {
		init, err := r.store.Result(s.Init)
		if err != nil {
			return nil, nil, fmt.Errorf("what it starts from: %w", err)
		}
		if res.InitFingerprint = init.Fingerprint; res.InitFingerprint != res.Fingerprint {
			return nil, nil, fmt.Errorf("what it starts from saw other images (fingerprint %.12s) than this run would (%.12s)", res.InitFingerprint, res.Fingerprint)
		}
	}
	return set, sub, nil
}

// openPool opens the unlabeled pool at the task's scale. Its labels only shape ρ_U.
func (r *run) openPool(sub *dataset.Subset) (dataset.Samples, error) {
	pool, err := r.o.Files.OpenPool(sub, r.s.Pool)
	if err != nil {
		return dataset.Samples{}, err
	}
	r.result.PoolName, r.result.PoolMark, r.result.PoolDigest = pool.Name, r.mark(pool), pool.Digest
	if r.s.PoolPerClass == 0 {
		return pool.Samples, nil
	}
	return pool.At(dataset.FirstPerClass(pool.Labels, r.s.PoolPerClass)), nil
}

// openIrrelevant opens the images outside all classes that are mixed into D_U.
// Their files are graded like those of a pool.
func (r *run) openIrrelevant(set *dataset.Set) (*dataset.Pool, error) {
	other, err := r.o.Files.OpenIrrelevant(set, r.s.Irrelevant)
	if err != nil {
		return nil, err
	}
	r.result.IrrelevantName, r.result.IrrelevantMark, r.result.IrrelevantDigest = other.Name, r.mark(other), other.Digest
	return other, nil
}

// mark returns a result's mark for the unlabeled images that were opened. If they
// differ from the official ones, where these are known, it also grades the result a
// stand-in.
func (r *run) mark(p *dataset.Pool) string {
	if p.Altered() {
		r.result.Grade = results.GradeStandIn
	}
	if p.Unverified {
		return p.Mark + ", " + dataset.Unverified
	}
	return p.Mark
}

// testPositions returns the positions of the test images at the task's scale; nil:
// all.
func (r *run) testPositions(set *dataset.Set) []int {
	if r.s.TestPerClass == 0 {
		return nil
	}
	return dataset.FirstPerClass(set.Test.Labels, r.s.TestPerClass)
}

// trainingList returns the labeled subset followed by D_U, if the task has one,
// with the labels that the task trains on. With SSL, D_U has no labels and goes to
// r.unlabeled instead.
func (r *run) trainingList(set *dataset.Set, sub *dataset.Subset) (setup.Mixture, error) {
	all := setup.NewMixture(set, r.s.Omega)
	if err := all.List.Append(set.Train, sub.Positions, nil); err != nil {
		return all, err
	}
	if r.s.Multiple > 0 {
		if err := r.appendUnlabeled(all, set, sub); err != nil {
			return all, err
		}
		debug.FreeOSMemory() // return the rest of the pool, maybe gigabytes, before the network takes its own
	}
	r.result.TrainCounts = all.Counts()
	return all, nil
}

// drawn is the relevant part of D_U: its images and the labels that the task trains on,
// none with SSL.
type drawn struct {
	images dataset.Samples
	labels []int32
}

// appendUnlabeled adds copies of the images drawn from the pool to the mixture. It
// records the sizes of D_U and the quality of its labels.
func (r *run) appendUnlabeled(all setup.Mixture, set *dataset.Set, sub *dataset.Subset) error {
	s, res := r.s, r.result
	pool, err := r.openPool(sub)
	if err != nil {
		return err
	}
	var other *dataset.Pool
	if s.IrrelevantPct > 0 {
		if other, err = r.openIrrelevant(set); err != nil {
			return err
		}
	}
	selected, err := r.draw(sub, pool, other)
	if err != nil {
		return err
	}
	res.UnlabeledCounts = selected.Counts
	if s.SSL != "" {
		r.drawn = drawn{images: pool.At(selected.Positions)}
		r.unlabeled = dataset.NewList(set)
		if other != nil {
			if err := appendAll(r.unlabeled, other.At(selected.Irrelevant)); err != nil {
				return err
			}
		}
		return appendAll(r.unlabeled, r.drawn.images)
	}

	labels, irrelevant := pool.Labels, []int32(nil)
	switch {
	case s.PoolLabels == "":
		if labels, irrelevant, err = r.pseudoLabels(pool, other); err != nil {
			return err
		}
	case other != nil:
		return fmt.Errorf("images of %s have no true label among the classes of %s", other.Name, set.Name)
	}
	res.PseudoCounts = make([]int, len(set.Classes))
	if r.drawn, err = r.addLabeled(all, pool, selected.Positions, labels); err != nil {
		return err
	}
	if s.PoolLabels == "" {
		res.Drawn = new(score.Quality(r.drawn.images.Labels, r.drawn.labels, set.Ranks()))
	}
	if other == nil {
		return nil
	}
	before := slices.Clone(res.PseudoCounts)
	if _, err := r.addLabeled(all, other.Samples, selected.Irrelevant, irrelevant); err != nil {
		return err
	}
	res.IrrelevantCounts = make([]int, len(before))
	for c, n := range res.PseudoCounts {
		res.IrrelevantCounts[c] = n - before[c]
	}
	return nil
}

// draw selects D_U from the pool, and its irrelevant part from other unless that is
// nil. Too few images are an error.
func (r *run) draw(sub *dataset.Subset, pool dataset.Samples, other *dataset.Pool) (*dataset.Drawn, error) {
	u := dataset.Unlabeled{Multiple: r.s.Multiple, RhoU: r.s.RhoU, Pool: r.result.PoolName}
	if other != nil {
		u.Mix = &dataset.Mix{Relevance: 1 - r.s.IrrelevantPct/100, From: other.Samples}
	}
	return sub.Draw(u, pool)
}

// pseudoLabels returns the base classifier's labels of the pool and of other, which
// may be nil. Labels below the task's threshold of confidence are −1. Labels stored
// for other images than are there now are an error.
func (r *run) pseudoLabels(pool dataset.Samples, other *dataset.Pool) (labels, irrelevant []int32, err error) {
	labeler, err := r.store.Result(r.s.Labels)
	if err != nil {
		return nil, nil, fmt.Errorf("the pseudo-labels: %w", err)
	}
	if labeler.PoolDigest != r.result.PoolDigest || len(labeler.Pool.Labels) != pool.Len() {
		return nil, nil, fmt.Errorf("the pseudo-labels are for another pool (%d images, digest %.12s) than is there now (%d, %.12s): delete %s and run the same command again",
			len(labeler.Pool.Labels), labeler.PoolDigest, pool.Len(), r.result.PoolDigest, r.store.Dir(r.s.Labels))
	}
	if n := len(labeler.Pool.Irrelevant); other != nil && (n != other.Len() || labeler.IrrelevantDigest != "" && labeler.IrrelevantDigest != other.Digest) { // earlier versions stored none
		return nil, nil, fmt.Errorf("the pseudo-labels are for other irrelevant images (%d, digest %.12s) than are there now (%d, %.12s): delete %s and run the same command again",
			n, labeler.IrrelevantDigest, other.Len(), other.Digest, r.store.Dir(r.s.Labels))
	}
	n := len(labeler.Pool.Labels)
	all := convert[int32](slices.Concat(labeler.Pool.Labels, labeler.Pool.Irrelevant))
	if r.s.Threshold > 0 {
		sure, err := r.confidence(len(all))
		if err != nil {
			return nil, nil, err
		}
		for i, p := range sure {
			if !(p >= r.s.Threshold) {
				all[i] = -1
			}
		}
	}
	return all[:n], all[n:], nil
}

// addLabeled adds the images at positions whose label is not negative, and returns
// them.
func (r *run) addLabeled(all setup.Mixture, from dataset.Samples, positions []int, labels []int32) (drawn, error) {
	kept := make([]int, 0, len(positions))
	for _, p := range positions {
		if labels[p] >= 0 {
			kept = append(kept, p)
		}
	}
	r.result.Dropped += len(positions) - len(kept)
	picked := dataset.Pick(labels, kept)
	for _, y := range picked {
		r.result.PseudoCounts[y]++
	}
	images := from.At(kept)
	return drawn{images, picked}, all.AddUnlabeled(images, images.Positions(), picked)
}

// appendAll adds images whose labels are not used.
func appendAll(l *dataset.List, images dataset.Samples) error {
	return l.Append(images, images.Positions(), make([]int32, images.Len()))
}

// maxClasses is how many classes a byte can hold.
const maxClasses = 256

// convert converts classes from or into bytes, as which files store them.
func convert[To, From byte | int32](classes []From) []To {
	out := make([]To, len(classes))
	for i, y := range classes {
		out[i] = To(y)
	}
	return out
}

// confidence returns the base classifier's largest probability for each of n
// images: the pool's, then the irrelevant ones.
func (r *run) confidence(n int) ([]float64, error) {
	logits, classes, err := readHalf(r.store.Path(r.s.Labels, results.FileLogits))
	if err != nil {
		return nil, fmt.Errorf("the confidence of the pseudo-labels: %w", err)
	}
	if len(logits) != n*classes {
		return nil, fmt.Errorf("there are logits of %d images for %d: delete %s and run the same command again", len(logits)/classes, n, r.store.Dir(r.s.Labels))
	}
	loss, _ := objective.LossNamed(r.s.Loss) // the base has the same loss (maker.pseudolabels)
	return objective.Confidence(logits, classes, loss.Scale), nil
}
