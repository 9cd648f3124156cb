// Package machine says what the program runs on: its processor, free memory and
// free disk.
package machine

import (
	"os"
	"runtime"
	"strings"
)

// CPU returns the processor's name as the operating system gives it, and
// the architecture where it gives none.
func CPU() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(data)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}
