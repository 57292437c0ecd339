package outbox

import (
	"context"
	"database/sql"
	"time"

	"github.com/schemactl/schemactl/internal/writelock"
)

// busyLimit is how long a batch waits for SQLite's write lock.
const busyLimit = 10 * time.Second

// pollDelete runs one DELETE on SQLite.
func pollDelete(ctx context.Context, pool *sql.DB, query string, args ...any) (n int64, err error) {
	err = writelock.Run(ctx, pool, busyLimit, func(c *sql.Conn) error {
		res, err := c.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
