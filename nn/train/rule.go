package train

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// When is the part of a run in which something is done.
type When int

const (
	Never When = iota
	Always
	Deferred // after 80 % of the epochs, the first drop of the step schedule (FirstDeferred)
)

// In reports whether an epoch (1-based) of epochs belongs to the part.
func (w When) In(epoch, epochs int) bool {
	return w == Always || w == Deferred && epoch >= FirstDeferred(epochs)
}

// FirstDeferred returns the first epoch (1-based) of the deferred part of a run:
// 161 of 200, in general round(0.8·epochs) + 1.
func FirstDeferred(epochs int) int { return int(math.Round(.8*float64(epochs))) + 1 }

// Rule is how a run handles class imbalance.
type Rule struct {
	Reweight   When // class-balanced weights in the loss (Cui et al. 2019)
	Resample   When // class-balanced sampling of the images
	ClassAware bool // classes in turn, four images of each (Liu et al. 2019), in every epoch
}

// Draws reports whether images are sampled by class, in some epochs at least.
func (r Rule) Draws() bool { return r.Resample != Never || r.ClassAware }

// Deferred reports whether a part of the rule starts at FirstDeferred.
func (r Rule) Deferred() bool { return r.Reweight == Deferred || r.Resample == Deferred }

// PlainUntilDeferred reports whether, before FirstDeferred, a run under the rule is
// the same computation as one without.
func (r Rule) PlainUntilDeferred() bool {
	return r.Reweight != Always && r.Resample != Always && !r.ClassAware
}

// rules by their names in settings.
var rules = map[string]Rule{
	"none":        {},
	"reweight":    {Reweight: Always},
	"resample":    {Resample: Always},
	"drw":         {Reweight: Deferred},
	"drs":         {Resample: Deferred},
	"class-aware": {ClassAware: true},
}

// ParseRule returns the rule of that name; "" is "none".
func ParseRule(name string) (Rule, error) {
	r, ok := rules[name]
	if !ok && name != "" {
		return Rule{}, fmt.Errorf("unknown rule %q: known are %s", name, strings.Join(RuleNames(), ", "))
	}
	return r, nil
}

// RuleNames returns the names of all rules.
func RuleNames() []string { return slices.Sorted(maps.Keys(rules)) }

// Source returns the batches of a run under the rule.
func (r Rule) Source(epochs int, plain, resampled Source) Source {
	return phases{r.Resample, epochs, plain, resampled}
}

// Weights returns, for Config.Weights, the class weights of each epoch (1-based) of
// a run: balanced where the rule re-weights, otherwise nil.
func (r Rule) Weights(epochs int, balanced []float64) func(epoch int) []float64 {
	return func(epoch int) []float64 {
		if r.Reweight.In(epoch, epochs) {
			return balanced
		}
		return nil
	}
}

// phases is one source in some epochs and another in the rest.
type phases struct {
	when             When
	epochs           int
	plain, resampled Source
}

func (p phases) source(epoch int) Source {
	if p.when.In(epoch+1, p.epochs) {
		return p.resampled
	}
	return p.plain
}

func (p phases) Steps(epoch int) int { return p.source(epoch).Steps(epoch) }

func (p phases) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	return p.source(epoch).Batch(epoch, step, x, y)
}
