package machine

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// FreeMemory returns about how many bytes the machine can give to a run: what Linux
// says is available, elsewhere half of the installed memory. It is no more than a
// container or a cluster's job may still have. 0: unknown.
func FreeMemory() int64 {
	debug.FreeOSMemory() // what this process no longer uses is free as well: a pool, a network
	free := int64(0)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = availableMemory(string(data))
	} else if total, err := memlimit.FromSystem(); err == nil {
		free = int64(total / 2)
	}
	left := groupLeft("/proc/self/cgroup", "/sys/fs/cgroup")
	if limit, err := memlimit.FromCgroup(); left == 0 && err == nil && limit < 1<<62 { // version 1: the limit
		left = int64(limit)
	}
	if left > 0 && (free == 0 || left < free) {
		free = left
	}
	return free
}

// groupLeft returns the least that this process's control groups (version 2), from
// its own up to the root, have left of their limits, in bytes. Cached files count
// as free. 0: there are no limits, or they are unknown.
func groupLeft(self, root string) (left int64) {
	groups, err := os.ReadFile(self)
	if err != nil {
		return 0
	}
	number := func(group, file string) (n int64, ok bool) {
		data, err := os.ReadFile(filepath.Join(root, group, file))
		if err != nil {
			return 0, false
		}
		_, err = fmt.Sscan(string(data), &n) // "max" is no number: no limit
		return n, err == nil
	}
	for line := range strings.Lines(string(groups)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		for last := false; ok && !last; group = path.Dir(group) {
			last = path.Dir(group) == group
			limit, limited := number(group, "memory.max")
			use, known := number(group, "memory.current")
			if !limited || !known {
				continue
			}
			stat, _ := os.ReadFile(filepath.Join(root, group, "memory.stat"))
			for line := range strings.Lines(string(stat)) {
				for _, kept := range []string{"inactive_file %d", "active_file %d"} {
					var bytes int64
					if n, _ := fmt.Sscanf(line, kept, &bytes); n == 1 {
						use -= bytes
					}
				}
			}
			if here := max(limit-max(use, 0), 1); left == 0 || here < left {
				left = here
			}
		}
	}
	return left
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
