package checkpoint

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"longtail/internal/pickle"
)

// record is a part of an archive that a hostile writer makes.
type record struct {
	name string
	data string
	size uint64 // stated, where it is not the data's
}

func archive(t testing.TB, records ...record) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, r := range records {
		var w io.Writer
		var err error
		if r.size == 0 {
			w, err = z.CreateHeader(&zip.FileHeader{Name: r.name, Method: zip.Store})
		} else {
			w, err = z.CreateRaw(&zip.FileHeader{Name: r.name, Method: zip.Store, CompressedSize64: r.size, UncompressedSize64: r.size})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, r.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rebuilt is a tensor in a pickle, of float32 elements in storage "0".
func rebuilt(count, offset any, sizes, strides pickle.Tuple) any {
	return pickle.Reduce{
		Func: pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"},
		Args: pickle.Tuple{
			pickle.Persistent{ID: pickle.Tuple{"storage", pickle.Global{Module: "torch", Name: "FloatStorage"}, "0", "cpu", count}},
			offset, sizes, strides, false, &pickle.Dict{Ordered: true},
		},
	}
}

// overlapping is an archive with so many storages of float32, all of them the same
// bytes.
func overlapping(t testing.TB, storages, size int) []byte {
	t.Helper()
	data := make([]byte, size)
	var kv []any
	for i := range storages {
		id := pickle.Tuple{"storage", pickle.Global{Module: "torch", Name: "FloatStorage"}, fmt.Sprintf("%02d", i), "cpu", size / 4}
		kv = append(kv, fmt.Sprint("w", i), pickle.Reduce{
			Func: pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"},
			Args: pickle.Tuple{pickle.Persistent{ID: id}, 0, pickle.Tuple{1}, pickle.Tuple{1}, false, &pickle.Dict{}},
		})
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	o := object(t, kv...)
	w, err := z.CreateHeader(&zip.FileHeader{Name: o.name, Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, o.data)
	for i := range storages {
		w, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("a/data/%02d", i), Method: zip.Store,
			CRC32: crc32.ChecksumIEEE(data), CompressedSize64: uint64(size), UncompressedSize64: uint64(size)})
		if err != nil {
			t.Fatal(err)
		}
		if i == storages-1 {
			w.Write(data)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	// Every entry of the directory gets the offset of the last, where the bytes are.
	b, entry := out.Bytes(), []byte("PK\x01\x02")
	last := bytes.LastIndex(b, entry)
	for at := bytes.Index(b, entry); at < last; {
		next := at + 4 + bytes.Index(b[at+4:], entry)
		if !bytes.Contains(b[at:next], []byte(o.name)) {
			copy(b[at+42:at+46], b[last+42:last+46])
		}
		at = next
	}
	return b
}

// object is data.pkl of a bare state dict.
func object(t testing.TB, kv ...any) record {
	t.Helper()
	b, err := pickle.Dump(dict(t, kv...))
	if err != nil {
		t.Fatal(err)
	}
	return record{name: "a/data.pkl", data: string(b)}
}

// hostileTorch lists files that must be refused, with a part of the reason.
func hostileTorch(t testing.TB) map[string]struct {
	file []byte
	want string
} {
	type c = struct {
		file []byte
		want string
	}
	tuple := func(vs ...any) pickle.Tuple { return vs }
	data := record{name: "a/data/0", data: "12345678"}
	w := object(t, "w", rebuilt(2, 0, tuple(2), tuple(1)))
	zipped := func(rs ...record) []byte { return archive(t, append([]record{w, data}, rs...)...) }
	tensor := func(count, offset any, sizes, strides pickle.Tuple) []byte {
		return archive(t, object(t, "w", rebuilt(count, offset, sizes, strides)), data)
	}
	var deflated bytes.Buffer
	z := zip.NewWriter(&deflated)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 9) })
	bomb, err := z.Create("a/data.pkl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bomb.Write(make([]byte, 16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	nested := any("end")
	for range 90 {
		nested = &pickle.List{Items: []any{nested}}
	}
	doubled := func(n int) string { return strings.Repeat("q\x00h\x00\x86", n) }
	doubling := "}X\x01\x00\x00\x00x)" + doubled(60) + "s."
	many := "U\xff" + strings.Repeat("x", 255) + doubled(14) // 4 MB if it were written out
	size := "}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQK\x00)" + doubled(22) + "\x85K\x01\x85\x89}tRs."
	legacy := func(parts ...any) []byte {
		b := bytes.Clone(mustRead(t, "tensors_legacy.pth")[:15]) // the magic number
		for _, p := range parts {
			if s, ok := p.(string); ok {
				b = append(b, s...)
				continue
			}
			x, err := pickle.Dump(p)
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, x...)
		}
		return b
	}
	little := dict(t, "little_endian", true)
	keys := func(ks ...any) *pickle.List { return &pickle.List{Items: ks} }
	one := dict(t, "w", pickle.Reduce{
		Func: pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"},
		Args: tuple(pickle.Persistent{ID: tuple("storage", pickle.Global{Module: "torch", Name: "FloatStorage"}, "k", "cpu", 2, nil)}, 0, tuple(2), tuple(1), false, nil),
	})
	nameless := dict(t, "w", pickle.Reduce{
		Func: pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"},
		Args: tuple(pickle.Persistent{ID: tuple("storage", pickle.Global{Module: "torch", Name: "FloatStorage"}, "", "cpu", 2, nil)}, 0, tuple(2), tuple(1), false, nil),
	})
	view := func(offset, size any) *pickle.Dict {
		return dict(t, "w", pickle.Reduce{
			Func: pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"},
			Args: tuple(pickle.Persistent{ID: tuple("storage", pickle.Global{Module: "torch", Name: "FloatStorage"}, "k", "cpu", 2, tuple("v", offset, size))}, 0, tuple(2), tuple(1), false, nil),
		})
	}
	const two = "\x02\x00\x00\x00\x00\x00\x00\x0012345678"
	return map[string]c{
		"nothing":                        {nil, "ends in the middle"},
		"text":                           {[]byte("hello"), "no ZIP archive"},
		"a pickle of something else":     {[]byte("\x80\x02K\x01."), "magic number"},
		"our own format":                 {encoded(t, example()), "own format"},
		"a tar archive":                  {append(make([]byte, 257), "ustar\x00and so on"...), "tar archive"},
		"an archive of something else":   {archive(t, record{name: "a/b.txt", data: "x"}), "without the record"},
		"two objects":                    {zipped(record{name: "b/data.pkl", data: "N."}), "two objects"},
		"a record twice":                 {zipped(data), "twice"},
		"a record that leaves":           {zipped(record{name: "a/../../etc/passwd", data: "x"}), "no plain path"},
		"a record from the root":         {zipped(record{name: "/etc/passwd", data: "x"}), "no plain path"},
		"a record of Windows":            {zipped(record{name: `a\..\b`, data: "x"}), "no plain path"},
		"a record longer than the file":  {archive(t, w, record{"a/data/0", "12345678", 1 << 30}), "end of the file"},
		"a pickle longer than the file":  {archive(t, record{"a/data.pkl", w.data, 1 << 30}), "end of the file"},
		"records that overlap":           {overlapping(t, 20, 4000), "records overlap"},
		"a ZIP bomb":                     {deflated.Bytes(), "compressed"},
		"a big-endian archive":           {zipped(record{name: "a/byteorder", data: "big"}), "big-endian"},
		"an unknown byte order":          {zipped(record{name: "a/byteorder", data: "middle"}), "byte order"},
		"a later version":                {zipped(record{name: "a/version", data: "99\n"}), "version"},
		"a storage that is missing":      {archive(t, w), "data/0 is missing"},
		"a storage too long":             {archive(t, w, record{name: "a/data/0", data: "1234"}), "has 4 bytes"},
		"a storage too short":            {archive(t, w, record{name: "a/data/0", data: "123456789"}), "has 9 bytes"},
		"a storage of 2^60":              {tensor(int64(1)<<60, 0, tuple(1), tuple(1)), "cannot stand in"},
		"a storage of less than nothing": {tensor(-1, 0, tuple(1), tuple(1)), "cannot stand in"},
		"a storage of two sizes":         {archive(t, object(t, "v", rebuilt(2, 0, tuple(), tuple()), "w", rebuilt(1, 0, tuple(), tuple())), data), "elsewhere"},
		"a shape beyond the storage":     {tensor(2, 0, tuple(3), tuple(1)), `"w"`},
		"an offset beyond the storage":   {tensor(2, 2, tuple(), tuple()), "beyond its storage"},
		"a stride beyond the storage":    {tensor(2, 0, tuple(2), tuple(2)), "beyond its storage"},
		"a stride that overflows":        {tensor(2, 0, tuple(5), tuple(int64(1)<<62)), "beyond its storage"},
		"an offset that overflows":       {tensor(2, int64(1)<<62, tuple(2, 2, 2), tuple(int64(1)<<62, int64(1)<<62, int64(1)<<62)), "beyond its storage"},
		"a negative offset":              {tensor(2, -1, tuple(1), tuple(1)), "needs"},
		"a negative stride":              {tensor(2, 1, tuple(2), tuple(-1)), "stride -1"},
		"a negative size":                {tensor(2, 0, tuple(-2), tuple(1)), "size -2"},
		"a size of many tuples":          {archive(t, record{name: "a/data.pkl", data: size}, data), "size a tuple of 2 with stride 1"},
		"a size of 2^40":                 {tensor(2, 0, tuple(int64(1)<<40), tuple(0)), "size"},
		"a view of 4 GiB":                {tensor(2, 0, tuple(1<<30), tuple(0)), "larger than 8 times"},
		"a view of 2^62":                 {tensor(2, 0, tuple(1<<31-1, 1<<31-1), tuple(0, 0)), "too large"},
		"sizes of 2^63 beside a 0":       {tensor(2, 0, tuple(0, 1<<21, 1<<21, 1<<21), tuple(0, 0, 0, 0)), "too large"},
		"20 dimensions":                  {tensor(2, 0, make(pickle.Tuple, 20), make(pickle.Tuple, 20)), "at most 8"},
		"sizes without strides":          {tensor(2, 0, tuple(2), tuple()), "equal length"},
		"sizes that are text":            {tensor(2, 0, tuple("2"), tuple(1)), `size the str "2"`},
		"a command":                      {archive(t, record{name: "a/data.pkl", data: "cos\nsystem\n(S'echo'\ntR."}), `"os.system" is not on the list`},
		"a module":                       {archive(t, record{name: "a/data.pkl", data: "ctorch.nn.modules.linear\nLinear\n)\x81."}), "Linear"},
		"a TorchScript program":          {archive(t, record{name: "a/data.pkl", data: "c__torch__\nNet\n."}, record{name: "a/constants.pkl"}), "TorchScript"},
		"values doubled 60 times":        {archive(t, record{name: "a/data.pkl", data: doubling}), "more values"},
		"something after the object":     {archive(t, record{name: "a/data.pkl", data: "N.N."}), "follow the object"},
		"None":                           {archive(t, record{name: "a/data.pkl", data: "N."}), "not a dictionary"},
		"no tensors":                     {archive(t, object(t, "epoch", 1)), "no state dict"},
		"a state dict that is a list":    {archive(t, object(t, "state_dict", nested)), "not a dictionary"},
		"a state dict of numbers":        {archive(t, object(t, "state_dict", dict(t, "w", 1))), "not a tensor"},
		"a state dict with a key 1":      {archive(t, object(t, "state_dict", dict(t, 1, rebuilt(2, 0, tuple(2), tuple(1)))), data), "no text"},
		"a state dict in three parts":    {archive(t, object(t, "state_dict_best", dict(t, "feat_model", dict(t), "other", dict(t)))), "more than feat_model"},
		"a name in both parts":           {archive(t, object(t, "state_dict", dict(t, "feat_model", dict(t, "w", rebuilt(2, 0, tuple(2), tuple(1))), "classifier", dict(t, "w", rebuilt(2, 0, tuple(2), tuple(1))))), data), "twice"},
		"a name twice":                   {archive(t, record{name: "a/data.pkl", data: "}(X\x01\x00\x00\x00wNX\x01\x00\x00\x00wNu."}), "twice"},
		"a storage in the optimizer": {archive(t, object(t, "state_dict", dict(t), "optimizer",
			pickle.Persistent{ID: tuple("storage", pickle.Global{Module: "torch", Name: "FloatStorage"}, "0", "cpu", 2)}), data), "bare storage"},
		"another persistent id":       {archive(t, object(t, "w", pickle.Persistent{ID: "x"})), "no storage"},
		"legacy, protocol 7":          {legacy(7), "protocol is 7"},
		"legacy, a long protocol":     {legacy("\x80\x02" + many + "."), "protocol is a tuple of 2"},
		"legacy, a long key":          {legacy(1001, little, one, "]"+many+"a."), "key, a tuple of 2, is no text"},
		"legacy, a key of None":       {legacy(1001, little, nameless, keys(nil), two), "key, None, is no text"},
		"legacy, big-endian":          {legacy(1001, dict(t, "little_endian", false)), "big-endian"},
		"legacy, no system":           {legacy(1001, 5), "writing system"},
		"legacy, no keys":             {legacy(1001, little, one, 5), "not a list"},
		"legacy, a key unknown":       {legacy(1001, little, one, keys("x"), two), "not used"},
		"legacy, a key twice":         {legacy(1001, little, one, keys("k", "k"), two, two), "stands twice"},
		"legacy, a key missing":       {legacy(1001, little, one, keys()), "are missing"},
		"legacy, lying length":        {legacy(1001, little, one, keys("k"), "\x03"+two[1:]), "has 3 elements"},
		"legacy, cut in a storage":    {legacy(1001, little, one, keys("k"), two[:12]), "cut short in"},
		"legacy, cut in a length":     {legacy(1001, little, one, keys("k"), two[:5]), "cut short before"},
		"legacy, bytes left":          {legacy(1001, little, one, keys("k"), two, "x"), "1 bytes follow"},
		"legacy, view beyond the end": {legacy(1001, little, view(1, 2), keys("k"), two), "beyond its end"},
		"legacy, view of 2^62":        {legacy(1001, little, view(0, int64(1)<<62), keys("k"), two), "beyond its end"},
		"legacy, view too small":      {legacy(1001, little, view(1, 1), keys("k"), two), "beyond its storage"},
	}
}

func TestHostileTorch(t *testing.T) {
	for name, c := range hostileTorch(t) {
		f, err := decodeTorch(c.file)
		if err == nil || f != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %.1000v, want %q", name, err, c.want)
		} else if len(err.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
	path := filepath.Join(t.TempDir(), "x.pth")
	if err := os.WriteFile(path, []byte("PK\x03\x04"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTorch(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("a file cut short: %v", err)
	}
	if _, err := ReadTorch(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Legacy files of before 2018 let storages be parts of others.
func TestLegacyStorageViews(t *testing.T) {
	b := bytes.Clone(mustRead(t, "tensors_legacy.pth")[:15])
	seg := func(key string, offset, size int) any {
		return pickle.Reduce{Func: pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor"},
			Args: pickle.Tuple{pickle.Persistent{ID: pickle.Tuple{"storage", pickle.Global{Module: "torch", Name: "ShortStorage"}, "root", "cpu", 4, pickle.Tuple{key, offset, size}}},
				1, pickle.Tuple{2}, pickle.Tuple{1}}}
	}
	for _, v := range []any{1001, dict(t), dict(t, "a", seg("v1", 0, 3), "b", seg("v2", 1, 3)), &pickle.List{Items: []any{"root"}}} {
		x, err := pickle.Dump(v)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, x...)
	}
	b = append(b, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 255, 255)
	f, err := decodeTorch(b)
	if err != nil {
		t.Fatal(err)
	}
	a := find(f, "a")
	c := find(f, "b")
	if x, y := a.Data.([]int64), c.Data.([]int64); x[0] != 2 || x[1] != 3 || y[0] != 3 || y[1] != -1 {
		t.Errorf("views of [1 2 3 -1]: %v, %v", x, y)
	}
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever a file says, the memory taken is in proportion to its length.
func TestTorchMemoryIsBounded(t *testing.T) {
	files := hostileTorch(t)
	length := 0
	for _, c := range files {
		length += len(c.file)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, c := range files {
		_, _ = decodeTorch(c.file)
	}
	runtime.ReadMemStats(&after)
	// Each reader's own list of names takes some kilobytes.
	if got := after.TotalAlloc - before.TotalAlloc; got > uint64(100*length+len(files)*64<<10) {
		t.Errorf("%d bytes allocated for %d hostile files of %d bytes", got, len(files), length)
	}
	// An expanded view may be larger than its file, but not by much.
	for n, ok := range map[int]bool{1 << 16: true, 1 << 18: false} {
		_, err := decodeTorch(archive(t, object(t, "w", rebuilt(1, 0, pickle.Tuple{n}, pickle.Tuple{0})), record{name: "a/data/0", data: "1234"}))
		if (err == nil) != ok {
			t.Errorf("a view of %d elements of one: error %v", n, err)
		}
	}
}

// A file cut short is never accepted. Of a ZIP archive, whose records have
// checksums, a changed byte may only be one that nothing depends on: then the
// tensors are the same.
func TestTorchCutAndFlipped(t *testing.T) {
	for _, name := range []string{"training_legacy.pth", "training_zip.pth", "tensors_legacy.pth", "torch2_tensors_zip.pth"} {
		b := mustRead(t, name)
		want, err := decodeTorch(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b); i += 1 + len(b)/1000 {
			if _, err := decodeTorch(b[:i]); err == nil {
				t.Errorf("%s cut to %d bytes was read", name, i)
			}
		}
		accepted := 0
		for i := 0; i < len(b); i += 1 + len(b)/1000 {
			b[i] ^= 1 << (i % 8)
			f, err := decodeTorch(b)
			b[i] ^= 1 << (i % 8)
			if err != nil {
				continue
			}
			accepted++
			if strings.Contains(name, "zip") && !equal(f.State, want.State) {
				t.Errorf("%s with byte %d changed gives other tensors", name, i)
			}
		}
		t.Logf("%s: %d of %d changes were accepted", name, accepted, min(len(b), 1000))
	}
}

// equal compares tensors by their bits.
func equal(a, b []Tensor) bool {
	x, err1 := Encode(&File{Tensors: a})
	y, err2 := Encode(&File{Tensors: b})
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// Whatever the bytes, decodeTorch returns; what it accepts, encodeTorch
// writes so that decodeTorch reads the same tensors. Bytes are tried as they are
// and as the pickle of an archive, whose checksums would hide it.
func FuzzReadTorch(f *testing.F) {
	for _, name := range []string{"tensors_legacy.pth", "tensors_zip.pth", "torch2_tensors_zip.pth", "training_legacy.pth", "training_zip.pth", "large_legacy.pth", "large_zip.pth"} {
		f.Add(mustRead(f, name))
	}
	for _, c := range hostileTorch(f) {
		if len(c.file) < 10000 {
			f.Add(c.file)
		}
	}
	f.Add([]byte(object(f, "state_dict", dict(f, "w", rebuilt(2, 0, pickle.Tuple{2}, pickle.Tuple{1})), "epoch", 3).data))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, archive(t, record{name: "a/data.pkl", data: string(b)}, record{name: "a/data/0", data: "12345678"})} {
			x, err := decodeTorch(b)
			if err != nil {
				if x != nil {
					t.Fatalf("a file and an error: %v", err)
				}
				continue
			}
			if len(x.State) > 1000 { // many that are one in the file are written one by one, which may be more values than are read
				continue
			}
			out, err := encodeTorch(x.State, nil)
			if err != nil {
				if strings.Contains(err.Error(), "UTF-8") {
					continue
				}
				t.Fatalf("what was read cannot be written: %v", err)
			}
			again, err := decodeTorch(out)
			if err != nil {
				t.Fatal(err)
			}
			if !equal(x.State, again.State) {
				t.Fatal("read, written and read again the tensors differ")
			}
		}
	})
}
