package train

import (
	"fmt"
	"slices"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

// MoCo is momentum contrast (He et al. 2020; appendix F.1). A batch holds two views
// of each of its images, all queries and then all keys (batches.Views). The trunk
// learns to embed a query nearer to its key than to the keys of earlier batches.
// Keys come from a second trunk whose parameters are a moving average of the
// first's; its running statistics come from its own batches.
//
// On one device a query could be recognized by the batch statistics that it shares
// with its key. Keys are therefore shuffled and normalized in groups, as they would
// be on several devices.
type MoCo struct {
	query, key *nn.Trunk[float32]
	contrast   *objective.Contrast[float32]
	stream     []any

	features, keys, gathered []float32
}

// MoCoGroups is the number of groups in which keys are normalized. mocoMomentum is
// the momentum of the key trunk's moving average.
const (
	MoCoGroups   = 4
	mocoMomentum = .999
)

// CheckMoCoBatch returns an error for a batch that does not divide into the groups.
func CheckMoCoBatch(n int) error {
	if n%MoCoGroups != 0 || n < 2*MoCoGroups {
		return fmt.Errorf("keys are normalized in %d groups of at least 2: take a multiple of %d from %d on", MoCoGroups, MoCoGroups, 2*MoCoGroups)
	}
	return nil
}

// NewMoCo copies the query trunk to the key trunk, of the same architecture and
// image size, and draws the contrast's head and queue. keys is the prefix of the
// random streams. The query trunk must take the contrast's batch, the key trunk one
// of its groups.
func NewMoCo(query, key *nn.Trunk[float32], contrast *objective.Contrast[float32], keys []any) (*MoCo, error) {
	s := contrast.Spec()
	if query.Batch() < s.Batch || key.Batch() < s.Batch/MoCoGroups {
		return nil, fmt.Errorf("train: trunks for %d queries and %d keys: a batch has %d queries and groups of %d keys", query.Batch(), key.Batch(), s.Batch, s.Batch/MoCoGroups)
	}
	if err := CheckMoCoBatch(s.Batch); err != nil {
		return nil, fmt.Errorf("train: a batch of %d: %w", s.Batch, err)
	}
	if err := match(trunkTensors(query), trunkTensors(key)); err != nil {
		return nil, fmt.Errorf("train: the key trunk is another: %w", err)
	}
	contrast.Init(stream.New(append(slices.Clone(keys), "init", "head")...))
	copyTensors(trunkTensors(key), trunkTensors(query))
	return &MoCo{query: query, key: key, contrast: contrast, stream: slices.Clone(keys),
		features: make([]float32, s.Batch*s.Features), keys: make([]float32, s.Batch*s.Dim),
		gathered: make([]float32, s.Batch/MoCoGroups*query.ImageLen())}, nil
}

// Batch returns twice the images of a batch, for two views.
func (m *MoCo) Batch() int { return 2 * m.contrast.Spec().Batch }

// Params returns the parameters of the query's trunk and head.
func (m *MoCo) Params() []nn.Param[float32] {
	return slices.Concat(m.query.Params(), m.contrast.Params())
}

// Gradient implements Method. Labels are not used. wrong counts the queries that
// are nearer to another image's key than to their own, twice, for both views.
func (m *MoCo) Gradient(at Position, x []float32, _ []int32, n int) (loss float64, wrong int, err error) {
	batch := m.contrast.Spec().Batch
	if n != 2*batch {
		return 0, 0, fmt.Errorf("train: %d images, two views of each of %d are needed", n, batch)
	}
	size := m.query.ImageLen()
	if err := m.embedKeys(at, x[batch*size:]); err != nil {
		return 0, 0, err
	}
	loss, dFeatures, wrong, err := m.contrast.Step(m.query.Forward(x, batch, true), m.keys)
	if err != nil {
		return 0, 0, err
	}
	m.query.Backward(dFeatures)
	return loss, 2 * wrong, nil
}

// embedKeys fills keys from the second views, in randomly ordered groups.
func (m *MoCo) embedKeys(at Position, x []float32) error {
	batch, size, d := m.contrast.Spec().Batch, m.key.ImageLen(), m.key.Features()
	order := stream.New(append(slices.Clone(m.stream), "shuffle", at.Step)...).Perm(batch)
	defer m.key.Hold()()
	for group := range slices.Chunk(order, batch/MoCoGroups) {
		for i, from := range group {
			copy(m.gathered[i*size:(i+1)*size], x[from*size:])
		}
		features := m.key.Forward(m.gathered, len(group), true)
		for i, to := range group {
			copy(m.features[to*d:(to+1)*d], features[i*d:])
		}
	}
	return m.contrast.Keys(m.features, m.keys)
}

// Moved puts the batch's keys into the queue and updates the key network's moving
// average, before the next keys are embedded.
func (m *MoCo) Moved(Position) {
	m.contrast.Enqueue(m.keys)
	m.contrast.Follow(mocoMomentum)
	for i, p := range m.query.Params() {
		objective.Follow(m.key.Params()[i].Value, p.Value, mocoMomentum)
	}
}

// State returns the query's head, the key network and the queue.
func (m *MoCo) State() []checkpoint.Tensor {
	queue, next := m.contrast.Queue()
	s := m.contrast.Spec()
	return slices.Concat(
		prefixed("query/", tensors(m.contrast.Params())),
		prefixed("key/", tensors(slices.Concat(m.key.Params(), m.key.Buffers(), m.contrast.KeyParams()))),
		[]checkpoint.Tensor{
			{Name: "queue", Shape: []int{s.Dim, s.Queue}, Data: queue},
			{Name: "queue_next", Shape: []int{1}, Data: next},
		})
}

// Check returns an error if the queue's next column is not the start of a batch.
func (m *MoCo) Check(state []checkpoint.Tensor) error {
	s := m.contrast.Spec()
	next := index(state)["queue_next"].Data.([]int64)[0]
	if next < 0 || next >= int64(s.Queue) || next%int64(s.Batch) != 0 {
		return fmt.Errorf("queue_next is %d, no multiple of the batch (%d) below the queue's length (%d)", next, s.Batch, s.Queue)
	}
	return nil
}
