package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"

	"longtail/internal/npy"
	"longtail/internal/usage"
	"longtail/own"
)

// mayReplace refuses to write over a file unless its first bytes say that it holds
// the same kind of thing.
func mayReplace(flag, path, kind string, is func(head []byte) bool) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	head := make([]byte, 128)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || !is(head[:n]) {
		return usage.Errorf("%s %s: it is there and holds no %s; choose another name, or delete it", flag, path, kind)
	}
	return nil
}

func isPredictions(head []byte) bool { return bytes.HasPrefix(head, []byte(own.PredictionsHeader)) }

// isMatrix tells a .npy file of float32 of a shape. NumPy writes the same bytes: a
// user's own array of that shape passes.
func isMatrix(rows, columns int) func(head []byte) bool {
	begin := npy.Encode(npy.Float32(nil, rows, columns))
	return func(head []byte) bool { return bytes.HasPrefix(head, begin) }
}

// sheetMark is a PNG file's note that longtail made it, which stands behind the
// header: it tells a sheet from a photograph.
var sheetMark = func() []byte {
	b := []byte("\x00\x00\x00\x11tEXtSoftware\x00longtail")
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}()

// pngHead is the length of a PNG file's signature and header.
const pngHead = 8 + 25

func markSheet(b []byte) []byte { return slices.Concat(b[:pngHead], sheetMark, b[pngHead:]) }

func isSheet(head []byte) bool {
	return len(head) > pngHead && bytes.HasPrefix(head[pngHead:], sheetMark)
}
