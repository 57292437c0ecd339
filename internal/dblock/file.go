package dblock

import (
	"errors"
	"fmt"
	"os"
)

// File takes a lock file for this process, without waiting: for folders that only
// one process may use at a time. The file is made when it is missing and stays.
// When another process has it the error matches [ErrHeld]. Closing the result, or
// the end of the process, frees it.
func File(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	ours, err := lockFile(f)
	if err == nil && !ours {
		err = fmt.Errorf("%s: %w", path, ErrHeld)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
