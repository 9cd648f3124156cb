package bench

import (
	"reflect"
	"testing"

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
