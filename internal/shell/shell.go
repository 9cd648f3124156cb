// Package shell writes words as a shell reads them.
package shell

import "strings"

// Quote returns a word for a command line, in quotes if it needs them.
func Quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n\"'`$&|;<>()*?[]#~!{}\\") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
