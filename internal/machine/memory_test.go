package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// What a container holds is not free, but for files that were read and can be dropped.
func TestGroupUse(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"self": "1:name=systemd:/\n0::/job\n", "job/memory.current": "5000\n", "job/memory.stat": "anon 1\ninactive_file 2000\nactive_file 9\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got := groupUse(filepath.Join(dir, "self"), dir); got != 3000 {
		t.Error(got)
	}
	if got := groupUse(filepath.Join(dir, "self"), filepath.Join(dir, "elsewhere")); got != 0 {
		t.Error(got)
	}
}

func TestFreeMemory(t *testing.T) {
	if free := FreeMemory(); free < 1<<26 || free > 1<<46 {
		t.Errorf("%d bytes are free, it is said", free)
	}
	if got := availableMemory("MemTotal:       24629044 kB\nMemAvailable:   23102104 kB\n"); got != 23102104<<10 {
		t.Error(got)
	}
	if got := availableMemory("MemTotal: 1 kB\nMemAvailable:\n"); got != 0 {
		t.Error(got)
	}
}
