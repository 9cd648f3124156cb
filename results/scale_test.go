package results

import "testing"

// What is set for a variant of a profile parts its runs from the profile's.
func TestScaleOfAVariant(t *testing.T) {
	if ScaleOf(Settings{Data: "cifar10", Variant: "epochs=100"}, nil, nil) == ScaleOf(Settings{Data: "cifar10"}, nil, nil) {
		t.Error("a run of a variant is compared with one of the profile")
	}
}

// Neither plan nor result lifts a number to more than it is.
func TestGradeOf(t *testing.T) {
	for _, c := range []struct {
		plan, result Grade
		mark         string
		want         Grade
	}{
		{GradePaper, GradeSimilar, "", GradeSimilar}, {GradeSimilar, GradePaper, "", GradeSimilar}, {GradePaper, "", "", GradePaper}, {"", GradeReported, "", GradeReported},
		{GradePaper, GradePaper, "stand-in", GradeStandIn}, {"", "", "stand-in", GradeStandIn}, {GradeExact, GradeExact, "stand-in", GradeExact},
	} {
		if got := (Cell{Grade: c.plan}).GradeOf(&Result{Grade: c.result, DataMark: c.mark}); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// A pool that is a file is told by what was read as well, and the rest by their names.
func TestPoolIDOfAFile(t *testing.T) {
	id := func(pool, digest, mark string) string {
		return (&Result{Settings: Settings{Pool: pool}, PoolDigest: digest, PoolMark: mark}).PoolID()
	}
	for _, mark := range []string{"another set", "substitute pickle, " + unverified} {
		here := id("/home/me/mine", "0123456789abcdef", mark)
		if here != id("/mnt/mine", "0123456789abcdef", mark) || here != id(`C:\data\mine`, "0123456789abcdef", mark) {
			t.Errorf("%s: a pool that was moved is another: %s", mark, here)
		}
		if here == id("/home/me/mine", "fedcba9876543210", mark) {
			t.Errorf("%s: another content is the same pool", mark)
		}
	}
	if got := id("held-out", "0123456789abcdef", ""); got != "held-out" {
		t.Error(got)
	}
}
