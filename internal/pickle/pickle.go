// Package pickle reads and writes Python pickles as data.
//
// Load interprets a pickle of protocol 0 to 5 without ever running anything of it.
// Names of Python functions and classes must be on a list: Python's and NumPy's few
// here, others in Options.Globals. Each name stands for a Go function that builds a
// value, and every size is checked against the input before memory is allocated.
// Dump writes protocol 2.
//
// Values are plain Go:
//
//	None                        nil
//	bool, int, float            bool, int64 (*big.Int beyond 64 bits), float64
//	str (of Python 2 as well)   string; Python 2's may hold any bytes
//	bytes, bytearray            []byte, often a part of the input
//	list, tuple                 *List, Tuple
//	dict, OrderedDict           *Dict
//	numpy.ndarray, numpy.dtype  *Array, *DType
//	a listed name itself        Global
package pickle

import "fmt"

// Limits that no pickle of data comes near.
const (
	maxDepth    = 100     // containers in containers
	maxKey      = 4096    // bytes of a dictionary's key, a str
	maxByteKey  = 64      // likewise for bytes: the index holds a copy
	maxLong     = 255     // bytes of an integer
	maxLine     = 1 << 10 // characters of a number or name of protocol 0
	maxValues   = 1 << 21 // values of a pickle with its marks and calls; one that is referred to twice counts twice
	maxDims     = 32      // of an array
	maxProtocol = 5
)

// Call builds the value that Python's call of a listed function or class would
// return. It must not allocate memory in proportion to sizes that args only claim.
type Call func(args Tuple) (any, error)

// Options are what a pickle may use. The zero value suffices for NumPy and CIFAR.
type Options struct {
	// Globals lists further names ("torch._utils._rebuild_tensor_v2"). A nil
	// Call allows the name as a value that cannot be called.
	Globals map[string]Call
	// Persistent resolves a persistent id; nil refuses them.
	Persistent func(id any) (any, error)
}

// Error is the error of Load: its position in the input and what was found.
type Error struct {
	Offset int
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("pickle: byte %d: %v", e.Offset, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Load reads the pickle at the start of b and returns its value and its length.
// Byte strings of the value may be parts of b. A value that contains itself is an
// error. The error is an *Error.
func Load(b []byte, o Options) (value any, n int, err error) {
	m := &machine{in: b, globals: o.Globals, persistent: o.Persistent,
		budget: len(b),                 // bytes that decoding may add to those of the input: a str encoded to bytes, say
		values: min(maxValues, len(b))} // no instruction is shorter than a byte
	v, err := m.run()
	if err == nil {
		const free, times = 1 << 16, 16 // parts for any length, and for each byte: shared values count again
		err = measure(v, min(maxValues, free+times*len(b)))
	}
	if err != nil {
		return nil, 0, &Error{Offset: m.at, Err: err}
	}
	return v, m.pos, nil
}
