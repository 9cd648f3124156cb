//go:build !linux

package theory

import "time"

var began = time.Now()

// threadTime is the time, where a thread's own is not known.
func threadTime() time.Duration { return time.Since(began) }
