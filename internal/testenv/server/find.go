package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/schemactl/schemactl/database"
)

// program finds an executable in PATH, then where daemons are kept, which an
// ordinary user's PATH often leaves out. It returns "" when there is none.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		if abs, err := filepath.Abs(path); err == nil {
			return abs
		}
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/libexec"} {
		if path := filepath.Join(dir, name); executable(path) {
			return path
		}
	}
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// sameFolder is the probe of a database: it answers, and its data lie where we
// put them, so it is ours and not a stranger's on the same port.
func sameFolder(url, query, want string) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		db, err := database.Open(ctx, url)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, database.Close(db)) }()
		pool, err := db.DB()
		if err != nil {
			return err
		}
		var got string
		if err := pool.QueryRowContext(ctx, query).Scan(&got); err != nil {
			return err
		}
		if resolve(got) != resolve(want) {
			return fmt.Errorf("%w: its data are in %s, ours in %s", errStranger, got, want)
		}
		return nil
	}
}

// resolve makes two spellings of one folder equal.
func resolve(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return filepath.Clean(path)
}
