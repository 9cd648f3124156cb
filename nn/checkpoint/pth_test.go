package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/pickle"
	"longtail/internal/testdata"
)

var update = flag.Bool("update", false, "rewrite testdata/ours.pth; then run pth_resave.py ours.pth ours_resaved there")

func readTorch(t testing.TB, name string) *TorchFile {
	t.Helper()
	f, err := ReadTorch(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// listed are the tensors that a script of testdata lists in a JSON file.
func listed(t testing.TB, name string) []Tensor {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Name  string
		Shape []int
		Float bool
		Data  []any
	}
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	var ts []Tensor
	for _, x := range list {
		values := make([]float64, len(x.Data))
		for i, v := range x.Data {
			switch v := v.(type) {
			case float64:
				values[i] = v
			case string:
				values[i] = map[string]float64{"nan": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1)}[v]
			}
		}
		tensor := Tensor{Name: x.Name, Shape: x.Shape}
		if x.Float {
			tensor.Data = values
		} else {
			ints := make([]int64, len(values))
			for i, v := range values {
				ints[i] = int64(v)
			}
			tensor.Data = ints
		}
		ts = append(ts, tensor)
	}
	return ts
}

// doubles widens float32, which loses nothing: JSON listings hold float64.
func doubles(ts []Tensor) []Tensor {
	out := slices.Clone(ts)
	for i, t := range ts {
		if d, ok := t.Data.([]float32); ok {
			wide := make([]float64, len(d))
			for j, v := range d {
				wide[j] = float64(v)
			}
			out[i].Data = wide
		}
	}
	return out
}

// sameBits makes floats comparable: NaN equals NaN, 0 does not equal -0.
var sameBits = cmp.Options{
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }),
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }),
}

// Views, shared storages, half precision and integers, from both containers
// and two PyTorch versions.
func TestTorchTensors(t *testing.T) {
	want := listed(t, "tensors.json")
	for _, name := range []string{"tensors_legacy.pth", "tensors_zip.pth", "torch2_tensors_zip.pth"} {
		f := readTorch(t, name)
		if d := cmp.Diff(want, doubles(f.State), sameBits); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if f.Extra.Len() != 0 {
			t.Errorf("%s: %d extra entries", name, f.Extra.Len())
		}
		types := map[string]string{}
		for _, x := range f.State {
			types[x.Name] = fmt.Sprintf("%T", x.Data)
		}
		for n, typ := range map[string]string{"plain": "[]float32", "half": "[]float32", "bfloat16": "[]float32", "double": "[]float64", "int8": "[]int64", "bool": "[]int64", "num_batches_tracked": "[]int64"} {
			if types[n] != typ {
				t.Errorf("%s: %s is %s, want %s", name, n, types[n], typ)
			}
		}
		// What two tensors share in PyTorch they do not share here.
		a := find(f, "plain")
		b := find(f, "same")
		a.Data.([]float32)[0]++
		if a.Data.([]float32)[0] == b.Data.([]float32)[0] {
			t.Errorf("%s: changing one tensor changes another", name)
		}
	}
}

func TestTorchTrainingCheckpoint(t *testing.T) {
	want := listed(t, "training.json")
	for _, name := range []string{"training_legacy.pth", "training_zip.pth"} {
		f := readTorch(t, name)
		if d := cmp.Diff(want, doubles(f.State), sameBits); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if !cmp.Equal(f.Extra.Keys(), []string{"epoch", "arch", "best_acc1", "optimizer"}) {
			t.Errorf("%s: extra entries %v", name, f.Extra.Keys())
		}
		epoch, ok1 := f.Number("epoch")
		best, ok2 := f.Number("best_acc1")
		arch, ok3 := f.Text("arch")
		if epoch != 7 || best != 71.25 || arch != "resnet32" || !ok1 || !ok2 || !ok3 {
			t.Errorf("%s: epoch %v, best %v, arch %q", name, epoch, best, arch)
		}
		if _, ok := f.Number("optimizer"); ok {
			t.Errorf("%s: the optimizer is a number", name)
		}
		optimizer, _ := f.Extra.Get("optimizer")
		states, _ := optimizer.(*pickle.Dict).Get("state")
		first := states.(*pickle.Dict).Items()[0]
		momentum, _ := first.Value.(*pickle.Dict).Get("momentum_buffer")
		m, ok := momentum.(Tensor)
		if first.Key != any(int64(0)) || !ok || !cmp.Equal(m.Shape, []int{4, 3, 3, 3}) || len(m.Data.([]float32)) != 108 {
			t.Errorf("%s: momentum of parameter %v: %T %v", name, first.Key, momentum, m.Shape)
		}
		stripped := StripModule(f.State)
		renamed, err := RenameLayer(stripped, "linear", "fc")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, x := range renamed {
			names = append(names, x.Name)
		}
		if d := cmp.Diff([]string{"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked", "fc.weight", "fc.bias"}, names); d != "" {
			t.Error(d)
		}
		if f.State[0].Name != "module.conv1.weight" || stripped[6].Name != "linear.weight" {
			t.Error("renaming changed its argument")
		}
	}
}

func TestTorchLargeScaleCheckpoint(t *testing.T) {
	for _, name := range []string{"large_legacy.pth", "large_zip.pth"} {
		f := readTorch(t, name)
		var names []string
		for _, x := range f.State {
			names = append(names, fmt.Sprint(x.Name, x.Shape))
		}
		if !cmp.Equal(names, []string{"module.conv1.weight[3 4 5]", "module.fc.weight[24]", "module.fc.bias[2]"}) {
			t.Errorf("%s: %v", name, names)
		}
		if best, ok := f.Number("best_acc"); !ok || best != 0.5 {
			t.Errorf("%s: best_acc %v", name, best)
		}
		if v, ok := f.Extra.Get("centroids"); !ok || v != nil {
			t.Errorf("%s: centroids %v, %v", name, v, ok)
		}
	}
}

func TestNames(t *testing.T) {
	ts := func(names ...string) []Tensor {
		var ts []Tensor
		for _, n := range names {
			ts = append(ts, Tensor{Name: n})
		}
		return ts
	}
	names := func(ts []Tensor) string {
		var ns []string
		for _, x := range ts {
			ns = append(ns, x.Name)
		}
		return strings.Join(ns, " ")
	}
	moco := ts("module.encoder_q.conv1.weight", "module.encoder_k.conv1.weight", "module.queue", "module.encoder_q.fc.0.bias")
	if got := names(KeepPrefix(moco, "module.encoder_q.")); got != "conv1.weight fc.0.bias" {
		t.Errorf("MoCo: %s", got)
	}
	if got := names(StripModule(ts("module.a", "b", "module.c"))); got != "module.a b module.c" {
		t.Errorf("a prefix that only some have was stripped: %s", got)
	}
	if got, err := RenameLayer(ts("linear.weight", "nonlinear.weight", "head.linear.bias"), "linear", "fc"); err != nil || names(got) != "fc.weight nonlinear.weight head.fc.bias" {
		t.Errorf("rename: %s, %v", names(got), err)
	}
	if _, err := RenameLayer(ts("linear.weight", "fc.weight"), "linear", "fc"); err == nil || !strings.Contains(err.Error(), `"linear.weight" and "fc.weight"`) {
		t.Errorf("two heads: %v", err)
	}
}

// Published weights of another project, from files of 2018.
func TestThirdPartyCheckpoints(t *testing.T) {
	for _, c := range []struct {
		name       string
		parameters int
		best       float64
		sum        string // SHA-256 of each name, a zero byte and the elements, as PyTorch 1.13 reads them
	}{
		{"resnet20-12fca82f.th", 269722, 91.78000183105469, "72d8687c39598736001098cb592d2ec59d2f659b285f003abed03d2644ef5837"},
		{"resnet32-d509ac18.th", 464154, 92.78000144958496, "59665d6308af1f8a165ffb9746dfc2b5b45f880315b2b1715f63d0e71e634974"},
	} {
		b := testdata.SharedMember(t, "data/cifar10-checkpoints.tar.xz", "cifar10-checkpoints/"+c.name)
		f, err := decodeTorch(b)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		h := sha256.New()
		for _, x := range f.State {
			_, _ = io.WriteString(h, x.Name+"\x00")
			if err := binary.Write(h, binary.LittleEndian, x.Data); err != nil {
				t.Fatal(err)
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != c.sum {
			t.Errorf("%s: the tensors' sum is %s, PyTorch's %s", c.name, got, c.sum)
		}
		state, err := RenameLayer(StripModule(f.State), "linear", "fc")
		if err != nil {
			t.Fatal(err)
		}
		parameters := 0
		for _, x := range state {
			d, ok := x.Data.([]float32)
			if !ok {
				t.Fatalf("%s: %s is %T", c.name, x.Name, x.Data)
			}
			if !strings.Contains(x.Name, "running_") {
				parameters += len(d)
			}
		}
		if parameters != c.parameters {
			t.Errorf("%s: %d parameters, want %d", c.name, parameters, c.parameters)
		}
		if best, ok := f.Number("best_prec1"); !ok || best != c.best {
			t.Errorf("%s: best_prec1 %v, want %v", c.name, best, c.best)
		}
		if state[0].Name != "conv1.weight" || state[len(state)-1].Name != "fc.bias" {
			t.Errorf("%s: from %s to %s", c.name, state[0].Name, state[len(state)-1].Name)
		}
	}
}

// small is a state dict of the reference's ResNet-8 with 4, 8 and 16
// channels, with every kind of bit pattern that float32 has.
func small() []Tensor {
	var ts []Tensor
	float := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(name))
		x, d := h.Sum32(), make([]float32, n)
		for i := range d {
			x = x*1664525 + 1013904223
			d[i] = float32(int32(x)>>8) / (1 << 23)
			switch x >> 8 % 50 {
			case 0: // any bits; a quiet NaN where it is one, as a float register would make it
				if d[i] = math.Float32frombits(x); d[i] != d[i] {
					d[i] = math.Float32frombits(x | 1<<22)
				}
			case 1:
				d[i] = float32(math.Copysign(0, -1))
			case 2:
				d[i] = math.Float32frombits(x >> 10) // subnormal
			case 3:
				d[i] = float32(math.Inf(int(int32(x))))
			}
		}
		ts = append(ts, Tensor{name, shape, d})
	}
	norm := func(name string, channels int) {
		for _, p := range []string{"weight", "bias", "running_mean", "running_var"} {
			float(name+"."+p, channels)
		}
		ts = append(ts, Tensor{name + ".num_batches_tracked", []int{}, []int64{int64(len(ts)) << 50}})
	}
	float("conv1.weight", 4, 3, 3, 3)
	norm("bn1", 4)
	in := 4
	for stage, out := range []int{4, 8, 16} {
		block := fmt.Sprintf("layer%d.0.", stage+1)
		float(block+"conv1.weight", out, in, 3, 3)
		norm(block+"bn1", out)
		float(block+"conv2.weight", out, out, 3, 3)
		norm(block+"bn2", out)
		in = out
	}
	float("fc.weight", 10, 16)
	float("fc.bias", 10)
	return ts
}

func dict(t testing.TB, kv ...any) *pickle.Dict {
	t.Helper()
	d := &pickle.Dict{}
	for i := 0; i < len(kv); i += 2 {
		if err := d.Add(kv[i], kv[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func extras(t testing.TB) *pickle.Dict {
	return dict(t, "epoch", 200, "arch", "resnet8", "best_acc1", 71.25, "flag", true, "nothing", nil, "large", int64(1)<<40, "negative", -5,
		"mean", Tensor{Shape: []int{3}, Data: []float64{0.485, 0.456, 0.406}},
		"nested", dict(t, "list", &pickle.List{Items: []any{1, "a", pickle.Tuple{}}}, 3, pickle.Tuple{0.5, "é"}))
}

// What we write is what we read, and what PyTorch reads, loads strictly into
// the reference's network and saves again, bit for bit: pth_resave.py.
func TestTorchRoundTrip(t *testing.T) {
	const path = "testdata/ours.pth"
	b, err := encodeTorch(small(), extras(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, committed) {
		t.Errorf("%s would be written differently now: run go test -update, and pth_resave.py again", path)
	}
	for _, name := range []string{"ours.pth", "ours_resaved_zip.pth", "ours_resaved_legacy.pth"} {
		f := readTorch(t, name)
		if d := cmp.Diff(small(), f.State, sameBits); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		want := extras(t).Keys()
		if d := cmp.Diff(want, f.Extra.Keys()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		best, ok := f.Number("best_acc1")
		large, _ := f.Extra.Get("large")
		negative, _ := f.Extra.Get("negative")
		mean, _ := f.Extra.Get("mean")
		if !ok || best != 71.25 || large != any(int64(1)<<40) || negative != any(int64(-5)) ||
			!cmp.Equal(mean, any(Tensor{Shape: []int{3}, Data: []float64{0.485, 0.456, 0.406}})) {
			t.Errorf("%s: best %v, large %v, negative %v, mean %v", name, best, large, negative, mean)
		}
		// Read and written again, it is the same but for what PyTorch adds.
		again, err := encodeTorch(f.State, f.Extra)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: written again it differs: %v", name, err)
		}
	}
}

// A key that Python 2 wrote is bytes to Python 3; the state dict under it is no other
// entry as well.
func TestTorchKeyOfBytes(t *testing.T) {
	inner := object(t, "w", rebuilt(2, 0, pickle.Tuple{2}, pickle.Tuple{1})).data
	b := archive(t, record{name: "a/data.pkl", data: "\x80\x03}C\x0astate_dict" + inner[2:len(inner)-1] + "sC\x05epochK\x03s."}, record{name: "a/data/0", data: "12345678"})
	f, err := decodeTorch(b)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := f.Number("epoch"); len(f.State) != 1 || f.Extra.Len() != 1 || !ok || n != 3 {
		t.Errorf("%d tensors, other entries %q", len(f.State), f.Extra.Keys())
	}
}

func TestWriteTorch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "last.pth")
	for _, state := range [][]Tensor{small()[:1], {{Name: "empty", Shape: []int{0, 3}, Data: []float32{}}, {Name: "s", Shape: []int{}, Data: []int64{1}}}} {
		if err := WriteTorch(path, state, nil); err != nil {
			t.Fatal(err)
		}
		f, err := ReadTorch(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(state, f.State, sameBits); d != "" {
			t.Error(d)
		}
	}
	self := &pickle.List{}
	self.Items = []any{self}
	for _, c := range []struct {
		state []Tensor
		extra *pickle.Dict
		want  string
	}{
		{[]Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1}}}, nil, "1 elements"},
		{[]Tensor{{Name: "w", Shape: []int{1}, Data: []int{1}}}, nil, "[]int"},
		{[]Tensor{{Name: "", Shape: []int{1}, Data: []float32{1}}}, nil, "no name"},
		{[]Tensor{{Name: "w", Data: []float32{1}}, {Name: "w", Data: []float32{1}}}, nil, "twice"},
		{nil, dict(t, "state_dict", 1), "twice"},
		{nil, dict(t, "x", []float64{1}), `"x": a []float64`},
		{nil, dict(t, "x", self), "itself"},
		{nil, dict(t, "x", "\xff"), "UTF-8"},
	} {
		if _, err := encodeTorch(c.state, c.extra); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.state, err, c.want)
		}
	}
	if err := WriteTorch(filepath.Join(t.TempDir(), "no", "folder.pth"), nil, nil); err == nil || !strings.Contains(err.Error(), "folder.pth") {
		t.Errorf("unwritable: %v", err)
	}
}

// Every record's bytes begin at a multiple of 64, where PyTorch expects them.
func TestTorchAlignment(t *testing.T) {
	b, err := encodeTorch(small(), extras(t))
	if err != nil {
		t.Fatal(err)
	}
	records, err := torchRecords(b)
	if err != nil {
		t.Fatal(err)
	}
	// The state dict's, 3 in extra (best_acc1, mean, 0.5), data.pkl, byteorder, version.
	if want := len(small()) + 3 + 3; len(records) != want {
		t.Errorf("%d records, want %d", len(records), want)
	}
	for name, r := range records {
		if at, err := r.DataOffset(); err != nil || at%64 != 0 {
			t.Errorf("%s begins at byte %d, %v", name, at, err)
		}
	}
}

// find is the tensor of that name in the state dict.
func find(f *TorchFile, name string) Tensor {
	return f.State[slices.IndexFunc(f.State, func(t Tensor) bool { return t.Name == name })]
}
