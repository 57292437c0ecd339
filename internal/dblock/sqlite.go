package dblock

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// maxHolderFile bounds what is read of a lock file, which anyone could fill.
const maxHolderFile = 16 << 10

// file is the lock of an SQLite database: a file beside it, locked as a whole.
// The file stays when the lock is released, empty: removing it would let two
// processes lock two files of one name.
type file struct {
	path     string
	database string // empty: in memory, and so worth no lasting lock file
	f        *os.File
	writing  sync.Mutex // guards the file's text
}

func openFile(ctx context.Context, db *sql.DB, name string) (*file, error) {
	var seq int
	var schema, path string
	row := db.QueryRowContext(ctx, `SELECT seq, name, file FROM pragma_database_list WHERE name = 'main'`)
	if err := row.Scan(&seq, &schema, &path); err != nil {
		return nil, fmt.Errorf("lock %q: find the database's file: %w", name, err)
	}
	l := &file{path: path + "." + name + ".lock", database: path}
	if path == "" {
		l.path = filepath.Join(os.TempDir(), fmt.Sprintf("schemactl-%d-%p.%s.lock", os.Getpid(), db, name))
	}
	return l, l.reopen()
}

// reopen opens the lock file, and makes it if it is missing.
func (l *file) reopen() error {
	f, err := l.openOrMake()
	if err != nil {
		return fmt.Errorf("open lock file: %w", err)
	}
	if l.f != nil {
		_ = l.f.Close() // it was replaced on disk and holds nothing of use
	}
	l.f = f
	return nil
}

// openOrMake gives a new file the rights of the database file, whatever the
// process's mask, so that whoever may use the database may lock it. Those of a
// file that is there are left alone.
func (l *file) openOrMake() (*os.File, error) {
	for attempt := 0; ; attempt++ {
		f, err := os.OpenFile(l.path, os.O_RDWR, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && attempt < 3 {
			continue // someone else was quicker
		}
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(l.database)
		if err != nil {
			return f, nil //nolint:nilerr // in memory, or just removed: for ourselves alone
		}
		if err := f.Chmod(info.Mode().Perm()); err != nil {
			_ = f.Close() // the first error says more
			return nil, err
		}
		return f, nil
	}
}

func (l *file) conn() *sql.Conn   { return nil }
func (l *file) condition() string { return "1 = 1" }

func (l *file) try(ctx context.Context) (bool, error) {
	for range 3 {
		ok, err := lockFile(l.f)
		if err != nil {
			return false, err
		}
		if l.check(ctx) == nil {
			return ok, nil
		}
		// The file was removed or replaced since it was opened. Whoever has locked
		// it keeps nobody out any more, us neither.
		if err := l.reopen(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// check compares the locked file with the one of that name: a lock on a removed
// file keeps nobody out.
func (l *file) check(context.Context) error {
	ours, err := l.f.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	named, err := os.Stat(l.path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	if !os.SameFile(ours, named) {
		return fmt.Errorf("%w: %s was replaced", ErrLost, l.path)
	}
	return nil
}

func (l *file) holder(context.Context) Holder {
	f, err := os.Open(l.path)
	if err != nil {
		return Holder{}
	}
	defer func() { _ = f.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(f, maxHolderFile))
	if err != nil {
		return Holder{}
	}
	var h Holder
	if json.Unmarshal(data, &h) != nil {
		return Holder{} // just being written
	}
	return h
}

func (l *file) describe(_ context.Context, h Holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err = l.f.WriteAt(append(data, '\n'), 0)
	return err
}

func (l *file) announce(ctx context.Context, h Holder) error { return l.describe(ctx, h) }

func (l *file) unlock(ctx context.Context, _ bool) error {
	if err := l.check(ctx); err != nil {
		return err
	}
	if l.database == "" {
		// Nobody outside this process knows the file, and those inside notice
		// in try that it is gone.
		return os.Remove(l.path)
	}
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	return unlockFile(l.f)
}

func (l *file) close() error {
	if err := l.f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
