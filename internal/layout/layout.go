// Package layout holds the one-way order of the packages. Its test reads every
// file of the repository and fails on an import that goes the other way.
package layout

// Allowed lists, for every package but cmd/longtail (which may import any),
// which of our packages it may import; packages below internal/ may be
// imported by all and import none. Nothing may be imported by a package that
// stands further down in this list.
var Allowed = []struct {
	Package string
	Imports []string
}{
	{"report", []string{"tables", "figures", "results", "stats", "paper"}},
	{"tables", []string{"results", "stats", "paper"}},
	{"figures", []string{"results", "stats", "paper"}},
	{"experiments", []string{"results", "nn/train", "nn/objective", "nn/checkpoint", "nn", "nn/kernel", "dataset", "simulate", "theory", "stats", "paper"}},
	{"results", []string{"paper"}},
	{"simulate", []string{"theory", "stats"}},
	{"nn/train", []string{"nn", "nn/objective", "nn/checkpoint", "nn/kernel"}},
	{"nn/objective", []string{"nn", "nn/kernel"}},
	{"nn/checkpoint", []string{"nn"}},
	{"nn", []string{"nn/kernel"}},
	{"nn/kernel", nil},
	{"dataset", nil},
	{"stats", nil},
	{"theory", nil},
	{"paper", nil},
}
