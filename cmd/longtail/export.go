package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longtail/internal/npy"
	"longtail/internal/usage"
	"longtail/nn/train"
	"longtail/own"
	"longtail/results"
)

type exportCmd struct {
	Model string `arg:"" name:"model" help:"File of a model, folder of a run of train (its last.pth) or of --seeds with a single run, or a task of reproduce, by the first 12 digits of its name."`
	File  string `arg:"" name:"file" type:"path" help:"The file to write, which must not exist: FILE.npz for the arrays of a task, any other name for the model."`
	storeFlag
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

To a FILE.npz it writes the arrays of a task's result, for NumPy, of shipped results too
(uint8 but where said). Of a training: predictions (N, the class of each test image that
is evaluated, in the order of the files; of rotation pre-training the turn) and logits
(float16 N×classes; of your own runs). Of pseudo-labels: pseudo_labels (N, by position in
the pool) and irrelevant_pseudo_labels. Of an embedding: map (float32 N×2), map_labels and
map_part (0: labeled image, 1: of D_U, 2: test image).

Examples:
  longtail reproduce --profile paper --only 5292029cf3e8 --data-dir ~/data
  longtail export 5292029cf3e8 ldam-drw.pth
  longtail export runs/NAME/model.ckpt rotation.pth
  longtail export 5292029cf3e8 ldam-drw.npz`
}

func (c *exportCmd) Run() error {
	if err := refuseStdout("FILE", c.File); err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); err == nil {
		return usage.Errorf("%s is there: choose another name, or delete it", c.File)
	}
	if isArrays(c.File) {
		return c.writeArrays()
	}
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
	if err := train.WriteTorch(c.File, model.Tensors, about); err != nil {
		return err
	}
	fmt.Printf("%s: %s, epoch %d, %d tensors, %s\n", c.File, about.Arch, about.Epoch, len(model.Tensors), head)
	return nil
}

// writeArrays writes the arrays in a task's result, and its logits, to an .npz file.
func (c *exportCmd) writeArrays() error {
	store, name, r, err := c.result()
	if err != nil {
		return err
	}
	arrays := map[string]npy.Array{}
	list := func(name string, labels []byte) {
		if len(labels) > 0 {
			arrays[name] = npy.Bytes(labels, len(labels))
		}
	}
	list("predictions", r.Predictions)
	if r.Pool != nil {
		list("pseudo_labels", r.Pool.Labels)
		list("irrelevant_pseudo_labels", r.Pool.Irrelevant)
	}
	if e := r.Embedding; e != nil {
		list("map_labels", e.Labels)
		list("map_part", slices.Concat(bytes.Repeat([]byte{0}, e.Labeled), bytes.Repeat([]byte{1}, e.Unlabeled), bytes.Repeat([]byte{2}, e.Test)))
		arrays["map"] = npy.Float32(e.XY, len(e.XY)/2, 2)
	}
	if b, err := os.ReadFile(store.Path(name, results.FileLogits)); err == nil {
		if arrays["logits"], err = npy.Decode(b); err != nil {
			return fmt.Errorf("%s: %w", store.Path(name, results.FileLogits), err)
		}
	}
	if len(arrays) == 0 {
		return usage.Errorf("task %.12s has no arrays: it is no training, pseudo-labeling or embedding", name)
	}
	b, err := npy.EncodeNPZ(arrays)
	if err != nil {
		return err
	}
	if err := results.WriteFile(c.File, b); err != nil {
		return err
	}
	fmt.Printf("%s:", c.File)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		fmt.Printf(" %s %s", name, strings.Trim(strings.ReplaceAll(fmt.Sprint(arrays[name].Shape), " ", "×"), "[]"))
	}
	fmt.Println()
	return nil
}

// result returns the store, name and result of the task that the argument names: by its
// folder, or by its name in the store or among the shipped results.
func (c *exportCmd) result() (results.Store, string, *results.Result, error) {
	store, task := c.store(), c.Model
	if dir := filepath.Dir(c.Model); dir != "." {
		store, task = results.Store(dir), filepath.Base(c.Model)
	}
	name, err := store.Find(task)
	if err == nil {
		if r, err := store.Result(name); r != nil || err != nil {
			return store, name, r, err
		}
		err = fmt.Errorf("task %.12s of the store %s is not done", name, store)
	}
	shipped, failed := results.Committed()
	if failed != nil {
		return "", "", nil, failed
	}
	for name, r := range shipped {
		if len(task) >= 12 && strings.HasPrefix(name, task) {
			return store, name, r, nil
		}
	}
	return "", "", nil, usage.Errorf("%s: an .npz file is written of a task: %w, nor does such a result ship with the program", c.Model, err)
}

// find returns the model file that the argument names.
func (c *exportCmd) find() (string, error) {
	_, err := os.Stat(c.Model)
	switch {
	case err == nil:
		return modelIn(c.Model, "")
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if dir := filepath.Dir(c.Model); dir != "." { // perhaps of a run without a model yet
		if err := own.Unfinished(dir); err != nil {
			return "", err
		}
	}
	store := c.store()
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

// missing returns the error of looking for a file that a flag names: wrong usage
// where it is not there.
func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return usage.Errorf("%s: there is no such file", path)
	}
	return err
}

// modelIn returns the file of a model: path itself or, if that is a folder, the last.pth
// of a run or the model.ckpt of a task. In a folder of --seeds it is the file of the run
// with this seed; with seed "", that of the only run. An empty path gives "".
func modelIn(path, seed string) (string, error) {
	switch info, err := os.Stat(path); {
	case path == "":
		return "", nil
	case err != nil: // perhaps of a run without a model yet
		if unfinished := own.Unfinished(filepath.Dir(path)); unfinished != nil {
			return "", unfinished
		}
		return "", missing(path, err)
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
