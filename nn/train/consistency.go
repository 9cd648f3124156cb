package train

import (
	"fmt"
	"math"
	"slices"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/kernel"
	"longtail/nn/objective"
)

// Semi is a method whose loss has a second term, consistency: the output for an
// unlabeled image should not change under what keeps its class. The loss of a step
// is the mean over the labeled images plus a weight times the term's mean over the
// others. Batches of a run's source contain labeled images followed by images of
// label -1, at least one of each. Gradient's results cover only the labeled images.
type Semi interface {
	Method
	// Term returns how many images of the last Gradient were labeled and unlabeled,
	// and the mean term of the latter before its weight.
	Term() (labeled, unlabeled int, term float64)
	// Predictor returns the network that the run trains to predict. It is evaluated,
	// and Outcome.Best holds its weights.
	Predictor() (*nn.Trunk[float32], *objective.Objective[float32])
}

// Predictor returns the network that a run trains to predict.
func (c Config) Predictor() (*nn.Trunk[float32], *objective.Objective[float32]) {
	if m, is := c.Method.(Semi); is {
		return m.Predictor()
	}
	return c.Trunk, c.Objective
}

// Ramp is the weight of a second term. It rises as exp(−5(1−t)²), with t from 0 to
// 1 over the given share of the run's steps, and then stays constant (Tarvainen and
// Valpola 2017, appendix B.1).
type Ramp struct{ Weight, Share float64 }

// At returns t and the weight for a step.
func (r Ramp) At(at Position) (t, weight float64) {
	t = 1
	if end, finished := r.Share*float64(at.Steps), float64(at.Step-1); finished < end {
		t = finished / end
	}
	return t, r.Weight * math.Exp(-5*(1-t)*(1-t))
}

func (r Ramp) check() error {
	if !(r.Weight >= 0) || math.IsInf(r.Weight, 0) || !(r.Share >= 0 && r.Share <= 1) {
		return fmt.Errorf("train: a ramp to weight %v over a share %v of the steps: the weight is at least 0, the share from 0 to 1", r.Weight, r.Share)
	}
	return nil
}

// semi is what both methods share.
type semi struct {
	student            *passes[float32]
	ramp               Ramp
	labeled, unlabeled int
	term               float64
}

// newSemi returns an error for a loss whose softmax takes scaled logits. A loss
// with priors is allowed: the term then compares predictions, which are without
// priors.
func newSemi(t *nn.Trunk[float32], o *objective.Objective[float32], ramp Ramp) (semi, error) {
	s := o.Spec()
	if loss, _ := objective.LossNamed(s.Loss); loss.Scale != 1 {
		return semi{}, fmt.Errorf("train: the probabilities of loss %q are not the softmax of its logits: a consistency term takes another loss", s.Loss)
	}
	if t.Batch() < s.Batch {
		return semi{}, fmt.Errorf("train: a trunk for %d images and an objective for %d", t.Batch(), s.Batch)
	}
	return semi{student: newPasses(t, o), ramp: ramp}, ramp.check()
}

// Batch implements Method.
func (m *semi) Batch() int { return m.student.objective.Spec().Batch }

// Params implements Method.
func (m *semi) Params() []nn.Param[float32] { return Params(m.student.trunk, m.student.objective) }

// Term implements Semi.
func (m *semi) Term() (labeled, unlabeled int, term float64) { return m.labeled, m.unlabeled, m.term }

// outcome returns Gradient's results for both parts of the loss.
func (m *semi) outcome(loss, term float64, err error) (float64, int, error) {
	m.term = term
	if math.IsNaN(term) || math.IsInf(term, 0) {
		loss = term // the run must end
	}
	return loss, m.student.objective.Wrong(), err
}

// VAT is virtual adversarial training (Miyato et al. 2018). The term is KL(clean ‖
// perturbed) of the unlabeled images. The perturbation is that of length epsilon
// which changes the network's probabilities most, found by one power iteration. As
// in the authors' program, labeled, clean and perturbed images are separate passes,
// each normalized by its own batch's statistics. Only the labeled pass updates the
// running statistics. No gradient flows through the clean probabilities or the
// perturbation.
type VAT struct {
	semi
	perturbation Perturbation
}

// Perturbation is how VAT changes an image. Lengths are L2 norms over a normalized
// image.
type Perturbation struct {
	Epsilon float64 // length of the perturbation
	Xi      float64 // length of the step that finds its direction
	Keys    []any   // prefix of the random streams for the initial direction
}

// NewVAT returns the method that trains t and o, whose batch is that of the run's
// source. A perturbation that is not positive and finite is an error.
func NewVAT(t *nn.Trunk[float32], o *objective.Objective[float32], ramp Ramp, p Perturbation) (*VAT, error) {
	s, err := newSemi(t, o, ramp)
	if err == nil && !(p.Epsilon > 0 && p.Xi > 0 && !math.IsInf(p.Epsilon, 0) && !math.IsInf(p.Xi, 0)) {
		err = fmt.Errorf("train: VAT with epsilon %v and xi %v: both are above 0", p.Epsilon, p.Xi)
	}
	p.Keys = slices.Clone(p.Keys)
	return &VAT{s, p}, err
}

// Gradient implements Method.
func (m *VAT) Gradient(at Position, x []float32, y []int32, n int) (loss float64, wrong int, err error) {
	if m.labeled, err = labeledRows(y[:n]); err != nil {
		return 0, 0, err
	}
	m.unlabeled = n - m.labeled
	_, weight := m.ramp.At(at)
	return m.outcome(m.student.virtual(m.perturbation, x, y, m.labeled, m.unlabeled, weight, at.Step))
}

// Moved implements Method.
func (m *VAT) Moved(Position) {}

// State implements Method: VAT has none.
func (m *VAT) State() []checkpoint.Tensor { return nil }

// Predictor implements Semi: the network itself.
func (m *VAT) Predictor() (*nn.Trunk[float32], *objective.Objective[float32]) {
	return m.student.trunk, m.student.objective
}

// MeanTeacher is the mean teacher (Tarvainen and Valpola 2017). The term is the
// squared error of the unlabeled images' probabilities against those of a second
// network, the teacher. Each parameter of the teacher is an exponential moving
// average of the student's, and the teacher sees another view of the same batch.
// Both pass whole batches in training mode. As in the authors' program, the
// teacher's running statistics come from its own passes. The teacher predicts.
//
// A batch of the run's source is two views of its images: all first views, then all
// second views in the same order. Labels of the second views are -1.
type MeanTeacher struct {
	semi
	teacher *passes[float32]
	decay   Decay
}

// Decay is the factor of a moving average: Early while a ramp rises and Late after
// it. After k steps it is at most 1 − 1/(k+1), as in a plain average.
type Decay struct{ Early, Late float64 }

func (d Decay) at(ramp float64, at Position) float64 {
	decay := d.Late
	if ramp < 1 {
		decay = d.Early
	}
	return min(decay, 1-1/float64(at.Step+1))
}

// NewMeanTeacher returns the method that trains t and o, whose batch is that of one
// view. It copies their weights to the teacher.
func NewMeanTeacher(t *nn.Trunk[float32], o *objective.Objective[float32], teacher *nn.Trunk[float32], head *objective.Objective[float32], ramp Ramp, decay Decay) (*MeanTeacher, error) {
	s, err := newSemi(t, o, ramp)
	if err != nil {
		return nil, err
	}
	if own := o.Spec().Batch; teacher.Batch() < own || head.Spec().Batch < own {
		return nil, fmt.Errorf("train: a teacher for %d images, the student's batches have %d", min(teacher.Batch(), head.Spec().Batch), own)
	}
	if !(decay.Early >= 0 && decay.Early < 1 && decay.Late >= 0 && decay.Late < 1) {
		return nil, fmt.Errorf("train: the teacher's decays are %v and %v: from 0 to below 1", decay.Early, decay.Late)
	}
	if err := assign(Model(teacher, head), Model(t, o), teacher); err != nil {
		return nil, fmt.Errorf("train: the teacher is another network: %w", err)
	}
	return &MeanTeacher{s, newPasses(teacher, head), decay}, nil
}

// Batch returns twice the images of a batch, for two views.
func (m *MeanTeacher) Batch() int { return 2 * m.semi.Batch() }

// Gradient implements Method.
func (m *MeanTeacher) Gradient(at Position, x []float32, y []int32, n int) (loss float64, wrong int, err error) {
	if n%2 != 0 {
		return 0, 0, fmt.Errorf("%d images are not two views of a batch", n)
	}
	n /= 2
	if m.labeled, err = labeledRows(y[:n]); err != nil {
		return 0, 0, err
	}
	m.unlabeled = n - m.labeled
	_, weight := m.ramp.At(at)
	return m.outcome(m.student.taught(m.teacher, x, x[n*m.student.trunk.ImageLen():], y, m.labeled, n, weight))
}

// Moved updates the teacher's moving average.
func (m *MeanTeacher) Moved(at Position) {
	t, _ := m.ramp.At(at)
	decay := m.decay.at(t, at)
	teacher := Params(m.teacher.trunk, m.teacher.objective)
	for i, p := range m.Params() {
		objective.Follow(teacher[i].Value, p.Value, decay)
	}
}

// State returns the teacher's weights and running statistics.
func (m *MeanTeacher) State() []checkpoint.Tensor {
	return prefixed("teacher/", tensors(slices.Concat(Params(m.teacher.trunk, m.teacher.objective), m.teacher.trunk.Buffers())))
}

// Predictor returns the teacher.
func (m *MeanTeacher) Predictor() (*nn.Trunk[float32], *objective.Objective[float32]) {
	m.teacher.trunk.SetBatchesTracked(m.student.trunk.BatchesTracked()) // it has seen as many batches
	return m.teacher.trunk, m.teacher.objective
}

// labeledRows returns how many rows of a batch have a label. They must come first.
func labeledRows(y []int32) (int, error) {
	n := 0
	for n < len(y) && y[n] >= 0 {
		n++
	}
	for i, label := range y[n:] {
		if label >= 0 {
			return 0, fmt.Errorf("image %d has label %d, but one before it has none: labeled images come first", n+i, label)
		}
	}
	if n == 0 || n == len(y) {
		return 0, fmt.Errorf("%d labeled of %d images: a consistency term needs some of both kinds", n, len(y))
	}
	return n, nil
}

// passes holds a network and the memory of a step with a consistency term.
type passes[T kernel.Float] struct {
	trunk     *nn.Trunk[T]
	objective *objective.Objective[T]

	target, logits, dLogits []T // rows×classes
	dFeatures               []T // rows×features
	kept                    [][]T
	moved, gradient         []T // images
}

func newPasses[T kernel.Float](t *nn.Trunk[T], o *objective.Objective[T]) *passes[T] {
	s := o.Spec()
	rows := func() []T { return make([]T, s.Batch*s.Classes) }
	n := &passes[T]{trunk: t, objective: o, target: rows(), logits: rows(), dLogits: rows(), dFeatures: make([]T, s.Batch*s.Features)}
	for _, p := range Params(t, o) {
		n.kept = append(n.kept, make([]T, len(p.Grad)))
	}
	return n
}

// keep copies the gradients of all parameters from first on.
func (s *passes[T]) keep(first int) {
	for i, p := range Params(s.trunk, s.objective)[first:] {
		copy(s.kept[first+i], p.Grad)
	}
}

// add adds the gradients that keep copied.
func (s *passes[T]) add(first int) {
	for i, p := range Params(s.trunk, s.objective)[first:] {
		for j, v := range s.kept[first+i] {
			p.Grad[j] += v
		}
	}
}

// probabilities writes the probabilities of n rows of features to p.
func (s *passes[T]) probabilities(features []T, n int, p []T) error {
	classes := s.objective.Spec().Classes
	if err := s.objective.Logits(features, n, p); err != nil {
		return err
	}
	objective.Softmax(p[:n*classes], classes, p)
	return nil
}

// back computes a term of n rows of features against the targets. It propagates
// weight times the gradient back through the head.
func (s *passes[T]) back(term func(p, z []T, classes int, scale float64, d []T) float64, features []T, n int, weight float64) (value float64, dFeatures []T, err error) {
	classes := s.objective.Spec().Classes
	if err := s.objective.Logits(features, n, s.logits); err != nil {
		return 0, nil, err
	}
	end := n * classes
	value = term(s.target[:end], s.logits[:end], classes, weight, s.dLogits[:end])
	dFeatures, err = s.objective.Pull(features, s.dLogits[:end], n)
	return value, dFeatures, err
}

// virtual fills every Grad with the gradient of the loss of the labeled images x
// (3×H×W each) plus weight times VAT's term of the n unlabeled images after them.
// It returns both parts. The random start of the power iteration is keyed by (Keys,
// step).
func (s *passes[T]) virtual(c Perturbation, x []T, y []int32, labeled, n int, weight float64, step int) (loss, term float64, err error) {
	defer s.trunk.Hold()()
	loss, d, err := s.objective.Step(s.trunk.Forward(x, labeled, true), y, labeled)
	if err != nil || !isFinite(loss) {
		return loss, 0, err
	}
	s.trunk.Backward(d)
	s.keep(0)
	if err := s.perturb(c, x[labeled*s.trunk.ImageLen():], n, step); err != nil {
		return loss, 0, err
	}
	term, d, err = s.back(objective.KL[T], s.trunk.ForwardAside(s.moved, n), n, weight)
	if err != nil || !isFinite(term) {
		return loss, term, err
	}
	s.trunk.Backward(d)
	s.add(0)
	return loss, term, nil
}

// perturb sets target to the network's probabilities of n clean images u, and moved
// to the images with their virtual adversarial perturbation.
func (s *passes[T]) perturb(c Perturbation, u []T, n, step int) error {
	size := s.trunk.ImageLen()
	if s.moved == nil {
		s.moved, s.gradient = make([]T, s.trunk.Batch()*size), make([]T, s.trunk.Batch()*size)
	}
	if err := s.probabilities(s.trunk.ForwardAside(u, n), n, s.target); err != nil {
		return err
	}
	r := stream.New(append(slices.Clone(c.Keys), "vat", step)...)
	for i := range s.gradient[:n*size] {
		s.gradient[i] = T(r.NormFloat64())
	}
	s.move(u, n, c.Xi)
	// The gradient's length does not matter, so the term is not scaled down.
	_, d, err := s.back(objective.KL[T], s.trunk.ForwardAside(s.moved, n), n, float64(n))
	if err != nil {
		return err
	}
	s.trunk.BackwardImages(d, s.gradient)
	s.move(u, n, c.Epsilon)
	return nil
}

// move sets moved to n images u, each moved by the given length along gradient. An
// image with gradient zero stays.
func (s *passes[T]) move(u []T, n int, length float64) {
	size := s.trunk.ImageLen()
	for i := range n {
		g, from, to := s.gradient[i*size:(i+1)*size], u[i*size:(i+1)*size], s.moved[i*size:(i+1)*size]
		top := 0.0
		for _, v := range g {
			top = max(top, math.Abs(float64(v)))
		}
		if top == 0 {
			copy(to, from)
			continue
		}
		sum := 0.0 // of squares relative to the largest, which may be too small to square
		for _, v := range g {
			q := float64(v) / top
			sum += float64(q * q)
		}
		scale := length / (top * math.Sqrt(sum))
		for j, v := range g {
			to[j] = T(float64(from[j]) + float64(scale*float64(v)))
		}
	}
}

// taught fills every Grad with the gradient of the loss of the first labeled images
// of x (n×3×H×W) plus weight times a term. The term is the squared error of the
// other images against the teacher's probabilities of view. It returns both parts.
func (s *passes[T]) taught(teacher *passes[T], x, view []T, y []int32, labeled, n int, weight float64) (loss, term float64, err error) {
	classes, width := s.objective.Spec().Classes, s.trunk.Features()
	if err := teacher.probabilities(teacher.trunk.Forward(view, n, true), n, teacher.target); err != nil {
		return 0, 0, err
	}
	copy(s.target, teacher.target[labeled*classes:n*classes])
	features := s.trunk.Forward(x, n, true)
	loss, d, err := s.objective.Step(features, y, labeled)
	if err != nil {
		return loss, 0, err
	}
	copy(s.dFeatures, d)
	head := len(s.trunk.Params())
	s.keep(head)
	term, d, err = s.back(objective.SquaredError[T], features[labeled*width:], n-labeled, weight)
	if err != nil || !isFinite(loss) || !isFinite(term) {
		return loss, term, err
	}
	copy(s.dFeatures[labeled*width:], d)
	s.add(head)
	s.trunk.Backward(s.dFeatures)
	return loss, term, nil
}
