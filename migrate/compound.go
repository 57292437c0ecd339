package migrate

import (
	"context"
	"fmt"
	"strings"
)

// changeAll makes changes in the caller's transaction.
func (r *run) changeAll(ctx context.Context, q execer, changes ...change) error {
	if r.compounds() {
		_, err := r.compound(ctx, compound{changes: changes})
		if !r.refusedCompound(err) {
			return err
		}
	}
	return r.changeEach(ctx, q, changes)
}

// changeEach makes changes one after the other.
func (r *run) changeEach(ctx context.Context, q execer, changes []change) error {
	for _, c := range changes {
		if err := r.changeOne(ctx, q, c); err != nil {
			return err
		}
	}
	return nil
}

// changeOn makes changes outside a transaction: all of them at once, with the
// beginning of the next job where that can be, or else one after the other.
func (r *run) changeOn(ctx context.Context, next *job, changes ...change) error {
	if r.compounds() {
		rec, err := r.foresee(ctx, next)
		if err != nil {
			return err
		}
		c := compound{changes: changes, commits: true}
		if rec != nil {
			c.changes = append(c.changes, r.historyRow(rec))
			c.inserts = true
		}
		id, err := r.compound(ctx, c)
		if err == nil && rec != nil {
			rec.id, rec.note = id, ""
			rec.stored.started, rec.stored.done = rec.started, rec.done
			r.begun = rec
		}
		if !r.refusedCompound(err) {
			return err
		}
	}
	return r.changeEach(ctx, r.conn, changes)
}

// foresee is the record with which the next job begins, if that can be written
// before: a run that ends in between has begun it, so the catalogue must be able
// to tell that it did no more.
func (r *run) foresee(ctx context.Context, next *job) (*record, error) {
	if next == nil || next.script == nil || next.half != nil || r.atomic(next.script) {
		return nil, nil
	}
	rec, err := r.newSteps(ctx, next)
	if err != nil || rec.note == "" {
		return nil, err
	}
	return rec, nil
}

// leave removes the row of a job that was begun ahead and then did not run.
func (r *run) leave(ctx context.Context) {
	if r.begun == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	if err := r.forget(ctx, r.begun); err != nil {
		// The next run finds in the catalogue that nothing of it is done.
		r.cfg.logger.WarnContext(ctx, "a migration that did not run counts as begun", "source", r.begun.key.source,
			"version", r.begun.key.version, "error", err)
	}
	r.begun = nil
}

// compound is several changes in one statement, and so in one round trip.
type compound struct {
	changes []change
	commits bool // they are a transaction of their own
	inserts bool // the last makes a row, whose number is asked for
}

func (r *run) compounds() bool { return r.dialect.compounds() && !r.separate }

// compound sends changes as MariaDB's compound statement outside of a routine,
// which MySQL does not have.
func (r *run) compound(ctx context.Context, c compound) (id int64, err error) {
	var text strings.Builder
	var args []any
	text.WriteString("BEGIN NOT ATOMIC\n")
	if c.commits {
		text.WriteString("DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;\n")
	}
	fmt.Fprintf(&text, "IF NOT (%s) THEN SIGNAL SQLSTATE '%s' SET MESSAGE_TEXT = 'schemactl has lost its lock'; END IF;\n",
		r.lock.Condition(), lockGoneState)
	if c.commits {
		text.WriteString("START TRANSACTION;\n")
	}
	for _, one := range c.changes {
		text.WriteString(one.query + ";\n")
		args = append(args, one.args...)
	}
	if c.commits {
		text.WriteString("COMMIT;\n")
	}
	if c.inserts {
		text.WriteString("SELECT LAST_INSERT_ID();\n")
	}
	text.WriteString("END")
	stmt, err := r.keptAs(ctx, text.String()) //nolint:sqlclosecheck // kept for the run
	if err == nil && c.inserts {
		err = stmt.QueryRowContext(ctx, args...).Scan(&id)
	} else if err == nil {
		_, err = stmt.ExecContext(ctx, args...)
	}
	if err != nil && strings.Contains(err.Error(), "("+lockGoneState+")") {
		err = ErrLockLost
	}
	if err != nil {
		return 0, fmt.Errorf("record the migration: %w", err)
	}
	return id, nil
}

// lockGoneState is an SQLSTATE of no server's.
const lockGoneState = "SL001"

// refusedCompound reports whether the server does not read such statements: MySQL,
// and MariaDB after a migration has set its sql_mode to ORACLE.
func (r *run) refusedCompound(err error) bool {
	r.separate = r.separate || err != nil && r.dialect.code(err) == syntaxError
	return r.separate
}

const syntaxError = "1064"
