package fields

import (
	"fmt"
	"slices"
	"testing"
)

func TestUntold(t *testing.T) {
	type s struct {
		A string
		B bool
		C int64
		D float64
	}
	values := []s{{A: "a"}, {A: "b", C: 1}}
	for text, want := range map[*func(s) string][]string{
		new(func(v s) string { return "" }):                      {"A", "B", "C", "D"},
		new(func(v s) string { return fmt.Sprint(v) }):           nil,
		new(func(v s) string { return fmt.Sprint(v.B, v.D) }):    {"A", "C"},
		new(func(v s) string { return fmt.Sprint(v.C, v.C*0) }):  {"A", "B", "D"},
		new(func(v s) string { return fmt.Sprint(v.A == "bx") }): {"B", "C", "D"}, // of one value alone
	} {
		if got := Untold(*text, values...); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if values[0].A != "a" {
		t.Error("the values were changed")
	}
}
