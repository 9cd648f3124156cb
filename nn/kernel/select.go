package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Variable is the environment variable that overrides the choice of a set.
const Variable = "LONGTAIL_KERNELS"

// exactSuffix ends the names of sets that convolve directly everywhere.
const exactSuffix = "-" + string(Exact)

// parts takes a set's name apart: what mode and build add to it is cut off.
func parts(set string) (base string, exact bool) {
	return strings.CutSuffix(strings.TrimSuffix(set, fusedSuffix[float32]()), exactSuffix)
}

// implementation is one way to compute the float32 calls.
type implementation struct {
	name         string
	runs         func() bool          // on this machine
	direct, fast func() *Set[float32] // direct convolutions; the Winograd calls
	peak         func(rounds int)     // does rounds of peakSums multiply-adds, each
	lanes        int                  // of so many numbers
}

// implementations are all of this build, slowest first: the portable one leads.
var implementations = append([]implementation{
	{"portable", func() bool { return true }, Portable[float32], portableWinograd[float32], portablePeak, 1},
}, assembly...)

// available returns those that this machine runs.
func available() (list []implementation) {
	for _, i := range implementations {
		if i.runs() {
			list = append(list, i)
		}
	}
	return list
}

// find returns the one of a name, if this machine runs it.
func find(name string) (implementation, bool) {
	for _, i := range available() {
		if i.name == name {
			return i, true
		}
	}
	return implementation{}, false
}

// Names lists the float32 sets that this machine runs, slowest first.
func Names() (names []string) {
	for _, i := range available() {
		names = append(names, i.name)
	}
	return names
}

// Select returns the named set. The empty name stands for the one in
// LONGTAIL_KERNELS or, if that is unset, for the fastest. A name or mode that
// is unknown, or a set that this machine cannot run, is an error. In mode
// Exact the set's own name ends in "-exact", and in a build that fuses
// multiplication and addition in "+fma"; a name with these suffixes selects
// the same set again, whatever the mode.
func Select(name string, mode Mode) (*Set[float32], error) {
	from := ""
	if name == "" {
		if name = os.Getenv(Variable); name == "" {
			names := Names()
			name = names[len(names)-1]
		} else {
			from = Variable + ": "
		}
	}
	if mode != Auto && mode != Exact {
		return nil, fmt.Errorf("convolution mode %q is unknown; leave it empty or use %q", mode, Exact)
	}
	base, exact := parts(name)
	by, ok := find(base)
	if !ok {
		return nil, fmt.Errorf("%skernel set %q is not available on this machine; choose one of: %s", from, name, strings.Join(Names(), ", "))
	}
	s := by.direct()
	s.Name = base
	if exact || mode == Exact {
		s.Name += exactSuffix
	} else {
		s = route(s, by.fast(), choose)
	}
	s.Name += fusedSuffix[float32]()
	return s, nil
}
