package experiments

import (
	"time"

	"longtail/dataset"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
)

// Speed is what this machine was seen to do a moment ago.
type Speed struct {
	ImagesPerSecond float64 // training, objective and optimiser included
	KernelSet       string
}

// MeasureSpeed trains the profile's network on random images for a moment.
func MeasureSpeed(p Profile) (Speed, error) {
	about, err := dataset.Describe(p.Data)
	if err != nil {
		return Speed{}, err
	}
	arch, err := nn.ParseArch(p.Arch)
	if err != nil {
		return Speed{}, err
	}
	net, err := newNetwork(arch, about.H, about.W, objective.Spec{Loss: "ce", Classes: len(about.Classes), Batch: p.Supervised.Batch})
	if err != nil {
		return Speed{}, err
	}
	defer net.Close()
	r := stream.New("speed")
	net.trunk.Init(r)
	net.objective.Init(r)
	x := make([]float32, p.Supervised.Batch*dataset.Channels*about.H*about.W)
	y := make([]int32, p.Supervised.Batch)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	sgd := train.NewSGD(train.Params(net.trunk, net.objective), 0.9, 2e-4)
	var images int
	var start time.Time
	for step := 0; ; step++ {
		if step == 2 { // the first steps warm caches
			start = time.Now()
		}
		if d := time.Since(start); step > 3 && d > 300*time.Millisecond || step > 2 && d > time.Second {
			break
		}
		if _, err := train.Step(net.trunk, net.objective, sgd, x, y, len(y), 1e-3); err != nil {
			return Speed{}, err
		}
		if step >= 2 {
			images += len(y)
		}
	}
	return Speed{float64(images) / time.Since(start).Seconds(), kernel.Best().Name}, nil
}

// network is a trunk with its objective.
type network struct {
	trunk     *nn.Trunk[float32]
	objective *objective.Objective[float32]
}

// newNetwork compiles a network for images of h×w; spec.Features is filled in.
func newNetwork(arch nn.Arch, h, w int, spec objective.Spec) (*network, error) {
	trunk, err := nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: h, Width: w, Batch: spec.Batch})
	if err != nil {
		return nil, err
	}
	spec.Features = trunk.Features()
	obj, err := objective.New[float32](spec)
	if err != nil {
		trunk.Close()
		return nil, err
	}
	return &network{trunk, obj}, nil
}

func (n *network) Close() {
	n.trunk.Close()
	n.objective.Close()
}
