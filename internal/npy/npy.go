// Package npy reads and writes NumPy's array files (.npy) and reads archives of
// them (.npz). Files are treated as hostile: no size in them is trusted before the
// bytes are there. (Measured: npyio v0.6.0 panics on broken headers, fills
// truncated arrays with zeros and reads bytes one at a time.)
package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Array is an array in C order. Raw holds its elements as in the file.
type Array struct {
	Type  string // NumPy's type, "|u1" or "<i8"
	Shape []int
	Raw   []byte
}

const (
	magic   = "\x93NUMPY"
	maxDims = 64 // NumPy's own limit
)

var header = regexp.MustCompile(`^\{'descr': '([<>|=][a-zA-Z]\d{1,5})', 'fortran_order': (True|False), +'shape': \(([0-9, ]*)\),? ?\}\s*$`)

// Decode returns the array in the content of a .npy file.
func Decode(b []byte) (Array, error) {
	if len(b) < len(magic)+4 || string(b[:len(magic)]) != magic {
		return Array{}, errors.New("no NumPy array (.npy)")
	}
	var n, at uint64
	switch major := b[len(magic)]; major {
	case 1:
		n, at = uint64(binary.LittleEndian.Uint16(b[8:])), 10
	case 2, 3:
		if len(b) < 12 {
			return Array{}, errors.New("its header is cut short")
		}
		n, at = uint64(binary.LittleEndian.Uint32(b[8:])), 12
	default:
		return Array{}, fmt.Errorf("NumPy array format %d is not read", major)
	}
	if n > uint64(len(b))-at {
		return Array{}, errors.New("its header is cut short")
	}
	m := header.FindSubmatch(b[at : at+n])
	if m == nil {
		return Array{}, fmt.Errorf("its header %.80q is not that of a plain array", b[at:at+n])
	}
	a := Array{Type: string(m[1]), Raw: b[at+n:], Shape: []int{}}
	if string(m[2]) == "True" {
		return Array{}, errors.New("it is in Fortran order: save numpy.ascontiguousarray of it")
	}
	if a.Type[1] == 'U' || a.Type[1] == 'S' {
		return Array{}, fmt.Errorf("it holds text (%s): save numbers in its place", a.Type)
	}
	size, err := strconv.ParseUint(a.Type[2:], 10, 16)
	if err != nil {
		return Array{}, fmt.Errorf("its type %q is not read", a.Type)
	}
	for d := range strings.SplitSeq(string(m[3]), ",") {
		d = strings.TrimSpace(d)
		if d == "" {
			continue
		}
		v, err := strconv.Atoi(d)
		if err != nil || v < 0 || v > 0 && size > math.MaxInt64/uint64(v) {
			return Array{}, fmt.Errorf("its shape (%s) is impossible", m[3])
		}
		if len(a.Shape) == maxDims {
			return Array{}, fmt.Errorf("it has more than the %d dimensions that NumPy knows", maxDims)
		}
		a.Shape = append(a.Shape, v)
		size *= uint64(v)
	}
	if size != uint64(len(a.Raw)) {
		return Array{}, fmt.Errorf("it holds %d bytes, shape %v of %s needs %d: cut short or damaged", len(a.Raw), a.Shape, a.Type, size)
	}
	return a, nil
}

// Encode returns the content of a .npy file.
func Encode(a Array) []byte {
	dims := make([]string, len(a.Shape))
	for i, d := range a.Shape {
		dims[i] = strconv.Itoa(d)
	}
	shape := strings.Join(dims, ", ")
	if len(dims) == 1 {
		shape += ","
	}
	h := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", a.Type, shape)
	h += strings.Repeat(" ", 63-(10+len(h))%64) + "\n" // so that the elements begin at a multiple of 64
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(h)))
	return append(append(b, h...), a.Raw...)
}

// Float32 returns a float32 array of values.
func Float32(values []float32, shape ...int) Array {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return Array{Type: "<f4", Shape: shape, Raw: raw}
}

// Bytes returns an array of unsigned bytes.
func Bytes(values []byte, shape ...int) Array { return Array{Type: "|u1", Shape: shape, Raw: values} }

// EncodeNPZ returns the content of an .npz archive of named arrays, in the order of
// the names.
func EncodeNPZ(arrays map[string]Array) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		w, err := z.Create(name + ".npy")
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(Encode(arrays[name])); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// Bytes to which an archive may unpack: this many in any case, or this many times
// its own size. Photographs shrink to a half, bombs to a thousandth.
const (
	always = 1 << 30
	ratio  = 100
)

// ReadNPZ returns the named arrays of an .npz archive, which may unpack to a
// gigabyte or a hundred times its size. The error names file and array.
func ReadNPZ(path string, names ...string) ([]Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: no .npz archive (numpy.savez writes one): %w", path, err)
	}
	files := map[string]*zip.File{}
	var have []string
	for _, m := range z.File {
		name := strings.TrimSuffix(m.Name, ".npy")
		if files[name] != nil {
			return nil, fmt.Errorf("%s: holds two arrays %.200q: it is damaged, or was added to; write it anew with numpy.savez", path, name)
		}
		files[name] = m
		have = append(have, name)
	}
	out, left := make([]Array, len(names)), max(always, ratio*info.Size())
	for i, name := range names {
		m := files[name]
		if m == nil {
			return nil, fmt.Errorf("%s: holds no array %q, only %.400s: write it with numpy.savez(…, %s=…)", path, name, fmt.Sprintf("%q", have), name)
		}
		if out[i], err = member(m, left); err != nil {
			return nil, fmt.Errorf("%s: array %q: %w", path, name, err)
		}
		left -= int64(len(out[i].Raw))
	}
	return out, nil
}

// member reads an array of no more than most bytes.
func member(m *zip.File, most int64) (Array, error) {
	r, err := m.Open()
	if err != nil {
		return Array{}, err
	}
	defer r.Close()
	var b bytes.Buffer // grows with the actual content, whatever the archive claims
	if _, err := io.Copy(&b, io.LimitReader(r, most+1)); err != nil {
		return Array{}, err
	}
	if int64(b.Len()) > most {
		return Array{}, fmt.Errorf("the archive unpacks to more than a gigabyte and %d times its size: it is damaged or hostile", ratio)
	}
	return Decode(b.Bytes())
}
