package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Variable is the environment variable that overrides the choice of a set.
const Variable = "LONGTAIL_KERNELS"

// Names lists the float32 sets that this machine runs, slowest first.
func Names() []string {
	names := []string{"portable"}
	if haveAVX2() {
		names = append(names, "avx2")
	}
	return names
}

// Select returns the named set. The empty name stands for the one in
// LONGTAIL_KERNELS or, if that is unset, for the fastest. A name that is
// unknown, or that this machine cannot run, is an error. In a build that fuses
// multiplication and addition the set's own name has the suffix "+fma", and
// both forms select it.
func Select(name string) (*Set[float32], error) {
	from := ""
	if name == "" {
		if name = os.Getenv(Variable); name == "" {
			names := Names()
			name = names[len(names)-1]
		} else {
			from = Variable + ": "
		}
	}
	switch strings.TrimSuffix(name, fusedSuffix[float32]()) {
	case "portable":
		return Portable[float32](), nil
	case "avx2":
		if haveAVX2() {
			s := avx2Set()
			s.Name += fusedSuffix[float32]()
			return s, nil
		}
	}
	return nil, fmt.Errorf("%skernel set %q is not available on this machine; choose one of: %s", from, name, strings.Join(Names(), ", "))
}

// Best returns the set that Select("") names, or the fastest if the
// environment names none that is available; callers that can report an error
// use Select.
func Best() *Set[float32] {
	if s, err := Select(""); err == nil {
		return s
	}
	names := Names()
	s, err := Select(names[len(names)-1])
	if err != nil {
		return Portable[float32]()
	}
	return s
}
