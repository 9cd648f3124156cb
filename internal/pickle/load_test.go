package pickle

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/testdata"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t testing.TB, b []byte) any {
	t.Helper()
	v, n, err := Load(b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n != len(b) {
		t.Fatalf("%d of %d bytes read", n, len(b))
	}
	return v
}

// plain turns values into what cmp compares well: dictionaries into their
// items, arrays into their elements.
func plain(t testing.TB, v any) any {
	switch v := v.(type) {
	case *List:
		out := []any{"list"}
		for _, x := range v.Items {
			out = append(out, plain(t, x))
		}
		return out
	case Tuple:
		out := []any{"tuple"}
		for _, x := range v {
			out = append(out, plain(t, x))
		}
		return out
	case *Dict:
		out := map[string]any{}
		for _, it := range v.Items() {
			out[fmt.Sprint(plain(t, it.Key))] = plain(t, it.Value)
		}
		return out
	case []byte:
		return "bytes " + string(v)
	case *big.Int:
		return v.String()
	case *Array:
		var elems any
		var err error
		if v.DType.Kind == 'f' {
			elems, err = v.Float64s()
		} else {
			elems, err = v.Int64s()
		}
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v.Shape, v.DType, elems)
	}
	return v
}

func list(vs ...any) []any  { return append([]any{"list"}, vs...) }
func tuple(vs ...any) []any { return append([]any{"tuple"}, vs...) }

// The value that testdata/golden.py writes. Arrays in Fortran order and of
// the other byte order read as the equal ones in C order.
func TestNumPyOfEveryProtocol(t *testing.T) {
	numbers := list(int64(1), int64(255), int64(256), int64(65536), int64(-1), int64(1<<31), int64(math.MinInt64), "9223372036854775808", "119547037146038801333356")
	const upTo24 = "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23]"
	want := map[string]any{
		"extrapolated_targets": "[5] <i8 [5 0 9 -1 1099511627776]",
		"prediction_model":     "resnet32 café 中",
		"data":                 "[2 2 3 3] |u1 [0 7 14 21 28 35 42 49 56 63 70 77 84 91 98 105 112 119 126 133 140 147 154 161 168 175 182 189 196 203 210 217 224 231 238 245]",
		"fortran":              "[2 3 4] <i4 " + upTo24,
		"fortran_u8":           "[2 3 4] |u1 " + upTo24,
		"big":                  "[2 2 4] >i8 [3 2 1 0 11 10 9 8 15 14 13 12 23 22 21 20]",
		"big_float":            "[3] >f4 [1.5 -2.25 +Inf]",
		"half":                 "[8] <f2 [0 -0 1 65504 5.960464477539063e-08 -6.103515625e-05 +Inf NaN]",
		"double":               "[2] <f8 [3.141592653589793 -1e-310]",
		"bool":                 "[3] |b1 [1 0 1]",
		"signed":               "[1 2] |i1 [-128 127]",
		"unsigned":             "[2] <u2 [65535 1]",
		"empty":                "[0 3] <f4 []",
		"scalar_array":         "[] <u4 [7]",
		"scalar":               2.5,
		"integer":              int64(-3),
		"bytes bytes key":      "bytes \x00\xff\x80 bytes",
		"no bytes":             "bytes ",
		"list":                 numbers,
		"tuples":               list(tuple(), tuple(int64(1)), tuple(int64(1), int64(2)), tuple(int64(1), int64(2), int64(3)), tuple(int64(1), int64(2), int64(3), int64(4))),
		"constants":            list(nil, true, false, 0.1, -1e300, "", strings.Repeat("x", 300)),
		"shared":               list(numbers, numbers),
	}
	for _, name := range []string{"numpy1_p0", "numpy1_p1", "numpy1_p2", "numpy1_p3", "numpy1_p4", "numpy1_p5", "numpy2_p2", "numpy2_p5"} {
		v := load(t, golden(t, name+".pkl"))
		if d := cmp.Diff(any(want), plain(t, v)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		d := v.(*Dict)
		if x, ok := d.Get("bytes key"); !ok || string(x.([]byte)) != "\x00\xff\x80 bytes" {
			t.Errorf("%s: Get of a key that is bytes: %v", name, x)
		}
		u8, _ := d.Get("fortran_u8")
		b, err := u8.(*Array).Bytes()
		if err != nil || fmt.Sprint(b) != upTo24 {
			t.Errorf("%s: Bytes: %v, %v", name, b, err)
		}
	}
}

func TestPython2OfEveryProtocol(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := map[string]any{
		"batch_label": "testing batch 1 of 1",
		"labels":      list(int64(3), int64(8), int64(300), int64(-7), int64(70000)),
		"data":        string(all),
		"unicode é€":  list(true, nil, 2.5, "1"+strings.Repeat("0", 30), "-1"+strings.Repeat("0", 30), int64(12345678901)),
		"ordered":     map[string]any{"b": int64(1), "a": tuple(int64(1), int64(2), int64(3), int64(4))},
		"quoted":      "it's \"so\" \\ \n",
	}
	for protocol := range 3 {
		v := load(t, golden(t, fmt.Sprintf("python2_p%d.pkl", protocol)))
		if d := cmp.Diff(any(want), plain(t, v)); d != "" {
			t.Errorf("protocol %d: %s", protocol, d)
		}
		o, _ := v.(*Dict).Get("ordered")
		if !o.(*Dict).Ordered || !cmp.Equal(o.(*Dict).Keys(), []string{"b", "a"}) {
			t.Errorf("protocol %d: keys %v of an OrderedDict", protocol, o.(*Dict).Keys())
		}
	}
}

// The official test batch of CIFAR-10: 10,000 images of Python 2's making.
func TestOfficialCIFAR10(t *testing.T) {
	b, err := os.ReadFile(testdata.Rebuilt(t, "cifar-10-batches-py/test_batch"))
	if err != nil {
		t.Fatal(err)
	}
	d := load(t, b).(*Dict)
	data, _ := d.Get("data")
	labels, _ := d.Get("labels")
	names, _ := d.Get("filenames")
	a := data.(*Array)
	pixels, err := a.Bytes()
	if err != nil || !cmp.Equal(a.Shape, []int{10000, 3072}) || len(pixels) != 10000*3072 {
		t.Errorf("data: shape %v, %d bytes, %v", a.Shape, len(pixels), err)
	}
	if n := len(labels.(*List).Items); n != 10000 || labels.(*List).Items[0] != any(int64(3)) {
		t.Errorf("%d labels, the first %v", n, labels.(*List).Items[0])
	}
	if names.(*List).Items[0] != any("domestic_cat_s_000907.png") {
		t.Errorf("first file name: %v", names.(*List).Items[0])
	}
}

func TestDict(t *testing.T) {
	d := &Dict{}
	for i := range 100 {
		if err := d.Add(fmt.Sprint(i), i); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(i, i); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(fmt.Sprint(i/2), 0); err == nil {
			t.Fatalf("key %d twice", i/2)
		}
	}
	for i := range 100 {
		if v, ok := d.Get(fmt.Sprint(i)); !ok || v != i {
			t.Errorf("Get(%d): %v, %v", i, v, ok)
		}
	}
	if _, ok := d.Get("100"); ok || d.Len() != 200 || len(d.Keys()) != 100 {
		t.Errorf("%d items, %d keys", d.Len(), len(d.Keys()))
	}
	if err := d.Add(Tuple{}, 1); err == nil {
		t.Error("a tuple as a key")
	}
}

func TestDumpLoads(t *testing.T) {
	ordered := &Dict{Ordered: true}
	for i := range 20 {
		if err := ordered.Add(fmt.Sprint("key ", i), &List{Items: []any{int64(i), Tuple{}}}); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []any
	for shift := range 70 {
		for _, off := range []int64{-1, 0, 1} {
			n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), uint(shift)), big.NewInt(off))
			numbers = append(numbers, small(n), small(new(big.Int).Neg(n)))
		}
	}
	v := &List{Items: append(numbers, nil, true, false, 0.1, math.Inf(-1), "", "é", ordered, &Dict{}, &List{},
		Tuple{int64(1)}, Tuple{int64(1), nil}, Tuple{int64(1), nil, true}, Tuple{int64(1), nil, true, "x"})}
	b, err := Dump(v)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plain(t, v), plain(t, load(t, b))); d != "" {
		t.Error(d)
	}
	again, err := Dump(load(t, b))
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("written again it differs: %v", err)
	}
}

func TestDumpCallsAndReferences(t *testing.T) {
	b, err := Dump(Reduce{Global{"m", "f"}, Tuple{Persistent{Tuple{"id", 1000}}, Global{"m", "C"}}})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Globals: map[string]Call{
			"m.f": func(args Tuple) (any, error) { return &List{Items: args}, nil },
			"m.C": nil,
		},
		Persistent: func(id any) (any, error) { return id.(Tuple)[1], nil },
	}
	v, _, err := Load(b, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(&List{Items: []any{int64(1000), Global{"m", "C"}}}), v); d != "" {
		t.Error(d)
	}
	for _, bad := range []any{[]byte{1}, "\xff", struct{}{}, &List{Items: []any{1.5, float32(1)}}, new(big.Int).Lsh(big.NewInt(1), 3000)} {
		if _, err := Dump(bad); err == nil {
			t.Errorf("%v was written", bad)
		}
	}
	self := &List{}
	self.Items = []any{self}
	if _, err := Dump(self); err == nil || !strings.Contains(err.Error(), "itself") {
		t.Errorf("a list in itself: %v", err)
	}
}
