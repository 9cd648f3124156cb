// Package shell quotes words for a shell.
package shell

import (
	"runtime"
	"strings"
)

// Quote returns a word for a command line, in quotes if it needs them.
func Quote(s string) string { return quote(s, runtime.GOOS) }

func quote(s, goos string) string {
	const special = " \t\n\"'`$&|;<>()*?[]#~!{}"
	if goos == "windows" { // cmd has no other quotes; a backslash separates folders; PowerShell treats a comma specially
		if s != "" && !strings.ContainsAny(s, special+",^") {
			return s
		}
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	if s != "" && !strings.ContainsAny(s, special+`\`) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
