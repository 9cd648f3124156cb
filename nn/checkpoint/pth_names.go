package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// StripModule removes the prefix "module." of multi-device training from the names
// if every name has it. Otherwise it changes nothing.
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

// KeepPrefix returns the tensors whose names begin with prefix, without the prefix.
// "module.encoder_q." selects the query encoder of a MoCo checkpoint.
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

// RenameLayer renames layer from to layer to, such as the head "linear" of
// upstream's files to the reference's "fc". Two tensors that would get one name are
// an error. Data are not copied.
func RenameLayer(ts []Tensor, from, to string) ([]Tensor, error) {
	out := slices.Clone(ts)
	was := map[string]string{}
	for i, t := range ts {
		parts := strings.Split(t.Name, ".")
		for j, p := range parts {
			if p == from {
				parts[j] = to
			}
		}
		name := strings.Join(parts, ".")
		if old, ok := was[name]; ok {
			return nil, fmt.Errorf("the tensors %.200q and %.200q would both be %.200q", old, t.Name, name)
		}
		was[name] = t.Name
		out[i].Name = name
	}
	return out, nil
}
