package claims

import (
	"regexp"
	"strings"
	"testing"

	"longtail/results"
	"longtail/results/resultstest"
)

// Numbers of the large sets that were measured elsewhere decide L1 and L2, say
// that they are not ours, settle nothing of the paper's claims here, and leave
// every other verdict as it was.
func TestReportedNumbersDecideLargeSets(t *testing.T) {
	before := Judge(madeUp(results.GradeStandIn, 2))
	if r := verdictOn(t, before, "L4", ""); r.Measured != "" {
		t.Errorf("L4 without its numbers: %q", r.Measured)
	}
	in, rows := madeUp(results.GradeStandIn, 2), resultstest.Reported()
	in.Plan = results.WithReported(in.Plan, in.Results, rows)
	all := Judge(in)

	r := verdictOn(t, all, "L1", "")
	if r.Grade != results.GradeReported || r.Replicates != 3 || r.Settled() || r.Word != "not run by us; as reported: seen" || !strings.Contains(r.WordNote, "12 of 12 cells run") {
		t.Errorf("L1: grade %s, %d replicates: %q, %q", r.Grade, r.Replicates, r.Word, r.WordNote)
	}
	if r := verdictOn(t, all, "L2", ""); !strings.HasPrefix(r.Word, "not run by us; as reported: cRT ImageNet-LT") || len(regexp.MustCompile(`: published \+\d\.\d\d, measured \+\d\.\d\d(?: ± 0\.\d\d: (?:in|out)side|: no interval from 3 runs)`).FindAllString(r.Word, -1)) != 3 {
		t.Errorf("L2: %q", r.Word)
	}
	if r := verdictOn(t, all, "L4", ""); r.Grade != results.GradeReported || !strings.HasPrefix(r.Measured, "mean gain on ImageNet-LT: ResNet-10 +1.") || !strings.Contains(r.Measured, "over 4 methods, ResNet-50 +6.") {
		t.Errorf("L4: %q", r.Measured)
	}
	for _, was := range before {
		if !was.Primary || was.ID == "L1" {
			continue
		}
		if is := verdictOn(t, all, was.ID, was.Against); is.Word != was.Word || is.Measured != was.Measured || is.Grade != was.Grade {
			t.Errorf("%s: %q %q, without reported numbers %q %q", was.ID, is.Word, is.Measured, was.Word, was.Measured)
		}
	}

	// One replicate allows no word.
	in = madeUp(results.GradeStandIn, 2)
	in.Plan = results.WithReported(in.Plan, in.Results, rows[:24])
	if r := claim(t, in, "L1", ""); r.Word != "not run by us; as reported: not settled" {
		t.Errorf("one replicate: %q", r.Word)
	}
}
