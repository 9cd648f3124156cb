// Package objective holds what follows the trunk: heads (features to logits) and
// losses, as gorgonia graphs that differentiate themselves. It is the only package
// that uses gorgonia. A new loss is one file that calls RegisterLoss, a new head
// one that calls RegisterHead.
//
// A graph has a fixed number of rows. A short batch is padded with copies of its
// first row at averaging coefficient 0, so its loss and gradients are those of a
// smaller objective. (A row of zeros would be 0/0 in a head that normalizes.)
// Matrices have rank 2 at most and never a single row or column, because gorgonia
// treats those as vectors.
package objective

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"longtail/nn"
	"longtail/nn/kernel"
)

// Spec names a head and a loss and holds their sizes.
type Spec struct {
	Head, Loss string // registered names: "linear", "ce"; Head "" is the loss's own
	Features   int    // columns of the trunk's output, at least 2
	Classes    int    // at least 2
	Batch      int    // largest number of rows in a call
}

// Objective is a compiled head and loss with the head's parameters. It is not
// safe for concurrent use.
type Objective[T kernel.Float] struct {
	spec      Spec
	head      Head
	loss      Loss
	params    []nn.Param[T]
	stored    []Param
	weights   []T // of each class
	margins   []T // of each class; nil until SetCounts
	logPriors []T // likewise
	shares    []T // weight of each row in the loss; nil: all 1

	train, eval graph[T]
	pull        graph[T] // compiled by the first Pull
	dFeatures   []T
	pulled      []T
	wrong       int
}

// New compiles the objective. Parameters are zero until Init or until the
// caller fills Params. An unknown name or an impossible size is an error.
func New[T kernel.Float](s Spec) (*Objective[T], error) {
	if _, err := lookup("loss", losses, s.Loss); err != nil {
		return nil, err
	}
	loss, _ := LossNamed(s.Loss)
	s.Head = cmp.Or(s.Head, loss.Head)
	head, err := lookup("head", heads, s.Head)
	if err != nil {
		return nil, err
	}
	if s.Features < 2 || s.Classes < 2 || s.Batch < 1 {
		return nil, fmt.Errorf("objective: %d features, %d classes, batch %d: at least 2, 2 and 1 are needed", s.Features, s.Classes, s.Batch)
	}
	o := &Objective[T]{spec: s, head: head, loss: loss, stored: head.Params(s.Features, s.Classes)}
	o.params = newParams[T](o.stored, true)
	o.weights = make([]T, s.Classes)
	for c := range o.weights {
		o.weights[c] = 1
	}
	o.dFeatures = make([]T, s.Batch*s.Features)
	if err := o.compile(&o.train, o.total); err != nil {
		return nil, fmt.Errorf("objective: compiling head %q with loss %q: %w", s.Head, s.Loss, err)
	}
	if err := o.compile(&o.eval, nil); err != nil {
		return nil, fmt.Errorf("objective: compiling head %q: %w", s.Head, err)
	}
	return o, nil
}

// rows returns the number of rows of the graphs' matrices.
func (o *Objective[T]) rows() int { return max(o.spec.Batch, 2) }

// compile builds the head's expression. Unless total is nil, it also builds the
// number that total returns for it and its gradients.
func (o *Objective[T]) compile(c *graph[T], total func(Inputs) (*G.Node, error)) error {
	g := G.NewGraph()
	features, params := c.inputs(g, o.rows(), o.spec.Features, o.stored)
	logits, err := o.head.Logits(features, params)
	if err != nil {
		return err
	}
	G.Read(logits, &c.logits)
	if total != nil {
		number, err := total(Inputs{Features: features, Logits: logits})
		if err != nil {
			return err
		}
		if err := c.differentiate(number, features, params); err != nil {
			return err
		}
	}
	c.vm = G.NewTapeMachine(g)
	return nil
}

// total returns the sum of the rows' losses times their averaging coefficients.
func (o *Objective[T]) total(in Inputs) (*G.Node, error) {
	c, g, rows := &o.train, in.Features.Graph(), o.rows()
	in.Labels, c.labels = input[T](g, "labels", rows, o.spec.Classes)
	in.Weight, c.weight = input[T](g, "weight", rows)
	if o.loss.Margins {
		in.Margin, c.margin = input[T](g, "margin", rows, o.spec.Classes)
	}
	if o.loss.Priors {
		in.LogPrior, c.logPrior = input[T](g, "logPrior", rows, o.spec.Classes)
	}
	each, err := o.loss.rows(in)
	if err != nil {
		return nil, err
	}
	if !each.Shape().Eq(tensor.Shape{rows}) {
		return nil, fmt.Errorf("the loss has shape %v, not one number for each of %d rows", each.Shape(), rows)
	}
	var coefficient *G.Node
	coefficient, c.coefficient = input[T](g, "coefficient", rows)
	if each, err = G.HadamardProd(coefficient, each); err != nil {
		return nil, err
	}
	return G.Sum(each)
}

// Params returns the head's parameters. The trainer changes Value between
// steps; Grad is filled by Step.
func (o *Objective[T]) Params() []nn.Param[T] { return o.params }

// Init draws new values for every parameter, in order.
func (o *Objective[T]) Init(r *rand.Rand) { draw(r, o.stored, o.params) }

// SetWeights sets the class weights, one per class in the order of the labels. They
// are 1 until set. It panics if their number is wrong.
func (o *Objective[T]) SetWeights(w []T) {
	if len(w) != o.spec.Classes {
		panic(fmt.Sprintf("objective: %d weights for %d classes", len(w), o.spec.Classes))
	}
	copy(o.weights, w)
}

// SetShares multiplies each row's part in the loss of the next Steps by a number,
// one per row; nil: by 1. Nothing is divided by their sum. The slice is kept, not
// copied. It panics if there are more than Batch.
func (o *Objective[T]) SetShares(shares []T) {
	if len(shares) > o.spec.Batch {
		panic(fmt.Sprintf("objective: shares of %d rows for %d", len(shares), o.spec.Batch))
	}
	o.shares = shares
}

// SetCounts sets the number of training images of each class, which determine
// margins and priors. Losses without these ignore it. It panics if the number of
// classes is wrong.
func (o *Objective[T]) SetCounts(counts []int) {
	if len(counts) != o.spec.Classes {
		panic(fmt.Sprintf("objective: counts of %d classes for %d", len(counts), o.spec.Classes))
	}
	o.margins, o.logPriors = make([]T, len(counts)), make([]T, len(counts))
	for c, m := range Margins(counts) {
		o.margins[c] = T(m)
	}
	for c, p := range logPriors(counts) {
		o.logPriors[c] = T(p)
	}
}

// Step returns the loss of n rows of features (n×Features) with their labels, and
// its gradient by the features (n×Features, valid until the next call). It fills
// the Grad of every parameter. A loss that is NaN or infinite is returned, not an
// error.
func (o *Objective[T]) Step(features []T, labels []int32, n int) (loss float64, dFeatures []T, err error) {
	c := &o.train
	if err := o.fill(c, features, n); err != nil {
		return 0, nil, err
	}
	if len(labels) < n {
		return 0, nil, fmt.Errorf("objective: %d labels for %d rows", len(labels), n)
	}
	if (o.loss.Margins || o.loss.Priors) && o.margins == nil {
		return 0, nil, fmt.Errorf("objective: loss %q needs the images of each class: call SetCounts first", o.spec.Loss)
	}
	clear(c.labels)
	clear(c.margin)
	clear(c.coefficient)
	var total float64
	for i := range o.rows() {
		y := int(labels[0]) // for the copies that pad
		if i < n {
			y = int(labels[i])
		}
		if y < 0 || y >= o.spec.Classes {
			return 0, nil, fmt.Errorf("objective: label %d of row %d lies outside 0..%d", y, i, o.spec.Classes-1)
		}
		c.labels[i*o.spec.Classes+y] = 1
		if o.loss.Margins {
			c.margin[i*o.spec.Classes+y] = o.margins[y]
		}
		if o.loss.Priors {
			copy(c.logPrior[i*o.spec.Classes:], o.logPriors)
		}
		c.weight[i] = o.weights[y]
		if i < n {
			total += float64(o.weights[y])
		}
	}
	for i := range n {
		if o.loss.Mean == WeightedMean {
			c.coefficient[i] = T(float64(c.weight[i]) / total)
		} else {
			c.coefficient[i] = T(1 / float64(n))
		}
		if i < len(o.shares) {
			c.coefficient[i] *= o.shares[i]
		}
	}
	if err := c.run(); err != nil {
		return 0, nil, err
	}
	o.wrong = WrongRows(c.logits.Data().([]T), labels[:n], o.spec.Classes)
	return scalar[T](c.loss), o.gradients(c, o.dFeatures, n), nil
}

// gradients copies the gradients of c's last run: of n rows of features to d, which
// it returns, and of the parameters to their Grad.
func (o *Objective[T]) gradients(c *graph[T], d []T, n int) []T {
	d = d[:n*o.spec.Features]
	copy(d, c.gradients[0].Data().([]T))
	c.unload(o.stored, o.params)
	return d
}

// Pull propagates a gradient by the logits of n rows (n×Classes) back through the
// head. It returns the gradient by their features (n×Features, valid until the next
// Pull) and overwrites the Grad of every parameter. It is for terms besides the
// loss; the caller adds the gradients of a step.
func (o *Objective[T]) Pull(features, dLogits []T, n int) ([]T, error) {
	c := &o.pull
	if c.vm == nil {
		err := o.compile(c, func(in Inputs) (*G.Node, error) {
			var d *G.Node
			d, c.dLogits = input[T](in.Features.Graph(), "dLogits", o.rows(), o.spec.Classes)
			product, err := G.HadamardProd(d, in.Logits)
			if err != nil {
				return nil, err
			}
			return G.Sum(product)
		})
		if err != nil {
			return nil, fmt.Errorf("objective: compiling the gradient of head %q: %w", o.spec.Head, err)
		}
		o.pulled = make([]T, o.spec.Batch*o.spec.Features)
	}
	if err := o.fill(c, features, n); err != nil {
		return nil, err
	}
	if len(dLogits) < n*o.spec.Classes {
		return nil, fmt.Errorf("objective: %d gradients of logits, %d are needed", len(dLogits), n*o.spec.Classes)
	}
	clear(c.dLogits)
	copy(c.dLogits, dLogits[:n*o.spec.Classes])
	if err := c.run(); err != nil {
		return nil, err
	}
	return o.gradients(c, o.pulled, n), nil
}

// Wrong returns how many rows of the last Step were predicted wrongly, as WrongRows
// counts them.
func (o *Objective[T]) Wrong() int { return o.wrong }

// Logits writes the head's output for n rows of features to dst (n×Classes). It is
// the expression that Step differentiates, without what a loss adds.
func (o *Objective[T]) Logits(features []T, n int, dst []T) error {
	if err := o.fill(&o.eval, features, n); err != nil {
		return err
	}
	if len(dst) < n*o.spec.Classes {
		return fmt.Errorf("objective: room for %d logits, %d are needed", len(dst), n*o.spec.Classes)
	}
	if err := o.eval.run(); err != nil {
		return err
	}
	copy(dst[:n*o.spec.Classes], o.eval.logits.Data().([]T))
	return nil
}

// Spec returns the names and sizes of the objective.
func (o *Objective[T]) Spec() Spec { return o.spec }

// Close frees the graphs.
func (o *Objective[T]) Close() error {
	err := o.train.vm.Close()
	if e := o.eval.vm.Close(); err == nil {
		err = e
	}
	if o.pull.vm != nil {
		if e := o.pull.vm.Close(); err == nil {
			err = e
		}
	}
	return err
}

// fill copies n rows of features, padded, and the parameters to the graph.
func (o *Objective[T]) fill(c *graph[T], features []T, n int) error {
	d := o.spec.Features
	if n < 1 || n > o.spec.Batch {
		return fmt.Errorf("objective: %d rows, compiled for 1 to %d", n, o.spec.Batch)
	}
	if len(features) < n*d {
		return fmt.Errorf("objective: %d features, %d rows of %d are needed", len(features), n, d)
	}
	copy(c.features, features[:n*d])
	for i := n; i < o.rows(); i++ {
		copy(c.features[i*d:(i+1)*d], features[:d])
	}
	c.load(o.stored, o.params)
	return nil
}

// WrongRows returns the number of rows of logits (rows×classes) whose first largest
// element is not the label's.
func WrongRows[T kernel.Float](logits []T, labels []int32, classes int) (wrong int) {
	for i, label := range labels {
		if argmax(logits[i*classes:(i+1)*classes]) != int(label) {
			wrong++
		}
	}
	return wrong
}

// argmax returns the first index of the largest element.
func argmax[T kernel.Float](v []T) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}
