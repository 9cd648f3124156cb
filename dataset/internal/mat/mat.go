// Package mat reads the arrays of SVHN's MATLAB files: bytes or doubles of version 5
// (MathWorks, "MAT-File Format", level 5), little-endian, compressed or not.
//
// It does not trust files: no memory is allocated for a size before the bytes have
// arrived, and elements of an array are passed on as they are decoded.
package mat

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Type is the storage type of an array's elements.
type Type uint32

// The supported storage types.
const (
	Uint8  Type = 2
	Double Type = 9
)

const (
	typeInt8       = 1
	typeInt32      = 5
	typeUint32     = 6
	typeMatrix     = 14
	typeCompressed = 15

	headerSize = 128
	maxName    = 256
	maxDims    = 16
	// maxRatio is the most bytes that deflate can expand a byte to.
	maxRatio = 1032
)

var order = binary.LittleEndian

// Size returns the bytes per element, 0 for an unknown type.
func (t Type) Size() int {
	switch t {
	case Uint8:
		return 1
	case Double:
		return 8
	}
	return 0
}

// Array is a numeric array of a file. Its first index varies fastest.
type Array struct {
	Name     string
	Dims     []int
	Type     Type
	Len      int       // elements, the product of Dims
	Elements io.Reader // Len·Type.Size() bytes, to be read before f returns
}

// ErrTruncated is wrapped by the error for a file that ends too early.
var ErrTruncated = errors.New("the file is truncated")

// Each calls f for every array of bytes or doubles of a file of size bytes (−1:
// unknown), in order, and skips other variables (cells, structures, text, numbers that
// are stored in another type). If the file ends too
// early, the error wraps ErrTruncated. f then gets the elements that exist; their
// reader ends with an error that f must return.
func Each(r io.Reader, size int64, f func(*Array) error) error {
	var head [headerSize]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		return fmt.Errorf("%w: it has %d bytes, the header alone takes %d", ErrTruncated, n, headerSize)
	}
	if string(head[126:]) != "IM" {
		return errors.New("this is no little-endian MATLAB file of version 5 (version 7.3 is HDF5, version 4 has no header)")
	}
	if v := order.Uint16(head[124:]); v != 0x100 {
		return fmt.Errorf("MATLAB file version %#x is not read: save it with -v7", v)
	}
	at := int64(headerSize)
	for {
		var tag [8]byte
		switch n, err := io.ReadFull(r, tag[:]); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w after %d bytes, inside a tag", ErrTruncated, at+int64(n))
		}
		kind, length := order.Uint32(tag[:]), int64(order.Uint32(tag[4:]))
		at += int64(len(tag))
		short := error(nil)
		if size >= 0 && length > size-at {
			short = fmt.Errorf("%w: it has %d bytes, its element at byte %d ends at byte %d", ErrTruncated, size, at-8, at+length)
		}
		body := &io.LimitedReader{R: r, N: length}
		var err error
		switch kind {
		case typeCompressed:
			err = compressed(body, length, f)
		case typeMatrix:
			err = matrix(body, length, length, f)
		}
		if err == nil {
			_, err = io.Copy(io.Discard, body)
			if err == nil && body.N > 0 {
				err = io.ErrUnexpectedEOF
			}
		}
		switch {
		case short != nil:
			return short
		case errors.Is(err, io.ErrUnexpectedEOF) && body.N > 0:
			return fmt.Errorf("%w: its element at byte %d of %d bytes is %d short", ErrTruncated, at-8, length, body.N)
		case err != nil:
			return fmt.Errorf("element at byte %d: %w", at-8, err)
		}
		at += length
	}
}

// compressed reads an element that contains one compressed element.
func compressed(r io.Reader, packed int64, f func(*Array) error) error {
	z, err := zlib.NewReader(r)
	if err != nil {
		return unexpected(err)
	}
	defer z.Close()
	in := bufio.NewReaderSize(z, 1<<16)
	var tag [8]byte
	if _, err := io.ReadFull(in, tag[:]); err != nil {
		return unexpected(err)
	}
	kind, length := order.Uint32(tag[:]), int64(order.Uint32(tag[4:]))
	if kind != typeMatrix {
		return nil // MATLAB compresses nothing else
	}
	if length > maxRatio*packed {
		return fmt.Errorf("%d compressed bytes cannot hold the %d that are stated", packed, length)
	}
	if err := matrix(in, length, maxRatio*packed, f); err != nil {
		return err
	}
	// The rest is padding; reading to the end verifies the checksum.
	n, err := io.Copy(io.Discard, io.LimitReader(in, 1<<16))
	if err == nil && n == 1<<16 {
		err = errors.New("more is compressed than the element holds")
	}
	return unexpected(err)
}

// matrix reads the content of a matrix element of length bytes. budget limits the
// bytes of its elements.
func matrix(r io.Reader, length, budget int64, f func(*Array) error) error {
	in := &io.LimitedReader{R: r, N: length}
	flags, _, err := small(in, 8)
	if err != nil {
		return err
	}
	if len(flags) != 8 {
		return fmt.Errorf("array flags of %d bytes", len(flags))
	}
	word := order.Uint32(flags)
	const complexFlag = 0x0800
	if class := word & 0xff; class < 6 || class > 15 || word&complexFlag != 0 {
		_, err := io.Copy(io.Discard, in) // skip a cell, structure, text or complex numbers
		return unexpected(err)
	}
	dims, kind, err := small(in, 4*maxDims)
	if err != nil {
		return err
	}
	if kind != typeInt32 || len(dims)%4 != 0 || len(dims) < 8 {
		return fmt.Errorf("dimensions of type %d and %d bytes", kind, len(dims))
	}
	a := &Array{Len: 1}
	for i := 0; i < len(dims); i += 4 {
		d := int(int32(order.Uint32(dims[i:])))
		if d < 0 || d > 0 && int64(a.Len) > min(math.MaxInt32*64, int64(math.MaxInt))/int64(d) {
			return fmt.Errorf("dimensions %v, %d are impossible", a.Dims, d)
		}
		a.Dims = append(a.Dims, d)
		a.Len *= d
	}
	name, _, err := small(in, maxName)
	if err != nil {
		return err
	}
	a.Name = string(name)
	var size int64
	var inline []byte
	if a.Type, size, inline, err = readTag(in); err != nil {
		return err
	}
	if a.Type.Size() == 0 {
		_, err := io.Copy(io.Discard, in)
		return unexpected(err)
	}
	if size != int64(a.Len)*int64(a.Type.Size()) {
		return fmt.Errorf("array %.40q of dimensions %v: %d bytes of %d-byte elements do not fit", a.Name, a.Dims, size, a.Type.Size())
	}
	if size > budget {
		return fmt.Errorf("array %.40q of dimensions %v: its %d bytes are more than the file can hold", a.Name, a.Dims, size)
	}
	if inline != nil {
		a.Elements = bytes.NewReader(inline)
	} else {
		a.Elements = io.LimitReader(&exact{in, size}, size)
	}
	if err := f(a); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return unexpected(err)
}

// exact replaces an early io.EOF by io.ErrUnexpectedEOF.
type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if e.left -= int64(n); errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readTag reads the tag of a subelement: its type and length, and its data if they
// are inside the tag.
func readTag(r io.Reader) (t Type, length int64, inline []byte, err error) {
	var tag [8]byte
	if _, err := io.ReadFull(r, tag[:]); err != nil {
		return 0, 0, nil, unexpected(err)
	}
	word := order.Uint32(tag[:])
	if n := word >> 16; n != 0 {
		if n > 4 {
			return 0, 0, nil, fmt.Errorf("a small element of %d bytes", n)
		}
		return Type(word & 0xffff), int64(n), tag[4 : 4+n], nil
	}
	return Type(word), int64(order.Uint32(tag[4:])), nil, nil
}

// small reads a subelement of no more than most bytes with its padding.
func small(r io.Reader, most int) ([]byte, Type, error) {
	t, n, inline, err := readTag(r)
	if err != nil || inline != nil {
		return inline, t, err
	}
	if n > int64(most) {
		return nil, 0, fmt.Errorf("a part of %d bytes where at most %d are read", n, most)
	}
	b := make([]byte, (n+7)/8*8)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, 0, unexpected(err)
	}
	return b[:n], t, nil
}

// unexpected returns err, or io.ErrUnexpectedEOF for io.EOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Float64s reads and returns all elements of a small array.
func (a *Array) Float64s() ([]float64, error) {
	var out []float64
	size := a.Type.Size()
	buf := make([]byte, size*512)
	for len(out) < a.Len {
		n := min(512, a.Len-len(out))
		if _, err := io.ReadFull(a.Elements, buf[:n*size]); err != nil {
			return out, unexpected(err)
		}
		for i := range n {
			if a.Type == Uint8 {
				out = append(out, float64(buf[i]))
			} else {
				out = append(out, math.Float64frombits(order.Uint64(buf[8*i:])))
			}
		}
	}
	return out, nil
}
