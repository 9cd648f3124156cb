package bench

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"longtail/nn/kernel"
)

// The profile clocks every call of a set: a new one must be given a family.
func TestClocksCoverEveryCall(t *testing.T) {
	var c clocks
	set := kernel.Portable[float32]()
	wrapped := reflect.ValueOf(c.wrap(set)).Elem()
	plain := reflect.ValueOf(set).Elem()
	free := map[string]bool{"PackedLen": true, "Scratch": true, "GradLen": true, "GradOnce": true} // asked for once
	for i := range plain.NumField() {
		name := plain.Type().Field(i).Name
		if plain.Field(i).Kind() == reflect.Func && !free[name] && plain.Field(i).Pointer() == wrapped.Field(i).Pointer() {
			t.Errorf("%s is not timed", name)
		}
	}
}

// Inference packs weights once, as evaluation does, and not in each step.
func TestInferencePacksOnce(t *testing.T) {
	c := Config{Arch: "resnet8", Batch: 4, Size: 8, Classes: 3, Threads: 1, Seconds: .01}
	for training, want := range map[bool]bool{false: false, true: true} {
		shares, err := c.profile(t.Context(), "ce", training)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(shares, func(s Share) bool { return s.Name == familyNames[packing] }); got != want {
			t.Errorf("training %v: packing is in %v: %v", training, shares, got)
		}
	}
}

// A measurement that is stopped leaves no threads behind.
func TestStoppedMeasurement(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Infer(ctx, Config{Arch: "resnet8", Batch: 4, Size: 8, Classes: 3, Threads: 2, Seconds: .01}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
