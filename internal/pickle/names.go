package pickle

import (
	"errors"
	"fmt"
)

// errNotListed is wrapped by the error for a name that is not on the list.
var errNotListed = errors.New("is not on the list of names that data may use; nothing of the file was run")

// names lists what every pickle may use. A function takes the machine, unlike a
// Call, if its memory must be charged.
var names = map[string]func(m *machine, args Tuple) (any, error){
	"collections.OrderedDict":             orderedDict,
	"_codecs.encode":                      encode,
	"__builtin__.bytes":                   emptyBytes,
	"builtins.bytes":                      emptyBytes,
	"numpy.core.multiarray._reconstruct":  reconstruct,
	"numpy._core.multiarray._reconstruct": reconstruct,
	"numpy.core.multiarray.scalar":        scalar,
	"numpy._core.multiarray.scalar":       scalar,
	"numpy.core.numeric._frombuffer":      fromBuffer,
	"numpy._core.numeric._frombuffer":     fromBuffer,
	"numpy.ndarray":                       nil,
	"numpy.dtype":                         dtype,
}

// global pushes a name if it is listed.
func (m *machine) global(module, name string) error {
	g := Global{module, name}
	if _, ok := names[g.String()]; !ok {
		if _, ok := m.globals[g.String()]; !ok {
			return fmt.Errorf("the name %.200q %w", g.String(), errNotListed)
		}
	}
	return m.push(g)
}

// call pushes the result of the listed function f for args.
func (m *machine) call(f, args any) error {
	g, ok := f.(Global)
	if !ok {
		return fmt.Errorf("%s is called, which is no function", Describe(f))
	}
	t, ok := args.(Tuple)
	if !ok {
		return fmt.Errorf("%s is called with %s, not with a tuple", g, Describe(args))
	}
	var v any
	var err error
	if own := names[g.String()]; own != nil {
		v, err = own(m, t)
	} else if c := m.globals[g.String()]; c != nil {
		v, err = c(t)
	} else {
		err = errors.New("it cannot be called here")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", g, err)
	}
	return m.push(v)
}

// build applies a state to a value.
func (m *machine) build(v, state any) error {
	switch v := v.(type) {
	case *Dict:
		// Attributes of an OrderedDict, PyTorch's _metadata: not data.
		if _, ok := state.(*Dict); !ok || !v.Ordered {
			return fmt.Errorf("%s cannot take %s for its state", Describe(v), Describe(state))
		}
		return nil
	case *Array:
		return m.arrayState(v, state)
	case *DType:
		return v.setState(state)
	}
	return fmt.Errorf("%s cannot take a state", Describe(v))
}

// orderedDict implements OrderedDict(), and OrderedDict(pairs) as Python 2 writes
// it.
func orderedDict(m *machine, args Tuple) (any, error) {
	d := &Dict{Ordered: true}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*List)
	if !ok || len(args) > 1 {
		return nil, errors.New("its argument is no list of pairs")
	}
	if err := m.count(len(pairs.Items)); err != nil {
		return nil, err
	}
	for _, p := range pairs.Items {
		var pair []any
		switch p := p.(type) {
		case *List:
			pair = p.Items
		case Tuple:
			pair = p
		}
		if len(pair) != 2 {
			return nil, errors.New("its argument is no list of pairs")
		}
		if err := d.Add(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// encode implements encode(text, "latin1"), by which Python 3 writes bytes in
// protocols 0 to 2.
func encode(m *machine, args Tuple) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	s, ok1 := args[0].(string)
	enc, ok2 := args[1].(string)
	if !ok1 || !ok2 || enc != "latin1" && enc != "latin-1" {
		return nil, fmt.Errorf("of %s to %s; of a str to latin1 is read", Describe(args[0]), Describe(args[1]))
	}
	n := 0
	for _, r := range s {
		if r > 0xff {
			return nil, fmt.Errorf("the character %q has no place in latin1", r)
		}
		n++
	}
	if err := m.charge(n); err != nil {
		return nil, err
	}
	b := make([]byte, 0, n)
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b, nil
}

// emptyBytes implements bytes(), by which Python 3 writes empty bytes in protocols
// 0 to 2.
func emptyBytes(_ *machine, args Tuple) (any, error) {
	if len(args) != 0 {
		return nil, errors.New("bytes() with arguments is not read")
	}
	return []byte{}, nil
}
