package tasks

import (
	"math"
	"slices"
	"strings"
	"testing"

	"longtail/nn/train"
	"longtail/results"
)

// A re-trained head stands on the classifier's own trunk, is another head, and is trained
// on classes in turn.
func TestRetrainedHead(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	first, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 2})
	settings := results.Settings{Kind: results.KindTrain, Init: first, Retrained: true, Stage: "retrain", Rule: "class-aware", LR: .05, Schedule: "cosine-plain", Epochs: 4}
	name, head := runSmall(t, store, settings)
	if head.InitFingerprint != r.Fingerprint || head.Transferred != 42 || len(head.Curve) != 4 || head.BestEpoch == 0 || head.AdjustedErrorPct == nil || head.Cost.Images != 0 {
		t.Errorf("%d tensors of another trunk, %d epochs, best %d, %d images", head.Transferred, len(head.Curve), head.BestEpoch, head.Cost.Images)
	}
	for class, share := range head.SamplerShares {
		if math.Abs(share-.1) > 1e-9 {
			t.Errorf("class %d has a share of %v", class, share)
		}
	}
	model := func(name string) *train.Stored {
		m, err := train.ReadModel(store.Path(name, results.FileModel))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	after := model(name).Tensors
	for i, b := range model(first).Tensors {
		frozen := !strings.Contains(b.Name, "running_") && !strings.HasPrefix(b.Name, "fc.")
		v, is := b.Data.([]float32)
		if is && slices.Equal(v, after[i].Data.([]float32)) != frozen {
			t.Errorf("%s is as it was: %v", b.Name, !frozen)
		}
	}
	// It is drawn anew: steps of next to nothing leave it far from the first one.
	settings.LR = 1e-9
	still, _ := runSmall(t, store, settings)
	weights := func(name string) (head []float32) {
		for _, x := range model(name).Tensors {
			if x.Name == "fc.weight" {
				head = x.Data.([]float32)
			}
		}
		return head
	}
	far := 0.0
	for i, w := range weights(first) {
		far = max(far, math.Abs(float64(w-weights(still)[i])))
	}
	if far < .1 {
		t.Errorf("the new head is within %v of the first one", far)
	}
	settings.Init = ""
	task := named(t, small(settings))
	write(t, store, task)
	if err := Run(t.Context(), store, task.Name, Options{}); err == nil {
		t.Error("a head is trained on a trunk of nothing")
	}
}
