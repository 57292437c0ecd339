package migrate

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

const (
	// lockName is the name of the one lock behind all migrations of a
	// database, whatever the sources.
	lockName = "migrate"
	// cleanUp bounds what is done after the run's context may have ended.
	cleanUp = 5 * time.Second
)

// run is one run under the lock. All its SQL goes through one session, which on
// a server is the one that owns the lock.
type run struct {
	*Migrator
	lock   *dblock.Lock
	conn   *sql.Conn
	undo   func(context.Context) error // takes the session's settings back
	keep   bool                        // the session goes back to the pool
	state  *state
	result *Result
	// kept are the statements that were prepared for the run, by their text.
	kept map[string]*sql.Stmt
	// entries are the names of those that the session has prepared, by their text.
	entries map[string]string
	// separate says that the server takes no compound statements.
	separate bool
	// begun is the row of the file that comes next, when that is written already.
	begun *record
	told  told
}

// locked waits for the lock and does the work under it. The lock is freed even
// if ctx has ended.
func (m *Migrator) locked(ctx context.Context, work func(context.Context, *run) error) (_ *Result, err error) {
	return m.lockedUnless(ctx, nil, work)
}

// upUnlessDone is locked for an up, which need not wait to the end when it sees
// that others have done everything.
func (m *Migrator) upUnlessDone(ctx context.Context, work func(context.Context, *run) error) (*Result, error) {
	start := time.Now()
	var seen *state
	result, err := m.lockedUnless(ctx, func(ctx context.Context, c *sql.Conn) bool {
		q := querier(m.db)
		if c != nil {
			q = c
		}
		s, err := m.read(ctx, q) // what is wrong shows under the lock
		if err != nil || !m.settled(s) {
			return false
		}
		seen = s
		return true
	}, work)
	if !errors.Is(err, dblock.ErrNeedless) {
		return result, m.advise(pooled(err))
	}
	found, err := m.strictOutside(ctx, seen)
	return &Result{Waited: time.Since(start), Findings: found}, err
}

func (m *Migrator) lockedUnless(ctx context.Context, needless func(context.Context, *sql.Conn) bool,
	work func(context.Context, *run) error,
) (_ *Result, err error) {
	start := time.Now()
	lock, err := dblock.Wait(ctx, m.db, dblock.WaitRequest{
		Dialect: m.name,
		Name:    lockName,
		Holder:  dblock.Holder{Application: m.cfg.application, Host: m.host},
		Timeout: m.cfg.waitTimeout,
		// Most of those who waited find that everything is done.
		Undescribed: true,
		Needless:    needless,
		OnWait: func(h Holder, waited time.Duration) {
			m.cfg.progress(Progress{Phase: PhaseWaiting, Holder: h, Elapsed: waited})
		},
	})
	if errors.Is(err, dblock.ErrHeld) {
		return nil, fmt.Errorf("%w: %w", ErrLocked, err)
	}
	if err != nil {
		return nil, err
	}
	r := &run{Migrator: m, lock: lock, result: &Result{Waited: time.Since(start)}}
	defer r.end(ctx)
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	err = work(ctx, r)
	return r.result, err
}

// begin opens the session and reads the state, which may have changed while we
// waited.
func (r *run) begin(ctx context.Context) (err error) {
	if r.conn = r.lock.Conn(); r.conn == nil {
		if r.conn, err = r.db.Conn(ctx); err != nil {
			return fmt.Errorf("open a session: %w", err)
		}
		// A pooled connection is all there is of a database in memory.
		var file string
		row := r.conn.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`)
		if err := row.Scan(&file); err != nil {
			return fmt.Errorf("open a session: %w", err)
		}
		r.keep = file == ""
	}
	if r.state, err = r.read(ctx, r.conn); err != nil {
		return err
	}
	return r.settle(ctx)
}

// equip is for those who found that there is something to do: they say who they
// are and make the session fit for it.
func (r *run) equip(ctx context.Context) (err error) {
	if r.undo != nil {
		return nil
	}
	r.lock.Describe(ctx)
	if r.undo, err = r.dialect.settings(ctx, r.conn, &r.cfg); err != nil {
		return fmt.Errorf("set the session's timeouts: %w", err)
	}
	return nil
}

// end closes the session and frees the lock. What goes wrong here changes
// nothing of what was done, so it is logged.
func (r *run) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	for _, stmt := range r.kept {
		_ = stmt.Close() // ends with the session
	}
	if r.lock.Conn() == nil && r.conn != nil {
		if r.keep && r.undo != nil {
			if err := r.undo(ctx); err != nil {
				r.cfg.logger.WarnContext(ctx, "session settings not restored", "error", err)
			}
		}
		if !r.keep {
			// A migration may have changed the session's settings.
			_ = r.conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		_ = r.conn.Close() // nothing is under way
	}
	if err := r.lock.Release(ctx); err != nil {
		r.cfg.logger.WarnContext(ctx, "lock not released in order", "error", err)
	}
}

// retry runs work again when the database gave up waiting for a lock, or broke
// a deadlock. Work must be a whole transaction, or a statement that has no
// effect then.
func (r *run) retry(ctx context.Context, f *file, work func() error) error {
	for attempt, forgot := 0, false; ; attempt++ {
		err := work()
		if !forgot && r.forgotten(err) {
			forgot = true
			err = work()
		}
		if err == nil || attempt == r.cfg.lockRetries || !r.dialect.retryable(err) {
			return err
		}
		base := min(time.Second, 100*time.Millisecond<<attempt)
		pause := base/2 + rand.N(base)
		r.cfg.logger.WarnContext(ctx, "migration tries again", "source", f.Source, "file", f.label(),
			"attempt", attempt+1, "pause", pause, "error", err)
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return err
		}
	}
}

// each runs the jobs in order. The first that fails ends the run.
func (r *run) each(ctx context.Context, jobs []*job) error {
	if err := r.equip(ctx); err != nil {
		return err
	}
	for i, j := range jobs {
		j.index, j.total = i+1, len(jobs)
		if i > 0 {
			jobs[i-1].next = j
		}
	}
	defer r.leave(ctx)
	alone := 0 // up to here each file runs by itself, since together they failed
	for i := 0; i < len(jobs); {
		if n := r.bundle(jobs[i:]); i >= alone && n > 1 {
			done, err := r.together(ctx, jobs[i:i+n])
			if err == nil {
				i += done
				continue
			}
			alone = i + n
		}
		if err := r.one(ctx, jobs[i]); err != nil {
			return err
		}
		i++
	}
	return nil
}

// one runs a job by itself.
func (r *run) one(ctx context.Context, j *job) error {
	start := time.Now()
	err := ctx.Err()
	if err == nil {
		err = r.apply(ctx, j)
	}
	if err != nil {
		return &PartialError{Applied: r.result.Applied, Failed: j.file.Migration, Direction: j.direction, Left: j.total - j.index, Cause: r.lost(ctx, j, err)}
	}
	r.report(ctx, j, time.Since(start))
	return nil
}

// report adds a job that is done to the result, and tells of it.
func (r *run) report(ctx context.Context, j *job, took time.Duration) {
	done := Applied{Migration: j.file.Migration, Direction: j.direction, Duration: took}
	if j.script != nil {
		done.Statements = len(j.script.statements)
	}
	r.result.Applied = append(r.result.Applied, done)
	r.cfg.logger.InfoContext(ctx, "migration done", "source", j.file.Source, "file", j.file.label(),
		"direction", j.direction, "duration", done.Duration)
	r.cfg.progress(Progress{Phase: PhaseDone, Elapsed: done.Duration, Migration: j.file.Migration,
		Direction: j.direction, Index: j.index, Total: j.total, Statements: done.Statements})
}
