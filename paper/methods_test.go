package paper

import (
	"fmt"
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
