package lock

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Whoever serves the file stamps a beat: then its mtime is its ctime, which no
// holder can set.
func TestBeatIsStampedByTheServer(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), File))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := beat(f, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Mtim != s.Ctim {
		t.Errorf("modified at %v, stamped at %v", s.Mtim, s.Ctim)
	}
}
