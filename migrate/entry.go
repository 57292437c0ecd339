package migrate

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// entry is PostgreSQL's text that records a job. It can be sent in one text with
// other statements, as arguments cannot, and fails when the lock is lost, so that
// its transaction does.
type entry struct {
	run   *run
	query string // what the session prepares
	name  string // what it is prepared as
	text  string
}

// lockGone begins the value that an entry fails with when the lock is lost.
const lockGone = "schemactl has lost its lock before version "

// newEntry writes a job's entry. The first of its kind also prepares the statement
// for those after it, since to plan it takes longer than to execute it. How long
// the job took is told by the server: the time since the transaction began.
func (r *run) newEntry(j *job, rec *record) *entry {
	rec.finish()
	var names, places, values []string
	took, started, version := "clock_timestamp() - now()", "", ""
	for _, c := range historyColumns() {
		names = append(names, c.name)
		switch c.name {
		case "duration_us":
			places = append(places, "(extract(epoch FROM "+took+") * 1000000)::bigint")
			continue
		case "updated_at":
			places = append(places, started+" + ("+took+")")
			continue
		}
		values = append(values, literal(c.get(rec, r.dialect)))
		place := strings.Replace(r.dialect.cast(c.kind), "?", fmt.Sprintf("$%d", len(values)), 1)
		switch c.name {
		case "started_at":
			started = place
		case "version":
			version = place
			place = fmt.Sprintf("(CASE WHEN EXISTS (SELECT 1 FROM version) THEN '' ELSE '%s' END || %s)::bigint", lockGone, place)
		}
		places = append(places, place)
	}
	e := &entry{run: r, query: fmt.Sprintf("WITH version AS (%s RETURNING 1) INSERT INTO %s (%s) SELECT %s",
		r.versionChange(j, version), historyTable, strings.Join(names, ", "), strings.Join(places, ", "))}
	var prepared bool
	if e.name, prepared = r.entries[e.query]; !prepared {
		// An older one, or one of the migrations, may have any other name.
		e.name = "schemactl_" + strings.ToLower(rand.Text())
		e.text = fmt.Sprintf("PREPARE %s AS %s;\n", e.name, e.query)
	}
	e.text += fmt.Sprintf("EXECUTE %s (%s)", e.name, strings.Join(values, ", "))
	return e
}

// literal prints a value of a history column. It means the same whatever a
// migration has set.
func literal(v any) string {
	switch v := v.(type) {
	case int64:
		return fmt.Sprint(v)
	case time.Time:
		return "'" + v.Format("2006-01-02T15:04:05.999999Z07:00") + "'"
	default:
		return "E'" + escapes.Replace(fmt.Sprint(v)) + "'"
	}
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `''`)

// send records by the entry alone.
func (e *entry) send(ctx context.Context, q execer) error {
	if _, err := q.ExecContext(ctx, e.text); err != nil {
		return e.failed(err)
	}
	e.sent()
	return nil
}

// sent remembers that the session has the statement.
func (e *entry) sent() {
	if e.run.entries == nil {
		e.run.entries = map[string]string{}
	}
	e.run.entries[e.query] = e.name
}

// failed tells what an error of the entry means.
func (e *entry) failed(err error) error {
	switch e.run.dialect.code(err) {
	case noNumber:
		err = ErrLockLost
	case unknownStatement:
		delete(e.run.entries, e.query) // a migration has deallocated it
	}
	return fmt.Errorf("record the migration: %w", err)
}

const (
	noNumber         = "22P02" // of all that is written only [lockGone] can be none
	unknownStatement = "26000"
)
