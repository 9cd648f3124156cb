// Command curve is longtail's half of bench/curve.py: it trains a network from
// given weights on given images in a given order, by the loop of longtail train,
// and writes the loss of every step.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/npy"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
)

func main() {
	log.SetFlags(0)
	args := os.Args[1:]
	if len(args) != 5 {
		log.Fatal("usage: curve ARCH DATA.npz WEIGHTS.pth exact|'' EPOCHS")
	}
	epochs, err := strconv.Atoi(args[4])
	if err == nil {
		err = fit(args[0], args[1], args[2], args[3] == "exact", epochs)
	}
	if err != nil {
		log.Fatal(err)
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
