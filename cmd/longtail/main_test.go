package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestExpandHome(t *testing.T) {
	home := strings.TrimSuffix(kong.ExpandPath("~/x"), "x")
	got := expandHome([]string{"train", "--data=~/photos", "--test", "~/t.npz", "--out=a=~/b", "~", "x~/", "--only=~"})
	want := []string{"train", "--data=" + home + "photos", "--test", home + "t.npz", "--out=a=~/b", "~", "x~/", "--only=~"}
	if strings.Contains(home, "~") || !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A value that was forgotten, or is an empty variable of a shell, is refused, wherever it
// would be taken silently.
func TestValuesGiven(t *testing.T) {
	model := commandLine(t, new(cli)).Model.Node
	for _, c := range []struct{ line, says string }{
		{"train --data photos --out", "--out needs a value"},
		{"train --data photos --out _", "--out is empty"},
		{"train --data photos --out=", "--out is empty"},
		{"train --data photos --out run --rule", "--rule needs a value"},
		{"train --data photos --out --exact", "--out needs a value"},
		{"train --data photos --out -h", "--out needs a value"},
		{"train --data photos --out run --unlabeled _", "--unlabeled is empty"},
		{"compare a b --figures _", "--figures is empty"},
		{"simulate 3 --mutate", "--mutate needs a value"},
		{"theory 1 --csv --json", "--csv needs a value"},
		{"reproduce --data-dir --fetch", "--data-dir needs a value"},
		{"data fetch cifar10 --data-dir --json", "--data-dir needs a value"},
		{"theory 1 --mu1 -0.5 --mu2 -1:1:5 --json", ""},
		{"theory --json", ""},
		{"reproduce --data-dir _ --fetch --only=table1", ""}, // as if it were not given
		{"train --data photos --cache= --no-flip --out=run", ""},
		{"compare a --figures f -- --figures", ""},
		{"train --sedes 3", ""}, // is for the parser to tell
		{"--help", ""},
	} {
		args := strings.Fields(c.line)
		for i, a := range args {
			args[i] = strings.ReplaceAll(a, "_", "")
		}
		if err := fmt.Sprint(checkFlagValues(model, args)); !strings.Contains(err, c.says) || c.says == "" && err != "<nil>" {
			t.Errorf("%s: %s, want %q", c.line, err, c.says)
		}
	}
	wrongUsage(t, 2, "See longtail theory 1 --help.", "theory", "1", "--csv", "--json")
	if _, stderr, _ := longtail(t, []string{"LONGTAIL_STORE="}, "task", "0123456789ab"); !strings.Contains(stderr, "runs") {
		t.Errorf("an empty LONGTAIL_STORE is not the default: %s", stderr)
	}
}
