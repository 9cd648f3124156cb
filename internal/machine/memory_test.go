package machine

import "testing"

func TestFreeMemory(t *testing.T) {
	if free := FreeMemory(); free < 1 || free > 1<<46 {
		t.Errorf("%d bytes are free, it is said", free)
	}
	if got := availableMemory("MemTotal:       24629044 kB\nMemAvailable:   23102104 kB\n"); got != 23102104<<10 {
		t.Error(got)
	}
	if got := availableMemory("MemTotal: 1 kB\nMemAvailable:\n"); got != 0 {
		t.Error(got)
	}
}
