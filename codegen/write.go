package codegen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// write makes changes in two steps: first every new text goes into a file of
// its own, then renames and removals follow. What fails in the first step
// leaves the folder as it was; the second is not interrupted.
func write(ctx context.Context, req *Request, changes []File) (err error) {
	if len(changes) == 0 {
		return nil
	}
	if err := os.MkdirAll(req.Out, 0o755); err != nil {
		return err
	}
	temporary := make([]string, len(changes))
	defer func() {
		for _, name := range temporary {
			if name != "" {
				err = errors.Join(err, missingIsFine(os.Remove(name)))
			}
		}
	}()
	for i, f := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.State == Removed {
			continue
		}
		if temporary[i], err = writeTemporary(req.Out, f.after); err != nil {
			return fmt.Errorf("write %s: %w; nothing was changed", f.Path, err)
		}
		req.progress(StepWrite, i+1, len(changes))
	}
	for i, f := range changes {
		if f.State == Removed {
			err = missingIsFine(os.Remove(f.Path))
		} else {
			temporary[i], err = replace(req.Out, temporary[i], f)
		}
		if err != nil {
			return fmt.Errorf("%w; %d of %d files were changed, run it again", err, i, len(changes))
		}
	}
	return nil
}

// replace renames a temporary file to its place. Another run may take the file
// for a leftover and remove it: then it is written again. The name returned is
// that of the file which is still there.
func replace(dir, temporary string, f File) (string, error) {
	const runs = 10 // how many others may begin at the same moment
	for range runs {
		err := os.Rename(temporary, f.Path)
		if err == nil {
			return "", nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return temporary, err
		}
		if temporary, err = writeTemporary(dir, f.after); err != nil {
			return temporary, err
		}
	}
	return temporary, fmt.Errorf("write %s: other runs remove its temporary file: end them", f.Path)
}

// The name of a temporary file: Go tools pass over it, and the letters between
// tell runs apart.
const temporaryPrefix, temporarySuffix, temporaryDigits = ".schemactl-", ".tmp", 16

func isTemporary(name string) bool {
	digits, prefixed := strings.CutPrefix(name, temporaryPrefix)
	digits, suffixed := strings.CutSuffix(digits, temporarySuffix)
	return prefixed && suffixed && len(digits) == temporaryDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

// writeTemporary writes a file of a name that no other has. The name is
// returned as soon as the file exists. An error does not mention it.
func writeTemporary(dir string, text []byte) (name string, err error) {
	path := filepath.Join(dir, fmt.Sprintf("%s%0*x%s", temporaryPrefix, temporaryDigits, rand.Uint64(), temporarySuffix))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", cause(err)
	}
	_, err = f.Write(text)
	return path, cause(errors.Join(err, f.Close()))
}

// cause is an error without the path that it happened at.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

func missingIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// removeLeftovers removes the temporary files of runs that were killed. One
// that cannot be removed does no harm, so the run has still done its work.
func (f *folder) removeLeftovers(dir string) {
	for _, name := range f.leftovers {
		_ = os.Remove(filepath.Join(dir, name))
	}
}
