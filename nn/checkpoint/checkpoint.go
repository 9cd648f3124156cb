// Package checkpoint reads and writes named tensors with a JSON description,
// in longtail's own format:
//
//	8 bytes   "LONGTAIL"
//	4 bytes   version, little-endian like every number here
//	4 bytes   length of the index
//	…         index: JSON with the caller's meta and, for every tensor, name, type, shape
//	…         the tensors' elements, in the order of the index, without gaps
//	32 bytes  SHA-256 of everything before
//
// A file is written whole or not at all. Nothing in it is used before its checksum
// is verified.
package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"longtail/internal/atomic"
)

// version is the format's version. It changes when an older reader would misread a
// newer file.
const version = 1

const (
	magic    = "LONGTAIL"
	prologue = len(magic) + 4 + 4
	maxRank  = 8
)

// ErrDamaged is wrapped by errors of Read and Decode for a file that is not a
// checkpoint, is cut short, or does not match its checksum.
var ErrDamaged = errors.New("damaged checkpoint")

// errVersion is wrapped by errors of Decode for a file of another version.
var errVersion = errors.New("checkpoint of another version")

// Tensor is a named array. Data is []float32, []float64 or []int64, with the
// product of Shape as its length. A scalar has an empty Shape.
type Tensor struct {
	Name  string
	Shape []int
	Data  any
}

// File is the content of a checkpoint. Meta is any JSON value.
type File struct {
	Meta    json.RawMessage
	Tensors []Tensor
}

type index struct {
	Meta    json.RawMessage `json:"meta"`
	Tensors []entry         `json:"tensors"`
}

type entry struct {
	Name  string `json:"name"`
	Type  string `json:"type"` // float32, float64, int64
	Shape []int  `json:"shape"`
}

// IsOwn reports whether a file is in longtail's own format, from its first bytes.
func IsOwn(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, err
	}
	return string(head[:n]) == magic, nil
}

// Write writes the checkpoint to path and replaces an existing file in one step.
func Write(path string, f *File) error {
	b, err := Encode(f)
	if err != nil {
		return fmt.Errorf("writing checkpoint %s: %w", path, err)
	}
	if err := atomic.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	return nil
}

// Read returns the checkpoint at path. The error names the file and wraps
// fs.ErrNotExist or ErrDamaged if one of them is the cause.
func Read(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	f, err := Decode(b)
	switch {
	case errors.Is(err, errVersion):
		return nil, fmt.Errorf("%s: %w: read it with the longtail that wrote it, or delete it", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w: delete the file, or restore it from a copy", path, err)
	}
	return f, nil
}

// Encode returns the bytes of a checkpoint. Names that are empty or repeated, and
// Data that do not fit their Shape, are errors.
func Encode(f *File) ([]byte, error) {
	x, n := index{Meta: f.Meta, Tensors: make([]entry, len(f.Tensors))}, 0
	if len(x.Meta) == 0 {
		x.Meta = json.RawMessage("null")
	}
	seen := map[string]bool{}
	for i, t := range f.Tensors {
		kind, _, err := t.kind()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if t.Name == "" || seen[t.Name] {
			return nil, fmt.Errorf("tensor %d: the name %q is empty or taken", i, t.Name)
		}
		seen[t.Name] = true
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		x.Tensors[i] = entry{Name: t.Name, Type: kind, Shape: shape}
		n += binary.Size(t.Data)
	}
	head, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	if uint64(len(head)) > math.MaxUint32 {
		return nil, fmt.Errorf("an index of %d bytes is too long", len(head))
	}
	b := make([]byte, 0, prologue+len(head)+n+sha256.Size)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = append(b, head...)
	for _, t := range f.Tensors {
		if b, err = binary.Append(b, binary.LittleEndian, t.Data); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// Decode is the inverse of Encode. Sizes are checked against the length of b
// before anything is allocated.
func Decode(b []byte) (*File, error) {
	damaged := func(format string, args ...any) (*File, error) {
		return nil, fmt.Errorf("%w (%s)", ErrDamaged, fmt.Sprintf(format, args...))
	}
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return damaged("it does not begin with %q", magic)
	}
	if len(b) < prologue+sha256.Size {
		return damaged("cut short at %d bytes", len(b))
	}
	if v := binary.LittleEndian.Uint32(b[len(magic):]); v != version {
		return nil, fmt.Errorf("%w (%d, this program reads %d)", errVersion, v, version)
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return damaged("its bytes do not match its checksum: cut short or changed")
	}
	n := uint64(binary.LittleEndian.Uint32(body[len(magic)+4:]))
	body = body[prologue:]
	if n > uint64(len(body)) {
		return damaged("its index of %d bytes is longer than the file", n)
	}
	var x index
	if err := json.Unmarshal(body[:n], &x); err != nil {
		return damaged("its index: %v", err)
	}
	body = body[n:]
	f := &File{Meta: x.Meta, Tensors: make([]Tensor, 0, len(x.Tensors))}
	seen := map[string]bool{}
	for _, e := range x.Tensors {
		if e.Name == "" || seen[e.Name] {
			return damaged("tensor name %q is empty or stands twice", e.Name)
		}
		seen[e.Name] = true
		n, err := elements(e.Shape)
		if err != nil {
			return damaged("tensor %q: %v", e.Name, err)
		}
		width := map[string]uint64{"float32": 4, "float64": 8, "int64": 8}[e.Type]
		if width == 0 {
			return damaged("tensor %q: unknown type %q", e.Name, e.Type)
		}
		if n > uint64(len(body))/width {
			return damaged("tensor %q of shape %v goes beyond the end of the file", e.Name, e.Shape)
		}
		raw := body[:n*width]
		body = body[n*width:]
		var data any
		switch e.Type {
		case "float32":
			data = make([]float32, n)
		case "float64":
			data = make([]float64, n)
		case "int64":
			data = make([]int64, n)
		}
		if _, err := binary.Decode(raw, binary.LittleEndian, data); err != nil {
			return damaged("tensor %q: %v", e.Name, err)
		}
		f.Tensors = append(f.Tensors, Tensor{Name: e.Name, Shape: e.Shape, Data: data})
	}
	if len(body) != 0 {
		return damaged("%d bytes follow the last tensor", len(body))
	}
	return f, nil
}

// kind returns the type and number of a tensor's elements. A number that does not
// fit the shape is an error.
func (t Tensor) kind() (kind string, have int, err error) {
	want, err := elements(t.Shape)
	if err != nil {
		return "", 0, err
	}
	switch d := t.Data.(type) {
	case []float32:
		kind, have = "float32", len(d)
	case []float64:
		kind, have = "float64", len(d)
	case []int64:
		kind, have = "int64", len(d)
	default:
		return "", 0, fmt.Errorf("it holds %T: []float32, []float64 or []int64 are possible", d)
	}
	if uint64(have) != want {
		return "", 0, fmt.Errorf("it has %d elements, its shape %v needs %d", have, t.Shape, want)
	}
	return kind, have, nil
}

// elements returns the product of a shape, or an error if no file could hold it.
// Sizes next to a 0 are bounded as well, because strides are their product.
func elements(shape []int) (uint64, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("rank %d, at most %d", len(shape), maxRank)
	}
	n, extent := uint64(1), uint64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative size", shape)
		}
		if extent > math.MaxInt64/8/uint64(max(d, 1)) {
			return 0, fmt.Errorf("shape %v is too large", shape)
		}
		n *= uint64(d)
		extent *= uint64(max(d, 1))
	}
	return n, nil
}
