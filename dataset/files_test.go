package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// miniature is an official set of two training files of three records and a
// test file of two, in CIFAR-10's binary form, and the content of its files.
func miniature() (*official, map[string][]byte) {
	o := &official{
		about: Set{ID: "mini", Name: "Mini", Classes: digits, H: 32, W: 32, C: 3, Mean: half, Std: half},
		layouts: []layout{{
			archive: "mini.tar.gz", read: readCIFARBinary(0),
			train: []part{{path: "mini/a.bin"}, {path: "mini/b.bin"}},
			test:  []part{{path: "mini/t.bin"}},
		}},
	}
	content := map[string][]byte{}
	l := &o.layouts[0]
	for k, list := range [][]part{l.train, l.test} {
		for i := range list {
			var b []byte
			for r := range 3 - k {
				b = append(b, byte(3*i+r))
				b = append(b, bytes.Repeat([]byte{byte(10*i + r + 100*k)}, cifarImage)...)
			}
			list[i].size = int64(len(b))
			list[i].sum = fmt.Sprintf("sha256:%x", sha256.Sum256(b))
			content[list[i].path] = b
		}
	}
	return o, content
}

type member struct {
	tar.Header
	body []byte
}

func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, m := range members {
		if m.Typeflag == 0 {
			m.Typeflag, m.Size = tar.TypeReg, int64(len(m.body))
		}
		m.Mode = 0o644
		if err := w.WriteHeader(&m.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.body); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

func put(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

func ungzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPackedAndUnpackedAreTheSame(t *testing.T) {
	o, content := miniature()
	var members []member
	for _, name := range slices.Sorted(maps.Keys(content)) {
		members = append(members, member{Header: tar.Header{Name: "./" + name}, body: content[name]})
	}
	packed := archive(t, members...)
	for name, lay := range map[string]func(dir string){
		"unpacked": func(dir string) {
			for n, b := range content {
				put(t, dir, n, b)
			}
		},
		"gzipped one by one": func(dir string) {
			for n, b := range content {
				put(t, dir, n+".gz", gzipped(b))
			}
		},
		"the folder itself": func(dir string) {
			for n, b := range content {
				put(t, dir, filepath.Base(n), b)
			}
		},
		"packed": func(dir string) { put(t, dir, "mini.tar.gz", packed) },
		// as a browser may save it
		"unpacked under the old name": func(dir string) { put(t, dir, "mini.tar.gz", ungzipped(t, packed)) },
		"part unpacked, all packed": func(dir string) {
			put(t, dir, "mini/a.bin", content["mini/a.bin"])
			put(t, dir, "mini.tar.gz", packed)
		},
	} {
		dir := t.TempDir()
		lay(dir)
		s, err := Files{Dir: dir}.openOfficial(o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Mark != "" || !slices.Equal(s.Train.Labels, []int32{0, 1, 2, 3, 4, 5}) || s.Test.Len() != 2 || s.Train.Image(4)[7] != 11 || s.Test.Image(1)[3072-1] != 101 {
			t.Errorf("%s: %+v", name, s.Train.Labels)
		}
	}
}

// The word is that of a reader, not of a path.
func TestUnverifiedFilesInAFolderCalledTruncated(t *testing.T) {
	o, content := miniature()
	dir := filepath.Join(t.TempDir(), "truncated")
	for n, b := range content {
		b = bytes.Clone(b)
		b[50]++
		put(t, dir, n, b)
	}
	if s, err := (Files{Dir: dir, AllowUnverified: true}).openOfficial(o); err != nil || s.Train.Len() != 6 {
		t.Errorf("%d images, %v", s.Train.Len(), err)
	}
}

func TestUnverifiedFiles(t *testing.T) {
	o, content := miniature()
	whole := func(dir string) {
		for n, b := range content {
			put(t, dir, n, b)
		}
	}
	for _, c := range []struct {
		name   string
		change func(dir string)
		want   string // of the error without --allow-unverified
		images int    // with it; −1: an error as well
		unread bool   // which must not advise what was given
	}{
		{"nothing", func(dir string) { os.RemoveAll(filepath.Join(dir, "mini")) }, "nothing of it lies in", -1, false},
		{"other bytes", func(dir string) {
			b := bytes.Clone(content["mini/b.bin"])
			b[50]++
			put(t, dir, "mini/b.bin", b)
		}, "the official file's is", 6, false},
		{"more records", func(dir string) {
			put(t, dir, "mini/b.bin", append(bytes.Clone(content["mini/b.bin"]), content["mini/b.bin"]...))
		}, "the official file's is", 9, false},
		{"a label out of range", func(dir string) {
			b := bytes.Clone(content["mini/b.bin"])
			b[0] = 99
			put(t, dir, "mini/b.bin", b)
		}, "label 99", -1, true},
		{"missing second file", func(dir string) { os.Remove(filepath.Join(dir, "mini", "b.bin")) }, "mini/b.bin is missing", 3, false},
		{"missing first file", func(dir string) { os.Remove(filepath.Join(dir, "mini", "a.bin")) }, "mini/a.bin is missing", -1, false},
		{"cut second file", func(dir string) { put(t, dir, "mini/b.bin", content["mini/b.bin"][:4000]) }, "truncated: 1 of 3 images", 4, false},
		{"cut between images", func(dir string) { put(t, dir, "mini/a.bin", content["mini/a.bin"][:2*3073]) }, "truncated: 2 of 3 images", 2, false},
		{"another file", func(dir string) { put(t, dir, "mini/b.bin", []byte("<html>")) }, "truncated: 0 of 3 images", 3, false},
		{"damaged gzip", func(dir string) {
			os.Remove(filepath.Join(dir, "mini", "a.bin"))
			put(t, dir, "mini/a.bin.gz", []byte{0x1f, 0x8b, 0, 0})
		}, "unexpected EOF", -1, true},
		{"cut first file", func(dir string) { put(t, dir, "mini/a.bin", content["mini/a.bin"][:4000]) }, "truncated: 1 of", 1, false},
		{"gzip bomb", func(dir string) {
			os.Remove(filepath.Join(dir, "mini", "a.bin"))
			put(t, dir, "mini/a.bin.gz", gzipped(make([]byte, 1<<20)))
		}, "unpacks to more than", -1, true},
		{"archive cut", func(dir string) {
			os.RemoveAll(filepath.Join(dir, "mini"))
			b := archive(t, member{Header: tar.Header{Name: "mini/a.bin"}, body: content["mini/a.bin"]}, member{Header: tar.Header{Name: "mini/b.bin"}, body: content["mini/b.bin"]})
			put(t, dir, "mini.tar.gz", b[:len(b)/3])
		}, "mini", -1, false},
		{"a link in the archive", func(dir string) {
			os.RemoveAll(filepath.Join(dir, "mini"))
			put(t, dir, "mini.tar.gz", archive(t, member{Header: tar.Header{Name: "mini/a.bin", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}}))
		}, "mini/a.bin is missing", -1, false},
	} {
		dir := t.TempDir()
		whole(dir)
		c.change(dir)
		if _, err := (Files{Dir: dir}).openOfficial(o); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "longtail data fetch mini") {
			t.Errorf("%s: error %v lacks %q or the remedy", c.name, err, c.want)
		}
		s, err := Files{Dir: dir, AllowUnverified: true}.openOfficial(o)
		if c.images < 0 {
			if err == nil || c.unread && (!strings.Contains(err.Error(), "longtail data fetch mini") || strings.Contains(err.Error(), "--allow-unverified")) {
				t.Errorf("%s: with --allow-unverified %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if s.Train.Len() != c.images || s.Mark != Unverified || len(s.Notes) == 0 || s.Digest == "" {
			t.Errorf("%s: %d images, mark %q, notes %q", c.name, s.Train.Len(), s.Mark, s.Notes)
		}
	}
}

// Bytes that are missing are told as such, whether anything is decoded or not.
func TestVerifyTellsTruncatedFiles(t *testing.T) {
	o, content := miniature()
	dir := t.TempDir()
	for n, b := range content {
		put(t, dir, n, b)
	}
	put(t, dir, "mini/b.bin", content["mini/b.bin"][:3073]) // a whole record
	checked, err := Files{Dir: dir}.verify(o)
	if err != nil || len(checked) != 3 || !checked[0].Official || checked[1].Official || !strings.Contains(checked[1].Note, "truncated, or another file: it has 3073 of 9219 bytes") {
		t.Errorf("%+v, %v", checked, err)
	}
}

func TestOpenErrors(t *testing.T) {
	for _, c := range []struct{ name, dir, want string }{
		{"cifar10", "", "LONGTAIL_DATA"},
		{"cifar10", t.TempDir(), "longtail data fetch cifar10"},
		{"imagenet-lt", t.TempDir(), "ImageNet_LT_train.txt"},
		{"cifar11", "", "neither a data set (fashion-mnist, mnist, cifar10, "},
		{put(t, t.TempDir(), "a.zip", nil), "", "a folder of images, a .csv file"},
	} {
		if _, err := (Files{Dir: c.dir}).Open(c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %q: %v", c.name, c.dir, err)
		}
	}
	if s, err := (Files{}).Open("fashion-mnist"); err != nil || s.Mark != "stand-in" {
		t.Errorf("the embedded set: %v", err)
	}
}

// A packed set is read without unpacking it, by the names of its members. What is
// taken of another archive is marked, and every image has its bytes.
func FuzzPackedSet(f *testing.F) {
	o, content := miniature()
	var members []member
	for _, name := range slices.Sorted(maps.Keys(content)) {
		members = append(members, member{Header: tar.Header{Name: name}, body: content[name]})
	}
	whole := archive(f, members...)
	unzipped := ungzipped(f, whole)
	f.Add(whole, true)
	f.Add(unzipped, false)
	f.Add(unzipped[:len(unzipped)/2], false)
	f.Add(archive(f, append(members, members[0], member{Header: tar.Header{Name: "mini/b.bin", Typeflag: tar.TypeSymlink, Linkname: "/"}})...), true)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte, gz bool) {
		os.Remove(filepath.Join(dir, "mini.tar.gz"))
		os.Remove(filepath.Join(dir, "mini.tar"))
		name := "mini.tar"
		if gz {
			name += ".gz"
		}
		put(t, dir, name, b)
		strict, err := Files{Dir: dir}.openOfficial(o)
		if err == nil && (strict.Mark != "" || strict.Train.Len() != 6 || strict.Test.Len() != 2) {
			t.Errorf("taken as official: mark %q, %d and %d images", strict.Mark, strict.Train.Len(), strict.Test.Len())
		}
		s, err := Files{Dir: dir, AllowUnverified: true}.openOfficial(o)
		if err != nil {
			return
		}
		if len(s.Train.Pixels) != s.Train.Len()*cifarImage || len(s.Test.Pixels) != s.Test.Len()*cifarImage || s.Digest == "" {
			t.Errorf("%d bytes of %d images", len(s.Train.Pixels), s.Train.Len())
		}
		if strict == nil && s.Mark != Unverified {
			t.Error("not the official files, and no mark")
		}
	})
}

func FuzzReadCIFARBinary(f *testing.F) {
	_, content := miniature()
	f.Add(content["mini/a.bin"], 0)
	f.Add(content["mini/a.bin"][:3500], 1)
	f.Fuzz(func(t *testing.T, b []byte, coarse int) {
		coarse &= 1
		s, err := cifarRecords(bytes.NewReader(b), "x", coarse, 10, int64(len(b)))
		if len(s.Pixels) != s.Len()*cifarImage || !labelsIn(s.Labels, 9) {
			t.Fatalf("%d bytes for %d images, labels %v", len(s.Pixels), s.Len(), s.Labels)
		}
		if err == nil && s.Len() != len(b)/(coarse+1+cifarImage) {
			t.Fatalf("%d images of %d bytes", s.Len(), len(b))
		}
	})
}
