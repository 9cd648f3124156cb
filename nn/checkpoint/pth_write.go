package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"

	"longtail/internal/atomic"
	"longtail/internal/pickle"
)

// WriteTorch writes a file that torch.load reads, also with weights_only=True. It
// is a dictionary of the entries of extra (nil for none) and, last, "state_dict",
// an OrderedDict of the tensors. extra may hold nil, bool, int, int64, float64,
// string, *pickle.List, pickle.Tuple, *pickle.Dict and Tensor (whose name is
// ignored). A float64 is written as a tensor without dimensions: weights_only of
// PyTorch 1.13 has no other floats, and the reference's programs expect such a
// best_acc1. Equal content gives equal bytes. An existing file is replaced in one
// step, as by Write.
func WriteTorch(path string, state []Tensor, extra *pickle.Dict) error {
	b, err := encodeTorch(state, extra)
	if err != nil {
		return fmt.Errorf("writing checkpoint %s: %w", path, err)
	}
	if err := atomic.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	return nil
}

// encodeTorch returns the bytes that WriteTorch writes.
func encodeTorch(state []Tensor, extra *pickle.Dict) ([]byte, error) {
	var w torchWriter
	if extra == nil {
		extra = &pickle.Dict{}
	}
	root := &pickle.Dict{}
	for _, it := range extra.Items() {
		v, err := w.value(it.Value, 1)
		if err == nil {
			err = root.Add(it.Key, v)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %.200q: %w", fmt.Sprint(it.Key), err)
		}
	}
	tensors := &pickle.Dict{Ordered: true}
	for i, t := range state {
		v, err := w.tensor(t)
		if err == nil && t.Name == "" {
			err = fmt.Errorf("tensor %d has no name", i)
		}
		if err == nil {
			err = tensors.Add(t.Name, v)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %.200q: %w", t.Name, err)
		}
	}
	if err := root.Add("state_dict", tensors); err != nil {
		return nil, err
	}
	object, err := pickle.Dump(root)
	if err != nil {
		return nil, err
	}
	return w.archive(object)
}

// torchWriter collects the storages of a file.
type torchWriter struct{ storages []any }

// tensor returns the call that rebuilds a tensor in PyTorch.
func (w *torchWriter) tensor(t Tensor) (any, error) {
	kind, have, err := t.kind()
	if err != nil {
		return nil, err
	}
	class := map[string]string{"float32": "FloatStorage", "float64": "DoubleStorage", "int64": "LongStorage"}[kind]
	key := strconv.Itoa(len(w.storages))
	w.storages = append(w.storages, t.Data)
	sizes, strides := make(pickle.Tuple, len(t.Shape)), make(pickle.Tuple, len(t.Shape))
	step := 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		sizes[i], strides[i] = t.Shape[i], step
		step *= max(t.Shape[i], 1)
	}
	global := func(module, name string) pickle.Global { return pickle.Global{Module: module, Name: name} }
	return pickle.Reduce{
		Func: global("torch._utils", "_rebuild_tensor_v2"),
		Args: pickle.Tuple{
			pickle.Persistent{ID: pickle.Tuple{"storage", global("torch", class), key, "cpu", have}},
			0, sizes, strides, false, &pickle.Dict{Ordered: true},
		},
	}, nil
}

// value converts an extra entry for the pickle.
func (w *torchWriter) value(v any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("it nests more than %d deep or contains itself", maxNesting)
	}
	each := func(vs []any) ([]any, error) {
		out := make([]any, len(vs))
		for i := range vs {
			var err error
			if out[i], err = w.value(vs[i], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch v := v.(type) {
	case nil, bool, int, int64, string:
		return v, nil
	case float64:
		return w.tensor(Tensor{Data: []float64{v}})
	case Tensor:
		return w.tensor(v)
	case *pickle.List:
		items, err := each(v.Items)
		return &pickle.List{Items: items}, err
	case pickle.Tuple:
		items, err := each(v)
		return pickle.Tuple(items), err
	case *pickle.Dict:
		out := &pickle.Dict{Ordered: v.Ordered}
		for _, it := range v.Items() {
			x, err := w.value(it.Value, depth+1)
			if err == nil {
				err = out.Add(it.Key, x)
			}
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("a %T cannot be written", v)
}

const (
	maxNesting = 50
	alignment  = 64 // of a record's bytes in the file, as in PyTorch
	folder     = "archive"
)

// archive writes the object and the storages in the layout of torch.save.
func (w *torchWriter) archive(object []byte) ([]byte, error) {
	size := len(object)
	for _, s := range w.storages {
		size += binary.Size(s) + 4*alignment
	}
	if uint64(size) > math.MaxUint32-1<<20 {
		return nil, errors.New("more than 4 GiB cannot be written")
	}
	var out bytes.Buffer
	out.Grow(size + 8*alignment)
	z := zip.NewWriter(&out)
	record := func(name string, data []byte) error {
		if err := z.Flush(); err != nil { // so that out's length is the record's beginning
			return err
		}
		name = folder + "/" + name
		const header, field = 30, 4 // bytes of a local file header, and of the field that pads it
		begin := out.Len() + header + len(name) + field
		pad := (alignment - begin%alignment) % alignment
		extra := append([]byte{'F', 'B', byte(pad), 0}, bytes.Repeat([]byte{'Z'}, pad)...)
		f, err := z.CreateRaw(&zip.FileHeader{
			Name: name, Method: zip.Store, Extra: extra, CRC32: crc32.ChecksumIEEE(data),
			CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)),
		})
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	}
	if err := record("data.pkl", object); err != nil {
		return nil, err
	}
	if err := record("byteorder", []byte("little")); err != nil {
		return nil, err
	}
	for i, s := range w.storages {
		raw, err := binary.Append(make([]byte, 0, binary.Size(s)), binary.LittleEndian, s)
		if err != nil {
			return nil, err
		}
		if err := record("data/"+strconv.Itoa(i), raw); err != nil {
			return nil, err
		}
	}
	if err := record("version", []byte("3\n")); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
