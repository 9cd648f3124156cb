package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/results"
	"longtail/tables"
)

// A table's own file is the form for errors that were measured elsewhere.
func TestReportedFormIsTheTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, plan := expanded(t, "smoke", results.Selection{})
	rows, err := csv.NewReader(strings.NewReader(tables.Table4(plan, nil).CSV())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		switch row[column("method")] {
		case "cRT":
			row[column("last_error_pct")] = "34.75"
		case "cRT + SSP":
			row[column("last_error_pct")] = "31.25"
		}
	}
	var form bytes.Buffer
	csv.NewWriter(&form).WriteAll(rows)
	file := write(t, form.Bytes(), dir, "mine.csv")

	out := filepath.Join(dir, "out")
	prints(t, nil, "report", "--profile", "smoke", "--store", filepath.Join(dir, "store"), "--out", out, "--reported", file)
	for name, wants := range map[string][]string{
		"tables/table4.md": {"34.75 (1) Ra", "+3.50 (1) Ra"},
		"results.csv":      {"cRT + SSP,ResNet-50,0,reported,R,iNaturalist 2018,"},
		"report.md":        {"Measured elsewhere: " + file, "not run by us; as reported: not settled"},
	} {
		b, err := os.ReadFile(filepath.Join(out, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(b), want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}

	// The documented example is such a file.
	examples := 0
	for _, p := range pages(t) {
		for _, f := range p.fences() {
			if f.language == "csv" {
				examples++
				if rows, err := results.ReadReported([]byte(strings.Join(f.lines, "\n")), p.path); err != nil || len(rows) != len(f.lines)-1 {
					t.Errorf("%v, %d of %d lines", err, len(rows), len(f.lines)-1)
				}
			}
		}
	}
	if examples == 0 {
		t.Error("no example is documented")
	}

	for _, command := range []string{"report", "reproduce"} {
		_, stderr, code := longtail(t, nil, command, "--profile", "smoke", "--store", filepath.Join(dir, "store"), "--out", out, "--reported", filepath.Join(dir, "nothing.csv"))
		if code == 0 || !strings.Contains(stderr, "--reported") || !strings.Contains(stderr, "nothing.csv") {
			t.Errorf("%s: status %d: %s", command, code, stderr)
		}
	}
}
