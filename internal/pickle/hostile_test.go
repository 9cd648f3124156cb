package pickle

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// le is a little-endian number of n bytes.
func le(v uint64, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return string(b)
}

// hostile lists pickles that must be refused, with a part of the reason.
var hostile = []struct{ name, in, want string }{
	{"runs a command", "cos\nsystem\n(S'echo'\ntR.", `"os.system" is not on the list`},
	{"runs a command, protocol 4", "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04echo\x85R.", `"posix.system" is not on the list`},
	{"runs a command by INST", "(S'echo'\nios\nsystem\n.", "not data"},
	{"runs a command by OBJ", "(cos\nsystem\no.", "not on the list"},
	{"evaluates", "c__builtin__\neval\n(S'1'\ntR.", "not on the list"},
	{"looks a name up by getattr", "cbuiltins\ngetattr\n.", "not on the list"},
	{"dotted name", "\x80\x04\x8c\x0bcollections\x8c\x0fOrderedDict.foo\x93.", "not on the list"},
	{"dtype of objects", "cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.", "are read"},
	{"name made of numbers", "\x80\x04K\x01K\x02\x93.", "not of two str"},
	{"calls a value", "K\x01)R.", "no function"},
	{"calls without a tuple", "cnumpy\ndtype\nK\x01R.", "not with a tuple"},
	{"calls a class that is only a name", "cnumpy\nndarray\n)R.", "cannot be called"},
	{"state for a number", "K\x01}b.", "cannot take a state"},
	{"state for a dict", "}}b.", "cannot take"},
	{"extension", "\x82\x01.", "registry"},
	{"out-of-band buffer", "\x80\x05\x97.", "outside the pickle"},
	{"persistent id", "S'x'\nQ.", "outside the pickle"},
	{"persistent id, protocol 0", "Px\n.", "outside the pickle"},
	{"protocol 9", "\x80\x09N.", "protocol 9"},
	{"no instruction", "\xff", "no pickle"},
	{"nothing", "", "ends"},
	{"no end", "N", "ends"},
	{"nothing to return", ".", "empty"},
	{"values left", "NN.", "left on the stack"},
	{"mark left", "(.", "empty"},
	{"string of 4 GiB", "X\xff\xff\xff\xff", "4294967295 bytes are announced"},
	{"string of 2^63 bytes", "\x8d\x00\x00\x00\x00\x00\x00\x00\x80", "announced"},
	{"bytes of 2^64-1", "\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "announced"},
	{"bytearray of 2^62", "\x96\x00\x00\x00\x00\x00\x00\x00\x40", "announced"},
	{"frame of 2^64-1", "\x95\xff\xff\xff\xff\xff\xff\xff\xff", "frame"},
	{"integer of 4 GiB", "\x8b\xff\xff\xff\xff", "announced"},
	{"integer of 1,000 bytes", "\x8b\xe8\x03\x00\x00" + strings.Repeat("\x01", 1000) + ".", "at most 255"},
	{"integer of many digits", "L" + strings.Repeat("9", 1<<20) + "L\n.", "at most 1024"},
	{"integer of letters", "Ix\n.", "no integer"},
	{"float of letters", "Fx\n.", "no number"},
	{"str without quotes", "Sx\n.", "quotes"},
	{"str ending in a backslash", "S'a\\'\n.", "backslash"},
	{"str with half an escape", "S'\\x1'\n.", "hexadecimal"},
	{"unicode with half an escape", "V\\u12\n.", "no character's number"},
	{"memo unset", "h\x00.", "before it is set"},
	{"memo by a word", "gx\n.", "no memo number"},
	{"put on an empty stack", "q\x00.", "empty"},
	{"tuple of nothing", "\x85.", "empty"},
	{"pops below the mark", "N((0\x85.", "empty"},
	{"mark missing", "Nt.", "no mark"},
	{"append to a number", "K\x01Na.", "not to a list"},
	{"item of a list", "]NNs.", "not in a dict"},
	{"odd items", "}(Nu.", "no value"},
	{"key that is a list", "}]Ns.", "key is a list"},
	{"key of 5,000 bytes", "}X" + le(5000, 4) + strings.Repeat("k", 5000) + "Ns.", "at most 4096"},
	{"key twice", "}(U\x01aNU\x01aNu.", `"a" stands twice`},
	{"key of an OrderedDict twice", "ccollections\nOrderedDict\n](U\x01kN\x86U\x01kN\x86e\x85R.", `"k" stands twice`},
	{"list in itself", "]q\x00h\x00a.", "contains itself"},
	{"dict in itself", "}q\x00Nh\x00s.", "contains itself"},
	{"deep nesting", strings.Repeat("]", 5000) + strings.Repeat("a", 4999) + ".", "nests more than"},
	{"deep nesting by the memo", "(" + chain(5000) + "t.", "nests more than"},
	{"doubled 60 times", ")" + strings.Repeat("q\x00h\x00\x86", 60) + ".", "more values"},
	{"OrderedDict doubled 19 times", ordered + strings.Repeat("q\x00h\x00\x86", 19) + ".", "more values"},
	{"encode of a number", "c_codecs\nencode\n(K\x01S'latin1'\ntR.", "to latin1 is read"},
	{"encode to rot13", "c_codecs\nencode\n(S'a'\nS'rot13'\ntR.", "to latin1 is read"},
	{"encode of a wide character", "c_codecs\nencode\n(V\\u20ac\nS'latin1'\ntR.", "no place"},
	{"array shape too large", array("J\xff\xff\xff\x7f", "U\x01a"), "only 1 bytes"},
	{"array shape overflows", array(strings.Repeat("J\x00\x00\x00\x40", 12), "U\x01a"), "only 1 bytes"},
	{"array with a size of 2^62", array("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40", "U\x01a"), "size is"},
	{"array with a negative size", array("J\xff\xff\xff\xff", "U\x01a"), "size is -1"},
	{"array of 40 dimensions", array(strings.Repeat("K\x01", 40), "U\x01a"), "shape is"},
	{"array with surplus bytes", array("K\x01", "U\x02ab"), "has 2 bytes, not 1"},
	{"array whose data are a list", array("K\x01", "]"), "not bytes"},
	{"array of None", "cnumpy.core.multiarray\n_reconstruct\n(NNNtR.", "plain arrays"},
}

const ordered = "ccollections\nOrderedDict\n)R"

// Of what is just accepted, Dump writes what is read again: marks and calls are
// values too.
func TestTheLargestIsReadAgain(t *testing.T) {
	long := "X" + le(1<<17, 4) + strings.Repeat("x", 1<<17) + "0"
	for _, c := range []struct {
		name, in string
		ok       bool
	}{
		{"OrderedDict doubled 18 times", long + ordered + strings.Repeat("q\x00h\x00\x86", 18) + ".", true},
		{"OrderedDict doubled 19 times", long + ordered + strings.Repeat("q\x00h\x00\x86", 19) + ".", false},
		{"lists doubled 19 times", long + "]" + strings.Repeat("q\x000](h\x00h\x00e", 19) + ".", true},
		{"OrderedDict doubled 13 times in a short pickle", ordered + strings.Repeat("q\x00h\x00\x86", 13) + ".", true},
		{"OrderedDict doubled 15 times in a short pickle", ordered + strings.Repeat("q\x00h\x00\x86", 15) + ".", false},
	} {
		v, _, err := Load([]byte(c.in), Options{})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			continue
		}
		out, err := Dump(v)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := Load(out, Options{}); err != nil || !same(v, again) {
			t.Errorf("%s is written and then: %v", c.name, err)
		}
	}
}

// same compares values without arrays and bytes, numbers by their bits.
func same(a, b any) bool {
	switch a := a.(type) {
	case *List:
		b, ok := b.(*List)
		return ok && slices.EqualFunc(a.Items, b.Items, same)
	case Tuple:
		b, ok := b.(Tuple)
		return ok && slices.EqualFunc(a, b, same)
	case *Dict:
		b, ok := b.(*Dict)
		return ok && a.Ordered == b.Ordered && slices.EqualFunc(a.items, b.items, func(x, y Item) bool { return same(x.Key, y.Key) && same(x.Value, y.Value) })
	case *big.Int:
		b, ok := b.(*big.Int)
		return ok && a.Cmp(b) == 0
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return a == b
}

// chain holds n tuples, each in the next, and puts each in the enclosing
// tuple, the innermost first, so that none is deep when it is first met.
func chain(n int) string {
	return ")" + strings.Repeat("q\x00h\x00\x85", n)
}

// array is a pickle of an array of uint8.
func array(sizes, data string) string {
	return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR(K\x01(" + sizes + "tcnumpy\ndtype\n(U\x02u1K\x00K\x01tR\x89" + data + "tb."
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		v, _, err := Load([]byte(c.in), Options{})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", c.name, v, err, c.want)
		}
	}
	if _, _, err := Load([]byte(array("K\x01", "U\x01a")), Options{}); err != nil {
		t.Errorf("the array that the hostile ones are made from: %v", err)
	}
	_, _, err := Load([]byte("N0cos\nsystem\n."), Options{})
	if e := new(Error); !errors.As(err, &e) || e.Offset != 2 || !errors.Is(err, errNotListed) {
		t.Errorf("the error does not say where: %v", err)
	}
}

// allocated is the memory that f asked for, whether or not it gave it back.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever a pickle says, the memory taken is in proportion to its length,
// and bounded: small values make the largest factor.
func TestMemoryIsBounded(t *testing.T) {
	const factor, fixed = 250, 64 << 10
	length := 0
	got := allocated(func() {
		for _, c := range hostile {
			length += len(c.in)
			_, _, _ = Load([]byte(c.in), Options{})
		}
	})
	if got > uint64(factor*length+fixed) {
		t.Errorf("%d bytes allocated for %d bytes of short hostile inputs", got, length)
	}
	megabyte := "X" + le(1<<20, 4) + strings.Repeat("x", 1<<20)
	for _, c := range []struct{ name, in string }{
		{"many lists", strings.Repeat("]", 1<<16)},
		{"many dicts", "(" + strings.Repeat("}", 1<<16) + "t."},
		{"many memo entries", "N" + strings.Repeat("r\x01\x00\x00\x00q\x00\x94", 1<<15) + "."},
		{"dicts of one item", "(" + strings.Repeat("}NNs", 1<<14) + "t."},
		{"one text encoded again and again", megabyte + "q\x00(" + strings.Repeat("c_codecs\nencode\nh\x00U\x06latin1\x86R", 1000) + "t."},
		{"a Python 2 str in array after array", "T" + le(1<<20, 4) + strings.Repeat("x", 1<<20) + "q\x00(" +
			strings.Repeat(strings.TrimSuffix(array("J\x00\x00\x10\x00", "h\x00"), "."), 1000) + "t."},
		{"OrderedDict of one list again and again", "](" + pairs(1000) + "eq\x000(" + strings.Repeat("ccollections\nOrderedDict\nh\x00\x85R", 1000) + "t."},
		{"key of 64 bytes in dict after dict", "(" + keys() + strings.Repeat("}("+recall()+"u", 1<<12) + "t."},
	} {
		if got := allocated(func() { _, _, _ = Load([]byte(c.in), Options{}) }); got > uint64(factor*len(c.in)+fixed) {
			t.Errorf("%s: %d bytes allocated for %d of input, %d times", c.name, got, len(c.in), got/uint64(len(c.in)))
		}
	}
	v, _, err := Load([]byte(strings.Repeat("]", maxValues+1)), Options{})
	if err == nil || !strings.Contains(err.Error(), "more values") {
		t.Errorf("more values than allowed: %v, %v", v, err)
	}
	const encoded = "c_codecs\nencode\nh\x00U\x06latin1\x86R"
	if _, _, err = Load([]byte(megabyte+"q\x000("+encoded+"t."), Options{}); err != nil {
		t.Error(err)
	}
	_, _, err = Load([]byte(megabyte+"q\x000("+encoded+encoded+"t."), Options{})
	if err == nil || !strings.Contains(err.Error(), "budget") {
		t.Errorf("more bytes than the budget: %v", err)
	}
}

// pairs are n tuples of a key and None.
func pairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("J" + le(uint64(i), 4) + "N\x86")
	}
	return b.String()
}

// keys puts ten keys of 64 bytes into the memo, recall sets them all.
func keys() string {
	var b strings.Builder
	for i := range 10 {
		b.WriteString("C\x40" + string(rune('a'+i)) + strings.Repeat("k", 63) + "q" + string([]byte{byte(i)}))
	}
	return b.String()
}

func recall() string {
	var b strings.Builder
	for i := range 10 {
		b.WriteString("h" + string([]byte{byte(i)}) + "N")
	}
	return b.String()
}

// A pickle cut short is never accepted; one with a byte changed may be, but
// never brings the machine down.
func TestCutAndFlipped(t *testing.T) {
	for _, name := range []string{"numpy1_p0.pkl", "numpy1_p2.pkl", "numpy2_p5.pkl", "python2_p2.pkl"} {
		b := golden(t, name)
		for i := range b {
			if i%3 != 0 {
				continue
			}
			if v, _, err := Load(b[:i], Options{}); err == nil {
				t.Errorf("%s cut to %d bytes: %v", name, i, v)
			}
			flipped := bytes.Clone(b)
			flipped[i] ^= 1 << (i % 8)
			if v, _, err := Load(flipped, Options{}); err == nil {
				use(v)
			}
		}
	}
}

// use does with a value what readers do: it walks over all of it and decodes
// its arrays.
func use(v any) {
	switch v := v.(type) {
	case *List:
		for _, x := range v.Items {
			use(x)
		}
	case Tuple:
		for _, x := range v {
			use(x)
		}
	case *Dict:
		for _, it := range v.Items() {
			use(it.Value)
		}
		v.Get("data")
	case *Array:
		_, _ = v.Bytes()
		_, _ = v.Int64s()
		_, _ = v.Float64s()
	}
}

// Whatever the bytes, Load returns, with memory in proportion to them; what
// it accepts without arrays, Dump writes so that Load reads it again.
func FuzzPickle(f *testing.F) {
	for _, c := range hostile {
		f.Add([]byte(c.in))
	}
	for _, name := range []string{"numpy1_p0.pkl", "numpy1_p2.pkl", "numpy1_p5.pkl", "numpy2_p2.pkl", "python2_p0.pkl", "python2_p1.pkl", "python2_p2.pkl"} {
		f.Add(golden(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, n, err := Load(b, Options{})
		if err != nil {
			if v != nil || n != 0 {
				t.Fatalf("a value and an error: %v, %v", v, err)
			}
			return
		}
		use(v)
		out, err := Dump(v)
		if err != nil {
			return // arrays, bytes or strings that are not UTF-8
		}
		if again, n, err := Load(out, Options{}); err != nil || n != len(out) || !same(v, again) {
			t.Fatalf("%q was read, written as %.1000q, and then: %v", b, out, err)
		}
	})
}
