// Package setup assembles a run from the names in its settings: network and
// objective, batches of labeled and unlabeled images, handling of class imbalance,
// and methods that need more than that. The paper's cells (package tasks) and runs
// on users' own images (package own) both start here.
package setup

import (
	"fmt"
	"slices"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// Network is a trunk with its objective.
type Network struct {
	Trunk     *nn.Trunk[float32]
	Objective *objective.Objective[float32]

	options nn.Options[float32]
}

// NewNetwork compiles a network; it fills in o.Batch and spec.Features. The caller
// closes it.
func NewNetwork(o nn.Options[float32], spec objective.Spec) (*Network, error) {
	o.Batch = spec.Batch
	trunk, err := nn.NewTrunk(o)
	if err != nil {
		return nil, err
	}
	spec.Features = trunk.Features()
	obj, err := objective.New[float32](spec)
	if err != nil {
		trunk.Close()
		return nil, err
	}
	return &Network{trunk, obj, o}, nil
}

// LoadNetwork compiles the network of a stored model for batch images per call and
// loads its weights. The caller closes it.
func LoadNetwork(m *train.Stored, o nn.Options[float32], batch int) (*Network, error) {
	head, classes, err := m.Head()
	if err != nil {
		return nil, err
	}
	n, err := NewNetwork(o, objective.Spec{Head: head, Loss: "ce", Classes: classes, Batch: batch})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	if err := m.Fill(n.Trunk, n.Objective); err != nil {
		n.Close()
		return nil, fmt.Errorf("as %s: %w", o.Arch.Name, err)
	}
	return n, nil
}

// Init draws the initial weights from streams with the prefix keys.
func (n *Network) Init(keys []any) {
	n.Trunk.Init(stream.New(append(slices.Clone(keys), "init", "trunk")...))
	n.Objective.Init(stream.New(append(slices.Clone(keys), "init", "head")...))
}

// SSL returns the method that trains the network with this Settings.SSL, and a
// function to call after it. Only VAT uses epsilon, the length of its perturbation,
// and keys, the prefix of its random streams. An unknown name is an error.
func (n *Network) SSL(ssl string, epsilon float64, keys []any) (m train.Semi, done func(), err error) {
	done = func() {}
	switch ssl {
	case results.SSLVAT:
		m, err = train.NewVAT(n.Trunk, n.Objective, vatRamp, train.Perturbation{Epsilon: epsilon, Xi: vatXi, Keys: keys})
	case results.SSLMeanTeacher:
		var teacher *Network
		if teacher, err = NewNetwork(n.options, n.Objective.Spec()); err != nil {
			return nil, nil, err
		}
		done = teacher.Close
		m, err = train.NewMeanTeacher(n.Trunk, n.Objective, teacher.Trunk, teacher.Objective, teacherRamp, teacherDecay)
	default:
		err = fmt.Errorf("there is no method %q for unlabeled images; there are %s and %s", ssl, results.SSLVAT, results.SSLMeanTeacher)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return m, done, nil
}

// Close frees workers and buffers.
func (n *Network) Close() {
	n.Trunk.Close()
	n.Objective.Close()
}
