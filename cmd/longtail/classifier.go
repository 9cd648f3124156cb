package main

import (
	"context"
	"fmt"
	"os"

	"longtail/dataset"
	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// classifier is a stored model, compiled for images of one size.
type classifier struct {
	arch, head string
	classes    int
	trunk      *nn.Trunk[float32]
	objective  *objective.Objective[float32]
}

// newClassifier compiles a model as the named network; "" is an error that asks
// for --arch.
func newClassifier(model *train.Stored, name string, height, width, batch int, exact bool) (*classifier, error) {
	if name == "" {
		return nil, usage.Errorf("--arch is needed: %s does not say which network it is", model.Path)
	}
	arch, err := nn.ParseArch(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; say which with --arch", model.Path, err)
	}
	m := &classifier{arch: arch.Name}
	if m.head, m.classes, err = model.Head(); err != nil {
		return nil, err
	}
	if m.trunk, err = nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: height, Width: width, Batch: batch, Mode: kernel.ModeOf(exact)}); err != nil {
		return nil, err
	}
	m.objective, err = objective.New[float32](objective.Spec{Head: m.head, Loss: "ce", Features: m.trunk.Features(), Classes: m.classes, Batch: batch})
	if err != nil {
		m.trunk.Close()
		return nil, fmt.Errorf("%s: %w", model.Path, err)
	}
	if err := model.Fill(m.trunk, m.objective); err != nil {
		m.Close()
		return nil, fmt.Errorf("as %s: %w", arch.Name, err)
	}
	return m, nil
}

// Close frees the network's workers.
func (m *classifier) Close() {
	m.objective.Close()
	m.trunk.Close()
}

// classify returns the logits (images×classes) and the labels of samples, which
// are normalised as set says, and shows how far it is.
func (m *classifier) classify(ctx context.Context, set *dataset.Set, samples dataset.Samples) (logits []float32, labels []int32, err error) {
	images, err := dataset.NewImages(set, samples, nil)
	if err != nil {
		return nil, nil, err
	}
	meter := progress.New(os.Stderr, float64(samples.Len()), 0)
	defer meter.Close()
	return train.Evaluate(ctx, m.trunk, m.objective, watched{images, meter}, set.H, set.W)
}

// features returns what the head sees of samples (images×64).
func (m *classifier) features(ctx context.Context, set *dataset.Set, samples dataset.Samples) ([]float32, error) {
	images, err := dataset.NewImages(set, samples, nil)
	if err != nil {
		return nil, err
	}
	meter := progress.New(os.Stderr, float64(samples.Len()), 0)
	defer meter.Close()
	features, _, err := train.Features(ctx, m.trunk, watched{images, meter})
	return features, err
}

// predict returns the class of each row of logits and how probable it is.
func (m *classifier) predict(logits []float32) (predicted []int32, confidence []float64) {
	return results.Predict(logits, m.classes, nil), objective.Confidence(logits, m.classes, m.head == "normed")
}

// watched shows how far an evaluation is.
type watched struct {
	train.Images
	meter *progress.Meter
}

func (w watched) Fill(first int, x []float32, y []int32) (int, error) {
	w.meter.Set(float64(first), "evaluating")
	return w.Images.Fill(first, x, y)
}
