package objective

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"longtail/nn"
	"longtail/nn/kernel"
)

// ContrastSpec holds the sizes of a contrastive objective.
type ContrastSpec struct {
	Features    int     // columns of the trunk's output, at least 2
	Dim         int     // of the embedding, at least 2; 0: 128
	Queue       int     // keys of earlier batches against which a query is classified; a multiple of Batch
	Batch       int     // rows of every call, at least 2
	Temperature float64 // 0: 0.2
}

// Contrast is the objective of MoCo v2 (He et al. 2020, Chen et al. 2020; appendix
// F.1). It has a head of two layers, features → ReLU(features) → Dim, whose output
// is scaled to length 1. Its loss is InfoNCE: the cross-entropy of finding a
// query's own key among that key and the queue, with cosines divided by the
// temperature. A second head, for keys, follows the first through Follow. It is not
// safe for concurrent use.
type Contrast[T kernel.Float] struct {
	spec       ContrastSpec
	stored     []Param
	params     []nn.Param[T] // of the query's head
	keyParams  []nn.Param[T] // of the key's head; without Grad
	queue      []T           // Dim×Queue: a key is a column
	next       []int64       // the column of the next key
	query, key graph[T]
	keys       []T     // Batch×Dim: input of query
	others     []T     // Dim×Queue: input of query
	zOwn, zAll G.Value // logits with the query's own key, and with the queue
}

// NewContrast compiles the objective. Parameters and queue are zero until Init or
// until the caller fills Params, KeyParams and Queue. An impossible size is an
// error.
func NewContrast[T kernel.Float](s ContrastSpec) (*Contrast[T], error) {
	s.Dim, s.Temperature = cmp.Or(s.Dim, 128), cmp.Or(s.Temperature, .2)
	if s.Features < 2 || s.Dim < 2 || s.Batch < 2 || s.Queue < s.Batch || s.Queue%s.Batch != 0 || !(s.Temperature > 0) {
		return nil, fmt.Errorf("objective: contrast of %d features, dimension %d, batch %d, queue %d, temperature %g: at least 2, 2 and 2 are needed, a queue that is a multiple of the batch, and a temperature above 0",
			s.Features, s.Dim, s.Batch, s.Queue, s.Temperature)
	}
	o := &Contrast[T]{spec: s, queue: make([]T, s.Dim*s.Queue), next: make([]int64, 1)}
	for i, width := range []int{s.Features, s.Dim} {
		for _, p := range linearParams(s.Features, width) {
			p.Name = fmt.Sprintf("fc.%d%s", 2*i, p.Name[len("fc"):]) // as in MoCo's files, where fc.1 is the ReLU
			o.stored = append(o.stored, p)
		}
	}
	o.params, o.keyParams = newParams[T](o.stored, true), newParams[T](o.stored, false)
	if err := o.compile(&o.key, false); err != nil {
		return nil, fmt.Errorf("objective: compiling the key's head: %w", err)
	}
	if err := o.compile(&o.query, true); err != nil {
		return nil, fmt.Errorf("objective: compiling contrast: %w", err)
	}
	return o, nil
}

// compile builds a head and, with loss, the loss and its gradients.
func (o *Contrast[T]) compile(c *graph[T], loss bool) error {
	s, g := o.spec, G.NewGraph()
	features, params := c.inputs(g, s.Batch, s.Features, o.stored)
	hidden, err := linearLogits(features, params[:2])
	if err != nil {
		return err
	}
	if hidden, err = G.Rectify(hidden); err != nil {
		return err
	}
	embedded, err := linearLogits(hidden, params[2:])
	if err != nil {
		return err
	}
	if embedded, err = NormalizeRows(embedded); err != nil {
		return err
	}
	G.Read(embedded, &c.logits)
	if !loss {
		c.vm = G.NewTapeMachine(g)
		return nil
	}
	var keys, queue *G.Node
	keys, o.keys = input[T](g, "keys", s.Batch, s.Dim)
	queue, o.others = input[T](g, "queue", s.Dim, s.Queue)
	total, own, others, err := infoNCE(embedded, keys, queue, s.Temperature)
	if err != nil {
		return err
	}
	G.Read(own, &o.zOwn)
	G.Read(others, &o.zAll)
	if total, err = Scale(total, 1/float64(s.Batch)); err != nil {
		return err
	}
	if err := c.differentiate(total, features, params); err != nil {
		return err
	}
	c.vm = G.NewTapeMachine(g)
	return nil
}

// infoNCE returns total, Σ over rows of log(e^own + Σ e^others) − own, and its
// logits. own (rows) is a query's cosine with its key over the temperature, others
// (rows×Queue) those with the queue. No logit exceeds 1/temperature, so the
// exponentials need no shift down to temperatures of about 0.02 in float32.
func infoNCE(q, keys, queue *G.Node, temperature float64) (total, own, others *G.Node, err error) {
	chain := func(n *G.Node, f func(*G.Node) (*G.Node, error)) *G.Node {
		if err != nil {
			return nil
		}
		var out *G.Node
		out, err = f(n)
		return out
	}
	divide := func(n *G.Node) (*G.Node, error) { return Scale(n, 1/temperature) }
	sumRows := func(n *G.Node) (*G.Node, error) { return G.Sum(n, 1) }
	own = chain(q, func(q *G.Node) (*G.Node, error) { return G.HadamardProd(q, keys) })
	own = chain(chain(own, sumRows), divide)
	others = chain(q, func(q *G.Node) (*G.Node, error) { return G.Mul(q, queue) })
	others = chain(others, divide)
	sum := chain(chain(others, G.Exp), sumRows)
	all := chain(own, G.Exp)
	all = chain(all, func(n *G.Node) (*G.Node, error) { return G.Add(n, sum) })
	each := chain(chain(all, G.Log), func(n *G.Node) (*G.Node, error) { return G.Sub(n, own) })
	total = chain(each, func(n *G.Node) (*G.Node, error) { return G.Sum(n) })
	return total, own, others, err
}

// Spec returns the objective's sizes, with defaults filled in.
func (o *Contrast[T]) Spec() ContrastSpec { return o.spec }

// Params returns the parameters of the query's head, as Objective.Params does.
func (o *Contrast[T]) Params() []nn.Param[T] { return o.params }

// KeyParams returns the parameters of the key's head, which have no gradients.
func (o *Contrast[T]) KeyParams() []nn.Param[T] { return o.keyParams }

// Queue returns the keys of earlier batches (Dim×Queue) and the number of the next
// key's column. Both share the objective's memory.
func (o *Contrast[T]) Queue() (keys []T, next []int64) { return o.queue, o.next }

// Init draws the query's head, copies it to the key's, and fills the queue with
// normal numbers scaled to length 1.
func (o *Contrast[T]) Init(r *rand.Rand) {
	draw(r, o.stored, o.params)
	for i, p := range o.params {
		copy(o.keyParams[i].Value, p.Value)
	}
	column := make([]float64, o.spec.Dim)
	for k := range o.spec.Queue {
		for j := range column {
			column[j] = r.NormFloat64()
		}
		length := norm(column)
		for j, x := range column {
			o.queue[j*o.spec.Queue+k] = T(x / length)
		}
	}
	o.next[0] = 0
}

// Keys writes the key head's embeddings (Batch×Dim, rows of length 1) of
// features (Batch×Features) to dst.
func (o *Contrast[T]) Keys(features, dst []T) error {
	if len(dst) < o.spec.Batch*o.spec.Dim {
		return fmt.Errorf("objective: room for %d numbers, %d keys of %d are needed", len(dst), o.spec.Batch, o.spec.Dim)
	}
	if err := o.fill(&o.key, features, o.keyParams); err != nil {
		return err
	}
	if err := o.key.run(); err != nil {
		return err
	}
	copy(dst, o.key.logits.Data().([]T))
	return nil
}

// Step returns the mean loss of the queries' features (Batch×Features) with the
// keys of their other views (Batch×Dim). It returns the gradient by the features,
// valid until the next call, and fills the Grad of every parameter. wrong counts
// the queries that are nearer to some key of the queue than to their own.
func (o *Contrast[T]) Step(features, keys []T) (loss float64, dFeatures []T, wrong int, err error) {
	if len(keys) < o.spec.Batch*o.spec.Dim {
		return 0, nil, 0, fmt.Errorf("objective: %d numbers in the keys, %d keys of %d are needed", len(keys), o.spec.Batch, o.spec.Dim)
	}
	if err := o.fill(&o.query, features, o.params); err != nil {
		return 0, nil, 0, err
	}
	copy(o.keys, keys[:len(o.keys)])
	copy(o.others, o.queue)
	if err := o.query.run(); err != nil {
		return 0, nil, 0, err
	}
	own, others := o.zOwn.Data().([]T), o.zAll.Data().([]T)
	for i, z := range own {
		row := others[i*o.spec.Queue : (i+1)*o.spec.Queue]
		if row[argmax(row)] > z {
			wrong++
		}
	}
	o.query.unload(o.stored, o.params)
	return scalar[T](o.query.loss), o.query.gradients[0].Data().([]T), wrong, nil
}

// Enqueue replaces the oldest keys of the queue by a batch's keys (Batch×Dim).
func (o *Contrast[T]) Enqueue(keys []T) {
	at := int(o.next[0])
	for i := range o.spec.Batch {
		for j := range o.spec.Dim {
			o.queue[j*o.spec.Queue+at] = keys[i*o.spec.Dim+j]
		}
		at = (at + 1) % o.spec.Queue
	}
	o.next[0] = int64(at)
}

// Follow moves the key's head toward the query's: k ← m·k + (1 − m)·q.
func (o *Contrast[T]) Follow(m float64) {
	for i, p := range o.params {
		Follow(o.keyParams[i].Value, p.Value, m)
	}
}

// Follow updates the moving average of parameters k ← m·k + (1 − m)·q.
func Follow[T kernel.Float](k, q []T, m float64) {
	keep, take := T(m), T(1-m)
	for i, x := range q {
		k[i] = T(keep*k[i]) + T(take*x)
	}
}

// Close frees the graphs.
func (o *Contrast[T]) Close() error {
	err := o.query.vm.Close()
	if e := o.key.vm.Close(); err == nil {
		err = e
	}
	return err
}

func (o *Contrast[T]) fill(c *graph[T], features []T, params []nn.Param[T]) error {
	if want := o.spec.Batch * o.spec.Features; len(features) < want {
		return fmt.Errorf("objective: %d features, %d rows of %d are needed", len(features), o.spec.Batch, o.spec.Features)
	}
	copy(c.features, features[:len(c.features)])
	c.load(o.stored, params)
	return nil
}
