package setup

import (
	"context"
	"time"

	"longtail/nn/train"
)

// Probe trains the head alone on the features of images as they are, and looks once
// at test; nil: not at all. Objective, Features and Labels of c are filled in.
func (n *Network) Probe(ctx context.Context, images, test train.Images, c train.ProbeConfig) (out train.Outcome, err error) {
	started := time.Now()
	c.Objective = n.Objective
	if c.Features, c.Labels, err = train.Features(ctx, n.Trunk, images); err != nil {
		return out, err
	}
	out.EvalSeconds = time.Since(started).Seconds()
	if out.Epochs, err = train.Probe(ctx, c); err != nil {
		return out, err
	}
	for _, e := range out.Epochs {
		out.TrainSeconds += e.Seconds
	}
	if test == nil {
		return out, nil
	}
	started = time.Now()
	if _, out.Logits, out.Labels, err = train.Evaluate(ctx, n.Trunk, n.Objective, test); err != nil {
		return out, err
	}
	out.EvalSeconds += time.Since(started).Seconds()
	// Nothing was chosen by the test images: the last epoch is the best.
	out.BestErrorPct = train.ErrorPct(out.Logits, out.Labels, n.Objective.Spec().Classes)
	out.BestEpoch, out.Best = c.Epochs, train.Model(n.Trunk, n.Objective)
	out.Epochs[c.Epochs-1].TestErrorPct = &out.BestErrorPct
	return out, nil
}
