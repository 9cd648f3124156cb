//go:build unix

package machine

import (
	"errors"

	"golang.org/x/sys/unix"
)

// FreeDisk is what may still be written in a folder, in bytes.
func FreeDisk(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// DiskFull reports whether an error of writing says that there is no room left.
func DiskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
