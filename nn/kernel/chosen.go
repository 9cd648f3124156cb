package kernel

import "strings"

// Chosen returns what computes a shape in a set (its Name): Direct in mode Exact,
// otherwise what the rule says.
func Chosen(set string, c Conv) Algorithm {
	if strings.HasSuffix(strings.TrimSuffix(set, fusedSuffix[float32]()), exactSuffix) {
		return Direct
	}
	return choose(c)
}

// baseName is a set's name without what mode and build add to it.
func baseName(set string) string {
	return strings.TrimSuffix(strings.TrimSuffix(set, fusedSuffix[float32]()), exactSuffix)
}

// String returns "direct" or "winograd".
func (a Algorithm) String() string {
	if a == Winograd {
		return "winograd"
	}
	return "direct"
}

// String returns "forward", "backward-data" or "backward-weights".
func (p Pass) String() string {
	return [...]string{"forward", "backward-data", "backward-weights"}[p]
}
