// Package build tells which version of the program is running.
package build

import (
	"runtime/debug"
	"strings"
)

// Version is that of CITATION.cff.
const Version = "0.1.0"

// revision is what make says it builds from; some machines keep go from saying it
// (GOFLAGS=-buildvcs=false).
var revision string

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
