package migrate

import (
	"context"
	"database/sql"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

const (
	// watchEvery is how long a statement runs before the server is asked about
	// it, and the time between two such looks.
	watchEvery = time.Second
	// sayEvery is the least time between two writes for those who wait.
	sayEvery = 3 * time.Second
)

// observer asks a server how far a session is. It may remember what the server
// refused; its calls never overlap.
type observer interface {
	// look reports what the session is at, and whether it waits for others. It
	// leaves Waited alone.
	look(ctx context.Context, c *sql.Conn, session int64) (a Activity, waits bool, err error)
}

// told is what a run remembers between two looks. Only one statement of a run is
// watched at a time.
type told struct {
	observer observer
	doing    string // what those who wait were told last
	at       time.Time
}

// watched does work, which runs a statement of the job on the run's session, and
// tells how far it is as long as it lasts. The work is neither held up nor made
// to fail by that, and nothing is told any more once it has returned.
func (r *run) watched(ctx context.Context, j *job, statement int, work func() error) error {
	if r.lock.Session() == 0 {
		return work()
	}
	w := &watch{run: r, job: j, statement: statement, began: time.Now()}
	stop := dblock.Later(ctx, watchEvery, w.loop)
	defer stop()
	return work()
}

// watch is the watching of one statement.
type watch struct {
	*run
	job       *job
	statement int
	began     time.Time
	free      time.Time // when it was last seen not to wait
}

// loop looks until ctx ends with the statement. What the server refuses once it
// will refuse again, so an error ends it; for want of time, or of a connection
// that the application uses at the moment, it tries again.
func (w *watch) loop(ctx context.Context) {
	if w.db.Stats().MaxOpenConnections == 1 {
		return // that one is busy
	}
	if w.told.observer == nil {
		w.told.observer = w.dialect.observer()
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for w.free = w.began; ; {
		if !w.once(ctx) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// once looks, tells, and says whether to go on. The time it takes is bounded: a
// build that waits for all who read would wait for a look that hangs, too.
func (w *watch) once(ctx context.Context) bool {
	bounded, cancel := context.WithTimeout(ctx, secondSession)
	defer cancel()
	a, waits, err := w.look(bounded)
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil && bounded.Err() != nil:
		return true
	case err != nil:
		w.cfg.logger.DebugContext(ctx, "progress cannot be seen", "source", w.job.file.Source, "file", w.job.file.label(), "error", err)
		return false
	}
	now := time.Now()
	if waits {
		a.Waited = now.Sub(w.free)
	} else {
		w.free = now
	}
	w.cfg.progress(Progress{
		Phase: PhaseRunning, Migration: w.job.file.Migration, Direction: w.job.direction,
		Index: w.job.index, Total: w.job.total, Statement: w.statement, Statements: w.statements(),
		Elapsed: now.Sub(w.began), Activity: &a,
	})
	w.say(bounded, a)
	return true
}

func (w *watch) look(ctx context.Context) (a Activity, waits bool, err error) {
	c, err := w.db.Conn(ctx)
	if err != nil {
		return a, false, err
	}
	defer func() { _ = c.Close() }() // goes back to its pool
	return w.told.observer.look(ctx, c, w.lock.Session())
}

// say writes it down for those who wait.
func (w *watch) say(ctx context.Context, a Activity) {
	doing := w.job.file.String()
	if text := a.String(); text != "" {
		doing += ", " + text
	}
	if doing == w.told.doing || time.Since(w.told.at) < sayEvery {
		return
	}
	w.told.doing, w.told.at = doing, time.Now()
	w.lock.Say(ctx, doing)
}

// statements counts those of the file, as [run.tell] does.
func (w *watch) statements() int {
	if w.job.script == nil {
		return 1
	}
	return len(w.job.script.statements)
}

// counted fills in what is done of a total, which servers estimate.
func (a *Activity) counted(done, total int64, unit Unit) {
	if total > 0 {
		a.Done, a.Total, a.Unit = max(0, min(done, total)), total, unit
	}
}

// blockers reads rows of session, name, state and the transaction's age in
// microseconds.
func blockers(ctx context.Context, c *sql.Conn, query string, session int64) (_ []Blocker, err error) {
	rows, err := c.QueryContext(ctx, query, session)
	if err != nil {
		return nil, err
	}
	defer func() { err = firstError(err, rows.Close()) }()
	var out []Blocker
	for rows.Next() {
		var b Blocker
		var age int64
		if err := rows.Scan(&b.Session, &b.Application, &b.State, &age); err != nil {
			return nil, err
		}
		b.Age = time.Duration(max(0, age)) * time.Microsecond
		out = append(out, b)
	}
	return out, rows.Err()
}
