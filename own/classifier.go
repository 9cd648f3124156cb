package own

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"longtail/dataset"
	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/setup"
)

// Classifier is a stored model, compiled for images of one size.
type Classifier struct {
	Arch      string
	Classes   int
	Trunk     *nn.Trunk[float32]
	scale     float64 // of the logits in a softmax
	objective *objective.Objective[float32]
}

// NewClassifier compiles a model as the named network; "" is an error that asks
// for --arch.
func NewClassifier(model *train.Stored, name string, height, width, batch int, exact bool) (*Classifier, error) {
	if name == "" {
		return nil, usage.Errorf("--arch is needed: %s does not say which network it is", model.Path)
	}
	arch, err := nn.ParseArch(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; say which with --arch", model.Path, err)
	}
	m := &Classifier{Arch: arch.Name, scale: model.Scale()}
	head, classes, err := model.Head()
	if err != nil {
		return nil, err
	}
	m.Classes = classes
	if m.Trunk, err = nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: height, Width: width, Batch: batch, Mode: kernel.ModeOf(exact)}); err != nil {
		return nil, err
	}
	m.objective, err = objective.New[float32](objective.Spec{Head: head, Loss: "ce", Features: m.Trunk.Features(), Classes: m.Classes, Batch: batch})
	if err != nil {
		m.Trunk.Close()
		return nil, fmt.Errorf("%s: %w", model.Path, err)
	}
	if err := model.Fill(m.Trunk, m.objective); err != nil {
		m.Close()
		return nil, fmt.Errorf("as %s: %w", arch.Name, err)
	}
	return m, nil
}

// Close frees the network's workers.
func (m *Classifier) Close() {
	m.objective.Close()
	m.Trunk.Close()
}

// Classify returns the logits (images×classes) and the labels of samples, which
// are normalised as set says, and shows how far it is.
func (m *Classifier) Classify(ctx context.Context, set *dataset.Set, samples dataset.Samples) (logits []float32, labels []int32, err error) {
	images, err := dataset.NewImages(set, samples, nil)
	if err != nil {
		return nil, nil, err
	}
	meter := progress.New(os.Stderr, float64(samples.Len()), 0)
	defer meter.Close()
	return train.Evaluate(ctx, m.Trunk, m.objective, watched{images, meter})
}

// Features returns what the head sees of samples (images×64).
func (m *Classifier) Features(ctx context.Context, set *dataset.Set, samples dataset.Samples) ([]float32, error) {
	images, err := dataset.NewImages(set, samples, nil)
	if err != nil {
		return nil, err
	}
	meter := progress.New(os.Stderr, float64(samples.Len()), 0)
	defer meter.Close()
	features, _, err := train.Features(ctx, m.Trunk, watched{images, meter})
	return features, err
}

// Predict returns the class of each row of logits and how probable it is.
func (m *Classifier) Predict(logits []float32) (predicted []int32, confidence []float64) {
	return results.Predict(logits, m.Classes, nil), objective.Confidence(logits, m.Classes, m.scale)
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

// About says what a model is; a task's model names its data set, whose
// normalisation it was trained with.
func About(m *train.Stored) (train.About, error) {
	about := m.About
	if m.Meta == nil {
		return about, nil
	}
	var s results.Settings
	if err := json.Unmarshal(m.Meta, &s); err != nil || s.Arch == "" {
		return about, fmt.Errorf("%s: no model of longtail (of a run's files last.pth and best.pth are models, state.ckpt is none)", m.Path)
	}
	about.Arch, about.Epoch, about.Loss = s.Arch, s.Epochs, cmp.Or(s.Loss, "ce")
	if set, err := dataset.Describe(s.Data); err == nil {
		about.Mean, about.Std = set.Mean, set.Std
		if set.Classes != nil { // of lists any side may have been asked for
			about.Height, about.Width, about.Classes = set.H, set.W, set.Classes
		}
	}
	if s.Target == setup.TargetRotation {
		about.Classes = Turns
	}
	return about, nil
}

// ClassesOf are the names of a model's classes, by its file or, of an older one,
// by the run's files beside it; nil: neither says. A model that tells turns is an
// error: it has as many outputs as a classifier of four classes.
func ClassesOf(model string, about train.About) ([]string, error) {
	names := about.Classes
	if names == nil {
		s, r := Beside(model)
		if names = r.Classes; s.Target == setup.TargetRotation {
			names = Turns
		}
	}
	if slices.Equal(names, Turns) {
		return nil, fmt.Errorf("%s tells how far an image is turned (--target rotation) and knows no classes: train goes on from it with --init", model)
	}
	return names, nil
}

// SizeFits refuses images of another size than those a model was trained on, as
// far as its file says.
func SizeFits(model string, about train.About, height, width int, data string) error {
	if about.Height == 0 || about.Height == height && about.Width == width {
		return nil
	}
	remedy := "give images of that size"
	if about.Height == about.Width {
		remedy = fmt.Sprintf("folders and CSV files are read at that size with --side %d, a .npz file must have it", about.Height)
	}
	return fmt.Errorf("%s was trained on images of %d×%d pixels, those of %s are %d×%d: %s", model, about.Height, about.Width, data, height, width, remedy)
}
