package tasks

import (
	"time"

	"longtail/dataset"
	"longtail/internal/stream"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// probe trains a new linear head on the frozen features of pre-training, of the
// labelled images as they are: what those features are worth (claims F3, P7).
// The recipe is ours: momentum 0.9, no weight decay, a plain cosine from 0.1.
func (r *run) probe(set *dataset.Set, sub *dataset.Subset) error {
	s := r.s
	classes := len(set.Classes)
	how, err := setup.NewImbalance(s.Loss, s.Rule, s.Epochs, sub.Counts)
	if err != nil {
		return err
	}
	net, err := r.network(set, objective.Spec{Loss: how.Loss, Classes: classes, Batch: max(s.Batch, evalBatch)})
	if err != nil {
		return err
	}
	defer net.Close()
	if r.result.Transferred, err = train.InitFrom(net.Trunk, r.store.Path(s.Init, results.FileModel)); err != nil {
		return err
	}
	head, err := objective.New[float32](objective.Spec{Loss: how.Loss, Features: net.Trunk.Features(), Classes: classes, Batch: s.Batch})
	if err != nil {
		return err
	}
	defer head.Close()
	head.SetCounts(how.Counts)
	head.Init(stream.New(append(r.keys(), "init", "head")...))
	features := func(samples dataset.Samples, positions []int) (x []float32, labels []int32, err error) {
		images, err := dataset.NewImages(set, samples, positions)
		if err != nil {
			return nil, nil, err
		}
		return train.Features(r.ctx, net.Trunk, images)
	}
	started := time.Now()
	x, labels, err := features(set.Train, sub.Positions)
	if err != nil {
		return err
	}
	testX, testLabels, err := features(set.Test, r.testPositions(set))
	if err != nil {
		return err
	}
	r.result.Cost.EvalSeconds = time.Since(started).Seconds()
	schedule, err := train.ParseSchedule(s.Schedule)
	if err != nil {
		return err
	}
	started = time.Now()
	epochs, err := train.Probe(r.ctx, train.ProbeConfig{
		Objective: head, Features: x, Labels: labels, Epochs: s.Epochs, LR: 0.1, Schedule: schedule,
		Weights: how.Weights(), Momentum: 0.9, Keys: r.keys(), MetricsPath: r.path(results.FileMetrics),
	})
	if err != nil {
		return err
	}
	logits, err := train.HeadLogits(head, testX)
	if err != nil {
		return err
	}
	// One look at the test set: last and best are the same.
	pct := train.ErrorPct(logits, testLabels, classes)
	epochs[len(epochs)-1].TestErrorPct = &pct
	if err := train.SaveModel(r.path(results.FileModel), train.Model(net.Trunk, head), s); err != nil {
		return err
	}
	if err := writeHalf(r.path(results.FileLogits), logits, classes); err != nil {
		return err
	}
	r.result.TrainCounts = sub.Counts
	r.score(train.Outcome{Epochs: epochs, BestEpoch: s.Epochs, BestErrorPct: pct, Logits: logits, Labels: testLabels,
		TrainSeconds: time.Since(started).Seconds(), EvalSeconds: r.result.Cost.EvalSeconds}, classes, how)
	return nil
}
