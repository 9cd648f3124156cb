package tasks

import (
	"context"
	"fmt"
	"time"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// evalBatch is the number of images per call when nothing is trained.
const evalBatch = 128

// classifier compiles the task's network and loads the model of a finished task.
func (r *run) classifier(set *dataset.Set, task string) (*setup.Network, error) {
	base, err := train.ReadModel(r.store.Path(task, results.FileModel))
	if err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	options, err := r.options(set)
	if err != nil {
		return nil, err
	}
	net, err := setup.LoadNetwork(base, options, evalBatch)
	if err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	r.result.Cost.KernelSet = net.Trunk.Kernels()
	return net, nil
}

// pseudolabel labels the whole pool, and the task's irrelevant images if any, by
// the base classifier's last epoch. As in the released program: evaluation mode, no
// augmentation, no threshold.
func (r *run) pseudolabel(ctx context.Context) error {
	set, sub, err := r.openSet()
	if err != nil {
		return err
	}
	pool, err := r.openPool(sub)
	if err != nil {
		return err
	}
	net, err := r.classifier(set, r.s.Base)
	if err != nil {
		return err
	}
	defer net.Close()
	started := time.Now()
	classes := len(set.Classes)
	label := func(samples dataset.Samples) (logits []float32, predicted []int32, truth []int32, err error) {
		images, err := batches.NewImages(set, samples, nil)
		if err != nil {
			return nil, nil, nil, err
		}
		if logits, truth, err = train.Evaluate(ctx, net.Trunk, net.Objective, images); err != nil {
			return nil, nil, nil, fmt.Errorf("the base classifier: %w", err)
		}
		return logits, score.Predict(logits, classes, nil), truth, nil
	}
	logits, predicted, truth, err := label(pool)
	if err != nil {
		return err
	}
	confusion := score.Confusion(truth, predicted, classes)
	out := &results.PoolLabels{
		Labels:           convert[byte](predicted),
		ErrorPct:         score.ErrorPct(confusion),
		BalancedErrorPct: *score.BalancedErrorPct(score.PerClassErrorPct(confusion)),
		Quality:          score.Quality(truth, predicted, set.Ranks()),
	}
	if base, err := r.store.Result(r.s.Base); err != nil {
		return fmt.Errorf("the base classifier: %w", err)
	} else if base.Confusion != nil {
		out.BaseErrorPct = *score.BalancedErrorPct(score.PerClassErrorPct(base.Confusion))
	}
	if r.s.Irrelevant != "" {
		other, err := r.openIrrelevant(set)
		if err != nil {
			return err
		}
		more, predicted, _, err := label(other.Samples)
		if err != nil {
			return err
		}
		out.Irrelevant = convert[byte](predicted)
		logits = append(logits, more...)
	}
	r.result.Pool = out
	r.result.Cost.EvalSeconds = time.Since(started).Seconds()
	return writeHalf(r.path(results.FileLogits), logits, classes)
}
