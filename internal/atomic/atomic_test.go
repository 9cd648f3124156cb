package atomic

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Files have the modes that os.WriteFile gives them, and nothing else is left.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	plain, path := filepath.Join(dir, "plain"), filepath.Join(dir, "file")
	for _, perm := range []os.FileMode{0o666, 0o644, 0o600} {
		for _, was := range []os.FileMode{0, 0o640, 0o600} {
			os.Remove(plain)
			os.Remove(path)
			if err := os.WriteFile(plain, nil, perm); err != nil {
				t.Fatal(err)
			}
			if was != 0 {
				for _, name := range []string{plain, path} {
					os.WriteFile(name, []byte("old"), 0o600)
					if err := os.Chmod(name, was); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := WriteFile(path, []byte("new"), perm); err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != "new" {
				t.Errorf("%q, %v", b, err)
			}
			if got, want := mode(t, path), mode(t, plain); got != want {
				t.Errorf("mode %v asked for, %v there: got %v, want %v", perm, was, got, want)
			}
		}
	}
	if found, _ := os.ReadDir(dir); len(found) != 2 {
		t.Errorf("left behind: %v", found)
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// What a killed write has left is told from files that somebody named so.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".state.ckpt.0123456789abcdef", ".hidden", "state.ckpt", ".state.ckpt.012345"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(dir, ".settings.json.0123456789abcdef")
	if err := os.WriteFile(other, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	Clean(dir, "settings.json")
	if err := os.Remove(other); err != nil {
		t.Error("what others may be writing is gone:", err)
	}
	Clean(filepath.Join(dir, "nowhere"))
	if found, _ := os.ReadDir(dir); len(found) != 3 || found[0].Name() != ".hidden" {
		t.Errorf("%v", found)
	}
}

// What is there stays when it cannot be replaced, and so does its folder.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "folder", "kept")
	if err := os.Mkdir(filepath.Dir(kept), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Dir(kept), []byte("new"), 0o666); err == nil {
		t.Error("a folder was replaced")
	}
	if err := WriteFile(filepath.Join(dir, "nowhere", "file"), nil, 0o666); err == nil {
		t.Error("a file in no folder")
	}
	found, _ := os.ReadDir(dir)
	if _, err := os.Stat(kept); err != nil || len(found) != 1 {
		t.Errorf("%v, left behind: %v", err, found)
	}
}

// A link is followed, and what is no file stays what it is.
func TestWriteFileThroughLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.WriteFile(at("file"), []byte("old"), 0o640), os.Chmod(at("file"), 0o640), os.Symlink("file", at("link"))); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(at("link"), []byte("new"), 0o666); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(at("link")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("it is no link any more: %v, %v", info.Mode(), err)
	}
	if b, err := os.ReadFile(at("file")); err != nil || string(b) != "new" || mode(t, at("file")) != 0o640 {
		t.Errorf("%q of mode %v, %v", b, mode(t, at("file")), err)
	}
	// A pipe, not the null device, which would be lost where this fails.
	if out, err := exec.Command("mkfifo", at("pipe")).CombinedOutput(); err != nil {
		t.Skipf("no pipes here: %v, %s", err, out)
	}
	read := make(chan string)
	go func() {
		b, _ := os.ReadFile(at("pipe"))
		read <- string(b)
	}()
	if err := WriteFile(at("pipe"), []byte("new"), 0o666); err != nil {
		t.Error(err)
	}
	if mode(t, at("pipe"))&os.ModeNamedPipe == 0 {
		t.Fatal("the pipe is none any more")
	}
	if got := <-read; got != "new" {
		t.Errorf("through the pipe came %q", got)
	}
}
