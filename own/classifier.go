package own

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// classifier is a stored model compiled for images of one size.
type classifier struct {
	*setup.Network
	arch       string
	classes    int
	scale      float64  // of the logits in the softmax
	scaleKnown bool     // scale is known, not guessed
	log        *os.File // gets the progress
}

// compile compiles the model as the named network for images of a set. If name is "",
// the error asks for --arch.
func (m Model) compile(name string, set *dataset.Set, batch int, exact bool, log *os.File) (*classifier, error) {
	if name == "" {
		return nil, usage.Errorf("--arch is needed: %s does not say which network it is", m.Stored.Path)
	}
	arch, err := nn.ParseArch(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; say which with --arch", m.Stored.Path, err)
	}
	net, err := setup.LoadNetwork(m.Stored, nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W, Exact: exact}, batch)
	if err != nil {
		return nil, err
	}
	scale, known := m.Stored.Scale()
	if !known {
		fmt.Fprintf(log, "note: %s; confidences are a guess\n", unknownScale(m.Stored))
	}
	return &classifier{net, arch.Name, net.Objective.Spec().Classes, scale, known, log}, nil
}

// unknownScale returns the reason why the scale of a model's logits is unknown.
func unknownScale(model *train.Stored) string {
	return fmt.Sprintf("%s was trained with the loss %q, which is not in this build (there are %s), and does not say by how much that multiplies its logits",
		model.Path, model.About.Loss, strings.Join(objective.LossNames(), ", "))
}

// classify returns the predicted class of each sample, its probability and the
// sample's label. The samples are normalized by set's mean and deviation. If also is
// not nil, it gets the trunk's features (n×64) and the logits (n×classes) of each
// batch; it must not keep them.
func (m *classifier) classify(ctx context.Context, set *dataset.Set, samples dataset.Samples, also func(features, logits []float32)) (predicted []int32, confidence []float64, labels []int32, err error) {
	images, err := batches.NewImages(set, samples, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	meter := progress.New(m.log, float64(samples.Len()), 0)
	defer meter.Close()
	err = train.EvaluateEach(ctx, m.Trunk, m.Objective, watched{images, meter, 0}, func(_ int, features, logits []float32, y []int32) {
		p, sure := m.predict(logits)
		predicted, confidence, labels = append(predicted, p...), append(confidence, sure...), append(labels, y...)
		if also != nil {
			also(features, logits)
		}
	})
	return predicted, confidence, labels, err
}

// predict returns the class of each row of logits and its probability.
func (m *classifier) predict(logits []float32) (predicted []int32, confidence []float64) {
	return score.Predict(logits, m.classes, nil), objective.Confidence(logits, m.classes, m.scale)
}

// watched shows the progress of an evaluation.
type watched struct {
	train.Images
	meter  *progress.Meter
	before int // images before these
}

func (w watched) Fill(first int, x []float32, y []int32) (int, error) {
	w.meter.Set(float64(w.before+first), "evaluating")
	return w.Images.Fill(first, x, y)
}

// About returns what a model file says of its model. The model of a task stores the
// task's settings instead, from which the architecture, loss and data set follow. A
// file with other metadata is an error.
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
	if loss, known := objective.LossNamed(about.Loss); known {
		about.Scale, about.Priors = loss.Scale, loss.Priors
	}
	if set, err := dataset.Describe(s.Data); err == nil {
		about.Mean, about.Std = set.Mean, set.Std
		if set.Classes != nil { // nil: a set of lists, whose images may have any side
			about.Height, about.Width, about.Classes = set.H, set.W, set.Classes
		}
	}
	if s.Target == results.TargetRotation {
		about.Classes = setup.Turns
	}
	return about, nil
}

// checkClassifies returns an error for a model without classes: one of MoCo, which
// has no outputs, or one of rotation prediction. The latter has as many outputs as a
// classifier of four classes.
func checkClassifies(model string, about train.About) error {
	if run, _ := runOfModel(model); about.Classes == nil && run.Target == results.TargetMoCo {
		return fmt.Errorf("%s is pre-trained without labels (--target moco) and knows no classes: train goes on from it with --init", model)
	}
	if slices.Equal(about.Classes, setup.Turns) {
		return fmt.Errorf("%s tells how far an image is turned (--target rotation) and knows no classes: train goes on from it with --init", model)
	}
	return nil
}

// checkSize returns an error if the images have another size than those a model was
// trained on. A model file that gives no size passes.
func checkSize(model string, about train.About, height, width int, data string) error {
	if about.Height == 0 || about.Height == height && about.Width == width {
		return nil
	}
	remedy := "give images of that size"
	if about.Height == about.Width {
		remedy = fmt.Sprintf("folders and CSV files are read at that size with --side %d, a .npz file must have it", about.Height)
	}
	return fmt.Errorf("%s was trained on images of %d×%d pixels, those of %s are %d×%d: %s", model, about.Height, about.Width, data, height, width, remedy)
}
