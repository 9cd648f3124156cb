package dataset

import (
	"errors"
	"fmt"
	"io"

	"longtail/internal/pickle"
)

const (
	cifarSide  = 32
	cifarImage = Channels * cifarSide * cifarSide
)

// cifarRecords reads the records of a CIFAR binary file: coarse label bytes, which
// are skipped (0 for CIFAR-10, 1 for CIFAR-100), the label, and 3,072 bytes of red,
// green and blue rows. hint is the expected number of bytes. If the file ends inside
// a record, it returns the records before with a *truncatedError.
func cifarRecords(r io.Reader, name string, coarse, classes int, hint int64) (Samples, error) {
	const most = 1 << 28 // a file's size does not decide how much memory is taken
	record := coarse + 1 + cifarImage
	expect := int(min(max(hint, 0), most)) / record
	out := Samples{C: Channels, H: cifarSide, W: cifarSide, Pixels: make([]uint8, 0, expect*cifarImage), Labels: make([]int32, 0, expect)}
	buf := make([]uint8, 80*record)
	for {
		n, err := io.ReadFull(r, buf)
		for at := 0; at+record <= n; at += record {
			y := buf[at+coarse]
			if int(y) >= classes {
				return Samples{}, fmt.Errorf("%s: label %d of record %d is outside 0..%d: no CIFAR binary file of %d classes", name, y, out.Len(), classes-1, classes)
			}
			out.Labels = append(out.Labels, int32(y))
			out.Pixels = append(out.Pixels, buf[at+coarse+1:at+record]...)
		}
		switch {
		case err == nil:
		case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return Samples{}, fmt.Errorf("%s: %w", name, err)
		case n%record == 0:
			return out, nil
		default:
			of := max(expect, out.Len()+1)
			return out, &truncatedError{File: name, Images: out.Len(), Of: of, Explanation: fmt.Errorf("the last record has %d of %d bytes: %w", n%record, record, err)}
		}
	}
}

// readCIFARPickle reads a Python pickle of CIFAR. It is a dictionary with data
// (N×3072 bytes of red, green and blue rows) and the labels under the given key
// ("labels" or "fine_labels").
func readCIFARPickle(b []byte, name, labels string, classes int) (Samples, error) {
	d, err := pickledDict(b, name)
	if err != nil {
		return Samples{}, err
	}
	pixels, err := pickledBytes(d, name, "data")
	if err != nil {
		return Samples{}, err
	}
	y, err := pickledInts(d, name, labels)
	if err != nil {
		return Samples{}, err
	}
	a, _ := d.Get("data")
	if s := a.(*pickle.Array).Shape; len(s) != 2 || s[1] != cifarImage || s[0] != len(y) {
		return Samples{}, fmt.Errorf("%s: data has shape %v beside %d labels, N×%d is expected", name, s, len(y), cifarImage)
	}
	out := Samples{C: Channels, H: cifarSide, W: cifarSide, Pixels: pixels}
	out.Labels, err = asLabels(y, name, classes)
	return out, err
}

// pickledDict reads a pickle whose value is a dictionary.
func pickledDict(b []byte, name string) (*pickle.Dict, error) {
	v, _, err := pickle.Load(b, pickle.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("%s: the pickle holds %T, a dictionary is expected", name, v)
	}
	return d, nil
}

func entry(d *pickle.Dict, name, key string) (any, error) {
	v, ok := d.Get(key)
	if !ok {
		return nil, fmt.Errorf("%s: the dictionary has no %q, only %.200q", name, key, d.Keys())
	}
	return v, nil
}

// pickledBytes returns the elements of an array of uint8.
func pickledBytes(d *pickle.Dict, name, key string) ([]uint8, error) {
	v, err := entry(d, name, key)
	if err != nil {
		return nil, err
	}
	a, ok := v.(*pickle.Array)
	if !ok {
		return nil, fmt.Errorf("%s: %s is %T, an array of uint8 is expected", name, key, v)
	}
	b, err := a.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", name, key, err)
	}
	return b, nil
}

// pickledInts returns a list or one-dimensional array of whole numbers.
func pickledInts(d *pickle.Dict, name, key string) ([]int64, error) {
	v, err := entry(d, name, key)
	if err != nil {
		return nil, err
	}
	bad := func(what any) ([]int64, error) {
		return nil, fmt.Errorf("%s: %s is %v, a list or array of whole numbers is expected", name, key, what)
	}
	switch v := v.(type) {
	case *pickle.Array:
		if v.DType.Kind == 'f' { // some tools write pseudo-labels so
			f, err := v.Float64s()
			if err != nil {
				return bad(err)
			}
			out := make([]int64, len(f))
			for i, x := range f {
				if out[i] = int64(x); float64(out[i]) != x {
					return bad(fmt.Sprintf("%v at %d", x, i))
				}
			}
			return out, nil
		}
		out, err := v.Int64s()
		if err != nil {
			return bad(err)
		}
		return out, nil
	case *pickle.List:
		return wholeNumbers(v.Items, bad)
	case pickle.Tuple:
		return wholeNumbers(v, bad)
	}
	return bad(fmt.Sprintf("%T", v))
}

func wholeNumbers(items []any, bad func(any) ([]int64, error)) ([]int64, error) {
	out := make([]int64, len(items))
	for i, it := range items {
		n, ok := it.(int64)
		if !ok {
			return bad(fmt.Sprintf("%s at %d", pickle.Describe(it), i))
		}
		out[i] = n
	}
	return out, nil
}

// asLabels checks labels and converts them. They must be below classes, if that is
// not 0.
func asLabels(y []int64, name string, classes int) ([]int32, error) {
	top := int64(maxLabel)
	if classes > 0 {
		top = int64(classes) - 1
	}
	out := make([]int32, len(y))
	for i, v := range y {
		if v < 0 || v > top {
			return nil, fmt.Errorf("%s: label %d of image %d is outside 0..%d", name, v, i, top)
		}
		out[i] = int32(v)
	}
	return out, nil
}
