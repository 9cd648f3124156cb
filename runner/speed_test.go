package runner

import (
	"testing"

	"longtail/experiments"
)

// A core a task, as far as memory reaches.
func TestJobsShareCoresAndMemory(t *testing.T) {
	const gigabyte = 1 << 30
	for _, c := range []struct {
		given Jobs
		cores int
		free  int64
		small bool
		want  Jobs
	}{
		{Jobs{}, 2, 16 * gigabyte, false, Jobs{2, 1}},
		{Jobs{}, 2, 2 * gigabyte, false, Jobs{1, 2}},
		{Jobs{}, 2, 1, false, Jobs{1, 2}},
		{Jobs{}, 16, 12 * gigabyte, false, Jobs{8, 2}},
		{Jobs{}, 16, 12 * gigabyte, true, Jobs{16, 1}},
		{Jobs{}, 8, 0, false, Jobs{4, 2}},
		{Jobs{}, 1, 0, false, Jobs{1, 1}},
		{Jobs{}, 8, 0, true, Jobs{8, 1}},
		{Jobs{N: 3}, 8, 1, false, Jobs{3, 2}},
		{Jobs{N: 16}, 8, 1, false, Jobs{16, 1}},
		{Jobs{Threads: 3}, 8, 1, false, Jobs{2, 3}},
		{Jobs{Threads: 9}, 8, 1, false, Jobs{1, 9}},
	} {
		if got := c.given.divide(c.cores, c.free, c.small); got != c.want {
			t.Errorf("%+v on %d cores, %d bytes, small %v: %+v, want %+v", c.given, c.cores, c.free, c.small, got, c.want)
		}
	}
}

func TestMeasureSpeed(t *testing.T) {
	p, err := experiments.ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	s, err := MeasureSpeed(p, Jobs{}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if s.ImagesPerSecond <= 0 || s.KernelSet == "" || s.Jobs*s.Threads < 1 {
		t.Errorf("%+v", s)
	}
}
