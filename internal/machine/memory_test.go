package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// A job has what the tightest of its groups has left, and files that are kept in memory
// are no use of it; in a container its own group is the root.
func TestGroupLeft(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		want  int64
	}{
		{map[string]string{"self": "1:name=systemd:/\n0::/job/step\n", "job/memory.max": "9000\n", "job/memory.current": "8000\n", "job/memory.stat": "anon 1\ninactive_file 2000\nactive_file 500\n",
			"job/step/memory.max": "max\n", "job/step/memory.current": "10\n"}, 3500},
		{map[string]string{"self": "0::/job/step\n", "job/memory.max": "9000\n", "job/memory.current": "1\n",
			"job/step/memory.max": "50\n", "job/step/memory.current": "10\n"}, 40},
		{map[string]string{"self": "0::/\n", "memory.max": "70\n", "memory.current": "90\n"}, 1},
		{map[string]string{"self": "0::/\n"}, 0},
		{map[string]string{"self": "5:memory:/a\n"}, 0},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := groupLeft(filepath.Join(dir, "self"), dir); got != c.want {
			t.Errorf("%v: %d left", c.files, got)
		}
	}
	if got := groupLeft("nowhere", "nowhere"); got != 0 {
		t.Error(got)
	}
}

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
