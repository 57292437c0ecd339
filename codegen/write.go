package codegen

import (
	"errors"
	"fmt"
	"os"
)

// write makes changes in two steps: first every new text goes into a file of
// its own, then renames and removals follow. What fails in the first step
// leaves the folder as it was.
func write(dir string, changes []File) (err error) {
	if len(changes) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temporary := map[string]string{}
	defer func() {
		for _, name := range temporary {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	for _, f := range changes {
		if f.State == Removed {
			continue
		}
		name, err := writeTemporary(dir, f.after)
		if name != "" {
			temporary[f.Path] = name
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
	}
	for _, f := range changes {
		if f.State == Removed {
			if err := os.Remove(f.Path); err != nil {
				return err
			}
			continue
		}
		if err := os.Rename(temporary[f.Path], f.Path); err != nil {
			return err
		}
		delete(temporary, f.Path)
	}
	return nil
}

// writeTemporary writes a file whose name Go tools pass over. The name is
// returned as soon as the file exists.
func writeTemporary(dir string, text []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, ".schemactl-*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	return f.Name(), errors.Join(err, f.Chmod(0o644), f.Close())
}
