// Package atomic writes files so that after a crash either the old or the new one
// is there, whole.
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

// WriteFile is os.WriteFile in one step. A new file has mode perm less the umask; a
// replaced file keeps its mode; a link to a file is followed. Anything that is not
// a regular file, such as a device or a pipe, is written to directly.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return os.WriteFile(path, data, perm)
	}
	// Not os.CreateTemp, whose files only the user can read.
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

// Clean removes what WriteFile left in a folder where it was killed. Others may
// meanwhile write only files of these names there.
func Clean(dir string, but ...string) {
	entries, _ := os.ReadDir(dir) // on an error there is nothing to remove
	for _, e := range entries {
		if m := leftover.FindStringSubmatch(e.Name()); m != nil && !slices.Contains(but, m[1]) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

var leftover = regexp.MustCompile(`^\.(.+)\.[0-9a-f]{16}$`)

// replace renames a file. On Windows it waits while somebody has the old file open.
func replace(from, to string) error {
	err := os.Rename(from, to)
	for i := 0; err != nil && runtime.GOOS == "windows" && i < 100; i++ {
		time.Sleep(20 * time.Millisecond)
		err = os.Rename(from, to)
	}
	return err
}
