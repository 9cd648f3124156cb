// Package machine describes the machine: its processor, free memory and free disk.
package machine

import (
	"os"
	"runtime"
	"strings"
)

// CPU returns the processor's name from the operating system, or the architecture
// if there is none.
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
