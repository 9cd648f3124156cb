package setup

import (
	"slices"

	"longtail/dataset"
	"longtail/dataset/batches"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
)

// MoCoRate returns MoCo's learning rate: 0.03 at a batch of 256 and proportional to
// the batch, which is upstream's linear rule (He et al. 2020).
func MoCoRate(batch int) float64 { return .03 * float64(batch) / 256 }

// MoCoWeightDecay applies to every parameter (He et al. 2020).
const MoCoWeightDecay = 1e-4

// MoCoAhead returns how many of the wanted batches, of two views per image, are
// prepared ahead.
func MoCoAhead(wanted, batch int, s *dataset.Set) int {
	return depth(wanted, 2*batch*dataset.Channels*s.H*s.W)
}

// MoCo holds what pre-training by MoCo on the images of a list needs.
type MoCo struct {
	Trunk  *nn.Trunk[float32] // the trained network
	Method *train.MoCo
	Source train.Source

	key      *nn.Trunk[float32]
	contrast *objective.Contrast[float32]
	ahead    *batches.Ahead
}

// NewMoCo compiles both networks, for which o.Height, o.Width and o.Batch are filled
// in, draws the initial weights and makes batches of so many images, some of them ahead,
// from streams with the prefix keys. The caller closes it.
func NewMoCo(l *dataset.List, o nn.Options[float32], batch, queue, ahead int, keys []any) (m *MoCo, err error) {
	views, err := batches.NewViews(l, batches.Options{Batch: batch, Keys: keys})
	if err != nil {
		return nil, err
	}
	set := l.Set
	m = &MoCo{ahead: batches.NewAhead(views, ahead, 2*batch, set.H, set.W)}
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
