// Command curve is longtail's half of bench/curve.py: it trains a network from
// given weights on given images in a given order, by the loop of longtail train,
// and writes the loss of every step; or it draws the curves of both halves.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"log"
	"os"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/npy"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
)

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 6 && args[0] == "train":
		check(fit(args[1], args[2], args[3], args[4] == "exact", number(args[5])))
	case len(args) == 3 && args[0] == "draw":
		check(draw(args[1], args[2]))
	default:
		log.Fatal("usage: curve train ARCH DATA.npz WEIGHTS.pth MODE EPOCHS\n       curve draw CURVES.json FIGURE.png")
	}
}

// given are batches in an order that comes from outside: epochs one after
// another.
type given struct {
	images       *batches.Images
	epoch, batch int
}

func (g given) Steps(int) int { return (g.epoch + g.batch - 1) / g.batch }

func (g given) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n := min(g.batch, g.epoch-step*g.batch)
	return g.images.Fill(epoch*g.epoch+step*g.batch, x, y[:n])
}

// fit trains on the images and in the order of a .npz file (images, labels,
// order: epochs×images) and prints the losses.
func fit(name, data, weights string, exact bool, epochs int) error {
	samples, err := dataset.ReadNPZ(data)
	if err != nil {
		return err
	}
	set, err := dataset.FromSamples("curve", samples, dataset.Samples{})
	if err != nil {
		return err
	}
	arrays, err := npy.ReadNPZ(data, "order")
	if err != nil {
		return err
	}
	order := make([]int, epochs*samples.Len())
	if arrays[0].Type != "|u1" || len(arrays[0].Raw) != 3*len(order) {
		return fmt.Errorf("order is %s of shape %v, not three bytes for each of %d images", arrays[0].Type, arrays[0].Shape, len(order))
	}
	for i := range order {
		b := arrays[0].Raw[3*i:]
		order[i] = int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	}
	images, err := batches.NewImages(set, set.Train, order)
	if err != nil {
		return err
	}
	arch, err := nn.ParseArch(name)
	if err != nil {
		return err
	}
	const batch = 128
	trunk, err := nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W, Batch: batch, Exact: exact})
	if err != nil {
		return err
	}
	defer trunk.Close()
	obj, err := objective.New[float32](objective.Spec{Loss: "ce", Features: trunk.Features(), Classes: len(set.Classes), Batch: batch})
	if err != nil {
		return err
	}
	stored, err := train.ReadModel(weights)
	if err != nil {
		return err
	}
	if err := stored.Fill(trunk, obj); err != nil {
		return err
	}
	var losses []float64
	_, err = train.Run(context.Background(), train.Config{
		Trunk: trunk, Objective: obj, Source: given{images, samples.Len(), batch},
		Epochs: epochs, LR: .1, Momentum: .9, WeightDecay: train.WeightDecay,
		Report: func(p train.Progress) {
			if p.Step > 0 {
				losses = append(losses, p.Loss)
			}
		},
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"kernel_set": trunk.Kernels(), "losses": losses, "mean": set.Mean, "std": set.Std})
}

// draw plots the loss of every step of both programs, a color a seed.
func draw(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var curves struct {
		Title        string
		Torch, Ours  [][]float64
		StepsAnEpoch int `json:"steps_an_epoch"`
	}
	if err := json.Unmarshal(raw, &curves); err != nil {
		return err
	}
	p := plot.New()
	p.Title.Text = curves.Title
	p.X.Label.Text, p.Y.Label.Text = "epoch", "training loss of the step"
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	colors := []color.Color{color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}}
	for s := range curves.Torch {
		for k, losses := range [][]float64{curves.Torch[s], curves.Ours[s]} {
			points := make(plotter.XYs, len(losses))
			for i, l := range losses {
				points[i] = plotter.XY{X: float64(i+1) / float64(curves.StepsAnEpoch), Y: l}
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			line.Color, line.Width = colors[s%len(colors)], vg.Points(2.5)
			name := "PyTorch"
			if k == 0 {
				r, g, b, _ := line.Color.RGBA()
				line.Color = color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 90}
			} else {
				name, line.Width = "longtail", vg.Points(.9)
				line.Dashes = []vg.Length{vg.Points(3), vg.Points(2)}
			}
			p.Add(line)
			p.Legend.Add(fmt.Sprintf("%s, seed %d", name, s), line)
		}
	}
	return p.Save(17*vg.Centimeter, 10*vg.Centimeter, to)
}

func number(s string) int {
	v, err := strconv.Atoi(s)
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
