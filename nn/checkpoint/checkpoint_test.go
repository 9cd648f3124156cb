package checkpoint

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func example() *File {
	return &File{
		Meta: json.RawMessage(`{"epoch":3,"name":"a task"}`),
		Tensors: []Tensor{
			{Name: "conv1.weight", Shape: []int{2, 3}, Data: []float32{1, -2, 3.5, float32(math.Inf(1)), 0, 6e-45}},
			{Name: "sum", Shape: []int{}, Data: []float64{math.Pi}},
			{Name: "none", Shape: []int{0, 7}, Data: []float32{}},
			{Name: "bn1.num_batches_tracked", Shape: []int{}, Data: []int64{math.MinInt64}},
		},
	}
}

func encoded(t testing.TB, f *File) []byte {
	t.Helper()
	b, err := Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.ckpt")
	for range 2 { // the second time over the first
		if err := Write(path, example()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example(), got); d != "" {
		t.Error(d)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

func TestEveryFlippedBitAndEveryCutIsFound(t *testing.T) {
	b := encoded(t, example())
	for i := range b {
		for bit := range 8 {
			b[i] ^= 1 << bit
			if _, err := Decode(b); !errors.Is(err, ErrDamaged) && !errors.Is(err, errVersion) {
				t.Fatalf("bit %d of byte %d flipped: error %v", bit, i, err)
			}
			b[i] ^= 1 << bit
		}
		if _, err := Decode(b[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: error %v", i, err)
		}
	}
	if _, err := Decode(append(b, 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte too many: error %v", err)
	}
}

func TestErrorsNameFileAndRemedy(t *testing.T) {
	dir := t.TempDir()
	at := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := encoded(t, example())
	newer := append([]byte{}, good...)
	newer[len(magic)]++
	for _, c := range []struct {
		path  string
		is    error
		wants []string
	}{
		{at("cut.ckpt", good[:len(good)-5]), ErrDamaged, []string{"cut.ckpt", "delete"}},
		{at("newer.ckpt", newer), errVersion, []string{"newer.ckpt", "2", "reads 1"}},
		{at("other.ckpt", []byte("PK\x03\x04 something else")), ErrDamaged, []string{"other.ckpt", "begin"}},
		{filepath.Join(dir, "absent.ckpt"), fs.ErrNotExist, []string{"absent.ckpt"}},
	} {
		_, err := Read(c.path)
		if !errors.Is(err, c.is) {
			t.Errorf("%s: error %v", c.path, err)
			continue
		}
		for _, w := range c.wants {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %q is missing", err, w)
			}
		}
	}
	if err := Write(filepath.Join(dir, "no", "such", "folder"), example()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("unwritable: error %v", err)
	}
}

// Files with a right checksum and a hostile index.
func TestHostileIndex(t *testing.T) {
	for index, want := range map[string]string{
		`{"tensors":[{"name":"w","type":"float32","shape":[4611686018427387904,4]}]}`:                       "too large",
		`{"tensors":[{"name":"w","type":"float32","shape":[0,2097152,2097152,2097152]}]}`:                   "too large",
		`{"tensors":[{"name":"w","type":"float32","shape":[1000000000000]}]}`:                               "beyond the end",
		`{"tensors":[{"name":"w","type":"float32","shape":[-1]}]}`:                                          "negative",
		`{"tensors":[{"name":"w","type":"complex","shape":[]}]}`:                                            "unknown type",
		`{"tensors":[{"name":"w","type":"float32","shape":[1,1,1,1,1,1,1,1,1]}]}`:                           "rank 9",
		`{"tensors":[{"name":"w","type":"float32","shape":[0]},{"name":"w","type":"float32","shape":[0]}]}`: "twice",
		`{"tensors":[]}`: "follow the last tensor",
		`{"tensors":{}}`: "index",
		`null`:           "follow the last tensor",
	} {
		if _, err := Decode(sealed([]byte(index), []byte("12345678"))); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", index, err, want)
		}
	}
}

func sealed(index, data []byte) []byte {
	b := []byte(magic)
	b = append(b, version, 0, 0, 0, byte(len(index)), byte(len(index)>>8), byte(len(index)>>16), byte(len(index)>>24))
	b = append(append(b, index...), data...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct {
		tensor Tensor
		want   string
	}{
		{Tensor{Name: "w", Shape: []int{2}, Data: []float32{1}}, "1 elements"},
		{Tensor{Name: "", Shape: []int{1}, Data: []float32{1}}, "empty"},
		{Tensor{Name: "w", Shape: []int{1}, Data: []int{1}}, "[]int"},
	} {
		if _, err := Encode(&File{Tensors: []Tensor{c.tensor}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.tensor, err, c.want)
		}
	}
}

// Whatever the bytes, Decode returns; what it accepts, it writes again as it
// reads it. Bytes are tried as they are and with a right checksum.
func FuzzDecode(f *testing.F) {
	good := encoded(f, example())
	f.Add(good)
	f.Add(good[:len(good)-sha256.Size])
	f.Add(good[:20])
	f.Add([]byte{})
	f.Add(sealed([]byte(`{"meta":[1],"tensors":[{"name":"w","type":"int64","shape":[1]}]}`), []byte("12345678")))
	f.Add(sealed([]byte(`{"tensors":[{"name":"w","type":"float64","shape":[9223372036854775807,2]}]}`), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := sha256.Sum256(b)
		for _, b := range [][]byte{b, append(append([]byte{}, b...), sum[:]...)} {
			x, err := Decode(b)
			if err != nil {
				continue
			}
			again, err := Decode(encoded(t, x))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(x.Tensors, again.Tensors, sameBits, cmpopts.EquateEmpty()); d != "" {
				t.Fatal(d)
			}
			if meta, err := json.Marshal(x.Meta); err != nil || string(meta) != string(again.Meta) {
				t.Fatalf("meta %s, then %s, %v", x.Meta, again.Meta, err)
			}
		}
	})
}
