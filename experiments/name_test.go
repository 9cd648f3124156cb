package experiments

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// A released default never changes: these names are how results of earlier
// versions are found again. A failure here means that every stored result of
// that kind is orphaned; bump NumericsVersion only if its numbers changed.
func TestNamesArePinned(t *testing.T) {
	i := 0
	for _, task := range expand(t, "quick", results.Selection{Seeds: 1}).Tasks {
		if task.Settings.Kind == results.KindTheory || i == 10 {
			continue
		}
		if got := task.Name[:16]; i >= len(pinnedNames) || got != pinnedNames[i] {
			t.Errorf("%q, // %s", got, Describe(task.Settings))
		}
		i++
	}
	if i != len(pinnedNames) {
		t.Errorf("%d tasks for %d names", i, len(pinnedNames))
	}
}

// First 16 digits of the names of the first ten tasks of profile quick, theory
// left out.
var pinnedNames = []string{
	"490da16db464ad93", // CE, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"1d4a8ec087fce956", // pseudo-labels of the pool, fashion-mnist, ρ=100, replicate 0
	"3d4e19a87fd9db87", // CE + D_U@5x, ρ_U=100, fashion-mnist, ρ=100, 18 epochs of batch 16, replicate 0
	"3fd5eccf0e83b5c7", // CE, fashion-mnist, ρ=100, 108 epochs of batch 16, replicate 0
	"c9d6adaec5cc4e19", // rotation pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"b33d6793b9d23599", // CE from pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"5f7ffad44b8c893f", // supervised pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"efd162f02c060f14", // CE from pre-training, fashion-mnist, ρ=100, 40 epochs of batch 8, replicate 0
	"73156351acd4aac1", // embedding, fashion-mnist, ρ=100, replicate 0
	"ec464d7b2380ac54", // embedding with D_U@5x, fashion-mnist, ρ=100, replicate 0
}

func TestEverySettingIsInTheName(t *testing.T) {
	base := results.Settings{Kind: results.KindTrain, Data: "fashion-mnist", Rho: 100, NMax: 500, Arch: "resnet8", Epochs: 90, Batch: 32}
	ids := map[string]string{"Data": "mnist", "Pool": "fashion-mnist", "Irrelevant": "mnist"} // have digests: no word will do
	names := map[string]string{}
	check := func(what string, s results.Settings) {
		name, err := Name(dataset.Files{}, s)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if other, dup := names[name]; dup {
			t.Errorf("%s and %s have the same name", what, other)
		}
		names[name] = what
	}
	check("nothing", base)
	for i, f := range reflect.VisibleFields(reflect.TypeFor[results.Settings]()) {
		s := base
		switch v := reflect.ValueOf(&s).Elem().Field(i); v.Kind() {
		case reflect.String:
			v.SetString(cmp.Or(ids[f.Name], "another"))
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Float64:
			v.SetFloat(v.Float() + .5)
		case reflect.Bool:
			v.SetBool(!v.Bool())
		default:
			t.Fatalf("%s is a %v: say here how it changes", f.Name, v.Kind())
		}
		check(f.Name, s)
	}
	own := base
	own.Pool = filepath.Join(t.TempDir(), "own.pickle")
	if err := os.WriteFile(own.Pool, []byte("images"), 0o666); err != nil {
		t.Fatal(err)
	}
	check("a pool of the user's", own)
	elsewhere := own
	elsewhere.Pool = filepath.Join(t.TempDir(), "moved.pickle")
	if err := os.WriteFile(elsewhere.Pool, []byte("images"), 0o666); err != nil {
		t.Fatal(err)
	}
	if name, err := Name(dataset.Files{}, elsewhere); err != nil || names[name] != "a pool of the user's" {
		t.Errorf("the same pool in another folder gives another name: %v", err)
	}
	if err := os.WriteFile(own.Pool, []byte("other images"), 0o666); err != nil {
		t.Fatal(err)
	}
	check("another content of the pool", own)
	if _, err := Name(dataset.Files{}, results.Settings{Data: "cifar11"}); err == nil {
		t.Error("unknown data have a name")
	}
}
