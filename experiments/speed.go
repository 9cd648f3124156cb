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

// MeasureSpeed trains the profile's network on random images for about a
// second.
func MeasureSpeed(p Profile) (Speed, error) {
	about, err := dataset.Describe(p.Data)
	if err != nil {
		return Speed{}, err
	}
	arch, err := nn.ParseArch(p.Arch)
	if err != nil {
		return Speed{}, err
	}
	net, err := newNetwork(arch, about.H, about.W, len(about.Classes), p.Supervised.Batch)
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
		if step > 2 && time.Since(start) > time.Second {
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

func newNetwork(arch nn.Arch, h, w, classes, batch int) (*network, error) {
	trunk, err := nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: h, Width: w, Batch: batch})
	if err != nil {
		return nil, err
	}
	obj, err := objective.New[float32](objective.Spec{
		Head: "linear", Loss: "ce", Features: trunk.Features(), Classes: classes, Batch: batch,
	})
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
