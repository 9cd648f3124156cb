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

// Semi is a method whose loss has a second term, consistency: what the network
// says of images without a label should not change with what leaves their class
// as it is. The loss of a step is the mean over the labeled images plus a
// weight times the mean of the term over the others. Batches of a run's source
// begin with labeled images; behind them stand images of label -1, at least one
// of each. What Gradient returns is of the labeled images alone.
type Semi interface {
	Method
	// Term returns of the last Gradient how many images had a label and how many
	// had none, and the latter's mean term before its weight.
	Term() (labeled, unlabeled int, term float64)
	// Predictor is the network that the run trains to predict: the one that is
	// evaluated, and whose weights Outcome.Best holds.
	Predictor() (*nn.Trunk[float32], *objective.Objective[float32])
}

// Predictor is the network that a run trains to predict.
func (c Config) Predictor() (*nn.Trunk[float32], *objective.Objective[float32]) {
	if m, is := c.Method.(Semi); is {
		return m.Predictor()
	}
	return c.Trunk, c.Objective
}

// Ramp is the weight of a second term: it rises as exp(−5(1−t)²), t from 0 to 1
// over the given share of the run's steps (Tarvainen and Valpola 2017, appendix
// B.1), and then stays.
type Ramp struct{ Weight, Share float64 }

// At returns t and the weight of a step.
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

// semi is what both methods hold.
type semi struct {
	student            *passes[float32]
	ramp               Ramp
	labeled, unlabeled int
	term               float64
}

// newSemi refuses a loss whose softmax is of scaled logits. One with priors it takes: the
// term then asks for consistency of what the network predicts, which is without them.
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

// outcome is what Gradient returns of both parts of the loss.
func (m *semi) outcome(loss, term float64, err error) (float64, int, error) {
	m.term = term
	if math.IsNaN(term) || math.IsInf(term, 0) {
		loss = term // the run must end
	}
	return loss, m.student.objective.Wrong(), err
}

// VAT is the method of virtual adversarial training (Miyato et al. 2018): the
// term is KL(clean ‖ perturbed) of the unlabeled images, the perturbation the
// one of length epsilon to which the network's probabilities answer most, by one
// power iteration. As in the authors' program the labeled images, the clean
// ones and the perturbed ones are passes of their own, each normalized by its
// own batch's statistics; the labeled pass alone moves the running ones. No
// gradient goes through the clean probabilities or through the perturbation.
type VAT struct {
	semi
	perturbation Perturbation
}

// Perturbation is how VAT moves an image. Lengths are L2 over an image as the
// network sees it.
type Perturbation struct {
	Epsilon float64 // of the perturbation
	Xi      float64 // of the step by which its direction is found
	Keys    []any   // prefix of the random streams from which the direction starts
}

// NewVAT returns the method of training t and o, whose batch is that of the
// run's source.
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

// State implements Method: there is none.
func (m *VAT) State() []checkpoint.Tensor { return nil }

// Predictor implements Semi: the network itself.
func (m *VAT) Predictor() (*nn.Trunk[float32], *objective.Objective[float32]) {
	return m.student.trunk, m.student.objective
}

// MeanTeacher is the method of that name (Tarvainen and Valpola 2017): the term
// is the squared error of the unlabeled images' probabilities against those of a
// second network, whose every parameter is an exponential moving average of the
// first's and which sees another view of the same batch. Both go over whole
// batches in training mode; the teacher's running statistics are those of its
// own passes, as in the authors' program. It is the teacher that predicts.
//
// A batch of the run's source is two views of its images, all of the first and
// then all of the second in the same order; labels behind the first are -1.
type MeanTeacher struct {
	semi
	teacher *passes[float32]
	decay   Decay
}

// Decay is the factor of a moving average: Early while a ramp rises and Late
// after it, but after k steps no more than 1 − 1/(k+1), the plain average's.
type Decay struct{ Early, Late float64 }

func (d Decay) at(ramp float64, at Position) float64 {
	decay := d.Late
	if ramp < 1 {
		decay = d.Early
	}
	return min(decay, 1-1/float64(at.Step+1))
}

// NewMeanTeacher returns the method of training t and o, whose batch is that of
// one view; the teacher's begin as copies of them.
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

// Batch is two views of every image of a batch.
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

// Moved lets the teacher follow.
func (m *MeanTeacher) Moved(at Position) {
	t, _ := m.ramp.At(at)
	decay := m.decay.at(t, at)
	teacher := Params(m.teacher.trunk, m.teacher.objective)
	for i, p := range m.Params() {
		objective.Follow(teacher[i].Value, p.Value, decay)
	}
}

// State implements Method: the teacher's weights and running statistics.
func (m *MeanTeacher) State() []checkpoint.Tensor {
	return prefixed("teacher/", tensors(slices.Concat(Params(m.teacher.trunk, m.teacher.objective), m.teacher.trunk.Buffers())))
}

// Predictor implements Semi: the teacher.
func (m *MeanTeacher) Predictor() (*nn.Trunk[float32], *objective.Objective[float32]) {
	m.teacher.trunk.SetBatchesTracked(m.student.trunk.BatchesTracked()) // it has seen as many
	return m.teacher.trunk, m.teacher.objective
}

// labeledRows returns how many rows of a batch have a label; those stand first.
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

// passes are what a step with a consistency term goes through, and their memory.
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

// keep copies every gradient from parameter first on.
func (s *passes[T]) keep(first int) {
	for i, p := range Params(s.trunk, s.objective)[first:] {
		copy(s.kept[first+i], p.Grad)
	}
}

// add adds what keep kept.
func (s *passes[T]) add(first int) {
	for i, p := range Params(s.trunk, s.objective)[first:] {
		for j, v := range s.kept[first+i] {
			p.Grad[j] += v
		}
	}
}

// probabilities writes those of n rows of features to p.
func (s *passes[T]) probabilities(features []T, n int, p []T) error {
	classes := s.objective.Spec().Classes
	if err := s.objective.Logits(features, n, p); err != nil {
		return err
	}
	objective.Softmax(p[:n*classes], classes, p)
	return nil
}

// back computes a term of n rows of features against the targets and takes
// weight times its gradient back through the head.
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

// virtual fills every Grad with the gradient of the loss of the labeled images
// x (3×H×W each) plus weight times VAT's term of the n unlabeled ones behind
// them, and returns both parts. The random start of the power iteration is keyed
// by (Keys, at).
func (s *passes[T]) virtual(c Perturbation, x []T, y []int32, labeled, n int, weight float64, at ...any) (loss, term float64, err error) {
	defer s.trunk.Hold()()
	loss, d, err := s.objective.Step(s.trunk.Forward(x, labeled, true), y, labeled)
	if err != nil || !isFinite(loss) {
		return loss, 0, err
	}
	s.trunk.Backward(d)
	s.keep(0)
	if err := s.perturb(c, x[labeled*s.trunk.ImageLen():], n, at...); err != nil {
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

// perturb sets the targets to the network's probabilities of n clean images u,
// and moved to the images with their virtual adversarial perturbation.
func (s *passes[T]) perturb(c Perturbation, u []T, n int, at ...any) error {
	size := s.trunk.ImageLen()
	if s.moved == nil {
		s.moved, s.gradient = make([]T, s.trunk.Batch()*size), make([]T, s.trunk.Batch()*size)
	}
	if err := s.probabilities(s.trunk.ForwardAside(u, n), n, s.target); err != nil {
		return err
	}
	r := stream.New(append(append(append([]any{}, c.Keys...), "vat"), at...)...)
	for i := range s.gradient[:n*size] {
		s.gradient[i] = T(r.NormFloat64())
	}
	s.move(u, n, c.Xi)
	// The gradient's length is of no use, so the term is not made small.
	_, d, err := s.back(objective.KL[T], s.trunk.ForwardAside(s.moved, n), n, float64(n))
	if err != nil {
		return err
	}
	s.trunk.BackwardImages(d, s.gradient)
	s.move(u, n, c.Epsilon)
	return nil
}

// move sets moved to n images u, each a step of the given length away along
// gradient. An image without a gradient stays.
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
		sum := 0.0 // of squares over the largest, which could be too small to be squared
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

// taught fills every Grad with the gradient of the loss of the first labeled
// images of x (n×3×H×W) plus weight times the squared error of the others
// against the teacher's probabilities of the view, and returns both parts.
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
