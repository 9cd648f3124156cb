package theory

import (
	"syscall"
	"time"
)

// threadTime is how long this thread has computed.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD, which package syscall lacks
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
