// Package cpu names the processor, for the record.
package cpu

import (
	"os"
	"runtime"
	"strings"
)

// Model returns the processor's name as the operating system gives it, and
// the architecture where it gives none.
func Model() string {
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
