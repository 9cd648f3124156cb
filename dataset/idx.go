package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// readIDX reads an uncompressed idx file of unsigned bytes, MNIST's format: magic 00
// 00 08 d, then d big-endian 32-bit sizes, then the bytes. name is for error
// messages. Data are read as they arrive, so a header with wrong sizes costs at most
// 16 MB of memory beyond the file's size.
func readIDX(in io.Reader, name string) (sizes []int, data []byte, err error) {
	fail := func(format string, a ...any) ([]int, []byte, error) {
		return nil, nil, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, a...))
	}
	var magic [4]byte
	if _, err := io.ReadFull(in, magic[:]); err != nil {
		return fail("idx header: %v", err)
	}
	d := int(magic[3])
	if magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || d < 1 || d > 4 {
		return fail("magic % x is not an idx file of bytes with 1 to 4 dimensions", magic)
	}
	const (
		most     = 1 << 32
		believed = 1 << 24 // bytes allocated on a header's word, before they arrive
	)
	total := int64(1)
	for range d {
		var n uint32
		if err := binary.Read(in, binary.BigEndian, &n); err != nil {
			return fail("idx header: %v", err)
		}
		sizes = append(sizes, int(n))
		if n > 0 && total > most/int64(n) {
			return fail("sizes %v are too large", sizes)
		}
		total *= int64(n)
	}
	var all bytes.Buffer
	all.Grow(int(min(total, believed)) + bytes.MinRead)
	if _, err := all.ReadFrom(io.LimitReader(in, total+1)); err != nil {
		return fail("%v after %d of %d bytes", err, all.Len(), total)
	}
	data = all.Bytes()
	if int64(len(data)) != total {
		return fail("sizes %v need %d bytes, the file holds %s", sizes, total, atLeast(len(data), total))
	}
	return sizes, data, nil
}

func atLeast(n int, want int64) string {
	if int64(n) > want {
		return "more"
	}
	return fmt.Sprint(n)
}

// WriteIDX writes bytes of the given sizes as an idx file.
func WriteIDX(w io.Writer, sizes []int, data []byte) error {
	b := []byte{0, 0, 8, byte(len(sizes))}
	n := 1
	for _, s := range sizes {
		b = binary.BigEndian.AppendUint32(b, uint32(s))
		n *= s
	}
	if n != len(data) {
		return fmt.Errorf("sizes %v do not match %d bytes", sizes, len(data))
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
