package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// FreeMemory is about what the machine can give to a run, in bytes: what Linux
// says is available, elsewhere half of what is built in, and no more than a
// container or a cluster's job may still have. 0: not known.
func FreeMemory() int64 {
	debug.FreeOSMemory() // what this process no longer uses is free as well: a pool, a network
	free := int64(0)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = availableMemory(string(data))
	} else if total, err := memlimit.FromSystem(); err == nil {
		free = int64(total / 2)
	}
	if limit, err := memlimit.FromCgroup(); err == nil && limit > 0 && limit < 1<<62 {
		left := max(int64(limit)-groupUse("/proc/self/cgroup", "/sys/fs/cgroup"), 1)
		if free == 0 || left < free {
			free = left
		}
	}
	return free
}

// groupUse is what this process's control group (version 2) holds and cannot give back
// at once; 0: not known.
func groupUse(self, root string) int64 {
	groups, err := os.ReadFile(self)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(groups)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		var use int64
		if data, err := os.ReadFile(filepath.Join(root, group, "memory.current")); err != nil {
			return 0
		} else if _, err := fmt.Sscan(string(data), &use); err != nil {
			return 0
		}
		stat, _ := os.ReadFile(filepath.Join(root, group, "memory.stat"))
		for line := range strings.Lines(string(stat)) {
			var cached int64
			if n, _ := fmt.Sscanf(line, "inactive_file %d", &cached); n == 1 {
				use -= cached
			}
		}
		return max(use, 0)
	}
	return 0
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
