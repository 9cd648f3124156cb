package machine

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// FreeMemory returns about how many bytes the machine can give to a run: what Linux
// says is available, elsewhere half of the installed memory. It is no more than a
// container or a cluster's job allows this process besides what it has. 0: unknown.
func FreeMemory() int64 {
	debug.FreeOSMemory() // what this process no longer uses is free as well: a pool, a network
	free := int64(0)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = availableMemory(string(data))
	} else if total, err := memlimit.FromSystem(); err == nil {
		free = int64(total / 2)
	}
	if limit, err := memlimit.FromCgroup(); err == nil && limit < 1<<62 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		left := max(1, int64(limit)-int64(m.Sys-m.HeapReleased))
		if free == 0 || left < free {
			free = left
		}
	}
	return free
}

// availableMemory returns the available bytes from a meminfo file of Linux; 0: not
// given.
func availableMemory(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
