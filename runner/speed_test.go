package runner

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/results"
)

// A core a task, as far as memory reaches.
func TestJobsShareCoresAndMemory(t *testing.T) {
	const gigabyte = 1 << 30
	for _, c := range []struct {
		jobs  int
		cores int
		free  int64
		small bool
		want  [2]int // tasks at once, threads each
	}{
		{0, 2, 16 * gigabyte, false, [2]int{2, 1}},
		{0, 2, 2 * gigabyte, false, [2]int{1, 2}},
		{0, 2, 1, false, [2]int{1, 2}},
		{0, 16, 12 * gigabyte, false, [2]int{8, 2}},
		{0, 16, 12 * gigabyte, true, [2]int{16, 1}},
		{0, 8, 0, false, [2]int{4, 2}},
		{0, 1, 0, false, [2]int{1, 1}},
		{0, 8, 0, true, [2]int{8, 1}},
		{3, 8, 1, false, [2]int{3, 2}},
		{16, 8, 1, false, [2]int{16, 1}},
	} {
		memory := int64(taskMemory)
		if c.small {
			memory = 0
		}
		if jobs, threads := share(c.jobs, c.cores, memory, c.free); [2]int{jobs, threads} != c.want {
			t.Errorf("--jobs %d on %d cores, %d bytes, small %v: %d tasks of %d threads, want %d", c.jobs, c.cores, c.free, c.small, jobs, threads, c.want)
		}
	}
}

// A task that reads a pool of gigabytes is counted with it: two on four cores and
// 6.5 GiB, one in a job of 4 GiB.
func TestPoolsCountAsMemory(t *testing.T) {
	const gigabyte = 1 << 30
	plain := results.Settings{Kind: results.KindTrain, Data: "svhn", Arch: "resnet32"}
	extra := plain
	extra.Pool = dataset.PoolExtra
	memory := memoryOf(dataset.Files{}, extra)
	if memory < 2*gigabyte || memory > 3*gigabyte {
		t.Errorf("%d bytes with SVHN's extra images", memory)
	}
	for free, want := range map[int64][2]int{13 * gigabyte / 2: {2, 2}, 4 * gigabyte: {1, 4}, 16 * gigabyte: {4, 1}} {
		if jobs, threads := share(0, 4, memory, free); [2]int{jobs, threads} != want {
			t.Errorf("%d bytes free: %d tasks of %d threads, want %d", free, jobs, threads, want)
		}
	}
	if got := memoryOf(dataset.Files{}, plain); got != taskMemory {
		t.Errorf("%d bytes without a pool", got)
	}
	own := results.Settings{Data: "fashion-mnist", Pool: "fashion-mnist", Arch: "resnet8"}
	if got := memoryOf(dataset.Files{}, own); got != 0 {
		t.Errorf("%d bytes of a small network", got)
	}

	// A small network of a variant reads official images all the same, and a large one takes
	// more than the paper's.
	if got := memoryOf(dataset.Files{}, results.Settings{Data: "svhn", Pool: dataset.PoolExtra, Arch: "resnet20", Batch: 256}); got != memory {
		t.Errorf("%d bytes of a small network beside SVHN's extra images", got)
	}
	if got := memoryOf(dataset.Files{}, results.Settings{Data: "cifar10", Arch: "resnet56", Batch: 2048}); got < 8*gigabyte {
		t.Errorf("%d bytes of a ResNet-56 at batch 2048", got)
	}
	if got := memoryOf(dataset.Files{}, results.Settings{Kind: results.KindTheory}); got != 0 {
		t.Errorf("%d bytes of theory", got)
	}

	// Beside another that runs there has to be room for both.
	task := results.Task{Name: "with", Settings: extra}
	s := &schedule{free: 4 * gigabyte, tasks: map[string]*status{"with": {memory: memory}, "without": {memory: taskMemory, state: running}}}
	if s.fits(task) {
		t.Error("a task is started beside another without memory for both")
	}
	if !s.fits(results.Task{Name: "small"}) {
		t.Error("a task that takes nothing waits for memory")
	}
	if s.free = 6 * gigabyte; !s.fits(task) {
		t.Error("a task waits though there is memory for it")
	}
	if s.Jobs, s.free = 2, 1; !s.fits(task) {
		t.Error("--jobs 2 is not obeyed")
	}
	if s.Jobs, s.tasks["without"].state = 0, finished; !s.fits(task) {
		t.Error("a task that is alone never starts")
	}
}

// A variant's batch that does not fit is refused before it is tried.
func TestMeasureSpeedOfAHugeBatch(t *testing.T) {
	p, err := experiments.ProfileNamed("quick:batch=100000")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := measureSpeed(p, 0, false, 1<<30); err == nil || !strings.Contains(err.Error(), "profile quick:batch=100000: resnet8 at a batch of 100000 needs") {
		t.Errorf("%v", err)
	}
}

// What the measurement takes is given back before the tasks start.
func TestMeasureSpeedGivesItsMemoryBack(t *testing.T) {
	p, err := experiments.ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	p.Supervised.Batch = 512
	memory := func() (m runtime.MemStats) {
		runtime.ReadMemStats(&m)
		return m
	}
	held := func(m runtime.MemStats) int64 { return int64(m.HeapSys - m.HeapReleased) }
	debug.FreeOSMemory()
	before := memory()
	if _, err := MeasureSpeed(p, 1, false); err != nil {
		t.Fatal(err)
	}
	after := memory()
	if grown := held(after) - held(before); grown > 32<<20 {
		t.Errorf("%d MB are held afterwards", grown>>20)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took < 100<<20 {
		t.Errorf("only %d MB were taken: nothing to give back", took>>20)
	}
}

func TestMeasureSpeed(t *testing.T) {
	p, err := experiments.ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	s, err := MeasureSpeed(p, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if more, err := MeasureSpeed(p, runtime.GOMAXPROCS(0)+1, false); err != nil || more.Cores != runtime.GOMAXPROCS(0) {
		t.Errorf("more jobs than cores: %+v, %v", more, err)
	}
	t.Logf("%+v", s)
	if s.ImagesPerSecond <= 0 || s.KernelSet == "" || s.Jobs*s.Threads < 1 {
		t.Errorf("%+v", s)
	}
}
