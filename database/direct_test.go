package database_test

import (
	"database/sql"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// copied takes the driver's bytes, which are valid for a moment only.
type copied []string

func (c *copied) ScanBytes(v []byte) error {
	if v != nil {
		*c = append(*c, string(v))
	}
	return nil
}

func connection(t *testing.T, address string) *sql.Conn {
	t.Helper()
	db := open(t, address)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestQueryDirect(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"", "simple_protocol", "exec"} { // values come as text or binary
		t.Run("mode "+mode, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(testenv.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			if q := u.Query(); mode != "" {
				q.Set("default_query_exec_mode", mode)
				u.RawQuery = q.Encode()
			}
			queryDirect(t, connection(t, u.String()))
		})
	}
}

func queryDirect(t *testing.T, conn *sql.Conn) {
	t.Helper()
	query := func(read func(database.DirectRows) error, query string, args ...any) error {
		return database.QueryDirect(t.Context(), conn, read, query, args...)
	}
	var texts copied
	var numbers []int64
	err := query(func(rows database.DirectRows) error {
		for rows.Next() {
			var n *int64
			if err := rows.Scan(&texts, &n); err != nil {
				return err
			}
			if n != nil {
				numbers = append(numbers, *n)
			}
		}
		return rows.Err()
	}, "SELECT CASE WHEN n <> 2 THEN 'text ' || n END, CASE WHEN n <> 3 THEN n END FROM generate_series(1, $1::bigint) AS n ORDER BY n", 4)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(copied{"text 1", "text 3", "text 4"}, texts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{1, 2, 4}, numbers); diff != "" {
		t.Error(diff)
	}
	var kinds copied
	var uuid [16]byte
	var at time.Time
	err = query(func(rows database.DirectRows) error {
		for rows.Next() {
			if err := rows.Scan(&uuid, &kinds, &kinds, &at); err != nil {
				return err
			}
		}
		return rows.Err()
	}, `SELECT '000102030405060708090a0b0c0d0eff'::uuid, '\x00ff27'::bytea, '{"a":"ü"}'::jsonb::text, '2026-11-30 12:00:00.123456+00'::timestamptz WHERE $1`, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(copied{"\x00\xff'", `{"a": "ü"}`}, kinds); diff != "" || uuid[1] != 1 || uuid[15] != 255 {
		t.Errorf("uuid %x, and %s", uuid, diff)
	}
	if want := time.Date(2026, 11, 30, 12, 0, 0, 123456000, time.UTC); !at.Equal(want) {
		t.Errorf("the time is %s, want %s", at, want)
	}
	enough := errors.New("enough")
	first := func(rows database.DirectRows) error {
		rows.Next()
		return enough
	}
	if err := query(first, "SELECT n FROM generate_series(1, 100000) AS n"); !errors.Is(err, enough) {
		t.Errorf("an error of the reader: %v", err)
	}
	all := func(rows database.DirectRows) error {
		for rows.Next() {
		}
		return rows.Err()
	}
	if err := query(all, "SELECT 1/(n-1) FROM generate_series(1, 3) AS n"); err == nil {
		t.Error("a query that fails is none to the caller")
	}
	// Whatever came before, the connection goes on.
	var one int
	if err := conn.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil || one != 1 {
		t.Errorf("afterwards: %d, %v", one, err)
	}
}

func TestQueryDirectOfAnotherDriver(t *testing.T) {
	t.Parallel()
	conn := connection(t, testenv.SQLite(t))
	err := database.QueryDirect(t.Context(), conn, func(database.DirectRows) error { return nil }, "SELECT 1")
	if !errors.Is(err, database.ErrNotDirect) {
		t.Errorf("SQLite: %v", err)
	}
}
