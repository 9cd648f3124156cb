package report

import (
	"strings"
	"testing"

	"longtail/results"
	"longtail/results/resultstest"
)

// Numbers that were measured elsewhere are counted apart and lead to their file; no command
// gives another.
func TestReportedNumbersAreShown(t *testing.T) {
	in, rows := madeUp(results.GradeStandIn, 2), resultstest.Reported()
	if r := claim(t, in, "L4", ""); !strings.Contains(r.WordNote, "--reported") {
		t.Errorf("L4 without its numbers: %q", r.WordNote)
	}
	if r := claim(t, nothing(), "S15", ""); r.WordNote != "its number comes with a result of SVHN-LT (Table 1b)" {
		t.Errorf("S15 without its number: %q", r.WordNote)
	}
	in.Plan = results.WithReported(in.Plan, in.Results, rows)
	if r := claim(t, in, "L1", ""); r.Grade != results.GradeReported || r.Next != "" || r.Command != "" {
		t.Errorf("L1 at %s asks for more: %q %q", r.Grade, r.Next, r.Command)
	}
	in = madeUp(results.GradeStandIn, 2)
	in.Plan = results.WithReported(in.Plan, in.Results, rows[:24])
	if r := claim(t, in, "L1", ""); !strings.Contains(r.Next, "--reported") || r.Command != "" {
		t.Errorf("one replicate: %q, %q", r.Next, r.Command)
	}

	p := newPage(in)
	if !strings.Contains(p.Lead, "24 were measured elsewhere (**R**)") {
		t.Errorf("lead: %s", p.Lead)
	}
	for _, f := range p.Facts {
		if f.Term == "Data" && strings.Contains(f.Text, "ImageNet") {
			t.Errorf("data that nothing here was computed on: %s", f.Text)
		}
	}
	lead := map[string]bool{}
	for _, task := range p.Tasks {
		lead[task.File] = true
	}
	for _, row := range rows[:24] {
		if !lead[row.From] {
			t.Errorf("no number leads to %s", row.From)
		}
	}
}
