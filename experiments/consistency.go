package experiments

import (
	"fmt"

	"longtail/dataset"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// Names of Settings.SSL: methods that use unlabeled images without labels, in a
// second term of the loss.
const (
	SSLVAT         = "vat"
	SSLMeanTeacher = "mean-teacher"
)

// Settings of both are not in print. These are those of Oliver et al. 2018, in
// whose program the term is of the unlabeled images alone, the weight rises over
// the first 40 % of the steps and squared errors are means over the classes
// (paper-spec 4.6). Xi is larger than its 1e-6, of which nothing is left in
// float32 (docs/deviations.md).
var (
	vatRamp      = train.Ramp{Weight: .3, Share: .4}
	teacherRamp  = train.Ramp{Weight: 8, Share: .4}
	teacherDecay = train.Decay{Early: .95, Late: .999}
)

const vatXi = 1e-3

// VATEpsilon is the length of VAT's perturbation of 32×32 pixels as CIFAR's are
// normalised.
const VATEpsilon = 6

// forwardAlone is how many of a task's evaluations are none: forward passes
// while it trains on so many images. A mean teacher sees every image once. VAT
// passes the unlabeled half forwards without a perturbation, and forwards and
// back to the pixels to find one, which is two passes: a way back has two
// products, of which the weights' is left out. What is left, the labelled half
// and the perturbed half, is trained on.
func forwardAlone(s results.Settings, images int64) int64 {
	switch {
	case s.SSL == SSLVAT:
		return images * 3 / 2
	case s.SSL == SSLMeanTeacher, s.Target == TargetMoCo:
		return images
	}
	return 0
}

// NewSSLSource returns the source of a run with this Settings.SSL: o.Batch images
// a batch, half of them labelled, in as many views as the method looks at.
func NewSSLSource(ssl string, labelled, unlabeled *dataset.List, o dataset.Options) (*dataset.Beside, error) {
	return dataset.NewBeside(labelled, unlabeled, SSLViews(ssl), o)
}

// SSLViews is how many views of its images a batch has; 1 without SSL.
func SSLViews(ssl string) int {
	if ssl == SSLMeanTeacher {
		return 2
	}
	return 1
}

// NewSSL returns the method that trains trunk and head, of the batch of one view.
// A mean teacher needs a second trunk and head of their kind; epsilon and keys,
// the prefix of its random streams, are VAT's.
func NewSSL(ssl string, epsilon float64, keys []any, trunk *nn.Trunk[float32], head *objective.Objective[float32],
	teacher *nn.Trunk[float32], teacherHead *objective.Objective[float32]) (train.Semi, error) {
	switch ssl {
	case SSLVAT:
		return train.NewVAT(trunk, head, vatRamp, train.Perturbation{Epsilon: epsilon, Xi: vatXi, Keys: keys})
	case SSLMeanTeacher:
		return train.NewMeanTeacher(trunk, head, teacher, teacherHead, teacherRamp, teacherDecay)
	}
	return nil, fmt.Errorf("there is no method %q for unlabeled images; there are %s and %s", ssl, SSLVAT, SSLMeanTeacher)
}

// semi is the method of a task with SSL that trains net. The teacher, if there
// is one, is the caller's to close.
func (r *taskRun) semi(set *dataset.Set, net *network) (m train.Semi, teacher *network, err error) {
	if r.s.SSL != SSLMeanTeacher {
		m, err = NewSSL(r.s.SSL, r.s.Epsilon, r.keys(""), net.trunk, net.objective, nil, nil)
		return m, nil, err
	}
	if teacher, err = r.network(set, net.objective.Spec()); err != nil {
		return nil, nil, err
	}
	m, err = NewSSL(r.s.SSL, 0, nil, net.trunk, net.objective, teacher.trunk, teacher.objective)
	return m, teacher, err
}
