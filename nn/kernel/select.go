package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Variable is the environment variable that overrides the choice of a set.
const Variable = "LONGTAIL_KERNELS"

// exactSuffix ends the names of sets that convolve directly everywhere.
const exactSuffix = "-exact"

// parts returns a set's name without its suffixes, and whether it is exact.
func parts(set string) (base string, exact bool) {
	return strings.CutSuffix(strings.TrimSuffix(set, fusedSuffix[float32]()), exactSuffix)
}

// implementation is one way to compute the float32 calls.
type implementation struct {
	name         string
	runs         func() bool          // reports whether this machine runs it
	direct, fast func() *Set[float32] // direct convolutions; the Winograd calls
	peak         func(rounds int)     // does rounds of peakSums multiply-adds, each
	lanes        int                  // on this many numbers
}

// implementations lists all of this build, slowest first, starting with the
// portable one.
var implementations = append([]implementation{
	{"portable", func() bool { return true }, Portable[float32], portableWinograd[float32], portablePeak, 1},
}, assembly...)

// available returns the implementations that this machine runs.
func available() (list []implementation) {
	for _, i := range implementations {
		if i.runs() {
			list = append(list, i)
		}
	}
	return list
}

// find returns the implementation of that name, if this machine runs it.
func find(name string) (implementation, bool) {
	for _, i := range available() {
		if i.name == name {
			return i, true
		}
	}
	return implementation{}, false
}

// Names returns the names of the float32 sets that this machine runs, slowest
// first.
func Names() (names []string) {
	for _, i := range available() {
		names = append(names, i.name)
	}
	return names
}

// Select returns the named set. The empty name means the one in LONGTAIL_KERNELS
// or, if that is unset, the fastest. It convolves directly if exact, and otherwise by
// Winograd's algorithm where that is faster, by a committed rule. An unknown name, or
// a set that this machine cannot run, is an error. An exact set's own name ends in
// "-exact", and in a build that fuses multiplication and addition in "+fma". A name
// with these suffixes selects the same set again, whatever exact is.
func Select(name string, exact bool) (*Set[float32], error) {
	from := ""
	if name == "" {
		if name = os.Getenv(Variable); name == "" {
			names := Names()
			name = names[len(names)-1]
		} else {
			from = Variable + ": "
		}
	}
	base, named := parts(name)
	by, ok := find(base)
	if !ok {
		return nil, fmt.Errorf("%skernel set %q is not available on this machine; choose one of: %s", from, name, strings.Join(Names(), ", "))
	}
	s := by.direct()
	s.Name = base
	if exact || named {
		s.Name += exactSuffix
	} else {
		s = route(s, by.fast(), choose)
	}
	s.Name += fusedSuffix[float32]()
	return s, nil
}
