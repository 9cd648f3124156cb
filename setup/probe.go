package setup

import (
	"context"
	"fmt"
	"time"

	"longtail/nn/train"
)

// CheckProbe returns an error if a probe cannot follow the rule. It takes class weights,
// but every epoch visits each image once, so a rule that draws images would do nothing.
func CheckProbe(rule string) error {
	r, err := train.ParseRule(rule)
	if err == nil && r.Draws() {
		err = fmt.Errorf("a probe visits each image once an epoch; rule %s draws them: take one of weights (reweight, drw) or none", rule)
	}
	return err
}

// Probe trains only the head, on the features of unchanged images, and evaluates it
// once on c.Test (nil: not at all). keys are the prefix of the random streams of
// the order.
func (n *Network) Probe(ctx context.Context, images train.Images, c train.Config, keys []any) (out train.Outcome, err error) {
	started := time.Now()
	features, labels, err := train.Features(ctx, n.Trunk, images)
	if err != nil {
		return out, err
	}
	out.EvalSeconds = time.Since(started).Seconds()
	if out.Epochs, err = train.Probe(ctx, train.ProbeConfig{
		Objective: n.Objective, Features: features, Labels: labels,
		Epochs: c.Epochs, LR: c.LR, Schedule: c.Schedule, Weights: c.Weights, Momentum: c.Momentum, WeightDecay: c.WeightDecay,
		Keys: keys, MetricsPath: c.MetricsPath,
	}); err != nil {
		return out, err
	}
	for _, e := range out.Epochs {
		out.TrainSeconds += e.Seconds
	}
	if c.Test == nil {
		return out, nil
	}
	started = time.Now()
	if out.Logits, out.Labels, err = train.Evaluate(ctx, n.Trunk, n.Objective, c.Test); err != nil {
		return out, err
	}
	out.EvalSeconds += time.Since(started).Seconds()
	// The test images chose nothing, so the last epoch is the best.
	out.BestErrorPct = train.ErrorPct(out.Logits, out.Labels, n.Objective.Spec().Classes)
	out.BestEpoch, out.Best = c.Epochs, train.Model(n.Trunk, n.Objective)
	out.Epochs[c.Epochs-1].TestErrorPct = &out.BestErrorPct
	return out, nil
}
