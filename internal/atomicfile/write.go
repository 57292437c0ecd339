// Package atomicfile writes files so that whoever reads one sees the old text or the
// new one, never a part of it, also when the machine stops in between.
package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file, unless it has that text already, and tells whether it did. The
// text is written beside its place and renamed. The folder has to be there.
func Write(name string, text []byte) (changed bool, err error) {
	was, err := os.ReadFile(name)
	if err == nil && bytes.Equal(was, text) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".schemactl-*.tmp")
	if err != nil {
		return false, err
	}
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return false, errors.Join(err, os.Remove(tmp.Name()))
	}
	return true, nil
}
