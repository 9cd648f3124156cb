package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"
)

// Reduce, for Dump, is the call of a listed function.
type Reduce struct {
	Func Global
	Args Tuple
}

// Persistent, for Dump, refers to something outside the pickle.
type Persistent struct{ ID any }

// Dump writes a value as a pickle of protocol 2. The value may consist of nil,
// bool, int, int64, *big.Int, float64, valid UTF-8 strings, *List, Tuple, *Dict,
// Global, Reduce and Persistent. A shared value is written as often as it occurs,
// so that equal values give equal bytes.
func Dump(v any) ([]byte, error) {
	d := dumper{out: []byte{0x80, 2}}
	if err := d.value(v, 1); err != nil {
		return nil, fmt.Errorf("pickle: %w", err)
	}
	return append(d.out, '.'), nil
}

type dumper struct{ out []byte }

func (d *dumper) op(b ...byte) { d.out = append(d.out, b...) }

func (d *dumper) value(v any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the value nests more than %d deep or contains itself", maxDepth)
	}
	all := func(vs []any) error {
		for _, v := range vs {
			if err := d.value(v, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	switch v := v.(type) {
	case nil:
		d.op('N')
	case bool:
		if v {
			d.op(0x88)
		} else {
			d.op(0x89)
		}
	case int:
		d.int(int64(v))
	case int64:
		d.int(v)
	case *big.Int:
		return d.long(v)
	case float64:
		d.op('G')
		d.out = binary.BigEndian.AppendUint64(d.out, math.Float64bits(v))
	case string:
		if !utf8.ValidString(v) || len(v) > math.MaxInt32 {
			return fmt.Errorf("the string %.60q is not UTF-8 or too long", v)
		}
		d.op('X')
		d.out = binary.LittleEndian.AppendUint32(d.out, uint32(len(v)))
		d.out = append(d.out, v...)
	case *List:
		d.op(']')
		if len(v.Items) == 0 {
			return nil
		}
		d.op('(')
		if err := all(v.Items); err != nil {
			return err
		}
		d.op('e')
	case Tuple:
		if len(v) == 0 {
			d.op(')')
			return nil
		}
		if len(v) > 3 {
			d.op('(')
		}
		if err := all(v); err != nil {
			return err
		}
		if len(v) > 3 {
			d.op('t')
		} else {
			d.op(0x84 + byte(len(v)))
		}
	case *Dict:
		if v.Ordered {
			d.op([]byte("ccollections\nOrderedDict\n)R")...)
		} else {
			d.op('}')
		}
		if v.Len() == 0 {
			return nil
		}
		d.op('(')
		for _, it := range v.items {
			if err := all([]any{it.Key, it.Value}); err != nil {
				return err
			}
		}
		d.op('u')
	case Global:
		d.op('c')
		d.out = append(d.out, v.Module+"\n"+v.Name+"\n"...)
	case Reduce:
		if err := all([]any{v.Func, v.Args}); err != nil {
			return err
		}
		d.op('R')
	case Persistent:
		if err := all([]any{v.ID}); err != nil {
			return err
		}
		d.op('Q')
	default:
		return fmt.Errorf("a %T cannot be written", v)
	}
	return nil
}

func (d *dumper) int(n int64) {
	switch {
	case n >= 0 && n <= math.MaxUint8:
		d.op('K', byte(n))
	case n >= 0 && n <= math.MaxUint16:
		d.op('M', byte(n), byte(n>>8))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		d.op('J')
		d.out = binary.LittleEndian.AppendUint32(d.out, uint32(int32(n)))
	default:
		_ = d.long(big.NewInt(n)) // eight bytes are never too many
	}
}

// long writes an integer in the fewest bytes of two's complement.
func (d *dumper) long(n *big.Int) error {
	size := n.BitLen()/8 + 1 // including the sign bit
	if size > maxLong {
		return fmt.Errorf("an integer of %d bytes, at most %d are written", size, maxLong)
	}
	x := n
	if n.Sign() < 0 {
		x = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := x.FillBytes(make([]byte, size))
	slices.Reverse(b)
	d.op(0x8a, byte(size))
	d.op(b...)
	return nil
}
