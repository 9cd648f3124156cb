//go:build unix

package lock

import (
	"errors"
	"os"
	"syscall"
)

// lockNow locks an open file for this process alone, or returns ErrBusy.
func lockNow(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrBusy
	}
	return err
}
