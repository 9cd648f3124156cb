package experiments

import "testing"

func TestMeasureSpeed(t *testing.T) {
	p, err := ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	s, err := MeasureSpeed(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if s.ImagesPerSecond <= 0 || s.KernelSet == "" {
		t.Errorf("%+v", s)
	}
}
