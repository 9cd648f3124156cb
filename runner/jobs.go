package runner

import (
	"runtime"

	"longtail/nn"
)

// Jobs is how many tasks run at once and on how many threads each. A zero is
// chosen by the cores that GOMAXPROCS leaves, the network and free memory.
type Jobs struct{ N, Threads int }

// taskMemory is what a task of a larger network takes at most: 0.6 GB for a ResNet-32
// at batch 256, and CIFAR or SVHN.
const taskMemory = 3 << 29

// fill replaces zeros. Tasks run side by side, a core each: they wait neither
// for each other nor, when the system takes a core away, for that core
// (docs/engine.md has the measurement). Where there is no memory for so many of a
// larger network, or nobody knows how much there is, cores share a task.
func (j Jobs) fill(arch string, free int64) Jobs {
	return j.divide(runtime.GOMAXPROCS(0), free, smallNetwork(arch))
}

func (j Jobs) divide(cores int, free int64, small bool) Jobs {
	if j.N == 0 {
		j.N = cores
		switch {
		case j.Threads > 0:
			j.N = cores / j.Threads
		case small:
		case free == 0:
			j.N = cores / 2
		default:
			j.N = int(min(int64(cores), free/taskMemory))
		}
		j.N = max(1, j.N)
	}
	if j.Threads == 0 {
		j.Threads = max(1, cores/j.N)
	}
	return j
}

// smallNetwork reports whether a step of the network takes about a millisecond
// an image or less on one core.
func smallNetwork(name string) bool {
	arch, err := nn.ParseArch(name)
	return err == nil && arch.Depth < 32
}
