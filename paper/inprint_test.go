package paper

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestInPrint: what is computed from the tables is what the list of claims
// states of them.
func TestInPrint(t *testing.T) {
	for _, c := range []struct {
		claim    string
		held, of int
		numbers  string // must all stand in the text
	}{
		{"F1", 0, 0, "2018: 1000 2"},
		{"F4", 0, 0, "22.97"},
		{"S1", 48, 48, "48/48"},
		{"S2", 3, 8, "12.16 11.22 10.90 9.58 3/4 8.01 7.42 0/4"},
		{"S3", 2, 8, "6.96 6.25 5.33 4.94 2/4 5.34 3.88 0/4"},
		{"S4", 4, 4, "12.2/8.4/3.4 41/33/25"},
		{"S5", 8, 12, "8/12"},
		{"S6", 3, 4, "2.58/3.15/0.82 0.59/0.91/0.73 2.02/1.47/0.70 1.46/0.53/0.65 3/4"},
		{"S8", 24, 24, "24/24"},
		{"S11", 1, 2, "21.75 20.35 18.36 16.88 1.40 0.86 1.48 #9)"},
		{"S15", 0, 0, "SVHN's 5099 1595"},
		{"R2", 0, 0, "60%"},
		{"R6", 0, 0, "50"},
		{"P1", 24, 24, "24/24"},
		{"P2", 24, 24, "24/24 4 8"},
		{"P3", 6, 8, "6/8 0.80/1.19/0.37 2.28/1.74/2.01"},
		{"P4", 6, 6, "6/6"},
		{"P5", 17, 24, "17/24 0.20"},
		{"L1", 12, 12, "12/12"},
		{"L2", 1, 3, "4.0 1.4 2.9"},
		{"L4", 0, 0, "6.8 1.5"},
	} {
		p, ok := inPrintOf(c.claim)
		if !ok {
			t.Errorf("%s: nothing computed", c.claim)
			continue
		}
		if p.Held != c.held || p.Of != c.of {
			t.Errorf("%s: %d of %d, want %d of %d", c.claim, p.Held, p.Of, c.held, c.of)
		}
		for _, n := range strings.Fields(c.numbers) {
			if !strings.Contains(p.Text, n) {
				t.Errorf("%s: %q does not hold %q", c.claim, p.Text, n)
			}
		}
		// The same numbers as the list of claims gives, whatever its words.
		claim, _ := ClaimByID(c.claim)
		for _, n := range regexp.MustCompile(`\d*\.\d+`).FindAllString(claim.Print, -1) {
			if strings.HasPrefix(n, ".") {
				n = "0" + n
			}
			if c.claim == "L1" {
				continue // its numbers are the effects, below
			}
			if !strings.Contains(p.Text, n) {
				t.Errorf("%s: %q does not hold %s of the list", c.claim, p.Text, n)
			}
		}
	}
	if got := len(InPrintAll()); got != 21 {
		t.Errorf("print says something of %d claims, want the 21 above", got)
	}
	if _, ok := inPrintOf("S7"); ok {
		t.Error("S7 cannot be decided by print")
	}
}

func TestGains(t *testing.T) {
	var large []float64
	for _, e := range GainsOfSSPLarge() {
		large = append(large, e.Points)
	}
	// Read off Tables 3 and 4: ResNet-10 and ResNet-50 in turn, then iNaturalist.
	want := []float64{1.1, 7.2, 1.3, 7.3, 2.1, 8.7, 1.4, 4.0, 3.7, 2.4, 1.7, 2.9}
	if len(large) != len(want) {
		t.Fatalf("%v, want %v", large, want)
	}
	for i := range want {
		if large[i] != want[i] {
			t.Errorf("gain %d is %v, want %v", i, large[i], want[i])
		}
	}
	e, ok := PrintedEffect(ResNet32("README", "CIFAR-10-LT", 50, 0, "CE(Uniform) + SSP"))
	if !ok || e.Base.Source != "Table 2" || e.Base.Method != "CE" || e.Points != 3.39 {
		t.Errorf("README's CE + SSP: %+v, %v, want 3.39 over Table 2's CE", e, ok)
	}
	if _, ok := PrintedEffect(ResNet32("Table 2", "CIFAR-10-LT", 50, 0, "Focal + SSP")); ok {
		t.Error("Focal + SSP is not in print")
	}
	balanced := ResNet32("README", "CIFAR-10-LT", 50, 0, "CE(Balanced) + SSP")
	if b, ok := BaseOf(balanced); !ok || b != Control("CIFAR-10-LT", 50, 0, MethodResampled) {
		t.Errorf("the base of the README's balanced row is %v, %v", b, ok)
	}
	if e, ok := PrintedEffect(balanced); ok {
		t.Errorf("its base is not in print, but the effect is %+v", e)
	}
	if _, ok := BaseOf(Key{Method: "CE"}); ok {
		t.Error("CE is no addition")
	}
}

// TestErrataNumbers: the numbers quoted in the list of disagreements are those
// computed from the tables.
func TestErrataNumbers(t *testing.T) {
	checked := 0
	for _, e := range Errata() {
		if e.Topic == "" || e.Print == "" || e.Other == "" || e.Ours == "" {
			t.Errorf("incomplete: %+v", e)
		}
		for _, id := range e.Claims {
			if _, ok := ClaimByID(id); !ok {
				t.Errorf("%s: no claim %s", e.Topic, id)
			}
			p, ok := inPrintOf(id)
			if !ok {
				continue
			}
			for _, n := range regexp.MustCompile(`\d+\.\d+`).FindAllString(e.Other, -1) {
				checked++
				if !strings.Contains(p.Text, n) {
					t.Errorf("%s: %s is not in %q", e.Topic, n, p.Text)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d numbers checked", checked)
	}
}

// inPrintOf is what the printed numbers say of the claim with this id, and
// whether they can say anything.
func inPrintOf(id string) (InPrint, bool) {
	all := InPrintAll()
	i := slices.IndexFunc(all, func(p InPrint) bool { return p.Claim == id })
	if i < 0 {
		return InPrint{}, false
	}
	return all[i], true
}
