//go:build !linux

package nn

// core would return the core that the calling thread is on; here it is not known.
func core() int { return -1 }

// leave would move the calling thread to a free core.
func leave(func(core int) bool) {}
