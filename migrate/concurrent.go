package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
)

// Statements that build or drop an index CONCURRENTLY cannot be undone by a
// rollback, but the catalogue tells what became of them.
const (
	identifier = `(?:"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)`
	qualified  = identifier + `(?:\s*\.\s*` + identifier + `)?`
)

var (
	createsIndex = regexp.MustCompile(`(?is)^\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(` +
		identifier + `)\s+ON\s+(?:ONLY\s+)?(` + qualified + `)`)
	dropsIndex = regexp.MustCompile(`(?is)^\s*DROP\s+INDEX\s+CONCURRENTLY\s+(?:IF\s+EXISTS\s+)?(` +
		qualified + `)\s*(?:CASCADE|RESTRICT)?\s*$`)
)

// index is what such a statement names, as it is written there.
type index struct {
	name, table string
	drop        bool
}

// concurrent reads a statement; false when it is another one, or gives the new
// index no name.
func (l lexis) concurrent(statement string) (index, bool) {
	if len(l.parts(statement)) != 1 {
		return index{}, false
	}
	text := l.bare(statement)
	if m := createsIndex.FindStringSubmatch(text); m != nil {
		return index{name: m[1], table: m[2]}, true
	}
	if m := dropsIndex.FindStringSubmatch(text); m != nil {
		return index{name: m[1], drop: true}, true
	}
	return index{}, false
}

// indexVerdict reports whether the statement is done: the index is there and
// valid, or gone.
func (r *run) indexVerdict(ctx context.Context, text string) (verdict, error) {
	ix, ok := r.dialect.lexis().concurrent(text)
	if !ok {
		return verdictUnknown, nil
	}
	done, err := r.tookEffect(ctx, ix)
	switch {
	case err != nil:
		return verdictUnknown, fmt.Errorf("look for index %s: %w", ix.name, err)
	case done:
		return verdictDone, nil
	}
	return verdictNotDone, nil
}

func (r *run) tookEffect(ctx context.Context, ix index) (bool, error) {
	if ix.drop {
		var gone bool
		err := r.conn.QueryRowContext(ctx, "SELECT to_regclass($1::text) IS NULL", ix.name).Scan(&gone)
		return gone, err
	}
	_, valid, err := r.look(ctx, ix)
	return valid, err
}

// look finds the index of a CREATE: its full name, ready to be printed into SQL,
// and whether it is valid. The name is empty when there is none.
func (r *run) look(ctx context.Context, ix index) (name string, valid bool, err error) {
	const query = `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), i.indisvalid
FROM pg_class AS t JOIN pg_index AS i ON i.indrelid = t.oid JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.oid = to_regclass($1::text) AND c.relname = (parse_ident($2::text))[1]`
	err = r.conn.QueryRowContext(ctx, query, ix.table, ix.name).Scan(&name, &valid)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return name, valid, err
}

// clear drops an invalid index of the name that the statement is about to make:
// an earlier try left it, nobody can use it, and it would be in the way. One that
// another session is building at this moment is invalid too, and left alone.
func (r *run) clear(ctx context.Context, j *job, i int) error {
	if r.name != "postgres" {
		return nil
	}
	ix, ok := r.dialect.lexis().concurrent(j.script.statements[i])
	if !ok || ix.drop {
		return nil
	}
	name, valid, err := r.look(ctx, ix)
	if err != nil || name == "" || valid {
		return err
	}
	const query = `SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = to_regclass($1::text) AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.pid <> pg_backend_pid() AND a.backend_type = 'client backend'`
	var others int
	if err := r.conn.QueryRowContext(ctx, query, ix.table).Scan(&others); err != nil {
		return err
	}
	if others > 0 {
		return fmt.Errorf("index %s is being built by another session", name)
	}
	err = r.watched(ctx, j, i+1, func() error {
		_, err := r.conn.ExecContext(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+name)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop the invalid index %s: %w", name, err)
	}
	r.cfg.logger.WarnContext(ctx, "dropped an invalid index to build it again", "index", name)
	return nil
}
