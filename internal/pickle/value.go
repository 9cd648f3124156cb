package pickle

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// List is a Python list.
type List struct{ Items []any }

// Tuple is a Python tuple.
type Tuple []any

// Global is the name of a Python function or class.
type Global struct{ Module, Name string }

func (g Global) String() string { return g.Module + "." + g.Name }

// Item is an entry of a dictionary.
type Item struct{ Key, Value any }

// Dict is a Python dict, or an OrderedDict if Ordered is set, in insertion order.
// Keys are nil, bool, int64, float64, string or []byte. The zero value is an empty
// dict.
type Dict struct {
	Ordered bool
	items   []Item
	index   map[key]int // positions in items
}

// key is a dictionary's key in a form that Go can compare. b"a" and "a" differ, and
// so do 1, 1.0 and True (which are one key in Python).
type key struct {
	kind byte
	bits uint64
	text string
}

func keyOf(v any) (key, error) {
	switch v := v.(type) {
	case nil:
		return key{kind: 'N'}, nil
	case bool:
		if v {
			return key{kind: 'b', bits: 1}, nil
		}
		return key{kind: 'b'}, nil
	case int64:
		return key{kind: 'i', bits: uint64(v)}, nil
	case float64:
		return key{kind: 'f', bits: math.Float64bits(v)}, nil
	case string:
		if len(v) > maxKey {
			return key{}, fmt.Errorf("a dictionary's key of %d bytes, at most %d are read", len(v), maxKey)
		}
		return key{kind: 's', text: v}, nil
	case []byte:
		if len(v) > maxByteKey {
			return key{}, fmt.Errorf("a dictionary's key of %d bytes, at most %d are read", len(v), maxByteKey)
		}
		return key{kind: 'y', text: string(v)}, nil
	}
	return key{}, fmt.Errorf("a dictionary's key is %s; None, bool, int, float, str and bytes are read", Describe(v))
}

// Add appends an entry. A key that is already there or has an invalid type is an
// error.
func (d *Dict) Add(k, v any) error {
	if n, ok := k.(int); ok {
		k = int64(n)
	}
	x, err := keyOf(k)
	if err != nil {
		return err
	}
	if _, twice := d.index[x]; twice {
		return fmt.Errorf("the key %s stands twice in a dictionary", Describe(k))
	}
	if d.index == nil {
		d.index = map[key]int{}
	}
	d.index[x] = len(d.items)
	d.items = append(d.items, Item{k, v})
	return nil
}

// Len returns the number of entries.
func (d *Dict) Len() int { return len(d.items) }

// Items returns the entries in order. Values may be replaced in place, keys must
// not.
func (d *Dict) Items() []Item { return d.items }

// Get returns the value under name as str or else as bytes. Pickles of Python 2
// that Python 3 has read and written again have byte strings as keys.
func (d *Dict) Get(name string) (any, bool) {
	for _, kind := range []byte{'s', 'y'} {
		if i, ok := d.index[key{kind: kind, text: name}]; ok {
			return d.items[i].Value, true
		}
	}
	return nil, false
}

// Keys returns the keys that are text, in order.
func (d *Dict) Keys() []string {
	var names []string
	for _, it := range d.items {
		switch k := it.Key.(type) {
		case string:
			names = append(names, k)
		case []byte:
			names = append(names, string(k))
		}
	}
	return names
}

// Describe returns a short description of a value in Python's terms. %v would write
// all of it, and shared parts repeatedly.
func Describe(v any) string {
	short := func(s string) string {
		if len(s) > 60 {
			return fmt.Sprintf("%.60q…", s)
		}
		return fmt.Sprintf("%q", s)
	}
	switch v := v.(type) {
	case nil:
		return "None"
	case bool, int64, float64:
		return fmt.Sprint(v)
	case string:
		return "the str " + short(v)
	case []byte:
		return "the bytes " + short(string(v[:min(len(v), 61)]))
	case *List:
		return fmt.Sprintf("a list of %d", len(v.Items))
	case Tuple:
		return fmt.Sprintf("a tuple of %d", len(v))
	case *Dict:
		return fmt.Sprintf("a dict of %d", v.Len())
	case Global:
		return "the name " + short(v.String())
	case *Array:
		return "a NumPy array"
	case *DType:
		return "a NumPy dtype"
	}
	return fmt.Sprintf("a %T", v)
}

// measure returns an error for a value that nests too deeply, as one that contains
// itself does, and for one that would have more than limit parts if nothing were
// shared. Later walks over the value need not care. A container counts the values,
// marks and calls that Dump writes for it, so that accepted values can be read
// again.
func measure(v any, limit int) error {
	type extent struct{ parts, height int }
	known := map[any]extent{}
	var visit func(v any, depth int) (extent, error)
	visit = func(v any, depth int) (extent, error) {
		var id any
		var parts func(yield func(any) bool)
		own := 2 // the container and the mark before its items
		switch v := v.(type) {
		case *List:
			if len(v.Items) == 0 {
				return extent{1, 1}, nil
			}
			id, parts = v, slices.Values(v.Items)
		case Tuple:
			if len(v) == 0 {
				return extent{1, 1}, nil
			}
			id, parts = &v[0], slices.Values(v)
		case *Dict:
			if v.Ordered {
				own = 5 // a name, its arguments, their pair and the call's result
			}
			if len(v.items) == 0 {
				return extent{own, 1}, nil
			}
			id, parts = v, func(yield func(any) bool) {
				for _, it := range v.items {
					if !yield(it.Key) || !yield(it.Value) {
						return
					}
				}
			}
		default:
			return extent{1, 1}, nil
		}
		e, ok := known[id]
		if !ok && depth <= maxDepth {
			e = extent{own, 1}
			for p := range parts {
				k, err := visit(p, depth+1)
				if err != nil {
					return e, err
				}
				if e.parts += k.parts; e.parts > limit {
					return e, errTooMany
				}
				e.height = max(e.height, k.height+1)
			}
			known[id] = e
		}
		if depth > maxDepth || e.height > maxDepth {
			return e, fmt.Errorf("the value nests more than %d deep or contains itself", maxDepth)
		}
		return e, nil
	}
	_, err := visit(v, 1)
	return err
}

var errTooMany = errors.New("more values than are read: the file is damaged or hostile")
