package paper

import (
	"fmt"
	"testing"
)

// TestBaselinesAreTaken counts the baselines of Table 2 that stand in Cao et
// al. to the digit, as the errata say.
func TestBaselinesAreTaken(t *testing.T) {
	equal, of := map[string]int{}, map[string]int{}
	total := 0
	for _, n := range Numbers() {
		if n.Source != "Table 2" || n.Rho == 50 || len(EarlierOf(n.Key)) == 0 {
			continue
		}
		of[n.Method]++
		if e, is := TakenFrom(n.Key); is {
			equal[n.Method]++
			total++
			if (n.Method == "CE-DRW") != (e.Row == UniformMargin) {
				t.Errorf("%v equals the row %s", n.Key, e.Row)
			}
		}
	}
	if got, want := fmt.Sprint(equal, of, total), "map[CB-CE:2 CB-Focal:3 CE:3 CE-DRW:4 Focal:4 LDAM:4 LDAM-DRW:4]"+
		" map[CB-CE:4 CB-Focal:4 CE:4 CE-DRS:4 CE-DRW:4 Focal:4 LDAM:4 LDAM-DRW:4] 24"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if e, is := TakenFrom(ResNet32("Table 1a", CIFAR10, 100, 1, "CE + D_U@5x")); is {
		t.Errorf("D_U of %v", e)
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
