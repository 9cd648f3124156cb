package tasks

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"longtail/dataset"
	"longtail/internal/neighbors"
	"longtail/internal/stream"
	"longtail/internal/tsne"
	"longtail/nn/train"
	"longtail/results"
)

// Constants of claims S13 and P8, fixed beforehand: a class is as far as the
// mean of its nearest labeled images, in the trunk's 64 features; head and tail
// are the first and last 30 % of ranks. The map is scikit-learn's default (thread
// #23) but for the learning rate, which internal/tsne raises after exaggeration.
const (
	nearest    = 5
	perplexity = 30
	iterations = 1000
)

// embed is the task of that kind: what the features of a finished classifier
// look like, in numbers over all test images and as a map of some.
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
		images, err := dataset.NewImages(set, samples, positions)
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
	n := results.Ends(len(ranks))
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
		out.XY = append(out.XY, float32(math.Round(v*1000)/1000)) // a map has no finer grain
	}
	r.result.Embedding = out
	return nil
}

// someOfEach lists, ascending, n of each label at random; n 0: all. D_U lies in the
// order of its true classes, where the first of a label are the images of larger
// classes that are taken for it.
func someOfEach(labels []int32, n int, rng *rand.Rand) []int {
	order := rng.Perm(len(labels))
	kept := dataset.FirstPerClass(dataset.Pick(labels, order), n)
	for i, k := range kept {
		kept[i] = order[k]
	}
	slices.Sort(kept)
	return kept
}
