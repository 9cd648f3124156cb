package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"longtail/internal/usage"
	"longtail/nn/train"
	"longtail/own"
	"longtail/results"
)

type exportCmd struct {
	Model string `arg:"" name:"model" help:"File of a model, folder of a run of train (its last.pth) or of --seeds with a single run, or a task of reproduce, by the first 12 digits of its name."`
	File  string `arg:"" name:"file.pth" type:"path" help:"The file to write; it must not exist."`
	Store string `env:"LONGTAIL_STORE" default:"runs" type:"path" help:"Store that holds the task."`
}

func (exportCmd) Help() string {
	return `reproduce keeps its models in the store as model.ckpt, which torch.load cannot read.
This command writes the same kind of file as train's last.pth: a dictionary with
state_dict, arch, epoch, the normalization (mean, std), the image size (height, width),
the class names, the loss, and how that treats the logits (scale, priors). A model from self-supervised pre-training has the head of
its own task (four rotations), or none. docs/own-images.md#in-pytorch has the network in
PyTorch.

The report's record of a cell names its task. Results that ship with the program
(results/committed) have no weights: run the task first, as in the first example.

Examples:
  longtail reproduce --profile paper --only 5292029cf3e8 --data-dir ~/data
  longtail export 5292029cf3e8 ldam-drw.pth
  longtail export runs/NAME/model.ckpt rotation.pth`
}

func (c *exportCmd) Run() error {
	path, err := c.find()
	if err != nil {
		return err
	}
	model, err := train.ReadModel(path)
	if err != nil {
		return err
	}
	about, err := own.About(model)
	if err != nil {
		return err
	}
	var done results.Result
	if err := results.Read(filepath.Join(filepath.Dir(path), results.FileResult), &done); err == nil && model.Meta != nil {
		about.BestAccuracyPct = 100 - done.BestErrorPct
	}
	head := "no head"
	if _, classes, err := model.Head(); err != nil {
		about.Classes, about.BestAccuracyPct, about.Loss, about.Scale, about.Priors = nil, 0, "", 0, false
	} else if head = fmt.Sprintf("%d classes", classes); len(about.Classes) != classes {
		about.Classes = nil
	}
	if _, err := os.Lstat(c.File); err == nil {
		return usage.Errorf("%s is there: choose another name, or delete it", c.File)
	}
	if err := train.WriteTorch(c.File, model.Tensors, about); err != nil {
		return err
	}
	fmt.Printf("%s: %s, epoch %d, %d tensors, %s\n", c.File, about.Arch, about.Epoch, len(model.Tensors), head)
	return nil
}

// find is the file that the argument names.
func (c *exportCmd) find() (string, error) {
	_, err := os.Stat(c.Model)
	switch {
	case err == nil:
		return modelIn(c.Model, "")
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if dir := filepath.Dir(c.Model); dir != "." { // of a run that has none yet, perhaps
		if err := own.Unfinished(dir); err != nil {
			return "", err
		}
	}
	store := results.Store(c.Store)
	name, err := store.Find(c.Model)
	if err != nil {
		return "", usage.Errorf("%s is no file: as a task: %w", c.Model, err)
	}
	path := store.Path(name, results.FileModel)
	if !exists(path) {
		return "", usage.Errorf("%s: the task has no model there: it is not done, or trains none", path)
	}
	return path, nil
}

// modelIn is the file of a model: the one that is named or, in a folder, the last.pth of
// a run or the model.ckpt of a task; or in a folder of --seeds that of the run of this
// seed, where seed is "" of the only one.
func modelIn(path, seed string) (string, error) {
	switch info, err := os.Stat(path); {
	case path == "":
		return "", nil
	case err != nil: // of a run that has none yet, perhaps
		return path, own.Unfinished(filepath.Dir(path))
	case !info.IsDir():
		return path, nil
	}
	seeds := own.SeedRuns(path)
	if seed == "" && len(seeds) == 1 {
		seed = seeds[0]
	}
	for _, dir := range []string{path, filepath.Join(path, seed)} {
		for _, name := range []string{own.FileLast, results.FileModel} {
			if file := filepath.Join(dir, name); exists(file) {
				return file, nil
			}
		}
		if err := own.Unfinished(dir); err != nil {
			return "", err
		}
	}
	if len(seeds) > 0 {
		return "", usage.Errorf("%s is the folder of the runs of seeds %s: that of one of them, or a model's file, is expected", path, strings.Join(seeds, ", "))
	}
	return "", usage.Errorf("%s is a folder with neither %s nor %s: that of one run, or a model's file, is expected", path, own.FileLast, results.FileModel)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
