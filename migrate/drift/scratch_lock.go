package drift

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

// scratchPrefix begins the names of all that this package makes on a server, and
// of its folders. What follows is where it was made from, since locks are known
// to one database only, and something that never comes again.
const scratchPrefix = "schemactl_scratch_"

var scratchPattern = regexp.MustCompile(`^` + scratchPrefix + `([0-9a-f]{8})_[a-z2-7]{16}$`)

// scratchName is unlike any other.
func scratchName(origin string) string {
	return scratchPrefix + origin + "_" + strings.ToLower(rand.Text()[:16])
}

// originOf stands for the live database in the names of its scratches.
func originOf(database string) string {
	sum := sha256.Sum256([]byte(database))
	return hex.EncodeToString(sum[:4])
}

// claim names a scratch and takes the lock that says that its maker lives. That
// comes before the scratch is made: so one that is there, and whose lock is free,
// was left by a process that was killed.
func (p *place) claim(ctx context.Context, origin string) (name string, lock *dblock.Lock, err error) {
	name = scratchName(origin)
	lock, err = p.lock(ctx, name)
	if err != nil {
		return "", nil, fmt.Errorf("lock a scratch database: %w", err)
	}
	return name, lock, nil
}

func (p *place) lock(ctx context.Context, name string) (*dblock.Lock, error) {
	pool, err := p.live.DB()
	if err != nil {
		return nil, err
	}
	// Undescribed, as the live database is only read.
	return dblock.Wait(ctx, pool, dblock.WaitRequest{
		Dialect: p.live.Name(), Name: "scratch" + name[strings.LastIndexByte(name, '_'):], Timeout: time.Nanosecond, Undescribed: true,
	})
}

// unlock lets go of a scratch that is gone. That the session ended before says
// nothing new.
func unlock(ctx context.Context, lock *dblock.Lock) error {
	if err := lock.Release(ctx); err != nil && !errors.Is(err, dblock.ErrLost) {
		return err
	}
	return nil
}

// Bounds on tidying up after others: it is a favour, and no reason to fail or to
// wait for long.
const (
	maxStale  = 20
	tidyingUp = 20 * time.Second
)

// tidyUp removes scratches of the same live database whose makers are dead. What
// cannot be removed now, as a statement of the dead one still runs in it, stays
// for the next run.
func (p *place) tidyUp(ctx context.Context, origin string, names []string, drop func(ctx context.Context, name string) error) {
	ctx, cancel := context.WithTimeout(ctx, tidyingUp)
	defer cancel()
	done := 0
	for _, name := range names {
		m := scratchPattern.FindStringSubmatch(name)
		if m == nil || m[1] != origin || done == maxStale {
			continue
		}
		lock, err := p.lock(ctx, name)
		if err != nil {
			continue // somebody works in it
		}
		_ = drop(ctx, name)
		_ = unlock(ctx, lock)
		done++
	}
}

// scratchFolder makes a folder for SQLite files, with a locked file beside it for
// as long as it is used, and removes those that killed processes left.
func scratchFolder() (dir string, remove func() error, err error) {
	tidyFolders()
	dir = filepath.Join(os.TempDir(), scratchName(originOf("")))
	lock, err := dblock.File(dir + ".lock")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the scratch database: %w", err)
	}
	remove = func() error { return errors.Join(os.RemoveAll(dir), lock.Close(), removeFile(lock.Name())) }
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, errors.Join(fmt.Errorf("make a folder for the scratch database: %w", err), remove())
	}
	return dir, remove, nil
}

func tidyFolders() {
	locks, err := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*.lock"))
	if err != nil {
		return
	}
	for i, path := range locks {
		dir := strings.TrimSuffix(path, ".lock")
		if i == maxStale || !scratchPattern.MatchString(filepath.Base(dir)) {
			continue
		}
		lock, err := dblock.File(path)
		if err != nil {
			continue // somebody works in it, or it is another user's
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
		_ = removeFile(path)
	}
}

// removeFile is content when somebody else has removed it.
func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
