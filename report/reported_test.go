package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
)

// Numbers of the large sets that were measured elsewhere decide L1 and L2, say
// that they are not ours, settle nothing of the paper's claims here, and leave
// every other row as it was.
func TestReportedNumbersDecideLargeSets(t *testing.T) {
	plain := madeUp(results.GradeStandIn, 2)
	before := Rows(plain)
	if r := rowOf(t, before, "L4", ""); r.Measured != "" || !strings.Contains(r.WordNote, "--reported") {
		t.Errorf("L4 without its numbers: %q, %q", r.Measured, r.WordNote)
	}
	var rows []results.Reported
	for rep := range 3 {
		for i, e := range paper.GainsOfSSPLarge() {
			for _, k := range []paper.Key{e.Base, e.Key} {
				n, ok := paper.Find(k)
				if !ok {
					t.Fatal(k)
				}
				error := n.Value + .05*float64((rep*7+i*3)%5)
				rows = append(rows, results.Reported{Key: k, Replicate: rep, LastErrorPct: error + .3, BestErrorPct: error, From: fmt.Sprint("mine.csv, line ", len(rows)+2)})
				if k == e.Key { // each its own noise
					rows[len(rows)-1].LastErrorPct += .04 * float64((rep*3+i)%4)
				}
			}
		}
	}
	in := madeUp(results.GradeStandIn, 2)
	in.Plan = results.WithReported(in.Plan, in.Results, rows)
	all := Rows(in)

	r := rowOf(t, all, "L1", "")
	if r.Grade != results.GradeReported || r.Replicates != 3 || r.Settled() || r.Word != "not run by us; as reported: seen" || !strings.Contains(r.WordNote, "12 of 12 cells run") {
		t.Errorf("L1: grade %s, %d replicates: %q, %q", r.Grade, r.Replicates, r.Word, r.WordNote)
	}
	if r.Next != "" || r.Command != "" {
		t.Errorf("L1 asks for more: %q %q", r.Next, r.Command)
	}
	if r := rowOf(t, all, "L2", ""); !strings.HasPrefix(r.Word, "not run by us; as reported: cRT ImageNet-LT") || len(regexp.MustCompile(`: published \+\d\.\d\d, measured \+\d\.\d\d(?: ± 0\.\d\d: (?:in|out)side|: no interval from 3 runs)`).FindAllString(r.Word, -1)) != 3 {
		t.Errorf("L2: %q", r.Word)
	}
	if r := rowOf(t, all, "L4", ""); r.Grade != results.GradeReported || !strings.HasPrefix(r.Measured, "mean gain on ImageNet-LT: ResNet-10 +1.") || !strings.Contains(r.Measured, "over 4 methods, ResNet-50 +6.") {
		t.Errorf("L4: %q", r.Measured)
	}
	for _, was := range primaryOf(before) {
		if is := rowOf(t, all, was.ID, was.Against); was.ID != "L1" && (is.Word != was.Word || is.Measured != was.Measured || is.Grade != was.Grade) {
			t.Errorf("%s: %q %q, without reported numbers %q %q", was.ID, is.Word, is.Measured, was.Word, was.Measured)
		}
	}

	// One replicate allows no word, and no command gives another.
	in = madeUp(results.GradeStandIn, 2)
	in.Plan = results.WithReported(in.Plan, in.Results, rows[:24])
	if r := claim(t, in, "L1", ""); r.Word != "not run by us; as reported: not settled" || !strings.Contains(r.Next, "--reported") || r.Command != "" {
		t.Errorf("one replicate: %q, %q, %q", r.Word, r.Next, r.Command)
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
