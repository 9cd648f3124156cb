package objective

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"
)

// Inputs are the nodes that a loss may use. Their values are set before each step,
// so other labels or weights need no new graph.
type Inputs struct {
	Features *G.Node // rows×Features
	Logits   *G.Node // rows×Classes
	Labels   *G.Node // rows×Classes, one-hot
	Weight   *G.Node // rows: the class weight of each row's label
	Margin   *G.Node // rows×Classes: at each row's label its class's margin, elsewhere 0; nil unless Loss.Margins
	LogPrior *G.Node // rows×Classes, every row the same: logPriors; nil unless Loss.Priors
}

// Mean is how the losses of a batch's rows are averaged.
type Mean int

const (
	// WeightedMean is Σ w_y ℓ / Σ w_y over the batch; the class weights are applied
	// outside Rows.
	WeightedMean Mean = iota
	// PlainMean is Σ ℓ / n; class weights count only if Rows uses them.
	PlainMean
)

// Loss is a training criterion.
type Loss struct {
	Head    string  // default head; "" is "linear"
	Scale   float64 // factor of the logits in Rows' softmax; 0 is 1
	Margins bool    // it uses Inputs.Margin, so SetCounts must come before Step
	Priors  bool    // it uses Inputs.LogPrior: likewise, and its logits are free of the class shares
	Mean    Mean
	Rows    func(in Inputs) (*G.Node, error) // the loss of each row, a vector
}

// rows calls Rows and turns a panic into an error. Rows panics if it uses a node that
// is nil.
func (l Loss) rows(in Inputs) (each *G.Node, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("its Rows panics (%v): Inputs.Margin is nil unless the loss is registered with Margins: true, Inputs.LogPrior unless with Priors: true", cause)
		}
	}()
	return l.Rows(in)
}

var losses = map[string]Loss{}

// RegisterLoss registers a loss under its name. It is called from init.
func RegisterLoss(name string, l Loss) { register(losses, name, l) }

// LossNamed returns the loss of that name, with default head and scale filled in.
// Those of an unknown loss are cross-entropy's.
func LossNamed(name string) (l Loss, known bool) {
	l, known = losses[name]
	l.Head, l.Scale = cmp.Or(l.Head, "linear"), cmp.Or(l.Scale, 1)
	return l, known
}

// LossNames returns the names of all losses.
func LossNames() []string { return slices.Sorted(maps.Keys(losses)) }

func register[V any](known map[string]V, name string, v V) {
	if _, twice := known[name]; twice {
		panic(fmt.Sprintf("objective: %q is registered twice", name))
	}
	known[name] = v
}

func lookup[V any](kind string, known map[string]V, name string) (V, error) {
	v, ok := known[name]
	if !ok {
		return v, fmt.Errorf("objective: unknown %s %q: known are %s", kind, name,
			strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	return v, nil
}
