package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Listen calls notified for each NOTIFY on a PostgreSQL channel, and once when it has
// begun to listen. It takes a connection of the pool, see [Connect], and blocks until
// ctx ends, which gives nil, or the connection fails. A pooler in transaction mode passes
// nothing on.
func Listen(ctx context.Context, pool *sql.DB, channel string, notified func()) error {
	conn, err := Connect(ctx, pool)
	if err == nil {
		err = conn.Raw(func(driverConn any) error {
			pg, ok := driverConn.(*stdlib.Conn)
			if !ok {
				return fmt.Errorf("want PostgreSQL, not the driver %T", driverConn)
			}
			// The connection does not go back to the pool, whose next user would be told.
			return errors.Join(driver.ErrBadConn, listen(ctx, pg.Conn(), channel, notified))
		})
		_ = conn.Close() // it is closed by then
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // its end is what was asked for
	}
	return fmt.Errorf("listen on channel %s: %w", channel, err)
}

func listen(ctx context.Context, conn *pgx.Conn, channel string, notified func()) error {
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	notified()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		notified()
	}
}
