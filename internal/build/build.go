// Package build identifies the running version of the program.
package build

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// Version is the version in CITATION.cff.
const Version = "0.1.0"

// revision is set by make. On some machines go does not record it
// (GOFLAGS=-buildvcs=false).
var revision string

// Digest returns the first 12 digits of the SHA-256 of the running program, which
// depends on its source, or "" if it cannot be read.
var Digest = sync.OnceValue(func() string {
	f, err := os.Open("/proc/self/exe") // Linux: the running one, whatever was built since
	if err != nil {
		path, err := os.Executable()
		if err != nil {
			return ""
		}
		if f, err = os.Open(path); err != nil {
			return ""
		}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
})

// Revision returns the revision from which the program was built, followed by "
// (modified)" if the tree had changes. It returns "" if the build did not record
// it.
func Revision() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var text string
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" && s.Value == "true" {
			text = strings.TrimSpace(text + " " + strings.Replace(s.Value, "true", "(modified)", 1))
		}
	}
	return text
}
