//go:build unix

package lock

import (
	"errors"
	"os"
	"syscall"
)

// lockNow locks an open file for this process alone, or returns ErrBusy.
func lockNow(f *os.File) error { return flock(f, syscall.LOCK_EX) }

// shareNow locks an open file together with others that only look, or returns
// ErrBusy.
func shareNow(f *os.File) error { return flock(f, syscall.LOCK_SH) }

func flock(f *os.File, how int) error {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrBusy
	}
	return err
}
