package train

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"longtail/nn/objective"
)

// trainable is the toy training set as a fixed sequence.
type trainable struct{ toyTest }

func (trainable) Len() int { return 90 }

// A probe learns the classes from a random trunk's features, leaves the trunk
// alone, and gives the same head again.
func TestProbe(t *testing.T) {
	trunk, _ := network(t, 3)
	before := clone(trunkTensors(trunk))
	features, labels, err := Features(t.Context(), trunk, trainable{})
	if err != nil {
		t.Fatal(err)
	}
	if len(features) != 90*64 || len(labels) != 90 {
		t.Fatalf("%d features, %d labels", len(features), len(labels))
	}
	var heads [][]float32
	for range 2 {
		head, err := objective.New[float32](objective.Spec{Loss: "ce", Features: 64, Classes: classes, Batch: 16})
		if err != nil {
			t.Fatal(err)
		}
		defer head.Close()
		records, err := Probe(t.Context(), ProbeConfig{Objective: head, Features: features, Labels: labels, Epochs: 60, LR: .1, Momentum: .9, Keys: []any{"test"}})
		if err != nil {
			t.Fatal(err)
		}
		logits, err := headLogits(head, features)
		if err != nil {
			t.Fatal(err)
		}
		last := records[len(records)-1]
		if len(records) != 60 || last.Step != 60*6 || last.LR <= 0 || last.LR > .001 {
			t.Errorf("%d records, the last %+v", len(records), last)
		}
		loss := last.TrainLoss
		if pct := ErrorPct(logits, labels, classes); loss > .5 || pct > 10 {
			t.Errorf("loss %v and error %v %% on its own features; guessing gives %.3f and 67 %%", loss, pct, math.Log(classes))
		}
		heads = append(heads, slices.Clone(head.Params()[0].Value))
	}
	if !slices.Equal(heads[0], heads[1]) {
		t.Error("the same probe again gives another head")
	}
	if d := difference(before, trunkTensors(trunk)); d != "" {
		t.Errorf("the trunk moved: %s", d)
	}
	// The features are those of evaluation.
	_, obj := network(t, 4)
	want, truth, err := Evaluate(t.Context(), trunk, obj, trainable{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := headLogits(obj, features); err != nil || !slices.Equal(got, want) || !slices.Equal(labels, truth) {
		t.Errorf("features and evaluation disagree (%v)", err)
	}
}

// The last step can overflow the weights after a finite loss.
func TestProbeOverflowOfWeights(t *testing.T) {
	_, obj := network(t, 1)
	_, err := Probe(t.Context(), ProbeConfig{Objective: obj, Epochs: 1, LR: 1e50, Features: slices.Repeat([]float32{1}, 64), Labels: []int32{0}})
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "fc.weight") {
		t.Errorf("error %v", err)
	}
}

func TestProbeRefuses(t *testing.T) {
	_, obj := network(t, 1)
	for _, c := range []ProbeConfig{
		{Objective: obj, Epochs: 1},
		{Objective: obj, Epochs: 0, Features: make([]float32, 64), Labels: []int32{0}},
		{Objective: obj, Epochs: 1, Features: make([]float32, 63), Labels: []int32{0}},
		{Objective: obj, Epochs: 1, LR: .1, Features: make([]float32, 64), Labels: []int32{9}},
		{Objective: obj, Epochs: 1, LR: .1, Features: slices.Repeat([]float32{float32(math.NaN())}, 64), Labels: []int32{0}},
	} {
		if _, err := Probe(t.Context(), c); err == nil {
			t.Errorf("no error for %d features, %d labels, %d epochs", len(c.Features), len(c.Labels), c.Epochs)
		}
	}
}

// headLogits returns the head's logits (rows×Classes) of rows of features.
func headLogits(o *objective.Objective[float32], features []float32) ([]float32, error) {
	d, classes, batch := o.Spec().Features, o.Spec().Classes, o.Spec().Batch
	rows := len(features) / d
	logits := make([]float32, rows*classes)
	for first := 0; first < rows; first += batch {
		n := min(batch, rows-first)
		if err := o.Logits(features[first*d:], n, logits[first*classes:]); err != nil {
			return nil, err
		}
	}
	return logits, nil
}

// What an epoch of a probe records is over all of its batches: at rate 0, of the head
// that it began with.
func TestProbeRecordsItsEpoch(t *testing.T) {
	trunk, obj := network(t, 3)
	features, labels, err := Features(t.Context(), trunk, trainable{})
	if err != nil {
		t.Fatal(err)
	}
	records, err := Probe(t.Context(), ProbeConfig{Objective: obj, Features: features, Labels: labels, Epochs: 1})
	if err != nil {
		t.Fatal(err)
	}
	logits, err := headLogits(obj, features)
	if err != nil {
		t.Fatal(err)
	}
	if want := ErrorPct(logits, labels, classes); math.Abs(records[0].TrainErrorPct-want) > 1e-9 {
		t.Errorf("%v %% wrong, recorded %v", want, records[0].TrainErrorPct)
	}
}
