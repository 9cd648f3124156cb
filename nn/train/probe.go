package train

import (
	"context"
	"fmt"
	"slices"
	"time"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/objective"
)

// Features returns the trunk's features (Len×64) and the labels of all images, with
// the trunk in evaluation mode.
func Features(ctx context.Context, t *nn.Trunk[float32], images Images) (features []float32, labels []int32, err error) {
	d, total := t.Features(), images.Len()
	features, labels = make([]float32, total*d), make([]int32, total)
	defer t.Hold()()
	err = eachBatch(ctx, images, t.Batch(), t.ImageLen(), func(first int, x []float32, y []int32) error {
		copy(features[first*d:], t.Forward(x, len(y), false))
		copy(labels[first:], y)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return features, labels, nil
}

// ProbeConfig configures a linear probe: training a head on fixed features.
// Objective holds the initial head.
type ProbeConfig struct {
	Objective             *objective.Objective[float32]
	Features              []float32 // Len×Features, in any order
	Labels                []int32
	Epochs                int
	LR                    float64
	Schedule              Schedule                  // nil: the plain cosine
	Weights               func(epoch int) []float64 // as in Config
	Momentum, WeightDecay float64
	Keys                  []any  // prefix of the random streams of the order
	MetricsPath           string // one JSON line per epoch; "": none
}

// Probe trains the head by SGD, with batches in a new order each epoch, and returns
// a record of each epoch. A loss or weight that is not finite gives ErrNotFinite.
func Probe(ctx context.Context, c ProbeConfig) ([]Epoch, error) {
	o, n := c.Objective, len(c.Labels)
	d, batch := o.Spec().Features, o.Spec().Batch
	if n == 0 || len(c.Features) != n*d || c.Epochs < 1 {
		return nil, fmt.Errorf("probe: %d features of %d for %d labels, %d epochs: at least one image and one epoch are needed", len(c.Features), d, n, c.Epochs)
	}
	if c.Schedule == nil {
		c.Schedule = cosinePlain
	}
	sgd := NewSGD(o.Params(), c.Momentum, c.WeightDecay)
	steps := (n + batch - 1) / batch
	x, y := make([]float32, batch*d), make([]int32, batch)
	var records []Epoch
	for epoch := range c.Epochs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		start, rate, wrong := time.Now(), 0.0, 0
		setClassWeights(o, c.Weights, epoch+1)
		order := stream.New(append(slices.Clone(c.Keys), "probe", epoch)...).Perm(n)
		sum := 0.0
		for step := range steps {
			rows := order[step*batch : min((step+1)*batch, n)]
			for i, p := range rows {
				copy(x[i*d:(i+1)*d], c.Features[p*d:])
				y[i] = c.Labels[p]
			}
			l, _, err := o.Step(x, y, len(rows))
			if err == nil && !isFinite(l) {
				err = ErrNotFinite
			}
			if err != nil {
				return nil, fmt.Errorf("probe: epoch %d, step %d: %w", epoch+1, step+1, err)
			}
			rate = c.LR * c.Schedule(Position{Epoch: epoch + 1, Epochs: c.Epochs, Step: epoch*steps + step + 1, Steps: c.Epochs * steps})
			sgd.Step(rate)
			sum += l * float64(len(rows))
			wrong += o.Wrong()
		}
		records = append(records, Epoch{Epoch: epoch + 1, Step: (epoch + 1) * steps, LR: rate, TrainLoss: sum / float64(n),
			TrainErrorPct: 100 * float64(wrong) / float64(n), Seconds: time.Since(start).Seconds()})
	}
	if name, _, x := notFinite(tensors(o.Params())); name != "" { // the last step's loss is that of the weights before it
		return nil, fmt.Errorf("probe: %w in the last step: %s holds %v; try a smaller learning rate", ErrNotFinite, name, x)
	}
	if c.MetricsPath != "" {
		return records, writeMetrics(c.MetricsPath, records)
	}
	return records, nil
}
