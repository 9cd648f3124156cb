package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"longtail/dataset"
	"longtail/internal/npy"
	"longtail/internal/progress"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

type evalCmd struct {
	Arch       string `placeholder:"NAME" help:"resnet8, resnet14, resnet20, resnet32, resnet44 or resnet56. Default: what the checkpoint says."`
	Checkpoint string `required:"" placeholder:"FILE" type:"path" help:"Model: .pth, .th or .pth.tar of PyTorch, or one of longtail's."`
	Data       string `required:"" placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Images and labels: the test images of a set, folder or CSV file, or all of a .npz file with images (uint8 N×H×W×3) and labels (int64 N)."`
	fileFlags  `embed:""`
	Exact      bool      `help:"Direct convolutions everywhere, to audit the fast ones: slower, other last bits."`
	Mean       []float64 `placeholder:"R,G,B" help:"Mean of the channels, pixels from 0 to 1. Default: the checkpoint's."`
	Std        []float64 `placeholder:"R,G,B" help:"Standard deviation of the channels. Default: the checkpoint's."`
	Logits     string    `placeholder:"FILE.npy" type:"path" help:"Also write the logits, float32 N×classes in the order of the images."`
	Batch      int       `default:"100" help:"Images a step; the numbers do not depend on it."`
	JSON       bool      `name:"json" help:"Print one JSON object."`
}

func (evalCmd) Help() string {
	return `Prints the top-1 error of a checkpoint, over all images and of each class. For
predictions of single images write the logits: the largest of a row is the
predicted class.

Examples:
  longtail eval --checkpoint DIR/last.pth --data my-photos
  longtail eval --arch resnet44 --checkpoint F.th --data D.npz \
    --mean .485,.456,.406 --std .229,.224,.225 --logits out.npy --json`
}

// evaluation is what eval prints.
type evaluation struct {
	ErrorPct         float64    `json:"error_pct"`
	N                int        `json:"n"`
	PerClassErrorPct []*float64 `json:"per_class_error_pct"` // null: no image
	Arch             string     `json:"arch"`
	Checkpoint       string     `json:"checkpoint"`
	Data             string     `json:"data"`
	DataMark         string     `json:"data_mark,omitempty"` // "unverified", "stand-in"
	KernelSet        string     `json:"kernel_set"`
}

func (c *evalCmd) Run(ctx context.Context) error {
	if c.Batch < 1 || c.Batch > 1<<16 {
		return usageError{fmt.Errorf("--batch %d: a step takes from 1 to %d images", c.Batch, 1<<16)}
	}
	if c.Arch != "" {
		if _, err := nn.ParseArch(c.Arch); err != nil {
			return usageError{fmt.Errorf("--arch: %w", err)}
		}
	}
	model, err := train.ReadModel(c.Checkpoint)
	if err != nil {
		return err
	}
	about, err := describe(model)
	if err != nil {
		return err
	}
	if about.Mean, about.Std, err = normalisation(c.Mean, c.Std, about); err != nil {
		return err
	}
	name := cmp.Or(c.Arch, about.Arch)
	if name == "" {
		return usageError{fmt.Errorf("--arch is needed: %s does not say which network it is", c.Checkpoint)}
	}
	arch, err := nn.ParseArch(name)
	if err != nil {
		return fmt.Errorf("%s: %w; say which with --arch", c.Checkpoint, err)
	}
	head, classes, err := model.Head()
	if err != nil {
		return err
	}
	set, samples, err := c.images()
	if err != nil {
		return err
	}
	set.Mean, set.Std = about.Mean, about.Std
	for i, y := range samples.Labels {
		if int(y) >= classes {
			return fmt.Errorf("%s: label %d of image %d, but %s knows %d classes", c.Data, y, i, c.Checkpoint, classes)
		}
	}
	images, err := dataset.NewImages(&set, samples, nil)
	if err != nil {
		return err
	}
	batch := min(c.Batch, samples.Len())
	trunk, err := nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W, Batch: batch, Mode: mode(c.Exact)})
	if err != nil {
		return err
	}
	defer trunk.Close()
	obj, err := objective.New[float32](objective.Spec{Head: head, Loss: "ce", Features: trunk.Features(), Classes: classes, Batch: batch})
	if err != nil {
		return fmt.Errorf("%s: %w", c.Checkpoint, err)
	}
	defer obj.Close()
	if err := model.Fill(trunk, obj); err != nil {
		return fmt.Errorf("as %s: %w", arch.Name, err)
	}
	meter := progress.New(os.Stderr, float64(samples.Len()), 0)
	logits, labels, err := train.Evaluate(ctx, trunk, obj, watched{images, meter}, set.H, set.W)
	meter.Close()
	if err != nil {
		return err
	}
	if c.Logits != "" {
		if err := results.WriteFile(c.Logits, npy.Encode(npy.Float32(logits, len(labels), classes))); err != nil {
			return err
		}
	}
	confusion := results.Confusion(labels, results.Predict(logits, classes, nil), classes)
	out := evaluation{results.ErrorPct(confusion), len(labels), results.PerClassErrorPct(confusion), arch.Name, c.Checkpoint, c.Data, set.Mark, trunk.Kernels()}
	if c.JSON {
		return writeJSON(os.Stdout, out)
	}
	return out.write(os.Stdout, set.Classes)
}

// mode is the kernels' mode under --exact.
func mode(exact bool) kernel.Mode {
	if exact {
		return kernel.Exact
	}
	return kernel.Auto
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

// images returns the images to evaluate and a set of their shape.
func (c *evalCmd) images() (dataset.Set, dataset.Samples, error) {
	set, err := openData(c.files(), c.Data, "")
	if err != nil {
		return dataset.Set{}, dataset.Samples{}, err
	}
	if isArrays(c.Data) {
		return *set, set.Train, nil
	}
	if set.Test.Len() == 0 {
		return dataset.Set{}, dataset.Samples{}, usageError{fmt.Errorf("--data: %s has no test images", c.Data)}
	}
	return *set, set.Test, nil
}

// describe says what a model is; a task's model names its data set, whose
// normalisation it was trained with.
func describe(m *train.Stored) (train.About, error) {
	about := m.About
	if m.Meta == nil {
		return about, nil
	}
	var s results.Settings
	if err := json.Unmarshal(m.Meta, &s); err != nil || s.Arch == "" {
		return about, fmt.Errorf("%s: no model of longtail (a state.ckpt cannot be evaluated; last.pth and best.pth can)", m.Path)
	}
	about.Arch = s.Arch
	if set, err := dataset.Describe(s.Data); err == nil {
		about.Mean, about.Std = set.Mean, set.Std
	}
	return about, nil
}

// normalisation takes --mean and --std, or else what the checkpoint says.
func normalisation(mean, std []float64, about train.About) (m, s [3]float32, err error) {
	if len(mean) == 0 && len(std) == 0 {
		if about.Std == [3]float32{} {
			return m, s, usageError{fmt.Errorf("--mean and --std are needed: the checkpoint does not say how its images were normalised")}
		}
		return about.Mean, about.Std, nil
	}
	for _, v := range []struct {
		flag   string
		values []float64
		to     *[3]float32
	}{{"--mean", mean, &m}, {"--std", std, &s}} {
		if len(v.values) != 3 {
			return m, s, usageError{fmt.Errorf("%s: %d numbers; give three, as .485,.456,.406, and both --mean and --std", v.flag, len(v.values))}
		}
		for i, x := range v.values {
			v.to[i] = float32(x)
			if !(x > -1e6 && x < 1e6) || v.flag == "--std" && !(x > 1e-6) {
				return m, s, usageError{fmt.Errorf("%s: %v is no mean or standard deviation of pixels from 0 to 1", v.flag, x)}
			}
		}
	}
	return m, s, nil
}

// write prints an evaluation for people.
func (e evaluation) write(w io.Writer, classes []string) error {
	fmt.Fprintf(w, "error %.2f %% of %d images (%s, %s)\n", e.ErrorPct, e.N, e.Checkpoint, e.Arch)
	return writePerClass(w, e.PerClassErrorPct, classes)
}

// writePerClass prints a line a class, the first hundred. Classes beyond names
// have none.
func writePerClass(w io.Writer, pct []*float64, names []string) error {
	for c, p := range pct {
		if c == 100 {
			fmt.Fprintf(w, "… and %d more classes (--json has all)\n", len(pct)-c)
			break
		}
		name := ""
		if c < len(names) && names[c] != fmt.Sprint(c) {
			name = "  " + names[c]
		}
		if p == nil {
			fmt.Fprintf(w, "class %3d       – (no test image)%s\n", c, name)
			continue
		}
		fmt.Fprintf(w, "class %3d %7.2f %%%s\n", c, *p, name)
	}
	return nil
}
