package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"longtail/dataset"
	"longtail/internal/npy"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/train"
	"longtail/own"
	"longtail/results"
	"longtail/score"
)

type evalCmd struct {
	Arch        string `placeholder:"NAME" help:"${archs}. Default: what the checkpoint says."`
	Checkpoint  string `required:"" placeholder:"FILE|DIR" type:"path" help:"Model: .pth, .th or .pth.tar of PyTorch, or one of longtail's. Given the folder of a run or of a task of reproduce, its last model is used; given one of --seeds with a single run, that of the run."`
	Data        string `xor:"images" placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Images and labels: the test images of a set, folder or CSV file (--all: every image), or all of a .npz file with images (uint8 N×H×W×3) and labels (int64 N)."`
	Unlabeled   string `xor:"images" placeholder:"FOLDER|FILE.csv|FILE.npz" help:"Instead of --data: images without labels: all below a folder, the paths in the first column of a .csv file, or images of a .npz file. There are then only predictions, no error."`
	All         bool   `help:"Evaluate every image of a folder or CSV file, regardless of its split; for images that were kept apart from training."`
	fileFlags   `embed:"" set:"side=the size that the model was trained on"`
	Exact       bool      `help:"Use direct convolution throughout: slower, and the last bits differ."`
	Mean        []float64 `placeholder:"R,G,B" help:"Mean of the channels, pixels from 0 to 1. Default: the checkpoint's."`
	Std         []float64 `placeholder:"R,G,B" help:"Standard deviation of the channels. Default: the checkpoint's."`
	Predictions string    `placeholder:"FILE.csv" type:"path" help:"Also write one row per image: its file or number, the true class, the predicted class and its probability."`
	Logits      string    `placeholder:"FILE.npy" type:"path" help:"Also write the logits, float32 N×classes in the order of the images."`
	Features    string    `placeholder:"FILE.npy" type:"path" help:"Also write the features that the head sees, float32 N×64 in the order of the images."`
	Batch       int       `default:"100" help:"Images per step; the numbers do not depend on it."`
	JSON        bool      `name:"json" help:"Print one JSON object."`
}

func (evalCmd) Help() string {
	return `Prints the top-1 error over all images, the mean error of the classes and the error of
each class.

--predictions FILE.csv has the columns image (the file below the folder, or the
number, from 0), true (empty without labels), predicted, and confidence, the softmax
probability of the predicted class. The probabilities of the other classes follow from
--logits (times the scale in the checkpoint, 30 for LDAM). An existing file is overwritten only if
it is empty or of the same kind: predictions, or for --logits and --features a .npy file
of float32 with as many columns.

Classes are matched by name: the data may lack a class of the checkpoint, but must not
have others. Labels that are numbers (.npz, lists) are taken as the checkpoint's class
numbers, unless its class names are numbers, too. Where the checkpoint has no class names
(PyTorch's), numbers are compared.

Examples:
  longtail eval --checkpoint DIR/last.pth --data my-photos --predictions p.csv
  longtail eval --checkpoint DIR/last.pth --data kept-apart --all
  longtail eval --checkpoint DIR/last.pth --unlabeled new-photos --predictions p.csv
  longtail eval --arch resnet44 --checkpoint F.th --data D.npz \
    --mean .485,.456,.406 --std .229,.224,.225 --logits out.npy --json`
}

func (c *evalCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	model, err := c.readModel()
	if err != nil {
		return err
	}
	_, classes, err := model.Stored.Head()
	if err != nil {
		return err
	}
	if err := c.checkArrays(classes); err != nil {
		return err
	}
	images, err := c.images(ctx, model.About)
	if err != nil {
		return err
	}
	out, err := model.Evaluate(ctx, images, own.EvaluateOptions{Arch: c.Arch, Batch: c.Batch, Exact: c.Exact, Log: os.Stderr, Logits: c.Logits != "", Features: c.Features != ""})
	if err != nil && ctx.Err() != nil {
		return errors.New("stopped; nothing was written")
	}
	if err != nil {
		return err
	}
	if err := c.writeFiles(out, images.Samples.Names); err != nil {
		return err
	}
	if out.Untold {
		fmt.Fprintln(os.Stderr, "note:", own.CannotTell(c.Data, filepath.Dir(out.Checkpoint)))
	}
	if c.JSON && out.ErrorPct != nil && out.Confusion == nil {
		fmt.Fprintf(os.Stderr, "note: with more than %d classes the JSON object has no confusion matrix; --predictions writes what it counts\n", own.MaxConfusion)
	}
	if c.JSON {
		return writeJSON(os.Stdout, out)
	}
	writeEvaluation(os.Stdout, out)
	return nil
}

// check returns an error if flags are invalid, before anything is read.
func (c *evalCmd) check() error {
	if c.Data == "" && c.Unlabeled == "" {
		return usage.Errorf("images are needed: --data, or --unlabeled where they have no labels")
	}
	if c.Unlabeled != "" && c.All {
		return usage.Errorf("--all is of --data: of --unlabeled every image is taken")
	}
	if err := checkOutsideClasses(c.Data, "--cache", c.Cache); err != nil {
		return err
	}
	if c.Batch < 1 || c.Batch > 1<<16 {
		return usage.Errorf("--batch %d: a step takes from 1 to %d images", c.Batch, 1<<16)
	}
	if c.Arch != "" {
		if _, err := nn.ParseArch(c.Arch); err != nil {
			return usage.Errorf("--arch: %w", err)
		}
	}
	return c.checkOutputs()
}

// readModel returns the model of the checkpoint, described by the checkpoint itself,
// the files in its folder and the flags.
func (c *evalCmd) readModel() (own.Model, error) {
	path, err := modelIn(c.Checkpoint, "")
	if err != nil {
		return own.Model{}, fmt.Errorf("--checkpoint %w", err)
	}
	model, err := own.ReadModel(path)
	if err == nil {
		model.About.Mean, model.About.Std, err = normalization(c.Mean, c.Std, model.About)
	}
	return model, err
}

// checkArrays refuses to overwrite arrays of another width than this model's.
func (c *evalCmd) checkArrays(classes int) error {
	for _, f := range []struct {
		flag, file, kind string
		columns          int
	}{{"--logits", c.Logits, "logits", classes}, {"--features", c.Features, "features", nn.Features}} {
		if err := checkOverwrite(f.flag, f.file, fmt.Sprintf("%s of this model (.npy, float32 with %d columns)", f.kind, f.columns), isMatrix(f.columns)); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles writes the files of --logits, --features and --predictions. names are
// those of the images.
func (c *evalCmd) writeFiles(e own.Evaluation, names []string) error {
	for _, f := range []struct {
		file   string
		values []float32
	}{{c.Logits, e.Logits}, {c.Features, e.Features}} {
		if f.file == "" {
			continue
		}
		if err := results.WriteFile(f.file, npy.Encode(npy.Float32(f.values, e.N, len(f.values)/max(e.N, 1)))); err != nil {
			return err
		}
	}
	if c.Predictions == "" {
		return nil
	}
	return own.WritePredictions(c.Predictions, names, e.Classes, e.Labels, e.Predicted, e.Confidence)
}

// checkOutputs refuses two outputs to one file, and predictions to a file of another
// kind. It needs no model.
func (c *evalCmd) checkOutputs() error {
	return cmp.Or(checkDistinctFiles([2]string{"--predictions", c.Predictions}, [2]string{"--logits", c.Logits}, [2]string{"--features", c.Features}),
		checkOverwrite("--predictions", c.Predictions, "predictions", begins(own.PredictionsHeader)))
}

// images returns the images to evaluate.
func (c *evalCmd) images(ctx context.Context, about train.About) (own.Images, error) {
	files := c.filesFor(about)
	if c.Unlabeled != "" {
		set, err := openUnlabeled(ctx, files, c.Unlabeled, 0, 0)
		if err == nil {
			err = c.checkSide(c.Unlabeled, set)
		}
		if err != nil {
			return own.Images{}, err
		}
		return own.Images{Name: c.Unlabeled, Set: *set, Samples: set.Train, NoLabel: true}, nil
	}
	return c.labeled(ctx, files, c.Data, c.All)
}

// filesFor returns the files to read at the side of --side or, without it, of the images
// that a model was trained on.
func (f fileFlags) filesFor(about train.About) dataset.Files {
	files := f.files()
	if files.Side == 0 && about.Height == about.Width {
		files.Side = about.Height
	}
	return files
}

// labeled returns the images of --data: every one if all is set or data is an .npz file,
// otherwise the test images.
func (f fileFlags) labeled(ctx context.Context, files dataset.Files, data string, all bool) (own.Images, error) {
	files.Whole, files.TestOnly = all, true
	set, err := openData(ctx, files, data, "")
	if err == nil {
		err = f.checkSide(data, set)
	}
	if err != nil {
		return own.Images{}, err
	}
	of := own.Images{Name: data, Set: *set, Samples: set.Test, List: isArrays(data)}
	switch {
	case all && dataset.Named(data):
		return of, usage.Errorf("--all: %s has its own test images; it is for folders and CSV files", data)
	case all || of.List:
		of.Samples = set.Train
	case set.Test.Len() == 0:
		return of, usage.Errorf("--data: %s has no test images; --all evaluates all of it", data)
	}
	return of, nil
}

// normalization returns the mean and standard deviation of --mean and --std or, without
// them, of the checkpoint.
func normalization(mean, std []float64, about train.About) (m, s [3]float32, err error) {
	if len(mean) == 0 && len(std) == 0 {
		if about.Std == [3]float32{} {
			return m, s, usage.Errorf("--mean and --std are needed: the checkpoint does not say how its images were normalized")
		}
		return about.Mean, about.Std, nil
	}
	for _, v := range []struct {
		flag   string
		values []float64
		can    func(float64) bool
		to     *[3]float32
	}{{"--mean", mean, train.IsMean, &m}, {"--std", std, train.IsStd, &s}} {
		if len(v.values) != 3 {
			return m, s, usage.Errorf("%s: %d numbers; give three, as .485,.456,.406, and both --mean and --std", v.flag, len(v.values))
		}
		for i, x := range v.values {
			v.to[i] = float32(x)
			if !v.can(x) {
				return m, s, usage.Errorf("%s: %v is no mean or standard deviation of pixels from 0 to 1", v.flag, x)
			}
		}
	}
	return m, s, nil
}

// writeEvaluation prints an evaluation as text.
func writeEvaluation(w io.Writer, e own.Evaluation) {
	if e.ErrorPct == nil {
		fmt.Fprintf(w, "%d images without labels (%s, %s)\n", e.N, e.Checkpoint, e.Arch)
		for c, n := range e.PredictedCounts {
			if n > 0 {
				fmt.Fprintf(w, "class %3d %7d images%s\n", c, n, nameSuffix(e.Classes, c))
			}
		}
		return
	}
	fmt.Fprintf(w, "error %.2f %% of %d images (%s, %s)\n", *e.ErrorPct, e.N, e.Checkpoint, e.Arch)
	if b := score.BalancedErrorPct(e.PerClassAdjusted); b != nil {
		fmt.Fprintf(w, "balanced error %.2f %% once the log class shares of the last phase of training are off the logits\n", *b)
	}
	writePerClass(w, e.PerClassErrorPct, e.TestCounts, e.Classes, e.Trained)
}

// writePerClass prints the balanced error and one line for each of the first hundred
// classes, with its test and training images where they are known. names may be
// shorter than pct.
func writePerClass(w io.Writer, pct []*float64, tested []int, names []string, trained []int) {
	if b := score.BalancedErrorPct(pct); b != nil {
		fmt.Fprintf(w, "balanced error %.2f %% (the mean of the classes below, in %% of their test images)\n", *b)
	}
	for c, p := range pct {
		if c == 100 {
			fmt.Fprintf(w, "… and %d more classes (--json has all)\n", len(pct)-c)
			break
		}
		name := nameSuffix(names, c)
		if len(trained) == len(pct) {
			name = fmt.Sprintf("  trained on %d%s", trained[c], name)
		}
		if p == nil {
			fmt.Fprintf(w, "class %3d       – (no test image)%s\n", c, name)
			continue
		}
		if len(tested) == len(pct) {
			name = fmt.Sprintf(" of %d%s", tested[c], name)
		}
		fmt.Fprintf(w, "class %3d %7.2f %%%s\n", c, *p, name)
	}
}

// nameSuffix returns a class's name to print after its number; "" if it has no other
// name.
func nameSuffix(names []string, c int) string {
	if c < len(names) && names[c] != fmt.Sprint(c) {
		return "  " + names[c]
	}
	return ""
}
