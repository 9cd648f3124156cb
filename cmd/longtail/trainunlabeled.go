package main

import (
	"context"
	"errors"
	"fmt"

	"longtail/dataset"
	"longtail/setup"
)

// unlabeledFlags are the flags of train for self-training on your own images.
type unlabeledFlags struct {
	Unlabeled    string  `placeholder:"FOLDER|FILE.csv|FILE.npz" help:"Also train on these images, which need no labels (the paper's D_U): all images below a folder, the paths in the first column of a .csv file, or images of a .npz file."`
	Base         string  `placeholder:"FILE|DIR" type:"path" help:"With --unlabeled: the classifier that labels them: last.pth of an earlier run, or a folder, as for --init. Without it, DIR/base is trained first."`
	PseudoLabels string  `placeholder:"FILE.csv|FILE.pickle" type:"path" help:"With --unlabeled: labels made elsewhere, instead of a base classifier's: a CSV file with the columns image and label (optional: confidence, used), like DIR/pseudo-labels.csv, predictions of eval, or a pickle of the authors' program."`
	Omega        float64 `default:"1" help:"With --unlabeled: weight of an unlabeled image in the loss; a labeled one has weight 1."`
	Threshold    float64 `default:"0" help:"With --unlabeled: leave out images whose confidence is below this probability. 0: use all, as in the paper."`
}

func (c *trainCmd) checkUnlabeled() error {
	switch {
	case c.Unlabeled == "" && (c.Base != "" || c.PseudoLabels != "" || c.Omega != 1 || c.Threshold != 0):
		return errors.New("--base, --pseudo-labels, --omega and --threshold need --unlabeled")
	case c.Unlabeled == "":
		return nil
	case c.Base != "" && c.PseudoLabels != "":
		return errors.New("--base and --pseudo-labels both label the unlabeled images: give one of them")
	case c.Target != setup.TargetLabels || c.Freeze || c.Retrain:
		return errors.New("--unlabeled is for classifiers: no --target rotation or moco (whose labels are no classes), no --freeze and no --retrain")
	case !(c.Omega > 0 && c.Omega <= 1e3):
		return fmt.Errorf("--omega %v: above 0, at most 1000", c.Omega)
	case !(c.Threshold >= 0 && c.Threshold < 1):
		return fmt.Errorf("--threshold %v: a probability from 0 to below 1", c.Threshold)
	case c.Omega != 1 && c.draws():
		return fmt.Errorf("--omega %v: rule %s draws images by class and knows no weight of an image; take none, reweight or drw", c.Omega, c.rule())
	}
	return nil
}

// openUnlabeled returns the unlabeled images at the size of set; nil: there are
// none.
func (c *trainCmd) openUnlabeled(ctx context.Context, set *dataset.Set) (*dataset.Set, error) {
	if c.Unlabeled == "" {
		return nil, nil
	}
	if set.C != dataset.Channels {
		return nil, fmt.Errorf("--unlabeled: color images cannot stand beside the gray ones of %s", c.Data)
	}
	files := c.files()
	files.Ready = true
	return openUnlabeled(ctx, files, c.Unlabeled, set.H, set.W)
}
