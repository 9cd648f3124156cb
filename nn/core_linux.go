package nn

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// core returns the number of the core that runs the calling thread; −1: unknown.
func core() int {
	var c uint32
	if _, _, e := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&c)), 0, 0); e != 0 {
		return -1
	}
	return int(c)
}

// leave moves the calling thread to a core for which taken is false, if it may run
// on one. Afterwards the thread may run on the same cores as before, but not on
// cores added to its group later.
func leave(taken func(core int) bool) {
	runtime.LockOSThread() // both settings concern the same thread
	defer runtime.UnlockOSThread()
	var allowed, free unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return
	}
	for c := range 8 * int(unsafe.Sizeof(allowed)) {
		if allowed.IsSet(c) && !taken(c) {
			free.Set(c)
		}
	}
	if free.Count() > 0 && unix.SchedSetaffinity(0, &free) == nil {
		unix.SchedSetaffinity(0, &allowed)
	}
}
