package setup

import (
	"slices"

	"longtail/dataset"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
)

// TargetMoCo is the Target of contrastive pre-training.
const TargetMoCo = "moco"

// MoCoRate is the learning rate of MoCo: 0.03 at a batch of 256, and in
// proportion to it, upstream's linear rule (He et al. 2020).
func MoCoRate(batch int) float64 { return .03 * float64(batch) / 256 }

// MoCoWeightDecay is on every parameter (He et al. 2020).
const MoCoWeightDecay = 1e-4

// MoCoAhead is how many of MoCo's batches, of two views each, are made ahead.
const MoCoAhead = 2

// MoCo is what pre-training by MoCo on the images of a list needs.
type MoCo struct {
	Trunk  *nn.Trunk[float32] // that is trained
	Method *train.MoCo
	Source train.Source

	key      *nn.Trunk[float32]
	contrast *objective.Contrast[float32]
	ahead    *dataset.Ahead
}

// NewMoCo compiles both networks, for which o.Height, o.Width and o.Batch are filled
// in, draws the initial weights and makes batches of so many images, from streams
// with the prefix keys. The caller closes it.
func NewMoCo(l *dataset.List, o nn.Options[float32], batch, queue int, keys []any) (m *MoCo, err error) {
	views, err := dataset.NewViews(l, dataset.Options{Batch: batch, Keys: keys})
	if err != nil {
		return nil, err
	}
	set := l.Set
	m = &MoCo{ahead: dataset.NewAhead(views, MoCoAhead, 2*batch, set.H, set.W)}
	m.Source = m.ahead
	defer func(made *MoCo) { // m itself is nil by then
		if err != nil {
			made.Close()
		}
	}(m)
	o.Height, o.Width, o.Batch = set.H, set.W, batch
	if m.Trunk, err = nn.NewTrunk(o); err != nil {
		return nil, err
	}
	o.Batch = max(batch/train.MoCoGroups, 1)
	if m.key, err = nn.NewTrunk(o); err != nil {
		return nil, err
	}
	if m.contrast, err = objective.NewContrast[float32](objective.ContrastSpec{Features: m.Trunk.Features(), Batch: batch, Queue: queue}); err != nil {
		return nil, err
	}
	m.Trunk.Init(stream.New(append(slices.Clone(keys), "init", "trunk")...))
	m.Method, err = train.NewMoCo(m.Trunk, m.key, m.contrast, keys)
	return m, err
}

// Close frees networks, graphs and batches.
func (m *MoCo) Close() {
	m.ahead.Close()
	for _, t := range []*nn.Trunk[float32]{m.Trunk, m.key} {
		if t != nil {
			t.Close()
		}
	}
	if m.contrast != nil {
		m.contrast.Close()
	}
}
