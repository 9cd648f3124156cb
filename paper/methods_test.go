package paper

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The vocabulary is that of the numbers in print.
func TestMethodsAreSpelledAsInPrint(t *testing.T) {
	if want := fmt.Sprintf(" + D_U@%dx", UnlabeledMultiple); WithDU != want {
		t.Errorf("WithDU is %q, D_U is %q", WithDU, want)
	}
	du, ssp := 0, 0
	for _, n := range Numbers() {
		if strings.HasSuffix(n.Method, WithDU) {
			du++
		}
		if strings.HasSuffix(n.Method, WithSSP) {
			ssp++
		}
	}
	if du < 48 || ssp < 24 {
		t.Errorf("%d numbers with D_U, %d with SSP", du, ssp)
	}
	if with, without := Control(CIFAR10, 100, 0, "CE"), Control(CIFAR10, 100, 0, Logistic); with.Network != "ResNet-32" || without.Network != "" {
		t.Errorf("networks %q and %q", with.Network, without.Network)
	}
	if r := Relevance(60); r != "CE + D_U@5x, relevance 60 %" {
		t.Errorf("%q", r)
	}
	if m := "CE" + WithDU + LabeledShare(.25); m != "CE + D_U@5x, D_L×0.25" {
		t.Errorf("%q", m)
	}
}

// A name is its parts again, and no printed one has a part that a Method takes for another.
func TestMethods(t *testing.T) {
	for name, want := range map[string]Method{
		"":                              {"", nil, nil},
		"CE-DRW":                        {"CE-DRW", nil, nil},
		"CE(Uniform) + SSP":             {"CE(Uniform)", []string{"SSP"}, nil},
		"CE + D_U@5x, relevance 60 %":   {"CE", []string{"D_U@5x"}, []string{"relevance 60 %"}},
		"CE + SSP + cRT":                {"CE", []string{"SSP", "cRT"}, nil},
		"CE + SSP, step":                {"CE", []string{"SSP"}, []string{"step"}},
		"a, relevance 5, relevance 6 %": {"a", nil, []string{"relevance 5", "relevance 6 %"}},
	} {
		got := ParseMethod(name)
		if got.Rule != want.Rule || !slices.Equal(got.Added, want.Added) || !slices.Equal(got.Changed, want.Changed) || got.String() != name {
			t.Errorf("%q: %q, and %q again", name, got, got.String())
		}
	}
	for _, n := range Numbers() {
		if m := ParseMethod(n.Method); m.String() != n.Method || len(m.Added) > 1 || len(m.Changed) > 1 {
			t.Errorf("%q: %q", n.Method, m)
		}
	}
	for name, want := range map[string]string{
		"CE(Uniform) + SSP": "CE", LinearProbe: "CE", "CB-CE" + WarmStart: "CB-CE", "CE" + EqualSteps: "CE", "CE" + WithSSP + WithCRT: "CE", "LDAM-DRW" + WithDU: "LDAM-DRW",
	} {
		if got := ParseMethod(name).Base(); got != want {
			t.Errorf("%q builds on %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]float64{Relevance(0): 0, Relevance(60) + Embedding: 60, "CE" + WithDU: -1, "CE, relevance high": -1} {
		if _, got := ParseMethod(name).Relevance(); got != want {
			t.Errorf("%q: relevance %g, want %g", name, got, want)
		}
	}
	if rest, _ := ParseMethod(Relevance(60) + Embedding).Relevance(); rest.String() != "CE"+WithDU+Embedding {
		t.Errorf("%q", rest)
	}
}
