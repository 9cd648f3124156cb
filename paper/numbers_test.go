package paper

import (
	"crypto/sha256"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"longtail/internal/testdata"
)

// shared reads a file of the folder from which the embedded data were made.
func shared(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(testdata.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Where shared/ does not lie beside the clone, nothing else holds the embedded files to
// what they were made from: the comparisons below held for this content. Who changes a
// file runs them (they need shared/) and pins its sum here, line ends as \n. Claims of
// section Ours are in none of those files.
func TestEmbeddedFilesAreCompared(t *testing.T) {
	var theirs strings.Builder
	for line := range strings.Lines(claimsTSV) {
		if f := strings.Split(line, "\t"); len(f) < 3 || f[2] != SectionOurs {
			theirs.WriteString(line)
		}
	}
	for name, c := range map[string][2]string{
		"numbers.tsv": {numbersTSV, "3ed6c452ae522b721a41901a173f1ba5089cdf8fc4a51426692fab563de6522a"},
		"claims.tsv":  {theirs.String(), "3675e505c89a16f16f00498ac269ce05d76030ef8904ccf845bc765e9a054cd6"},
	} {
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.ReplaceAll(c[0], "\r\n", "\n")))); got != c[1] {
			t.Errorf("paper/%s has SHA-256 %s: compare it with shared/ (TestNumbersAgainstShared, TestClaimsAgainstShared), then pin that here; claims of your own stand in section %q and do not count", name, got, SectionOurs)
		}
	}
	// Compared by hand with Cui et al. and Cao et al. (earlier.go), which are not in shared/.
	const compared = "2d4cd49df9ae02dc27eff91dfdb462e2349026f31f0b4bf903eabf6d776ede82"
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.ReplaceAll(earlierTSV, "\r\n", "\n")))); got != compared {
		t.Errorf("paper/earlier.tsv has SHA-256 %s: compare it with the two papers, then pin that here", got)
	}
}

// TestNumbersAgainstShared compares every row with the collected numbers from
// which the embedded file was made.
func TestNumbersAgainstShared(t *testing.T) {
	rows := parseTSV(shared(t, "published.tsv"), "source", "dataset", "imbalance", "method", "variant", "metric", "value", "note")
	numbers := Numbers()
	if len(rows) != 180 || len(numbers) != len(rows) {
		t.Fatalf("%d rows embedded, %d in shared/published.tsv, want 180", len(numbers), len(rows))
	}
	ratio := func(imbalance, name string) float64 {
		m := regexp.MustCompile(name + `=([0-9.]+)`).FindStringSubmatch(imbalance)
		if m == nil {
			return 0
		}
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for i, f := range rows {
		n := numbers[i]
		source, dataset, imbalance, method, variant, metric, value, note := f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
		fail := func(what string, got, want any) {
			t.Errorf("row %d (%v): %s is %v, want %v", i+1, f, what, got, want)
		}
		switch n.Source {
		case "text":
			if section, _, _ := strings.Cut(source, " text"); !strings.HasPrefix(source, "Section ") || !strings.Contains(n.Note, section) {
				fail("note", n.Note, source)
			}
		case "issue":
			if !strings.HasPrefix(source, "issue #") || !strings.Contains(n.Note, source) {
				fail("note", n.Note, source)
			}
		case "README":
			if source != "README results" {
				fail("source", n.Source, source)
			}
		default:
			if n.Source != source {
				fail("source", n.Source, source)
			}
		}
		if n.Dataset != dataset {
			fail("dataset", n.Dataset, dataset)
		}
		if n.Rho != ratio(imbalance, "rho") {
			fail("rho", n.Rho, imbalance)
		}
		if n.RhoU != ratio(imbalance, "rhoU") {
			fail("rho_u", n.RhoU, imbalance)
		}
		if (imbalance == "native") != strings.Contains(n.Note, "own imbalance") {
			fail("note on the data set's imbalance", n.Note, imbalance)
		}
		if strings.Contains(imbalance, "inferred") && !strings.Contains(n.Note, "inferred") {
			fail("note on what is inferred", n.Note, imbalance)
		}
		if n.Method != method {
			fail("method", n.Method, method)
		}
		if strings.HasPrefix(variant, "ResNet") && !strings.HasPrefix(variant, n.Network) || strings.HasPrefix(source, "Table") && n.Network == "" {
			fail("network", n.Network, variant)
		}
		unit := map[string]string{"top1_gain_points": "points", "rhoU": "rho_U"}[metric]
		if unit == "" {
			unit = metric
		}
		if n.Unit != unit {
			fail("unit", n.Unit, metric)
		}
		if n.Printed != value {
			fail("printed", n.Printed, value)
		}
		if x, err := strconv.ParseFloat(strings.Trim(value, "+%"), 64); err != nil || n.Value != x {
			fail("value", n.Value, value)
		}
		if !strings.Contains(n.Note, note) {
			fail("note", n.Note, note)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		key     Key
		printed string
		found   bool
		text    string
	}{
		{Key{"Table 1a", "CIFAR-10-LT", 100, 200, "CE + D_U@5x", "ResNet-32"}, "20.06", true, "Table 1a, CIFAR-10-LT, ρ=100, ρ_U=200, CE + D_U@5x, ResNet-32"},
		{Key{"Table 2", "CIFAR-100-LT", 10, 0, "LDAM-DRW + SSP", "ResNet-32"}, "41.09", true, "Table 2, CIFAR-100-LT, ρ=10, LDAM-DRW + SSP, ResNet-32"},
		{Key{"Table 3", "ImageNet-LT", 0, 0, "cRT + SSP", "ResNet-50"}, "48.7", true, "Table 3, ImageNet-LT, cRT + SSP, ResNet-50"},
		{Key{"text", "CIFAR-10-LT", 100, 0, "gain from D_U@5x", ""}, "+10%", true, "text, CIFAR-10-LT, ρ=100, gain from D_U@5x"},
		{Key{SourceControl, "CIFAR-10-LT", 100, 0, "CE + warm start", "ResNet-32"}, "", false, "control, CIFAR-10-LT, ρ=100, CE + warm start, ResNet-32"},
	} {
		n, ok := Find(c.key)
		if ok != c.found || n.Printed != c.printed {
			t.Errorf("Find(%v) = %q, %v, want %q, %v", c.key, n.Printed, ok, c.printed, c.found)
		}
		if ok && n.Key != c.key {
			t.Errorf("Find(%v) has key %v", c.key, n.Key)
		}
		if got := c.key.String(); got != c.text {
			t.Errorf("String() = %q, want %q", got, c.text)
		}
	}
}

func TestNumbersIsACopy(t *testing.T) {
	a := Numbers()
	a[0].Value = -1
	if b := Numbers(); b[0].Value == -1 {
		t.Error("a caller can change the printed numbers")
	}
}

// A clone on Windows may have line ends of its own.
func TestLineEndsOfWindows(t *testing.T) {
	if rows := parseTSV("a\tb\r\n1\t2\r\n", "a", "b"); len(rows) != 1 || rows[0][1] != "2" {
		t.Errorf("%q", rows)
	}
}
