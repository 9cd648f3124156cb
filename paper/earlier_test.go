package paper

import (
	"fmt"
	"testing"
)

// TestBaselinesAreTaken counts the baselines of Table 2 that stand in an
// earlier publication to the digit, as the errata say.
func TestBaselinesAreTaken(t *testing.T) {
	equal := map[string]int{}
	total, all := 0, 0
	for _, n := range Numbers() {
		if _, added := BaseOf(n.Key); n.Source != "Table 2" || added {
			continue
		}
		all++
		if e, is := TakenFrom(n.Key); is {
			equal[n.Method+" "+e.Publication[:3]]++
			total++
			if (n.Method == "CE-DRW") != (e.Row == UniformMargin) {
				t.Errorf("%v equals the row %s", n.Key, e.Row)
			}
		}
	}
	if got, want := fmt.Sprint(total, all, equal), "34 48 map[CB-CE Cao:1 CB-CE Cui:3 CB-Focal Cao:1 CB-Focal Cui:5 CE Cui:6 CE-DRW Cao:4 Focal Cui:6 LDAM Cao:4 LDAM-DRW Cao:4]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, rho := range Rhos {
		if e, is := TakenFrom(ResNet32("Table 1a", CIFAR10, rho, 0, "CE")); !is || e.Row != "Softmax" {
			t.Errorf("Table 1a, ρ = %g: %v, %v", rho, e, is)
		}
	}
	if got, want := Beside(ResNet32("Table 2", CIFAR10, 100, 0, "CE-DRW")), "the same number as Cao et al. 2019, Table 2, M-DRW; Cao et al. 2019, Table 5, DRW: 25.14"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Beside(ResNet32("Table 2", CIFAR10, 50, 0, "LDAM")); got != "" {
		t.Errorf("nobody else has LDAM at ρ = 50: %q", got)
	}
	if e, is := TakenFrom(ResNet32("Table 1a", CIFAR10, 100, 1, "CE + D_U@5x")); is {
		t.Errorf("D_U of %v", e)
	}
	if e, is := TakenFrom(ResNet32("Table 2", CIFAR10, 100, 0, "CE-DRW")); !is || e.String() != "Cao et al. 2019, Table 2, M-DRW" {
		t.Errorf("%v, %v", e, is)
	}
}

// TestGainsAgainstDRW recomputes the gains of SSP that the errata and the
// findings give against cross-entropy with DRW.
func TestGainsAgainstDRW(t *testing.T) {
	var got []string
	for _, dataset := range []string{CIFAR10, CIFAR100} {
		for _, rho := range []float64{100, 10} {
			with, ok := Find(ResNet32("Table 2", dataset, rho, 0, "CE-DRW + SSP"))
			all := EarlierOf(ResNet32("Table 2", dataset, rho, 0, "CE-DRW"))
			if !ok || len(all) != 2 {
				t.Fatalf("%s, ρ = %g: %v, %v", dataset, rho, with, all)
			}
			for _, e := range all {
				got = append(got, fmt.Sprintf("%s %.2f", e.Row, e.Value-with.Value))
			}
		}
	}
	if want := "[M-DRW 1.90 DRW 2.10 M-DRW 0.91 DRW 0.46 M-DRW 2.28 DRW 2.13 M-DRW 2.01 DRW 0.91]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
