package figures

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"longtail/results"
)

// Figure1 is the paper's t-SNE of SVHN-LT: training and test set under CE and
// under CE with unlabeled data.
func Figure1(plan results.Plan) *Figure {
	return embedding(plan, "figure1", "Figure 1",
		"Figure 1: features on SVHN-LT without and with unlabeled data",
		"t-SNE of 64-dimensional features of training and test images of SVHN-LT; the paper does not state ρ.",
		[]string{"(a) CE", "(b) CE + D_U@5x"})
}

// Figure4 is the paper's t-SNE of CIFAR-10-LT: training and test set under CE
// from scratch and after self-supervised pre-training.
func Figure4(plan results.Plan) *Figure {
	return embedding(plan, "figure4", "Figure 4",
		"Figure 4: features on CIFAR-10-LT without and with self-supervised pre-training",
		"t-SNE of 64-dimensional features of training and test images of CIFAR-10-LT; the paper does not state ρ.",
		[]string{"(a) CE", "(b) CE + SSP"})
}

func embedding(plan results.Plan, name, source, title, caption string, models []string) *Figure {
	f := &Figure{Name: name, Title: title, Caption: caption, Width: wide, Height: 4.4 * vg.Inch,
		Alt: title + ": four empty panels, not run."}
	for _, model := range models {
		row := make([]*plot.Plot, 2)
		for i, set := range []string{"training set", "test set"} {
			p := newPanel(model+", "+set, "t-SNE 1", "t-SNE 2")
			frame(p, 0, 1, 0, 1)
			p.X.Tick.Marker, p.Y.Tick.Marker = at(), at()
			p.Add(notRun(plan, source))
			row[i] = p
		}
		f.Panels = append(f.Panels, row)
	}
	return f
}
