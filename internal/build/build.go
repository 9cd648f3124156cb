// Package build tells which version of the program is running.
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

// Version is that of CITATION.cff.
const Version = "0.1.0"

// revision is what make says it builds from; some machines keep go from saying it
// (GOFLAGS=-buildvcs=false).
var revision string

// Digest begins the SHA-256 of the running program, which another source makes another;
// "" where it cannot be read.
var Digest = sync.OnceValue(func() string {
	f, err := os.Open("/proc/self/exe") // Linux: the one that runs, whatever was built since
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

// Revision is the revision that the program was built from, with " (modified)"
// behind it if the tree held more; "" where the build did not record it.
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
