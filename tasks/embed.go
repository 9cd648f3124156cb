package tasks

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/neighbors"
	"longtail/internal/stream"
	"longtail/internal/tsne"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
)

// Constants of claims S13 and P8, fixed beforehand. The distance to a class is the
// mean over its nearest labeled images, in the trunk's 64 features. Head and tail
// are the first and last 30 % of ranks. The map uses scikit-learn's defaults
// (thread #23), except that internal/tsne raises the learning rate after
// exaggeration.
const (
	nearest    = 5
	perplexity = 30
	iterations = 1000
)

// embed computes a task of KindEmbed: measures of a finished classifier's features
// over all test images, and a map of some of them.
func (r *run) embed(ctx context.Context) error {
	set, sub, err := r.openSet()
	if err != nil {
		return err
	}
	if _, err := r.trainingList(set, sub); err != nil {
		return err
	}
	net, err := r.classifier(set, r.s.Base)
	if err != nil {
		return err
	}
	defer net.Close()
	started := time.Now()
	features := func(samples dataset.Samples, positions []int) (neighbors.Points, error) {
		p := neighbors.Points{D: net.Trunk.Features()}
		images, err := batches.NewImages(set, samples, positions)
		if err == nil {
			p.X, p.Y, err = train.Features(ctx, net.Trunk, images)
		}
		return p, err
	}
	labeled, err := features(set.Train, sub.Positions)
	if err != nil {
		return err
	}
	test, err := features(set.Test, r.testPositions(set))
	if err != nil {
		return err
	}
	ranks := set.Ranks()
	n := score.Ends(len(ranks))
	out := &results.Embedding{Perplexity: math.Min(perplexity, float64((len(labeled.Y)-1)/3)), Iterations: iterations}
	if out.Separation, err = neighbors.Separate(ctx, labeled, test, neighbors.Options{K: nearest, Classes: len(set.Classes), Head: ranks[:n], Tail: ranks[len(ranks)-n:]}); err != nil {
		return err
	}
	var drawn neighbors.Points
	if r.drawn.labels != nil {
		kept := someOfEach(r.drawn.labels, r.s.MapUnlabeled, stream.New(append(r.keys(), "map")...))
		if drawn, err = features(r.drawn.images.At(kept), nil); err != nil {
			return err
		}
		drawn.Y = dataset.Pick(r.drawn.labels, kept)
	}
	var x []float32
	add := func(p neighbors.Points, positions []int) int {
		for _, i := range positions {
			x = append(x, p.X[i*p.D:(i+1)*p.D]...)
			out.Labels = append(out.Labels, byte(p.Y[i]))
		}
		return len(positions)
	}
	out.Labeled = add(labeled, dataset.FirstPerClass(labeled.Y, 0))
	out.Unlabeled = add(drawn, dataset.FirstPerClass(drawn.Y, 0))
	out.Test = add(test, dataset.FirstPerClass(test.Y, r.s.MapPerClass))
	r.result.Cost.EvalSeconds = time.Since(started).Seconds()

	started = time.Now()
	y, kl, err := tsne.Embed(ctx, x, len(out.Labels), labeled.D, tsne.Options{
		Perplexity: out.Perplexity, Iterations: iterations, Seed: uint64(r.s.Replicate),
		Report: func(done int) { r.o.Report(Progress{Step: done, Steps: iterations}) },
	})
	if err != nil {
		return err
	}
	r.result.Cost.TrainSeconds = time.Since(started).Seconds()
	out.KL = kl
	for _, v := range y {
		out.XY = append(out.XY, float32(math.Round(v*1000)/1000)) // a map needs no more digits
	}
	r.result.Embedding = out
	return nil
}

// someOfEach returns the ascending positions of n random images of each label; n =
// 0: all. D_U is ordered by true class, so the first images of a label would be
// those of larger classes mistaken for it.
func someOfEach(labels []int32, n int, rng *rand.Rand) []int {
	order := rng.Perm(len(labels))
	kept := dataset.FirstPerClass(dataset.Pick(labels, order), n)
	for i, k := range kept {
		kept[i] = order[k]
	}
	slices.Sort(kept)
	return kept
}
