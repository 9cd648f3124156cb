package tasks

import (
	"context"

	"longtail/dataset"
	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// contrast computes a task of pre-training by MoCo. It uses no label and no test
// image, so its result has a curve and a model but no error.
func (r *run) contrast(ctx context.Context, set *dataset.Set, sub *dataset.Subset) error {
	s := r.s
	all, err := r.trainingList(set, sub)
	if err != nil {
		return err
	}
	options, err := r.options(set)
	if err != nil {
		return err
	}
	m, err := setup.NewMoCo(all.List, options, s.Batch, s.Queue, 2, r.keys())
	if err != nil {
		return err
	}
	defer m.Close()
	r.result.Cost.KernelSet = m.Trunk.Kernels()
	config, err := r.training(train.Config{Trunk: m.Trunk, Method: m.Method, Source: m.Source, WeightDecay: setup.MoCoWeightDecay})
	if err != nil {
		return err
	}
	out, err := train.Run(ctx, config)
	if err != nil {
		return err
	}
	if err := train.SaveModel(r.path(results.FileModel), train.Model(m.Trunk, nil), s); err != nil {
		return err
	}
	out.Images /= 2 // the loop counts views
	r.keep(out)
	return nil
}
