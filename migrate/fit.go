package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// fit finds out whether the run's session can do what the run is there for:
// whether the database takes writes, and whether the session can hold a lock. It
// is asked once there is something to do, before anything is written.
func (r *run) fit(ctx context.Context) error {
	switch r.name {
	case "postgres":
		return r.fitPostgres(ctx)
	case "mysql":
		return r.fitMySQL(ctx)
	}
	return nil // SQLite says so at the first write, which nothing comes before
}

func (r *run) fitPostgres(ctx context.Context) error {
	const query = `SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'`
	var session int64
	var replica, readOnly bool
	if err := r.conn.QueryRowContext(ctx, query).Scan(&session, &replica, &readOnly); err != nil {
		return fmt.Errorf("ask for the server session: %w", err)
	}
	switch {
	case replica:
		return fmt.Errorf("%w: the server is a replica%s: migrate at the primary", ErrReadOnly, r.primary(ctx))
	case readOnly:
		return fmt.Errorf("%w: the server, the database or the role sets default_transaction_read_only: migrate as another role, "+
			"or by a URL with default_transaction_read_only=off", ErrReadOnly)
	}
	return r.refusePooler(ctx, session)
}

// primary names where a replica gets its changes from, where that may be known.
func (r *run) primary(ctx context.Context) string {
	var host sql.NullString
	var port sql.NullInt64
	err := r.conn.QueryRowContext(ctx, "SELECT sender_host, sender_port FROM pg_stat_wal_receiver").Scan(&host, &port)
	if err != nil || !host.Valid {
		return " (in recovery)" // it may be without one at the moment, or the role may not see it
	}
	return fmt.Sprintf(" of %s:%d", host.String, port.Int64)
}

// fitMySQL asks for a transaction that writes, since some users may write
// whatever the server's setting is.
func (r *run) fitMySQL(ctx context.Context) error {
	var set bool
	const query = "SELECT CAST(@@GLOBAL.read_only AS CHAR) NOT IN ('0', 'OFF')"
	if err := r.conn.QueryRowContext(ctx, query).Scan(&set); err != nil {
		return fmt.Errorf("ask whether the server takes writes: %w", err)
	}
	if !set {
		return nil
	}
	_, err := r.conn.ExecContext(ctx, "START TRANSACTION READ WRITE")
	if err == nil {
		_, err = r.conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	if r.dialect.code(err) != "1290" {
		return fmt.Errorf("ask whether the server takes writes: %w", err)
	}
	return fmt.Errorf("%w: %s", ErrReadOnly, readOnlyMySQL)
}

const readOnlyMySQL = "the server runs with read_only, as replicas do: migrate at the primary, or as a user who may write all the same"

// seesSchema tells a schema that the role may not use from an empty one: names
// then lead nowhere, and all would look as if nothing were applied. A schema that
// is not there is no such case.
func (m *Migrator) seesSchema(ctx context.Context, q querier) error {
	if m.name != "postgres" {
		return nil
	}
	const query = `SELECT quote_ident(n.nspname), quote_ident(current_user)
FROM unnest(string_to_array(current_setting('search_path'), ',')) AS path
JOIN pg_namespace AS n ON n.nspname = CASE trim(path) WHEN '"$user"' THEN current_user ELSE trim(BOTH '"' FROM trim(path)) END
WHERE current_schema() IS NULL AND NOT has_schema_privilege(n.oid, 'USAGE') LIMIT 1`
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return rows.Err()
	}
	var schema, role string
	if err := rows.Scan(&schema, &role); err != nil {
		return err
	}
	return fmt.Errorf("%w: role %s may not use schema %s, so that nothing in it can be seen: "+
		"GRANT USAGE ON SCHEMA %s TO %s, and CREATE to migrate", ErrDenied, role, schema, schema, role)
}

// hiddenTables says of an error that MySQL gives to those who may not read a
// table whether it exists or not, and who then see none in the list either.
func (m *Migrator) hiddenTables(err error) bool {
	return m.name == "mysql" && m.dialect.code(err) == "1142" && !errors.Is(err, context.Canceled)
}
