package experiments

import "testing"

func TestMeasureSpeed(t *testing.T) {
	p, err := ProfileNamed("quick")
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
