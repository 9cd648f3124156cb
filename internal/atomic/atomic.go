// Package atomic writes files so that after a crash either the old one or the new
// one is there, whole.
package atomic

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"
)

// WriteFile is os.WriteFile in one step: a new file has mode perm less the umask,
// one that is replaced hands on its own, a link to a file is followed. What is no
// file, such as a device or a pipe, is written to and stays what it is.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return os.WriteFile(path, data, perm)
	}
	// Not os.CreateTemp, whose files are nobody else's to read.
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%016x", filepath.Base(path), rand.Uint64()))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if old, e := os.Stat(path); err == nil && e == nil && old.Mode().IsRegular() {
		err = os.Chmod(name, old.Mode().Perm())
	}
	if err == nil {
		err = replace(name, path)
	}
	if err != nil {
		os.Remove(name)
	}
	return err
}

// Clean removes what WriteFile left in a folder where it was killed. Nobody else may
// be writing there but for files of these names.
func Clean(dir string, but ...string) {
	entries, _ := os.ReadDir(dir) // none: there is nothing
	for _, e := range entries {
		if m := leftover.FindStringSubmatch(e.Name()); m != nil && !slices.Contains(but, m[1]) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

var leftover = regexp.MustCompile(`^\.(.+)\.[0-9a-f]{16}$`)

// replace renames. On Windows it waits for whoever has the old file open.
func replace(from, to string) error {
	err := os.Rename(from, to)
	for i := 0; err != nil && runtime.GOOS == "windows" && i < 100; i++ {
		time.Sleep(20 * time.Millisecond)
		err = os.Rename(from, to)
	}
	return err
}
