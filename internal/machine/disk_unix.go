//go:build unix

package machine

import (
	"errors"

	"golang.org/x/sys/unix"
)

// FreeDisk returns how many bytes may still be written in a folder.
func FreeDisk(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// DiskFull reports whether a write error means that the disk is full.
func DiskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
