//go:build unix && !aix && !solaris

package dblock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile locks f as a whole without waiting. The lock goes with the last
// descriptor of this opening, so the kernel frees it when the process dies.
func lockFile(f *os.File) (bool, error) {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

func unlockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }
