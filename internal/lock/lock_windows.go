package lock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockNow locks an open file for this process alone, or returns ErrBusy. The locked
// bytes lie far beyond the content, which stays readable for others.
func lockNow(f *os.File) error { return lockBytes(f, windows.LOCKFILE_EXCLUSIVE_LOCK) }

// shareNow locks an open file together with others that only look, or returns
// ErrBusy.
func shareNow(f *os.File) error { return lockBytes(f, 0) }

func lockBytes(f *os.File, how uint32) error {
	at := windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrBusy
	}
	return err
}
