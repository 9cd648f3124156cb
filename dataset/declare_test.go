package dataset

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Names of tasks hold declared digests: those of the table may never change,
// and need no files.
func TestDeclaredDigests(t *testing.T) {
	of := map[string]string{}
	for _, c := range []struct{ id, digest string }{
		{"fashion-mnist", "900a74179fe3aa585add0229c765bdfab4f177c8dbbb4def990d3f8afd08a3e5"},
		{"mnist", "dc01efa808297cd8c5987e0735458eaaa66ab06e8533554d1f982d28d956ebd6"},
		{"cifar10", "ff5ee561b37e96d4a98eec2f3e08b2a7fdc27d3a22fddc29d5b276211536eb42"},
		{"cifar100", "9dc5b9406d2a081d6663698225f31cfe63ae7b811eb1bfdaceb0957a98364028"},
		{"svhn", "b015a48109b645ed9c0659c5fda93c0e303e3b6b4f26da3f1e87fd0afff6fc6d"},
		{"mnist-full", "611b3560d2f07ed9689f10aa39e5108a98a80faf6fa8461aa94c663981147aaa"},
		{"fashion-mnist-full", "7a1fe2885a983ed6f19d756a51842cf6dcf98527e2aa7f19e0a60e9513cb4a60"},
		{"imagenet-lt", "770fd49fbd56f88717ffad6a311d643b2589ef51e453515223b7d6c32b753ede"},
		{"inaturalist18", "72d12e6e6b8a7da2c3fc6ace405ca6e72b92ba679491cbf3c848cefb830cdb00"},
	} {
		got, err := Files{}.Declare(c.id)
		about, describeErr := Describe(c.id)
		if err != nil || describeErr != nil || got != c.digest || about.Declared != got {
			t.Errorf("%s: declared %s, %v %v", c.id, got, err, describeErr)
		}
		if of[got] != "" {
			t.Errorf("%s and %s are declared alike", c.id, of[got])
		}
		of[got] = c.id
	}
	for _, id := range Known() {
		if about, _ := Describe(id); of[about.Declared] == "" {
			t.Errorf("%s is not in the table above: add it with %q, which no later version may change", id, about.Declared)
		}
	}
}

func TestDeclaredPools(t *testing.T) {
	dir := t.TempDir()
	pickle := put(t, dir, "p.pickle", []byte("a"))
	seen := map[string]string{}
	for _, c := range []struct{ data, pool, want string }{
		{"fashion-mnist", "fashion-mnist", "900a74179fe3aa585add0229c765bdfab4f177c8dbbb4def990d3f8afd08a3e5"},
		{"cifar10", PoolHeldOut, "4b455d1ecb8decc3aec8bffa9e0a9e24fff4f63e5f1ac804384d83333d02c203"},
		{"cifar10", PoolAuthors, "10ad5361b7c846497db9cd4fff4c6b84ad6764731b639dc7bc06dcc29169d6cf"},
		{"svhn", PoolExtra, "f697b0f9b5ec7868c39b171b8484862100562c25f685e59dd79e763df1ce557c"},
		{"cifar100", PoolHeldOut, ""},
		{"cifar10", pickle, hashed(markPickle, "a")},
		{"cifar10", "cifar100", hashed(markOther, "9dc5b9406d2a081d6663698225f31cfe63ae7b811eb1bfdaceb0957a98364028")},
		{"cifar10", "mnist", ""},
	} {
		got, err := Files{}.DeclarePool(c.data, c.pool)
		if err != nil || len(got) != 64 || c.want != "" && got != c.want {
			t.Errorf("%s of %s: %s, %v", c.pool, c.data, got, err)
		}
		if seen[got] != "" {
			t.Errorf("%s of %s is declared as %s", c.pool, c.data, seen[got])
		}
		seen[got] = c.pool
	}
	for short, long := range map[string]string{"cifar10": PoolAuthors, "svhn": PoolExtra} {
		a, err := Files{}.DeclarePool(short, "")
		b, _ := Files{}.DeclarePool(short, long)
		if err != nil || a != b {
			t.Errorf("the pool of %s is not %s: %v", short, long, err)
		}
	}
	put(t, dir, "p.pickle", []byte("b"))
	if got, err := (Files{}).DeclarePool("cifar10", pickle); err != nil || seen[got] != "" {
		t.Errorf("another content has the same declaration: %v", err)
	}
	a, err := Files{}.DeclareIrrelevant("cifar10", "cifar100")
	b, err2 := Files{}.DeclareIrrelevant("cifar10", "mnist")
	if err != nil || err2 != nil || a == b || a != "aa6a1f0d66fbbfc2909540ed4dbfc6e1c042c9d12d8c69dfae143aa137e037f7" {
		t.Errorf("irrelevant: %s, %s, %v, %v", a, b, err, err2)
	}
	for _, c := range []struct{ data, pool, want string }{
		{"nothing", PoolHeldOut, "neither a data set"},
		{"cifar10", "nothing", "neither a data set"},
		{"cifar10", "nothing.pickle", "nothing.pickle"},
		{"cifar100", "", "no pool of unlabeled images"},
		{"cifar10", PoolExtra, "no extra images"},
	} {
		if _, err := (Files{}).DeclarePool(c.data, c.pool); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: %v lacks %q", c.pool, c.data, err, c.want)
		}
	}
}

// What is not the official content never takes its name: with AllowUnverified
// the files themselves are looked at.
func TestDeclaredUnverified(t *testing.T) {
	official, err := Files{}.Declare("cifar10")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{official: true}
	for fill := range byte(2) {
		dir := t.TempDir()
		put(t, dir, "cifar-10-batches-bin/data_batch_1.bin", append([]byte{3}, bytes.Repeat([]byte{fill}, cifarImage)...))
		f := Files{Dir: dir, AllowUnverified: true}
		got, err := f.Declare("cifar10")
		s, openErr := f.Open("cifar10")
		if err != nil || openErr != nil || s.Mark != Unverified || s.Digest != got || s.Declared != got || seen[got] {
			t.Errorf("declared %s, %v, %v", got, err, openErr)
		}
		seen[got] = true
		if got, err := (Files{Dir: dir}).Declare("cifar10"); err != nil || got != official {
			t.Errorf("without leave: %s, %v", got, err)
		}
	}
	for _, dir := range []string{"", t.TempDir()} { // there is nothing to look at
		for _, id := range []string{"cifar10", "svhn", "imagenet-lt"} {
			want, _ := Files{}.Declare(id)
			if got, err := (Files{Dir: dir, AllowUnverified: true}).Declare(id); err != nil || got != want {
				t.Errorf("%s in %q: %s, %v", id, dir, got, err)
			}
		}
	}
	if got, err := (Files{AllowUnverified: true}).Declare("fashion-mnist"); err != nil || seen[got] {
		t.Errorf("embedded: %v", err)
	}
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"ant": 4, "bee": 2})
	got, err := Files{}.Declare(dir)
	s, openErr := Files{}.Open(dir)
	if err != nil || openErr != nil || got != s.Digest || got != s.Declared {
		t.Errorf("own images: %v, %v", err, openErr)
	}
	if other, err := (Files{Side: 8}).Declare(dir); err != nil || other == got {
		t.Errorf("at another size: %v", err)
	}
	if got, err := (Files{Dir: only(t, "cifar-10-batches-bin"), AllowUnverified: true}).Declare("cifar10"); err != nil || got != official {
		t.Errorf("the official files: %s, %v", got, err)
	}
}

func TestIrrelevantFor(t *testing.T) {
	for data, want := range map[string]string{"fashion-mnist": "mnist", "cifar10": "cifar100"} {
		if got, err := IrrelevantFor(data); err != nil || got != want {
			t.Errorf("%s: %s, %v", data, got, err)
		}
	}
	if _, err := IrrelevantFor("svhn"); err == nil {
		t.Error("svhn")
	}
	for data, other := range irrelevantFor {
		if !Named(data) || !Named(other) {
			t.Errorf("%s or %s is not known", data, other)
		}
	}
}

// What profile desktop draws from: official CIFAR-10 at n_max 700.
func TestHeldOutOfCIFAR10(t *testing.T) {
	f := Files{Dir: rebuilt(t)}
	s, err := f.Open("cifar10")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := LongTail{Rho: 100, NMax: 700}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.OpenPool(sub, PoolHeldOut)
	if err != nil {
		t.Fatal(err)
	}
	byClass, err := ByClass(p.Labels, 10)
	if err != nil || p.Mark != markHeldOut || p.Unverified || len(p.Digest) != 64 {
		t.Errorf("%+v, %v", p.Mark, err)
	}
	for c, l := range byClass {
		if len(l) != 4300 {
			t.Errorf("class %d holds %d images out", c, len(l))
		}
	}
	used := map[int]bool{}
	for _, i := range sub.Positions {
		used[i] = true
	}
	for _, i := range sub.HeldOut {
		if used[i] {
			t.Fatalf("image %d is labeled and held out", i)
		}
	}
	name, err := IrrelevantFor("cifar10")
	if err != nil {
		t.Fatal(err)
	}
	other, err := f.OpenIrrelevant(s, name)
	if err != nil || other.Len() != 65*500 || other.Mark != markIrrelevant || other.Unverified {
		t.Fatalf("irrelevant: %v", err)
	}
	for _, y := range other.Labels {
		if slices.Contains(lookAlikes, cifar100Classes[y]) {
			t.Fatalf("an image of class %s", cifar100Classes[y])
		}
	}
	d, err := sub.Draw(Unlabeled{Multiple: 5, RhoU: 50, Mix: &Mix{.6, other.Samples}}, p.Samples)
	if err != nil || len(d.Irrelevant) == 0 {
		t.Errorf("relevance 60 %%: %v", err)
	}
}
