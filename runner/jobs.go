package runner

import (
	"runtime"
	"sync"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/machine"
	"longtail/nn"
	"longtail/results"
)

// Jobs is how many tasks run at once and on how many threads each. A zero is
// chosen by the cores that GOMAXPROCS leaves, by what a task takes and by free memory.
type Jobs struct{ N, Threads int }

// taskMemory is what a task of a larger network is counted with: 0.6 GB for a training
// step of a ResNet-32 at batch 256, 0.2 to 0.3 GB for CIFAR or SVHN, and as much again
// for what is read and evaluated meanwhile.
const taskMemory = 3 << 29

// besidePool is what a task takes beside the pool while it holds it whole: its set, and
// a network that labels. Of one that trains, only what is drawn is left by then.
const besidePool = 1 << 30

// memoryOf is what a task takes at most, in bytes; 0: nothing that counts.
func memoryOf(files dataset.Files, s results.Settings) int64 {
	if s.Kind == results.KindTheory {
		return 0
	}
	about, err := dataset.Describe(s.Data)
	if err != nil {
		return taskMemory
	}
	step := int64(0)
	if arch, err := nn.ParseArch(s.Arch); err == nil {
		step = arch.StepMemory(about.H, about.W, s.Batch)
	}
	if experiments.SmallNetwork(s.Arch) && dataset.Embedded(s.Data) && step < taskMemory/10 {
		return 0
	}
	task := max(taskMemory, 2*step) // of a variant's larger network or batch
	if s.Pool == "" {
		return task
	}
	counts, _ := files.FindPool(s.Data, s.Pool, s.PoolMap) // without its files a task ends at once
	pool := int64(results.Sum(counts)) * int64(about.C*about.H*about.W)
	if s.Pool != dataset.PoolExtra { // beside the images a pickle itself, or those of another set before they are resized
		pool *= 2
	}
	return max(task, besidePool+pool)
}

// freeMemory is what the process found free, asked once: the speed is measured with as
// many tasks at once as run afterwards, whatever this process takes meanwhile.
var freeMemory = sync.OnceValue(machine.FreeMemory)

// fill replaces zeros for tasks that take so much memory. Tasks run side by side, a core
// each: they wait neither for each other nor, when the system takes a core away, for that
// core (docs/engine.md has the measurement). Where there is no memory for so many, or
// nobody knows how much there is, cores share a task.
func (j Jobs) fill(memory, free int64) Jobs {
	return j.divide(runtime.GOMAXPROCS(0), memory, free)
}

func (j Jobs) divide(cores int, memory, free int64) Jobs {
	if j.N == 0 {
		j.N = cores
		switch {
		case j.Threads > 0:
			j.N = cores / j.Threads
		case memory == 0:
		case free == 0:
			j.N = cores / 2
		default:
			j.N = int(min(int64(cores), free/memory))
		}
		j.N = max(1, j.N)
	}
	if j.Threads == 0 {
		j.Threads = max(1, cores/j.N)
	}
	return j
}
