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

// labelsIn reports whether all labels are classes from 0 to top.
func labelsIn(labels []int32, top int32) bool {
	return !slices.ContainsFunc(labels, func(y int32) bool { return y < 0 || y > top })
}
