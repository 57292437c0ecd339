package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Files share a transaction only while it is short: other writers wait for it,
// and a crash takes all of it back.
const (
	bundleMost  = 50
	bundleLeast = 8 // fewer are not worth it
	bundleFor   = 20 * time.Millisecond
)

// bundle counts the jobs at the front that may share a transaction: whole files
// of statements that take no time to speak of, where the database lets everyone
// wait for one writer anyway. A commit costs more than such a file.
func (r *run) bundle(jobs []*job) int {
	n := 0
	for r.dialect.bundles() && n < min(len(jobs), bundleMost) && r.bundled(jobs[n]) {
		n++
	}
	if n < bundleLeast {
		return 1
	}
	return n
}

func (r *run) bundled(j *job) bool {
	return j.file.goRun == nil && j.half == nil && j.script.brief && r.atomic(j.script)
}

// brief reports whether a statement takes little time whatever the tables hold,
// or, for an index, most probably so.
func (l lexis) brief(statement string) bool {
	parts := l.parts(statement)
	if len(parts) != 1 || !parts[0].plain {
		return false
	}
	p := parts[0]
	selects := slices.ContainsFunc(p.words, func(w string) bool { return w == "SELECT" || w == "WITH" })
	switch p.word(0) {
	case "CREATE":
		return p.word(1) == "VIEW" || p.word(1) == "TRIGGER" || !selects
	case "INSERT":
		return !selects
	case "ALTER":
		return !slices.Contains(p.words, "DROP")
	}
	return false
}

// together runs the first of the jobs, as many as time allows, in one
// transaction with the rows that record them, and says how many. After an error
// nothing of them has happened, and which one is to blame is for those to find
// who run them one by one.
func (r *run) together(ctx context.Context, jobs []*job) (int, error) {
	start := time.Now()
	var recs []*record
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		for _, j := range jobs {
			if len(recs) > 0 && time.Since(start) > bundleFor {
				break
			}
			rec, err := r.newRecord(j)
			if err != nil {
				return err
			}
			for i := range j.script.statements {
				if err := r.send(ctx, tx, j, i); err != nil {
					return err
				}
			}
			rec.finish()
			recs = append(recs, rec)
		}
		return r.recordAll(ctx, tx, jobs[:len(recs)], recs)
	})
	if err != nil {
		return 0, err
	}
	for i, rec := range recs {
		for n := range jobs[i].script.statements {
			r.tell(jobs[i], n+1, len(jobs[i].script.statements)) // late, but in order
		}
		r.report(ctx, jobs[i], rec.duration)
	}
	return len(recs), nil
}

// recordAll writes the rows of several jobs, if the lock is still ours: one
// statement for the history and one for each of goose's tables.
func (r *run) recordAll(ctx context.Context, tx *sql.Tx, jobs []*job, recs []*record) error {
	if err := r.lock.Check(ctx); err != nil {
		return err
	}
	var columns string
	var rows []string
	var values []any
	for _, rec := range recs {
		names, places, args := r.historyValues(rec)
		columns, rows, values = names, append(rows, "("+places+")"), append(values, args...)
	}
	query := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", historyTable, columns, strings.Join(rows, ", "))
	if _, err := tx.ExecContext(ctx, r.dialect.bind(query), values...); err != nil {
		return fmt.Errorf("record the migrations: %w", err)
	}
	for _, s := range r.sources {
		if err := r.recordVersions(ctx, tx, s, jobs); err != nil {
			return fmt.Errorf("record the migrations: %w", err)
		}
	}
	return nil
}

// recordVersions writes or removes goose's rows of one source. The jobs all go
// in one direction.
func (r *run) recordVersions(ctx context.Context, tx *sql.Tx, s *source, jobs []*job) error {
	var versions []any
	for _, j := range jobs {
		if j.file.src == s {
			versions = append(versions, j.file.Version)
		}
	}
	if len(versions) == 0 {
		return nil
	}
	query := fmt.Sprintf("INSERT INTO %s (version_id, is_applied) VALUES (?, true)%s", s.table, strings.Repeat(", (?, true)", len(versions)-1))
	if jobs[0].direction == DirectionDown {
		query = fmt.Sprintf("DELETE FROM %s WHERE version_id IN (?%s)", s.table, strings.Repeat(", ?", len(versions)-1))
	}
	_, err := tx.ExecContext(ctx, r.dialect.bind(query), versions...)
	return err
}
