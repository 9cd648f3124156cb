package dataset

import (
	"archive/zip"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"testing"
)

// writeZip writes an archive of the given files.
func writeZip(t testing.TB, w io.Writer, files map[string][]byte) {
	t.Helper()
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func crcOf(b []byte) uint32 { return crc32.ChecksumIEEE(b) }
