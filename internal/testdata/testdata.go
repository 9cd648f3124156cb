// Package testdata finds real data that tests may use but that cannot be committed.
// A test without its data is skipped. With LONGTAIL_REQUIRE_DATA=1 it fails, so
// that CI cannot skip by mistake.
//
// The go command excludes a folder of this name from ./... patterns, but it can be
// imported.
package testdata

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Shared returns the path of a file or folder under shared/, the folder next to the
// repository.
func Shared(t testing.TB, name string) string {
	t.Helper()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	return existing(t, filepath.Join(filepath.Dir(root), "shared", filepath.FromSlash(name)), "it lies in ../shared")
}

// Rebuilt returns the path of a file or folder under LONGTAIL_TESTDATA, where
// .ci/run rebuilds official files ("cifar-10-batches-bin").
func Rebuilt(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("LONGTAIL_TESTDATA")
	if dir == "" {
		Missing(t, name+": LONGTAIL_TESTDATA is not set to the folder of rebuilt official files")
	}
	return existing(t, filepath.Join(dir, filepath.FromSlash(name)), "rebuild it into LONGTAIL_TESTDATA")
}

// SharedMember returns one file of a .tar.xz archive under shared/, unpacked
// by the xz program.
func SharedMember(t testing.TB, archive, member string) []byte {
	t.Helper()
	path := Shared(t, archive)
	xz, err := exec.LookPath("xz")
	if err != nil {
		Missing(t, archive+": unpacking it needs the program xz")
	}
	data, err := exec.Command(xz, "-dc", path).Output()
	if err != nil {
		t.Fatalf("%s: xz: %v", path, err)
	}
	in := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("%s holds no %s", path, member)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if h.Name == member {
			b, err := io.ReadAll(in)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			return b
		}
	}
}

// Missing skips a test that lacks data or a program. With LONGTAIL_REQUIRE_DATA=1
// it fails the test.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("LONGTAIL_REQUIRE_DATA") == "1" {
		t.Fatalf("test data missing (LONGTAIL_REQUIRE_DATA=1 forbids to skip): %s", what)
	}
	t.Skipf("test data missing: %s", what)
}

// Python returns a Python that has these modules: LONGTAIL_PYTHON, which must have
// them, or python3. If python3 lacks them the test is skipped, also in make soak.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	python := os.Getenv("LONGTAIL_PYTHON")
	asked := python != ""
	if !asked {
		python = "python3"
	}
	const has = "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(m) is None for m in sys.argv[1:]))"
	err := exec.Command(python, append([]string{"-c", has}, modules...)...).Run()
	switch {
	case err != nil && asked:
		t.Fatalf("LONGTAIL_PYTHON=%s lacks a module of %q: %v", python, modules, err)
	case err != nil:
		t.Skipf("python3 lacks a module of %q: LONGTAIL_PYTHON names a Python that has them, for make soak as well", modules)
	}
	return python
}

func existing(t testing.TB, path, remedy string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		Missing(t, path+": "+remedy)
	}
	return path
}

// repository returns the folder of go.mod above the working directory, which go
// test sets to the package's folder.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = up
	}
}
