package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/x448/float16"
)

// DType is the type of an array's elements.
type DType struct {
	Order byte // '<' or '>'; '|' if it does not matter
	Kind  byte // 'b' bool, 'i' int, 'u' unsigned, 'f' float
	Size  int  // bytes
}

// String returns NumPy's notation: "<f4".
func (d DType) String() string { return fmt.Sprintf("%c%c%d", d.Order, d.Kind, d.Size) }

// Array is a numpy.ndarray. Data holds its elements as NumPy wrote them, in C
// order, or with the first index fastest if Fortran is set. It may be a part of the
// input of Load.
type Array struct {
	Shape   []int
	DType   DType
	Fortran bool
	Data    []byte
}

// dtype implements dtype("f4", align, copy), whose byte order follows as a state.
func dtype(_ *machine, args Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("no arguments")
	}
	s, ok := args[0].(string)
	if b, isBytes := args[0].([]byte); isBytes {
		s, ok = string(b), len(b) < 8
	}
	d := &DType{}
	if ok && len(s) == 2 {
		d.Kind, d.Size = s[0], int(s[1]-'0')
	}
	valid := map[byte][]int{'b': {1}, 'i': {1, 2, 4, 8}, 'u': {1, 2, 4, 8}, 'f': {2, 4, 8}}
	if !slices.Contains(valid[d.Kind], d.Size) {
		return nil, fmt.Errorf("%s; arrays of bool, int, unsigned and float of up to 8 bytes are read", Describe(args[0]))
	}
	if d.Size == 1 {
		d.Order = '|'
	}
	return d, nil
}

// setState takes (version, order, subtype, names, fields, size, alignment, flags, …).
func (d *DType) setState(state any) error {
	t, ok := state.(Tuple)
	if !ok || len(t) < 5 {
		return fmt.Errorf("%s is no state of a dtype", Describe(state))
	}
	for _, v := range t[2:5] {
		if v != nil {
			return errors.New("structured dtypes are not read")
		}
	}
	order := ""
	switch o := t[1].(type) {
	case string:
		order = o
	case []byte:
		order = string(o[:min(len(o), 2)])
	}
	switch {
	case d.Size == 1 && len(order) == 1:
		return nil
	case order == "<" || order == ">":
		d.Order = order[0]
		return nil
	}
	return fmt.Errorf("the byte order of %c%d is %s", d.Kind, d.Size, Describe(t[1]))
}

// reconstruct implements _reconstruct(ndarray, (0,), b"b"), whose content follows
// as a state.
func reconstruct(_ *machine, args Tuple) (any, error) {
	if len(args) != 3 || args[0] != any(Global{"numpy", "ndarray"}) {
		return nil, errors.New("only plain arrays are read")
	}
	return &Array{Shape: []int{0}, DType: DType{'|', 'u', 1}, Data: []byte{}}, nil
}

// arrayState takes (version, shape, dtype, fortran, data).
func (m *machine) arrayState(a *Array, state any) error {
	t, ok := state.(Tuple)
	if !ok || len(t) != 5 {
		return fmt.Errorf("%s is no state of an array", Describe(state))
	}
	fortran, ok := t[3].(bool)
	if !ok {
		return fmt.Errorf("an array's order flag is %s", Describe(t[3]))
	}
	return m.setArray(a, t[1], t[2], fortran, t[4])
}

// fromBuffer implements _frombuffer(data, dtype, shape, "C" or "F") of protocol 5.
func fromBuffer(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	if args[3] != any("C") && args[3] != any("F") {
		return nil, fmt.Errorf("the order %s", Describe(args[3]))
	}
	a := &Array{}
	return a, m.setArray(a, args[2], args[1], args[3] == any("F"), args[0])
}

func (m *machine) setArray(a *Array, shape, dtype any, fortran bool, data any) error {
	dims, ok := shape.(Tuple)
	if !ok || len(dims) > maxDims {
		return fmt.Errorf("an array's shape is %s", Describe(shape))
	}
	d, ok := dtype.(*DType)
	if !ok {
		return fmt.Errorf("an array's type is %s", Describe(dtype))
	}
	if d.Order == 0 {
		return fmt.Errorf("an array's type %c%d has no byte order", d.Kind, d.Size)
	}
	var raw []byte
	switch v := data.(type) {
	case []byte:
		raw = v
	case string: // from Python 2
		if err := m.charge(len(v)); err != nil {
			return err
		}
		raw = []byte(v)
	default:
		return fmt.Errorf("an array's data are %s, not bytes", Describe(data))
	}
	sizes, n, empty := make([]int, len(dims)), uint64(d.Size), false
	for i, v := range dims {
		k, ok := v.(int64)
		if !ok || k < 0 || k > math.MaxInt32 {
			return fmt.Errorf("an array's size is %s", Describe(v))
		}
		sizes[i] = int(k)
		if empty = empty || k == 0; empty {
			n = 0
		} else if n *= uint64(k); n > uint64(len(raw)) {
			return fmt.Errorf("an array of shape %v… and type %s has only %d bytes", sizes[:i+1], d, len(raw))
		}
	}
	if n != uint64(len(raw)) {
		return fmt.Errorf("an array of shape %v and type %s has %d bytes, not %d", sizes, d, len(raw), n)
	}
	*a = Array{Shape: sizes, DType: *d, Fortran: fortran, Data: raw}
	return nil
}

// scalar implements scalar(dtype, data), a NumPy number, which becomes a plain one.
func scalar(m *machine, args Tuple) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	a := &Array{}
	if err := m.setArray(a, Tuple{}, args[0], false, args[1]); err != nil {
		return nil, err
	}
	switch a.DType.Kind {
	case 'f':
		v, err := a.Float64s()
		return v[0], err
	case 'b':
		return a.Data[0] != 0, nil
	}
	v, err := a.Int64s()
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// Len returns the number of elements.
func (a *Array) Len() int { return len(a.Data) / a.DType.Size }

// Bytes returns the elements of an array of uint8 in C order. The result may
// be Data itself.
func (a *Array) Bytes() ([]byte, error) {
	if a.DType.Kind != 'u' || a.DType.Size != 1 {
		return nil, fmt.Errorf("an array of %s where |u1 is wanted", a.DType)
	}
	if !a.Fortran {
		return a.Data, nil
	}
	return elements(a, func(b []byte) byte { return b[0] }), nil
}

// Int64s returns the elements of an array of bool, int or unsigned in C order.
func (a *Array) Int64s() ([]int64, error) {
	if a.DType.Kind == 'f' {
		return nil, fmt.Errorf("an array of %s where integers are wanted", a.DType)
	}
	shift := 64 - 8*a.DType.Size
	signed := a.DType.Kind == 'i'
	out := elements(a, func(b []byte) int64 {
		if signed {
			return int64(a.bits(b)<<shift) >> shift
		}
		return int64(a.bits(b))
	})
	if !signed && a.DType.Size == 8 && len(out) > 0 && slices.Min(out) < 0 {
		return nil, fmt.Errorf("an array of %s with numbers above %d", a.DType, int64(math.MaxInt64))
	}
	return out, nil
}

// Float64s returns the elements of an array of floats in C order.
func (a *Array) Float64s() ([]float64, error) {
	if a.DType.Kind != 'f' {
		return nil, fmt.Errorf("an array of %s where floats are wanted", a.DType)
	}
	return elements(a, func(b []byte) float64 {
		switch x := a.bits(b); a.DType.Size {
		case 2:
			return float64(float16.Frombits(uint16(x)).Float32())
		case 4:
			return float64(math.Float32frombits(uint32(x)))
		default:
			return math.Float64frombits(x)
		}
	}), nil
}

// bits returns one element as an unsigned number.
func (a *Array) bits(b []byte) uint64 {
	var full [8]byte
	if a.DType.Order == '>' {
		copy(full[8-len(b):], b)
		return binary.BigEndian.Uint64(full[:])
	}
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:])
}

// elements decodes an array in C order.
func elements[T any](a *Array, decode func([]byte) T) []T {
	size, n := a.DType.Size, a.Len()
	out := make([]T, n)
	if !a.Fortran {
		for i := range out {
			out[i] = decode(a.Data[i*size : (i+1)*size])
		}
		return out
	}
	// at is the element's index in Data; index counts in C order.
	index, at := make([]int, len(a.Shape)), 0
	strides, s := make([]int, len(a.Shape)), 1
	for i, d := range a.Shape {
		strides[i] = s
		s *= d
	}
	for i := range out {
		out[i] = decode(a.Data[at*size : (at+1)*size])
		for k := len(index) - 1; k >= 0; k-- {
			index[k]++
			at += strides[k]
			if index[k] < a.Shape[k] {
				break
			}
			at -= index[k] * strides[k]
			index[k] = 0
		}
	}
	return out
}
