package database_test

import (
	"database/sql"
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// Whether commits reach the disk is a setting of each connection.
func TestDurableCommits(t *testing.T) {
	t.Parallel()
	const normal, full = 1, 2
	for name, test := range map[string]struct {
		query string
		want  int
	}{
		"usual":               {"", full},
		"the URL has its own": {"?_pragma=synchronous(NORMAL)", normal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), testenv.SQLite(t)+test.query)
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close(db) //nolint:errcheck // only read
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			for range pool.Stats().MaxOpenConnections { // all of them at once
				conn, err := pool.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close() //nolint:errcheck // only read
				if got := pragma(t, conn, "synchronous"); got != test.want {
					t.Errorf("synchronous is %d, want %d", got, test.want)
				}
			}
		})
	}
}

func pragma(t *testing.T, conn *sql.Conn, name string) (value int) {
	t.Helper()
	if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
