package experiments

import (
	"longtail/dataset"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// TargetMoCo is the Target of contrastive pre-training.
const TargetMoCo = "moco"

// Contrast is how long MoCo pre-trains, on how many images a step, and how many
// keys of earlier steps it holds. The learning rate is 0.03 at a batch of 256
// and falls with the batch, upstream's linear rule (paper-spec 4.8).
type Contrast struct {
	Recipe
	Queue int
}

// momentumContrast is how MoCo was run on CIFAR as far as we know: batch, queue
// and the rest are ours (paper-spec, end of 4.9).
var momentumContrast = Contrast{Recipe{Epochs: 200, Batch: 256}, 4096}

func (c Contrast) learningRate() float64 { return .03 * float64(c.Batch) / 256 }

// contrast is a task of pre-training by MoCo. It looks at no label and at no
// test image, so its result has a curve and a model, and no error.
func (r *taskRun) contrast(set *dataset.Set, sub *dataset.Subset) error {
	s := r.s
	all, err := r.trainingList(set, sub)
	if err != nil {
		return err
	}
	views, err := dataset.NewViews(all.List, dataset.Options{Batch: s.Batch, Keys: r.keys("")})
	if err != nil {
		return err
	}
	ahead := dataset.NewAhead(views, 2, 2*s.Batch, set.H, set.W)
	defer ahead.Close()
	arch, err := nn.ParseArch(s.Arch)
	if err != nil {
		return err
	}
	o := nn.Options[float32]{Arch: arch, Height: set.H, Width: set.W, Batch: s.Batch, Mode: kernel.Auto}
	if s.Exact {
		o.Mode = kernel.Exact
	}
	query, err := nn.NewTrunk(o)
	if err != nil {
		return err
	}
	defer query.Close()
	o.Batch = s.Batch / train.MoCoGroups
	key, err := nn.NewTrunk(o)
	if err != nil {
		return err
	}
	defer key.Close()
	r.result.Cost.KernelSet = query.Kernels()
	contrast, err := objective.NewContrast[float32](objective.ContrastSpec{Features: query.Features(), Batch: s.Batch, Queue: s.Queue})
	if err != nil {
		return err
	}
	defer contrast.Close()
	query.Init(stream.New(append(r.keys(""), "init", "trunk")...))
	method, err := train.NewMoCo(query, key, contrast, r.keys(""))
	if err != nil {
		return err
	}
	config, err := r.training(train.Config{Trunk: query, Method: method, Source: ahead, Height: set.H, Width: set.W, WeightDecay: 1e-4})
	if err != nil {
		return err
	}
	out, err := train.Run(r.ctx, config)
	if err != nil {
		return err
	}
	if err := train.SaveModel(r.path(results.FileModel), train.Model(query, nil), s); err != nil {
		return err
	}
	out.Images /= 2 // the loop counts views
	r.keep(out)
	return nil
}
