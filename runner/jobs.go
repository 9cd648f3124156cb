package runner

import (
	"sync"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/machine"
	"longtail/nn"
	"longtail/results"
	"longtail/score"
)

// taskMemory is the memory assumed for a task of a larger network, in bytes. A
// training step of a ResNet-32 at batch 256 takes 0.6 GB, CIFAR or SVHN 0.2 to 0.3
// GB, and what is read and evaluated meanwhile as much again.
const taskMemory = 3 << 29

// poolTaskMemory is the memory of a task besides the pool while it holds the whole
// pool, in bytes: its data set and a network that labels. A task that trains keeps
// only what is drawn by then.
const poolTaskMemory = 1 << 30

// memoryOf returns the most memory that a task takes, in bytes; 0: negligible.
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
	task := max(taskMemory, 2*step) // for a variant's larger network or batch
	if s.Pool == "" {
		return task
	}
	counts, _ := files.FindPool(s.Data, s.Pool) // without its files a task fails at once
	pool := int64(score.Sum(counts)) * int64(about.C*about.H*about.W)
	if s.Pool != dataset.PoolExtra { // besides the images, the pickle itself or another set's images before resizing
		pool *= 2
	}
	return max(task, poolTaskMemory+pool)
}

// freeMemory returns the free memory in bytes, measured once. Speed is thus
// measured with as many tasks at once as run afterwards, whatever this process
// takes meanwhile.
var freeMemory = sync.OnceValue(machine.FreeMemory)

// share returns how many tasks that take so much memory, in bytes, run at once and on
// how many threads each. jobs is their number if given; 0: tasks run side by side on one
// core each. They wait neither for each other nor for a core that the system takes away
// (docs/engine.md has the measurement). If memory is short or unknown, several cores
// share a task.
func share(jobs, cores int, memory, free int64) (n, threads int) {
	switch {
	case jobs > 0:
		n = jobs
	case memory == 0:
		n = cores
	case free == 0:
		n = max(1, cores/2)
	default:
		n = max(1, int(min(int64(cores), free/memory)))
	}
	return n, max(1, cores/n)
}
