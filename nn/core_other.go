//go:build !linux

package nn

// core returns −1: the core of the calling thread is unknown.
func core() int { return -1 }

// leave does nothing; on Linux it moves the calling thread to a free core.
func leave(func(core int) bool) {}
