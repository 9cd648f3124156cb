package machine

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// FreeMemory is about what the machine can give to a run, in bytes: what Linux
// says is available, elsewhere half of what is built in, and no more than a
// container or a cluster's job may have. 0: not known.
func FreeMemory() int64 {
	debug.FreeOSMemory() // what this process no longer uses is free as well: a pool, a network
	free := int64(0)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = availableMemory(string(data))
	} else if total, err := memlimit.FromSystem(); err == nil {
		free = int64(total / 2)
	}
	if limit, err := memlimit.FromCgroup(); err == nil && limit > 0 && (free == 0 || limit < uint64(free)) {
		free = int64(limit)
	}
	return free
}

// availableMemory reads a meminfo file of Linux; 0: it does not say.
func availableMemory(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
