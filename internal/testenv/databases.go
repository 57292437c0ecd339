package testenv

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv/server"
)

// MySQLVariable names a MySQL server: a mysql:// URL or the Go driver's DSN. No
// MySQL is ever started; tests against it run where this is set.
const MySQLVariable = "SCHEMACTL_TEST_MYSQL_DSN"

const adminTimeout = 30 * time.Second

// Databases runs a test on every kind of database, as parallel subtests named
// sqlite, postgres and mariadb, and mysql where SCHEMACTL_TEST_MYSQL_DSN is set.
// Each gets the URL of an empty database of its own.
func Databases(t *testing.T, run func(t *testing.T, url string)) {
	t.Helper()
	kinds := []struct {
		name string
		url  func(testing.TB) string
	}{{"sqlite", SQLite}, {"postgres", Postgres}, {"mariadb", MariaDB}}
	if os.Getenv(MySQLVariable) != "" {
		kinds = append(kinds, struct {
			name string
			url  func(testing.TB) string
		}{"mysql", MySQL})
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			run(t, k.url(t))
		})
	}
}

// SQLite returns the URL of a database file that does not exist yet.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "test.db")
}

// Postgres returns the URL of a new, empty PostgreSQL database, which is dropped
// when the test ends, with the connections that are still open.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return create(tb, address(tb, server.Postgres), "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'", dropPostgres)
}

// MariaDB returns the URL of a new, empty MariaDB database in utf8mb4, which is
// dropped when the test ends, with the connections that are still open.
func MariaDB(tb testing.TB) string {
	tb.Helper()
	return create(tb, address(tb, server.MariaDB), "CREATE DATABASE %s CHARACTER SET utf8mb4", dropMySQL)
}

// MySQL is MariaDB on the server that SCHEMACTL_TEST_MYSQL_DSN names. The test
// is skipped where it is not set, with REQUIRE_REAL=1 too: no package registry
// has that server.
func MySQL(tb testing.TB) string {
	tb.Helper()
	url := os.Getenv(MySQLVariable)
	if url == "" {
		tb.Skip("no MySQL: set " + MySQLVariable)
	}
	if !strings.Contains(url, "://") {
		url = "mysql://" + url
	}
	return create(tb, url, "CREATE DATABASE %s CHARACTER SET utf8mb4", dropMySQL)
}

// create makes a database on the server that url names.
func create(tb testing.TB, url, statement string, drop func(context.Context, *sql.DB, string) error) string {
	tb.Helper()
	name := databaseName(tb)
	err := administer(tb.Context(), url, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, strings.Replace(statement, "%s", name, 1))
		return err
	})
	if err != nil {
		tb.Fatalf("make a database for this test: %v", err)
	}
	ctx := context.WithoutCancel(tb.Context())
	tb.Cleanup(func() {
		err := administer(ctx, url, func(ctx context.Context, db *sql.DB) error { return drop(ctx, db, name) })
		if err != nil {
			tb.Errorf("drop the database of this test: %v", err)
		}
	})
	return withDatabase(url, name)
}

// administer connects, does one thing, and disconnects.
func administer(ctx context.Context, url string, do func(context.Context, *sql.DB) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	db, err := database.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close(db)) }()
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return do(ctx, pool)
}

func dropPostgres(ctx context.Context, db *sql.DB, name string) error {
	_, err := db.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
	return err
}

// dropMySQL ends the database's connections first: one with an open transaction
// would hold the DROP back. Those that the test has closed get a moment to end by
// themselves, so that no KILL meets a session that is ending, whose thread may
// serve the connection of another test next.
func dropMySQL(ctx context.Context, db *sql.DB, name string) error {
	var ids []int64
	for until := time.Now().Add(time.Second); ; time.Sleep(5 * time.Millisecond) {
		var err error
		if ids, err = sessions(ctx, db, name); err != nil {
			return err
		}
		if len(ids) == 0 || time.Now().After(until) {
			break
		}
	}
	for _, id := range ids {
		// It may be gone by now: what matters is whether the DROP passes.
		_, _ = db.ExecContext(ctx, "KILL ?", id)
	}
	_, err := db.ExecContext(ctx, "DROP DATABASE "+name)
	return err
}

// sessions are the connections to a database of MariaDB or MySQL.
func sessions(ctx context.Context, db *sql.DB, name string) (ids []int64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE db = ?", name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// databaseName begins with the test's name, for a person who looks at the
// server, and is unlike any other. It needs no quotes.
func databaseName(tb testing.TB) string {
	tb.Helper()
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, strings.TrimPrefix(tb.Name(), "Test"))
	return "t_" + plain[:min(len(plain), 30)] + "_" + strings.ToLower(rand.Text()[:12])
}

// withDatabase replaces the database in a URL, or in the driver's own form.
func withDatabase(url, name string) string {
	head, query, found := strings.Cut(url, "?")
	scheme := strings.Index(head, "://") + len("://")
	if slash := strings.LastIndex(head[scheme:], "/"); slash >= 0 {
		head = head[:scheme+slash]
	}
	head += "/" + name
	if found {
		head += "?" + query
	}
	return head
}
