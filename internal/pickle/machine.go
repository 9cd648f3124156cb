package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// machine is the stack machine whose programs are pickles.
type machine struct {
	in         []byte
	pos        int // next byte
	at         int // start of the current instruction, for errors
	stack      []any
	marks      []int // heights of the stack
	memo       map[uint64]any
	globals    map[string]Call
	persistent func(any) (any, error)
	budget     int // bytes that may still be added
	values     int // values that may still be created
}

// operand is the width in bytes of the number that follows an instruction.
var operand = [256]int{
	'K': 1, 'M': 2, // BININT1, BININT2
	0x8a: 1, 0x8b: 4, // LONG1, LONG4
	'U': 1, 'T': 4, // SHORT_BINSTRING, BINSTRING
	0x8c: 1, 'X': 4, 0x8d: 8, // SHORT_BINUNICODE, BINUNICODE, BINUNICODE8
	'C': 1, 'B': 4, 0x8e: 8, 0x96: 8, // SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8
	'q': 1, 'r': 4, 'h': 1, 'j': 4, // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
}

var errShort = errors.New("the input ends in the middle")

func (m *machine) run() (any, error) {
	m.memo = map[uint64]any{}
	for {
		m.at = m.pos
		op, err := m.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			v, err := m.pop()
			if err != nil {
				return nil, err
			}
			if len(m.stack) > 0 || len(m.marks) > 0 {
				return nil, fmt.Errorf("%d values are left on the stack at the end", len(m.stack))
			}
			return v, nil
		}
		if err := m.step(op[0]); err != nil {
			return nil, fmt.Errorf("instruction %q: %w", op[0], err)
		}
	}
}

// take returns the next n bytes of the input, without copying.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.in)-m.pos) {
		return nil, errShort
	}
	b := m.in[m.pos : m.pos+int(n) : m.pos+int(n)]
	m.pos += int(n)
	return b, nil
}

// uint reads a little-endian number of 1, 2, 4 or 8 bytes.
func (m *machine) uint(size int) (uint64, error) {
	b, err := m.take(uint64(size))
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

// sized reads a length of the given size and then as many bytes.
func (m *machine) sized(size int) ([]byte, error) {
	n, err := m.uint(size)
	if err != nil {
		return nil, err
	}
	b, err := m.take(n)
	if err != nil {
		return nil, fmt.Errorf("%d bytes are announced, %d are left", n, len(m.in)-m.pos)
	}
	return b, nil
}

// line reads up to the next newline.
func (m *machine) line() (string, error) {
	b, err := m.longLine()
	if len(b) > maxLine {
		return "", fmt.Errorf("a line of %d bytes, at most %d are read", len(b), maxLine)
	}
	return string(b), err
}

func (m *machine) longLine() ([]byte, error) {
	i := bytes.IndexByte(m.in[m.pos:], '\n')
	if i < 0 {
		return nil, errShort
	}
	b, err := m.take(uint64(i))
	m.pos++
	return b, err
}

// charge takes n bytes from the budget.
func (m *machine) charge(n int) error {
	if n > m.budget {
		return fmt.Errorf("decoding adds more bytes than the %d left of its budget", m.budget)
	}
	m.budget -= n
	return nil
}

// count subtracts n from the number of values.
func (m *machine) count(n int) error {
	if n > m.values {
		return errTooMany
	}
	m.values -= n
	return nil
}

func (m *machine) push(v any) error {
	if err := m.count(1); err != nil {
		return err
	}
	m.stack = append(m.stack, v)
	return nil
}

// floor returns the stack height below which the current instruction must not
// reach.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errors.New("the stack is empty")
	}
	return m.stack[len(m.stack)-1], nil
}

func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack[len(m.stack)-1] = nil
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// sinceMark pops the values since the last mark, and the mark. They are valid
// until the next push.
func (m *machine) sinceMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("there is no mark on the stack")
	}
	from := m.floor()
	m.marks = m.marks[:len(m.marks)-1]
	items := m.stack[from:]
	m.stack = m.stack[:from]
	return items, nil
}

func (m *machine) tuple(n int) error {
	if len(m.stack)-n < m.floor() {
		return errors.New("the stack is empty")
	}
	from := len(m.stack) - n
	t := append(Tuple{}, m.stack[from:]...)
	m.stack = m.stack[:from]
	return m.push(t)
}

func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		n, err := m.uint(1)
		if err == nil && n > maxProtocol {
			err = fmt.Errorf("protocol %d; 0 to %d are read", n, maxProtocol)
		}
		return err
	case 0x95: // FRAME
		n, err := m.uint(8)
		if err == nil && n > uint64(len(m.in)-m.pos) {
			err = fmt.Errorf("a frame of %d bytes, %d are left", n, len(m.in)-m.pos)
		}
		return err

	// Constants.
	case 'N':
		return m.push(nil)
	case 0x88:
		return m.push(true)
	case 0x89:
		return m.push(false)
	case 'K', 'M': // BININT1, BININT2
		n, err := m.uint(operand[op])
		if err != nil {
			return err
		}
		return m.push(int64(n))
	case 'J': // BININT
		n, err := m.uint(4)
		if err != nil {
			return err
		}
		return m.push(int64(int32(n)))
	case 0x8a, 0x8b: // LONG1, LONG4
		b, err := m.sized(operand[op])
		if err != nil {
			return err
		}
		if len(b) > maxLong {
			return fmt.Errorf("an integer of %d bytes, at most %d are read", len(b), maxLong)
		}
		return m.push(long(b))
	case 'G': // BINFLOAT
		b, err := m.take(8)
		if err != nil {
			return err
		}
		return m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case 'U', 'T', 'X', 0x8c, 0x8d: // SHORT_BINSTRING, BINSTRING, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
		b, err := m.sized(operand[op])
		if err != nil {
			return err
		}
		return m.push(string(b))
	case 'C', 'B', 0x8e, 0x96: // SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8
		b, err := m.sized(operand[op])
		if err != nil {
			return err
		}
		return m.push(b)
	case 'I', 'L', 'F', 'S', 'V':
		v, err := m.text(op)
		if err != nil {
			return err
		}
		return m.push(v)

	// Containers.
	case '(':
		if err := m.count(1); err != nil {
			return err
		}
		m.marks = append(m.marks, len(m.stack))
		return nil
	case ')':
		return m.push(Tuple{})
	case 't':
		items, err := m.sinceMark()
		if err != nil {
			return err
		}
		return m.push(append(Tuple{}, items...))
	case 0x85, 0x86, 0x87: // TUPLE1, TUPLE2, TUPLE3
		return m.tuple(int(op) - 0x84)
	case ']':
		return m.push(&List{})
	case 'l':
		items, err := m.sinceMark()
		if err != nil {
			return err
		}
		return m.push(&List{Items: append([]any{}, items...)})
	case 'a': // APPEND
		v, err := m.pop()
		if err != nil {
			return err
		}
		return m.extend([]any{v})
	case 'e': // APPENDS
		items, err := m.sinceMark()
		if err != nil {
			return err
		}
		return m.extend(items)
	case '}':
		return m.push(&Dict{})
	case 'd':
		items, err := m.sinceMark()
		if err != nil {
			return err
		}
		d := &Dict{}
		if err := fill(d, items); err != nil {
			return err
		}
		return m.push(d)
	case 's': // SETITEM
		v, err := m.pop()
		if err != nil {
			return err
		}
		k, err := m.pop()
		if err != nil {
			return err
		}
		return m.setItems([]any{k, v})
	case 'u': // SETITEMS
		items, err := m.sinceMark()
		if err != nil {
			return err
		}
		return m.setItems(items)

	// The stack and the memo.
	case '0': // POP, also of a mark
		if n := len(m.marks); n > 0 && m.floor() == len(m.stack) {
			m.marks = m.marks[:n-1]
			return nil
		}
		_, err := m.pop()
		return err
	case '1': // POP_MARK
		_, err := m.sinceMark()
		return err
	case '2': // DUP
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.push(v)
	case 'p', 'q', 'r', 0x94: // PUT, BINPUT, LONG_BINPUT, MEMOIZE
		i := uint64(len(m.memo))
		if op != 0x94 {
			var err error
			if i, err = m.slot(op); err != nil {
				return err
			}
		}
		v, err := m.top()
		if err != nil {
			return err
		}
		m.memo[i] = v
		return m.count(1)
	case 'g', 'h', 'j': // GET, BINGET, LONG_BINGET
		i, err := m.slot(op)
		if err != nil {
			return err
		}
		v, ok := m.memo[i]
		if !ok {
			return fmt.Errorf("memo %d is used before it is set", i)
		}
		return m.push(v)

	// Names and their uses.
	case 'c': // GLOBAL
		module, err := m.line()
		if err != nil {
			return err
		}
		name, err := m.line()
		if err != nil {
			return err
		}
		return m.global(module, name)
	case 0x93: // STACK_GLOBAL
		if err := m.tuple(2); err != nil {
			return err
		}
		v, _ := m.pop()
		module, ok1 := v.(Tuple)[0].(string)
		name, ok2 := v.(Tuple)[1].(string)
		if !ok1 || !ok2 {
			return fmt.Errorf("a name is made of %s and %s, not of two str", Describe(v.(Tuple)[0]), Describe(v.(Tuple)[1]))
		}
		return m.global(module, name)
	case 'R', 0x81: // REDUCE, NEWOBJ
		if err := m.tuple(2); err != nil {
			return err
		}
		v, _ := m.pop()
		return m.call(v.(Tuple)[0], v.(Tuple)[1])
	case 'b': // BUILD
		state, err := m.pop()
		if err != nil {
			return err
		}
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.build(v, state)
	case 'P', 'Q': // PERSID, BINPERSID
		var id any
		var err error
		if op == 'P' {
			id, err = m.line()
		} else {
			id, err = m.pop()
		}
		if err != nil {
			return err
		}
		if m.persistent == nil {
			return errors.New("it refers to something outside the pickle")
		}
		v, err := m.persistent(id)
		if err != nil {
			return err
		}
		return m.push(v)
	case 'i', 'o', 0x92: // INST, OBJ, NEWOBJ_EX
		return errors.New("it makes an object of a class, which is not data")
	case 0x82, 0x83, 0x84: // EXT1, EXT2, EXT4
		return errors.New("it uses the registry of extensions, which only the writing program has")
	case 0x8f, 0x90, 0x91: // EMPTY_SET, ADDITEMS, FROZENSET
		return errors.New("sets are not read")
	case 0x97, 0x98: // NEXT_BUFFER, READONLY_BUFFER
		return errors.New("its data stand in a buffer outside the pickle")
	}
	return errors.New("there is no such instruction: this is no pickle, or a damaged one")
}

// slot reads the number of a memo entry.
func (m *machine) slot(op byte) (uint64, error) {
	if op == 'p' || op == 'g' {
		return m.decimal()
	}
	return m.uint(operand[op])
}

func (m *machine) extend(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	l, ok := v.(*List)
	if !ok {
		return fmt.Errorf("items are appended to %s, not to a list", Describe(v))
	}
	l.Items = append(l.Items, items...)
	return nil
}

func (m *machine) setItems(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*Dict)
	if !ok {
		return fmt.Errorf("items are set in %s, not in a dict", Describe(v))
	}
	return fill(d, items)
}

// fill adds alternating keys and values to a dictionary.
func fill(d *Dict, items []any) error {
	if len(items)%2 != 0 {
		return errors.New("a dictionary's key has no value")
	}
	for i := 0; i < len(items); i += 2 {
		if err := d.Add(items[i], items[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// long decodes a two's complement little-endian integer.
func long(b []byte) any {
	n := new(big.Int)
	be := bytes.Clone(b)
	slices.Reverse(be)
	n.SetBytes(be)
	if len(b) > 0 && b[len(b)-1] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return small(n)
}

// small returns an int64 if n fits one.
func small(n *big.Int) any {
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}
