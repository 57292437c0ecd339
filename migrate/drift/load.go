package drift

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/dblock"
)

// ErrNotEmpty says that a snapshot was to be loaded into a database that holds
// something: nothing was changed.
var ErrNotEmpty = errors.New("the database is not empty")

// LoadOptions change how [Load] works.
type LoadOptions struct {
	// Application names who loads, to those who wait for the lock.
	Application string
	// Timeout bounds the wait for others who migrate; zero waits on.
	Timeout time.Duration
}

// Load runs what [Dump] wrote in an empty database, under the same lock as
// migrations. On PostgreSQL and SQLite all of it happens or nothing; on MySQL a
// load that stops in the middle leaves tables but no version, and the next one
// refuses with [ErrNotEmpty]: drop the tables, or the database, first.
func Load(ctx context.Context, r io.Reader, db *gorm.DB, opt LoadOptions) (err error) {
	statements, err := readDump(r, db.Name())
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // a missing name only makes the message to waiters poorer
	lock, err := dblock.Wait(ctx, pool, dblock.WaitRequest{
		Dialect: db.Name(), Name: "migrate", Timeout: opt.Timeout, Undescribed: true,
		Holder: dblock.Holder{Application: opt.Application, Host: host},
	})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		if rerr := lock.Release(ctx); err == nil || !errors.Is(rerr, dblock.ErrLost) {
			err = errors.Join(err, rerr) // that a failed session took the lock with it says nothing new
		}
	}()
	session, err := loadSession(ctx, pool, lock)
	if err != nil {
		return err
	}
	if lock.Conn() == nil {
		defer func() { err = errors.Join(err, session.Close()) }()
	}
	found, err := drops(ctx, session, db.Name())
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(drop string) bool { return strings.Contains(drop, "schemactl_lock") })
	if len(found) > 0 {
		return fmt.Errorf("%w: it has %s", ErrNotEmpty, plural(len(found), "object"))
	}
	if err := lock.Check(ctx); err != nil {
		return err
	}
	if db.Name() == "mysql" {
		return loadInParts(ctx, pool, lock, statements)
	}
	return loadAtOnce(ctx, session, lock, statements)
}

// loadSession is the lock's own session, so that what is loaded cannot outlive
// the lock, and no second login is needed. On SQLite, where the lock is a file,
// it is one of the pool.
func loadSession(ctx context.Context, pool *sql.DB, lock *dblock.Lock) (*sql.Conn, error) {
	if c := lock.Conn(); c != nil {
		return c, nil
	}
	return pool.Conn(ctx)
}

// loadAtOnce sends everything in one transaction, in one message.
func loadAtOnce(ctx context.Context, session *sql.Conn, lock *dblock.Lock, statements []string) (err error) {
	tx, err := session.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			err = errors.Join(err, rerr)
		}
	}()
	if _, err := tx.ExecContext(ctx, strings.Join(statements, "\n")); err != nil {
		return fmt.Errorf("load the snapshot, of which nothing is left: %w", err)
	}
	if lock.Conn() == nil { // elsewhere the transaction dies with the lock's session
		if err := lock.Check(ctx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// maxDump bounds a line of a snapshot, in bytes.
const maxDump = 64 << 20

// readDump takes a snapshot apart at its marks.
func readDump(r io.Reader, dialect string) ([]string, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxDump)
	lines.Split(splitLines)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), dumpHead) {
		return nil, errors.Join(errors.New("the file is no snapshot: its first line is not that of 'migrate dump'"), lines.Err())
	}
	if of := strings.TrimSpace(strings.TrimPrefix(lines.Text(), dumpHead)); of != dialect {
		return nil, fmt.Errorf("the snapshot is for %s and the database is %s", of, dialect)
	}
	var out, current []string
	inside := false
	for lines.Scan() {
		text := lines.Text()
		switch mark := strings.TrimSuffix(text, "\r"); {
		case mark == dumpBegin:
			inside, current = true, nil
		case mark == dumpEnd && inside:
			inside = false
			out = append(out, strings.Join(current, "\n"))
		case inside:
			current = append(current, text)
		}
	}
	if inside {
		return nil, errors.New("the snapshot ends inside a statement")
	}
	return out, lines.Err()
}

// splitLines cuts at line feeds and at nothing else: a carriage return may belong
// to a value.
func splitLines(data []byte, atEnd bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEnd && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
