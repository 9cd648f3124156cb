package lock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Try(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Try(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("locked twice: %v", err)
	}
	if who, held, silent := State(dir); who == nil || who.PID != os.Getpid() || !held || silent > SilentFor {
		t.Errorf("%+v, held %v, silent for %v", who, held, silent)
	}
	path := filepath.Join(dir, File)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", `{"host":"th`, "\x00\x00"} { // as it begins, torn, as a crash of the system leaves it
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if who, held, silent := State(dir); who != nil || !held || silent > SilentFor {
			t.Errorf("%q: %+v, held %v, silent for %v", content, who, held, silent)
		}
	}
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" { // one who may only read sees it, too
		if err := os.Chmod(filepath.Join(dir, File), 0o444); err != nil || !Held(dir) {
			t.Errorf("a lock that may only be read: held %v, %v", Held(dir), err)
		}
		os.Chmod(filepath.Join(dir, File), 0o666)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Wait(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("waited in vain: %v", err)
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		unlock()
	}()
	again, err := Wait(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
	if who, held, _ := State(dir); who != nil || held {
		t.Errorf("after the end: %+v, held %v", who, held)
	}
	os.WriteFile(path, []byte("{"), 0o666)
	if who, held, _ := State(dir); who != nil || held {
		t.Errorf("garbled and free: %+v, held %v", who, held)
	}
}

// Silence is from the last write of the lock file to now; asking leaves nothing.
func TestSilence(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Try(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, File), old, old); err != nil {
		t.Fatal(err)
	}
	if _, _, silent := State(dir); silent < time.Hour-time.Minute || silent > time.Hour+time.Minute {
		t.Errorf("silent for %v, want an hour", silent)
	}
	// So it is where the file does not say who holds it.
	if err := os.WriteFile(filepath.Join(dir, File), []byte("\x00\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, File), old, old); err != nil {
		t.Fatal(err)
	}
	if who, held, silent := State(dir); who != nil || !held || silent < time.Hour-time.Minute || silent > time.Hour+time.Minute {
		t.Errorf("%+v, held %v, silent for %v, want an hour", who, held, silent)
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
}
