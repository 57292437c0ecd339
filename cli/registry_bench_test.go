package cli

import (
	"testing"

	"github.com/schemactl/schemactl/database"
)

// The yardstick waits for the disk on each of its connections, not on one of them.
func TestCommitsOfTheYardstickAreDurable(t *testing.T) {
	t.Parallel()
	db, err := openCommits(t.Context(), t.TempDir())
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
		level := 0
		if err := conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level); err != nil {
			t.Fatal(err)
		}
		if full := 2; level != full {
			t.Errorf("synchronous is %d, not FULL", level)
		}
	}
}
