package tasks

import (
	"longtail/dataset"
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
	net, err := r.network(set, objective.Spec{Loss: how.Loss, Classes: classes, Batch: s.Batch})
	if err != nil {
		return err
	}
	defer net.Close()
	net.Objective.SetCounts(how.Counts)
	net.Init(r.keys())
	if r.result.Transferred, err = train.InitFrom(net.Trunk, r.store.Path(s.Init, results.FileModel)); err != nil {
		return err
	}
	images, err := dataset.NewImages(set, set.Train, sub.Positions)
	if err != nil {
		return err
	}
	test, err := dataset.NewImages(set, set.Test, r.testPositions(set))
	if err != nil {
		return err
	}
	schedule, err := train.ParseSchedule(s.Schedule)
	if err != nil {
		return err
	}
	out, err := net.Probe(r.ctx, images, test, train.ProbeConfig{
		Epochs: s.Epochs, LR: 0.1, Schedule: schedule, Weights: how.Weights(), Momentum: 0.9, Keys: r.keys(), MetricsPath: r.path(results.FileMetrics),
	})
	if err != nil {
		return err
	}
	if err := train.SaveModel(r.path(results.FileModel), train.Model(net.Trunk, net.Objective), s); err != nil {
		return err
	}
	if err := writeHalf(r.path(results.FileLogits), out.Logits, classes); err != nil {
		return err
	}
	r.result.TrainCounts = sub.Counts
	r.score(out, classes, how)
	return nil
}
