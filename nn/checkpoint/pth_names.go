package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// Rename returns the tensors under the names that f gives them, without those
// that f does not keep. Two tensors that would have one name are an error.
// Data are not copied.
func Rename(ts []Tensor, f func(name string) (renamed string, keep bool)) ([]Tensor, error) {
	out := make([]Tensor, 0, len(ts))
	was := map[string]string{}
	for _, t := range ts {
		name, keep := f(t.Name)
		if !keep {
			continue
		}
		if old, ok := was[name]; ok {
			return nil, fmt.Errorf("the tensors %.200q and %.200q would both be %.200q", old, t.Name, name)
		}
		was[name] = t.Name
		t.Name = name
		out = append(out, t)
	}
	return out, nil
}

// StripModule takes the prefix "module." of multi-device training off the
// names, if every one has it; else it changes nothing.
func StripModule(ts []Tensor) []Tensor {
	const prefix = "module."
	out := slices.Clone(ts)
	for i, t := range ts {
		name, ok := strings.CutPrefix(t.Name, prefix)
		if !ok {
			return ts
		}
		out[i].Name = name
	}
	return out
}

// KeepPrefix keeps the tensors whose names begin with prefix, and takes it
// off: "module.encoder_q." leaves the query encoder of a MoCo checkpoint.
func KeepPrefix(ts []Tensor, prefix string) []Tensor {
	var out []Tensor
	for _, t := range ts {
		if name, ok := strings.CutPrefix(t.Name, prefix); ok {
			t.Name = name
			out = append(out, t)
		}
	}
	return out
}

// RenameLayer renames the layer from to to: the head "linear" of upstream's
// files to the reference's "fc".
func RenameLayer(ts []Tensor, from, to string) ([]Tensor, error) {
	return Rename(ts, func(name string) (string, bool) {
		parts := strings.Split(name, ".")
		for i, p := range parts {
			if p == from {
				parts[i] = to
			}
		}
		return strings.Join(parts, "."), true
	})
}
