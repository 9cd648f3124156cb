package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/x448/float16"

	"longtail/internal/pickle"
)

// element is a PyTorch element type.
type element struct {
	name string // PyTorch's dtype
	size int
}

// storageTypes are the element types of the classes torch.FloatStorage and so on.
var storageTypes = map[string]element{
	"FloatStorage":    {"float32", 4},
	"DoubleStorage":   {"float64", 8},
	"HalfStorage":     {"float16", 2},
	"BFloat16Storage": {"bfloat16", 2},
	"LongStorage":     {"int64", 8},
	"IntStorage":      {"int32", 4},
	"ShortStorage":    {"int16", 2},
	"CharStorage":     {"int8", 1},
	"ByteStorage":     {"uint8", 1},
	"BoolStorage":     {"bool", 1},
}

// maxKey bounds the length of a storage's key, which is digits in every version of
// PyTorch.
const maxKey = 64

// storage is a run of elements of which tensors are views. Its bytes come after the
// pickle that names it.
type storage struct {
	elem  element
	count uint64 // number of elements that the pickle claims
	raw   []byte // count × elem.size bytes, once read
}

// view is a tensor before its storage is read.
type view struct {
	of      *storage
	base    uint64 // first element of the part of the storage that it views
	count   uint64 // elements of the storage from base on
	offset  uint64
	shape   []int
	strides []uint64
}

// torchReader reads one file.
type torchReader struct {
	storages map[string]*storage
	bytes    uint64 // size of the file, which bounds every storage
	records  uint64 // bytes of an archive's records that may still be read
	budget   uint64 // bytes of tensors that may still be allocated
}

// segment is a part of a storage, the value of a persistent id.
type segment struct {
	of          *storage
	base, count uint64
}

// options returns the names that a PyTorch pickle may use.
func (t *torchReader) options() pickle.Options {
	names := map[string]pickle.Call{
		"torch._utils._rebuild_tensor":    func(a pickle.Tuple) (any, error) { return rebuild(a, 4) },
		"torch._utils._rebuild_tensor_v2": func(a pickle.Tuple) (any, error) { return rebuild(a, 6) },
		"torch._utils._rebuild_parameter": func(a pickle.Tuple) (any, error) {
			if len(a) == 3 {
				if v, ok := a[0].(*view); ok {
					return v, nil
				}
			}
			return nil, errors.New("its argument is no tensor")
		},
		"torch.Size": func(a pickle.Tuple) (any, error) {
			if len(a) == 1 {
				if v, ok := a[0].(pickle.Tuple); ok {
					return v, nil
				}
			}
			return nil, errors.New("its argument is no tuple")
		},
	}
	for class, e := range storageTypes {
		names["torch."+class] = nil
		names["torch.storage."+class] = nil
		names["torch."+e.name] = nil
	}
	return pickle.Options{Globals: names, Persistent: t.persistent}
}

// persistent resolves ("storage", class, key, location, count) of the ZIP
// container. The legacy container adds None or a view (key, offset, count).
func (t *torchReader) persistent(id any) (any, error) {
	p, ok := id.(pickle.Tuple)
	if !ok || len(p) != 5 && len(p) != 6 || p[0] != any("storage") {
		return nil, errors.New("a persistent id that is no storage")
	}
	class, ok1 := p[1].(pickle.Global)
	key, ok2 := p[2].(string)
	count, ok3 := p[4].(int64)
	elem, ok4 := storageTypes[class.Name]
	if !ok1 || !ok2 || !ok3 || !ok4 || len(key) > maxKey || class.Module != "torch" && class.Module != "torch.storage" {
		return nil, errors.New("a storage without class, key or count")
	}
	if count < 0 || uint64(count) > t.bytes/uint64(elem.size) {
		return nil, fmt.Errorf("storage %.60q of %d %s cannot stand in %d bytes", key, count, elem.name, t.bytes)
	}
	s := t.storages[key]
	if s == nil {
		s = &storage{elem: elem, count: uint64(count)}
		t.storages[key] = s
	}
	if s.elem != elem || s.count != uint64(count) {
		return nil, fmt.Errorf("storage %.60q has %d %s here and %d %s elsewhere", key, count, elem.name, s.count, s.elem.name)
	}
	if len(p) == 5 || p[5] == nil {
		return segment{s, 0, s.count}, nil
	}
	part, ok := p[5].(pickle.Tuple)
	if !ok || len(part) != 3 {
		return nil, fmt.Errorf("storage %.60q: its view is no triple", key)
	}
	base, ok1 := part[1].(int64)
	n, ok2 := part[2].(int64)
	if !ok1 || !ok2 || base < 0 || n < 0 || base > count || n > count-base {
		return nil, fmt.Errorf("storage %.60q of %d elements: a view beyond its end", key, count)
	}
	return segment{s, uint64(base), uint64(n)}, nil
}

// rebuild returns a view from the arguments (storage, offset, sizes, strides, …),
// of which there must be at least n.
func rebuild(a pickle.Tuple, n int) (any, error) {
	if len(a) < n {
		return nil, errors.New("too few arguments")
	}
	seg, ok1 := a[0].(segment)
	offset, ok2 := a[1].(int64)
	sizes, ok3 := a[2].(pickle.Tuple)
	strides, ok4 := a[3].(pickle.Tuple)
	if !ok1 || !ok2 || !ok3 || !ok4 || offset < 0 || len(sizes) != len(strides) || len(sizes) > maxRank {
		return nil, fmt.Errorf("a tensor needs a storage, an offset, and sizes and strides of equal length, at most %d", maxRank)
	}
	v := &view{of: seg.of, base: seg.base, count: seg.count, offset: uint64(offset),
		shape: make([]int, len(sizes)), strides: make([]uint64, len(sizes))}
	for i := range sizes {
		d, ok1 := sizes[i].(int64)
		s, ok2 := strides[i].(int64)
		if !ok1 || !ok2 || d < 0 || d > math.MaxInt32 || s < 0 {
			return nil, fmt.Errorf("size %s with stride %s", pickle.Describe(sizes[i]), pickle.Describe(strides[i]))
		}
		v.shape[i], v.strides[i] = int(d), uint64(s)
	}
	return v, nil
}

// tensor copies a view's elements out of its storage. The tensor has no name.
func (t *torchReader) tensor(v *view) (Tensor, error) {
	n, err := elements(v.shape)
	if err != nil {
		return Tensor{}, err
	}
	if n > 0 {
		last, over := v.offset, uint64(0)
		for i, d := range v.shape {
			hi, lo := bits.Mul64(uint64(d-1), v.strides[i])
			var carry uint64
			last, carry = bits.Add64(last, lo, 0)
			over |= hi | carry
		}
		if over != 0 || last >= v.count {
			return Tensor{}, fmt.Errorf("shape %v with strides %v from element %d on goes beyond its storage of %d", v.shape, v.strides, v.offset, v.count)
		}
	}
	if n > t.budget/8 {
		return Tensor{}, fmt.Errorf("shape %v: the file's tensors together are larger than 8 times the file", v.shape)
	}
	t.budget -= 8 * n
	x := Tensor{Shape: slices.Clone(v.shape)}
	size := uint64(v.of.elem.size)
	raw := v.of.raw[v.base*size:]
	at := func(i uint64) []byte { return raw[i*size : (i+1)*size] }
	le := binary.LittleEndian
	switch v.of.elem.name {
	case "float32":
		x.Data = gather(v, n, func(i uint64) float32 { return math.Float32frombits(le.Uint32(at(i))) })
	case "float64":
		x.Data = gather(v, n, func(i uint64) float64 { return math.Float64frombits(le.Uint64(at(i))) })
	case "float16":
		x.Data = gather(v, n, func(i uint64) float32 { return float16.Frombits(le.Uint16(at(i))).Float32() })
	case "bfloat16":
		x.Data = gather(v, n, func(i uint64) float32 { return math.Float32frombits(uint32(le.Uint16(at(i))) << 16) })
	case "int64":
		x.Data = gather(v, n, func(i uint64) int64 { return int64(le.Uint64(at(i))) })
	case "int32":
		x.Data = gather(v, n, func(i uint64) int64 { return int64(int32(le.Uint32(at(i)))) })
	case "int16":
		x.Data = gather(v, n, func(i uint64) int64 { return int64(int16(le.Uint16(at(i)))) })
	case "int8":
		x.Data = gather(v, n, func(i uint64) int64 { return int64(int8(at(i)[0])) })
	case "uint8", "bool":
		x.Data = gather(v, n, func(i uint64) int64 { return int64(at(i)[0]) })
	default:
		return Tensor{}, fmt.Errorf("elements of type %s are not read", v.of.elem.name)
	}
	return x, nil
}

// gather returns a view's n elements in C order.
func gather[T any](v *view, n uint64, get func(uint64) T) []T {
	out := make([]T, n)
	index, at := make([]int, len(v.shape)), v.offset
	for i := range out {
		out[i] = get(at)
		for k := len(index) - 1; k >= 0; k-- {
			index[k]++
			at += v.strides[k]
			if index[k] < v.shape[k] {
				break
			}
			at -= uint64(index[k]) * v.strides[k]
			index[k] = 0
		}
	}
	return out
}

// plain replaces the views in a value by tensors. It changes lists and dictionaries
// in place. Package pickle guarantees that the walk ends.
func (t *torchReader) plain(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case *view:
		return t.tensor(v)
	case segment:
		return nil, errors.New("a bare storage, which is not read")
	case *pickle.List:
		for i := range v.Items {
			if v.Items[i], err = t.plain(v.Items[i]); err != nil {
				return nil, err
			}
		}
	case pickle.Tuple:
		for i := range v {
			if v[i], err = t.plain(v[i]); err != nil {
				return nil, err
			}
		}
	case *pickle.Dict:
		items := v.Items()
		for i := range items {
			if items[i].Value, err = t.plain(items[i].Value); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
